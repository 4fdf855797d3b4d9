"""How a server treats ordinary visitors while others hold connections open, and how many pages it serves.

    python -m bench.slow_clients [--connections 1500] [--rounds 3] [--seconds 5] [--only NAME]

For each setting of a server: connections that send one byte of a header a second are opened, then 20 ordinary requests
are made, one after another on new connections, each with a limit of 3 s; that is repeated. Then, without the slow ones,
8 clients ask for the sign-in page. Everything is on loopback and bounded in time. Prints one JSON object a setting.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import resource
import sys
import tempfile
import threading
import time
from statistics import median
from typing import Any

import flask_migrate
from sqlalchemy import select

from bench.web_server import cpu_ms, free_port, itsm_serve, serving, sign_in
from itsm.accounts.models import RoleGrant, UserAccount
from itsm.cli.application import running
from itsm.demo.load import Load, fill
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Role

ORDINARY = 20
LIMIT = 3.0

GRANIAN = """
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
Granian("wsgi:app", port={port}, interface=Interfaces.WSGI, websockets=False, log_enabled=False, {given}).serve()
"""


def settings(port: int) -> dict[str, list[str]]:
    """Return the commands to compare, by name."""
    granian = {
        "granian 2x8": "workers=2, blocking_threads=8",
        "granian 2x8 backlog 4096": "workers=2, blocking_threads=8, backlog=4096",
        "granian 2x8 backpressure 64": "workers=2, blocking_threads=8, backlog=4096, backpressure=64",
        "granian 2x8 backpressure 1024": "workers=2, blocking_threads=8, backlog=4096, backpressure=1024",
        "granian 2x8 backpressure 8192": "workers=2, blocking_threads=8, backlog=4096, backpressure=8192",
        "granian 2x8 backpressure 8192, headers 10 s": "workers=2, blocking_threads=8, backlog=4096, "
        "backpressure=8192, http1_settings=HTTP1Settings(header_read_timeout=10_000)",
        "granian 2x1 backpressure 8192": "workers=2, blocking_threads=1, backlog=4096, backpressure=8192",
        "granian 1x8 backpressure 8192": "workers=1, blocking_threads=8, backlog=4096, backpressure=8192",
    }
    found = {name: [sys.executable, "-c", GRANIAN.format(port=port, given=given)] for name, given in granian.items()}
    gunicorn = [
        sys.executable,
        "-m",
        "gunicorn",
        "-b",
        f"127.0.0.1:{port}",
        "--backlog",
        "4096",
        "--log-level",
        "error",
    ]
    for workers, threads in ((2, 8), (2, 16)):
        given = ["-k", "gthread", "-w", str(workers), "--threads", str(threads), "--worker-connections", "4096"]
        found[f"gunicorn gthread {workers}x{threads}"] = [*gunicorn, *given, "wsgi:app"]
    few_files = ["prlimit", "--nofile=1024:"]
    """What a service begins with on Debian."""
    return {**found, "itsm serve": [*few_files, *itsm_serve(port)]}


async def drip(port: int, connections: int, ready: threading.Event, stop: threading.Event, held: list[int]) -> None:
    """Hold connections open, sending one byte of a header a second on each, until told to stop."""

    async def one() -> None:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 5)
            held[0] += 1
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            while not stop.is_set():
                await writer.drain()
                await asyncio.sleep(1)
                writer.write(b"a")
            writer.close()

    tasks = []
    for number in range(connections):
        tasks.append(asyncio.create_task(one()))
        if number % 100 == 99:
            await asyncio.sleep(0.05)
    await asyncio.sleep(1.5)
    ready.set()
    while not stop.is_set():  # noqa: ASYNC110 - the event belongs to another thread
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def ask(port: int, path: str = "/sign-in") -> bool:
    """Make one ordinary request on a connection of its own; say whether the whole answer came in time."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    try:
        begun = time.monotonic()
        link.request("GET", path, headers={"Host": "localhost"})
        answer = link.getresponse()
        return answer.status == 200 and len(answer.read()) > 500 and time.monotonic() - begun < LIMIT
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def besieged(port: int, connections: int) -> tuple[int, int]:
    """Return how many ordinary requests of 20 were answered, and how many slow connections stood."""
    ready, stop, held = threading.Event(), threading.Event(), [0]
    attack = threading.Thread(target=lambda: asyncio.run(drip(port, connections, ready, stop, held)))
    attack.start()
    try:
        ready.wait(60)
        return sum(ask(port) for _ in range(ORDINARY)), held[0]
    finally:
        stop.set()
        attack.join(30)


def throughput(port: int, pid: int, seconds: float, page: tuple[str, dict[str, str]]) -> dict[str, float]:
    """Return requests a second and CPU ms a request of a page (path and headers) with 8 clients that keep their
    connections."""
    end, times, failed = time.monotonic() + seconds, [], [0]

    def visitor() -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        while time.monotonic() < end:
            begun = time.monotonic()
            try:
                link.request("GET", page[0], headers={"Host": "localhost", **page[1]})
                good = len(link.getresponse().read()) > 500
            except (OSError, http.client.HTTPException):
                good, link = False, http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            if good:
                times.append((time.monotonic() - begun) * 1000)
            else:
                failed[0] += 1

    before = cpu_ms(pid)
    threads = [threading.Thread(target=visitor) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = cpu_ms(pid) - before
    served = max(len(times), 1)
    figures = {"pages_a_second": round(served / seconds, 1), "cpu_ms": round(used / served, 2), "failed": failed[0]}
    return {**figures, "median_ms": round(median(times or [0]), 1)}


def measure(name: str, port: int, argv: list[str], given: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one setting."""
    with serving(argv, port, {"ITSM_WEB_WORKERS": str(given.workers), "ITSM_BASE_URL": "http://localhost"}) as pid:
        for _ in range(10):
            ask(port)
        queue = ("/tickets", {"Cookie": sign_in(Role.TECHNICIAN)})
        pages = {}
        if given.seconds:
            pages = {page[0]: throughput(port, pid, given.seconds, page) for page in (("/sign-in", {}), queue)}
        rounds = [besieged(port, given.connections) for _ in range(given.rounds)]
    answered = [good for good, _held in rounds]
    return {"server": name, "answered_of_20": answered, "slow_connections": [held for _good, held in rounds], **pages}


def furnish() -> None:
    """Make a small installation that somebody administers already."""
    with running():
        flask_migrate.upgrade()
        with transaction(Actor.house()) as unit:
            fill(unit, Load(tickets=2000, assets=200, people=100, technicians=4))
            account = unit.session.scalars(select(UserAccount.id).order_by(UserAccount.id).limit(1)).one()
            unit.session.add(RoleGrant(user_id=account, role=Role.ADMINISTRATOR))
        db.session.remove()
        db.engine.dispose()


def main() -> None:
    """Measure every setting, or those whose name has a word in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--workers", type=int, default=2, help="of `itsm serve`")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ITSM_DATA_DIR"] = folder
        os.environ["ITSM_SECRET_KEY"] = "measuring only"
        os.environ.pop("ITSM_DATABASE_URL", None)
        furnish()
        port = free_port()
        for name, argv in settings(port).items():
            if any(word in name for word in given.only.split("|")):
                print(json.dumps(measure(name, port, argv, given)), flush=True)


if __name__ == "__main__":
    main()
