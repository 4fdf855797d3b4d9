"""What a page costs: time, CPU of server and database, and statements, beside a bare Flask page over the same rows.

    python -m bench.pages [--tickets 100000] [--assets 20000] [--database postgresql|sqlite|URL] [-n 60] [--json]

A database is made and filled (or one that ``itsm bench load`` filled is used, by its URL; tell the PostgreSQL server's
process with --database-pid), the product is served by ``itsm serve`` with two workers, and each page is asked for one
after another on one kept connection, signed in as a technician or an employee. CPU is that of all processes of the
server and of PostgreSQL together. Statements are counted in process, without BEGIN and COMMIT. Loopback only.
"""

import argparse
import contextlib
import http.client
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import quote, urlencode

import flask_migrate
from flask import Flask
from sqlalchemy import Engine, event, text
from sqlalchemy.engine import make_url

from bench.web_server import cpu_ms, csrf_token, find, free_port, itsm_serve, serving, sign_in
from itsm.cli.application import make, running
from itsm.demo.load import Load, fill
from itsm.demo.load.prose import COMMON_WORD, RARE_WORD
from itsm.infra import bulk
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Role
from itsm.web.idempotency import new_key
from tests import postgres

BARE = ["-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "1", "--no-ws"]
ENGINE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "512MB"}


@dataclass(frozen=True)
class Ask:
    """One page to measure. ``form`` makes a fresh body for each request; ``expect`` must be in the answer."""

    name: str
    path: str
    expect: str = ""
    form: Callable[[], dict[str, str]] | None = None
    employee: bool = False


class Visitor:
    """One kept connection with a cookie."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Host": "localhost", **({"Cookie": cookie} if cookie else {})}

    def ask(self, page: Ask) -> bytes:
        """Return the answer's body. Raises RuntimeError for one that is not what was expected."""
        if page.form is None:
            self._link.request("GET", page.path, headers=self._headers)
        else:
            headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
            self._link.request("POST", page.path, urlencode(page.form()), headers)
        answer = self._link.getresponse()
        body = answer.read()
        wanted = 200 if page.form is None else 303
        if answer.status != wanted or page.expect.encode() not in body:
            raise RuntimeError(f"{page.name}: {answer.status} from {page.path}: {body[-300:]!r}")
        return body


def pages(port: int, cookies: dict[bool, str], requester: int) -> list[Ask]:
    """Return what to measure; page 50 is found by following the links that a person would."""
    visitor = Visitor(port, cookies[False])
    first = visitor.ask(Ask("queue", "/tickets?state=open", "</table>"))
    # Not the first: that one has the comments of an earlier run.
    number = re.findall(r'href="/tickets/(\d+)" data-open', first.decode())[25]
    at = "/tickets"
    for _ in range(49):
        with contextlib.suppress(LookupError):
            at = find(r'href="(/tickets\?[^"]*after=[^"]+)"', visitor.ask(Ask("queue", at))).replace("&amp;", "&")
    group = find(r'<option value="(\d+)">Network<', first)
    token = csrf_token()

    def filing() -> dict[str, str]:
        said = {
            "title": "The projector stays dark",
            "body": "Since this morning, in room 201. A new lamp did not help.",
        }
        return {"csrf_token": token, "idempotency_key": new_key(), "requester_id": str(requester), **said}

    def answer() -> dict[str, str]:
        return {"csrf_token": token, "idempotency_key": new_key(), "body": "I will come by at ten and look at it."}

    return [
        Ask("queue, page 1", "/tickets", "</table>"),
        Ask("queue, page 50", at, "</table>"),
        Ask("queue, one group by priority", f"/tickets?group={group}&sort=priority", "</table>"),
        Ask("queue, nobody's", "/tickets?assignee=none", "</table>"),
        Ask("ticket", f"/tickets/{number}", "entry-"),
        Ask("search, rare word", f"/tickets?state=all&q={quote(RARE_WORD)}", "</table>"),
        Ask("search, common word", f"/tickets?state=all&q={quote(COMMON_WORD)}", "</table>"),
        Ask("assets, page 1", "/assets", "</table>"),
        Ask("portal home", "/", employee=True),
        Ask("create a ticket", "/tickets", form=filing),
        Ask("comment", f"/tickets/{number}/replies", form=answer),
    ]


def measured(visitor: Visitor, page: Ask, roots: list[int], n: int) -> dict[str, float]:
    """Return median, p95 and CPU milliseconds of n requests, one after another."""
    for _ in range(8):
        visitor.ask(page)
    times, before = [], [cpu_ms(root) for root in roots]
    for _ in range(n):
        begun = time.perf_counter()
        size = len(visitor.ask(page))
        times.append((time.perf_counter() - begun) * 1000)
    used = [(cpu_ms(root) - was) / n for root, was in zip(roots, before, strict=True)]
    times.sort()
    figures = {"median_ms": median(times), "p95_ms": times[int(0.95 * (n - 1))], "server_cpu_ms": used[0]}
    return {**figures, "database_cpu_ms": sum(used[1:]), "cpu_ms": sum(used), "kilobytes": size / 1024}


def statements(app: Flask, wanted: list[Ask], cookies: dict[bool, str]) -> dict[str, int]:
    """Return how many statements each page sends, counted in this process."""
    counted: dict[str, int] = {}
    with app.app_context():
        engine: Engine = db.engine
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    for page in wanted:
        client = app.test_client()
        name, _, value = cookies[page.employee].partition("=")
        client.set_cookie(name, value)
        for _ in range(2):
            sent.clear()
            if page.form is None:
                client.get(page.path)
            else:
                client.post(page.path, data=page.form())
        counted[page.name] = len(sent)
    return counted


@contextlib.contextmanager
def database(given: argparse.Namespace, folder: Path) -> Iterator[list[int]]:
    """Set ITSM_DATABASE_URL to a filled database; give the process ids of its server."""
    if "://" in given.database:
        os.environ["ITSM_DATABASE_URL"] = given.database
        yield [given.database_pid] if given.database_pid else []
        return
    if given.database == "sqlite":
        os.environ["ITSM_DATABASE_URL"] = f"sqlite:///{folder / 'bench.db'}"
        filled(given)
        yield []
        return
    with postgres.running_server({**postgres.SETTINGS, **ENGINE}) as server:
        os.environ["ITSM_DATABASE_URL"] = postgres.fresh_database(server)
        filled(given)
        home = Path(str(make_url(server).query["host"]))
        yield [int((home / "data" / "postmaster.pid").read_text().split()[0])]


def filled(given: argparse.Namespace) -> None:
    """Migrate and fill the database."""
    with running():
        flask_migrate.upgrade()
        with transaction(Actor.house()) as unit:
            fill(unit, Load(tickets=given.tickets, assets=given.assets))
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            bulk.tidy(connection)
        db.session.remove()
        db.engine.dispose()


def bare(roots: list[int], n: int) -> dict[str, dict[str, float]]:
    """Return the figures of the bare pages."""
    port = free_port()
    argv = [sys.executable, *BARE, "--port", str(port), "bench.bare_page:app"]
    number = looked_up("SELECT max(number) FROM ticket WHERE is_open")
    with serving(argv, port) as pid:
        asks = [
            Ask("bare list", "/list", "</table>"),
            Ask("bare list, compiled", "/compiled-list", "</table>"),
            Ask("bare ticket", f"/ticket/{number}", "<article>"),
        ]
        return {page.name: measured(Visitor(port), page, [pid, *roots], n) for page in asks}


def looked_up(statement: str) -> int:
    """Return the one number that a statement gives."""
    with running():
        try:
            return int(db.session.execute(text(statement)).scalar_one())
        finally:
            db.session.remove()
            db.engine.dispose()


def report(figures: dict[str, dict[str, float]], counted: dict[str, int]) -> None:
    """Print the table, each page's CPU as a multiple of the bare list's, compiled on every request and compiled once."""
    unit, strict = figures["bare list"]["cpu_ms"], figures["bare list, compiled"]["cpu_ms"]
    print("| page | median ms | p95 ms | CPU ms (server + database) | x bare | x bare, compiled | statements | KB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, f in figures.items():
        cpu = f"{f['cpu_ms']:.1f} ({f['server_cpu_ms']:.1f} + {f['database_cpu_ms']:.1f})"
        cells = [name, f"{f['median_ms']:.1f}", f"{f['p95_ms']:.1f}", cpu, f"{f['cpu_ms'] / unit:.1f}"]
        cells.append(f"{f['cpu_ms'] / strict:.1f}")
        print("| " + " | ".join([*cells, str(counted.get(name, "")), f"{f['kilobytes']:.0f}"]) + " |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--assets", type=int, default=20_000)
    parser.add_argument("--database", default="postgresql")
    parser.add_argument("--database-pid", type=int)
    parser.add_argument("-n", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(ITSM_DATA_DIR=folder, ITSM_SECRET_KEY="measuring only", ITSM_WEB_WORKERS="2")
        os.environ["ITSM_BASE_URL"] = "http://localhost"
        with database(given, Path(folder)) as roots:
            figures = bare(roots, given.n)
            cookies = {False: sign_in(Role.TECHNICIAN), True: sign_in(None)}
            port = free_port()
            with serving(itsm_serve(port), port) as pid:
                wanted = pages(port, cookies, looked_up("SELECT max(id) FROM person"))
                for page in wanted:
                    figures[page.name] = measured(Visitor(port, cookies[page.employee]), page, [pid, *roots], given.n)
            counted = statements(make(), wanted, cookies)
    if given.json:
        print(json.dumps({"pages": figures, "statements": counted}))
    else:
        report(figures, counted)


if __name__ == "__main__":
    main()
