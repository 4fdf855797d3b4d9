"""Employees who report trouble over HTTP while the server is killed, and keep a ledger of what was acknowledged."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from itsm.accounts.services.sessions import open_session
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor
from tests.factories.accounts import PersonFactory, UserAccountFactory
from tests.factories.assets import AssetFactory
from tests.factories.org import OrganizationFactory
from tests.kill.installation import PATIENCE, Installation, children, kill
from tests.people import Browser

TRY_AGAIN: Final = frozenset({500, 502, 503})


@dataclass
class Ledger:
    """What the clients know: acknowledged numbers by title, and how often they had to ask again."""

    acknowledged: dict[str, int] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    retries: int = 0
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Employee:
    """What a browser of an employee sends: cookie, token, and the own laptop."""

    cookie: str
    token: str
    asset_id: int


def hire(here: Installation, number: int) -> list[Employee]:
    """Make so many employees of one company, each with a laptop and a session."""
    found = []
    here.app.test_client_class = Browser
    for one in range(number):
        with here.app.app_context(), transaction(Actor.house()):
            company = OrganizationFactory() if one == 0 else None
            first = company.id if company is not None else 1
            person = PersonFactory(organization=None, organization_id=first, email=f"employee{one}@example.org")
            user = UserAccountFactory(person=person)
            laptop = AssetFactory(
                organization=None, organization_id=first, custodian_id=person.id, tag=f"LAP-{one:05d}"
            )
            now = datetime.now(UTC)
            token = open_session(user.id, lasts=timedelta(days=1), address="127.0.0.1", browser="tests", now=now)
            asset_id = laptop.id
        client: Browser = here.app.test_client()  # type: ignore[assignment]
        with client.session_transaction() as session:
            session["_user_id"] = token
            session["_fresh"] = True
        sent = client.csrf_token()
        cookie = client.get_cookie("itsm")
        assert cookie is not None
        found.append(Employee(cookie.value, sent, asset_id))
    here.let_go()
    return found


def form_of(employee: Employee, title: str) -> tuple[str, bytes]:
    """Return the content type and the body of the report form, with a file; the title is its idempotency key too."""
    fields = {
        "csrf_token": employee.token,
        "idempotency_key": title,
        "title": title,
        "body": f"Words of {title}",
        "kind": "incident",
        "asset_id": str(employee.asset_id),
        "hurry": "high",
        "reach": "low",
    }
    mark = f"mark{secrets.token_hex(8)}"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="trace.txt"\r\n'
        f"Content-Type: text/plain\r\n\r\nTrace of {title}\r\n--{mark}--\r\n"
    )
    return f"multipart/form-data; boundary={mark}", "".join(parts).encode()


class Client(threading.Thread):
    """Reports trouble one after another until told to stop; asks again, with the same key, until it has an answer."""

    def __init__(self, port: int, employee: Employee, ledger: Ledger, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.stopping: Final = threading.Event()
        self.fault = ""
        self._port, self._employee, self._ledger = port, employee, ledger
        self._line: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Report until told to stop; the last report is brought to its end."""
        count = 0
        while not self.stopping.is_set() and not self.fault:
            count += 1
            self._report(f"{self.name}-{count:05d}")
        self._hang_up()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _report(self, title: str) -> None:
        content_type, body = form_of(self._employee, title)
        self._ledger.tried.add(title)
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            try:
                status, place = self._post(content_type, body)
            except (OSError, http.client.HTTPException):
                self._hang_up()
                with self._ledger.lock:
                    self._ledger.retries += 1
                time.sleep(0.03)
                continue
            if status == 303:
                with self._ledger.lock:
                    self._ledger.acknowledged[title] = int(urlsplit(place).path.rpartition("/")[2])
                return
            if status not in TRY_AGAIN:
                self.fault = f"{title}: status {status}"
                return
            with self._ledger.lock:
                self._ledger.refused += 1
            time.sleep(0.05)
        self.fault = f"{title}: no answer in {PATIENCE:g} s"

    def _post(self, content_type: str, body: bytes) -> tuple[int, str]:
        if self._line is None:
            self._line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        headers = {"Content-Type": content_type, "Cookie": f"itsm={self._employee.cookie}"}
        self._line.request("POST", "/report", body, headers)
        answer = self._line.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location", "")


@contextlib.contextmanager
def clients(here: Installation, employees: list[Employee], ledger: Ledger) -> Iterator[list[Client]]:
    """Run one client an employee; let each end its last report before leaving."""
    running = [Client(here.port, one, ledger, f"client{n}") for n, one in enumerate(employees)]
    for client in running:
        client.start()
    try:
        yield running
    finally:
        for client in running:
            client.stopping.set()
        for client in running:
            client.join(PATIENCE + 30)


class Server:
    """The web server under a supervisor, which starts it again whenever it ended."""

    def __init__(self, here: Installation) -> None:
        self._here = here
        self._process: subprocess.Popen[bytes] = here.start("itsm.cli", "serve")
        here.wait_until_served(self._process)

    def tend(self) -> None:
        """Start it again if it ended. (It ends by itself when what works in it dies twice within seconds.)"""
        if self._process.poll() is not None:
            kill(self._process)
            self._process = self._here.start("itsm.cli", "serve")

    def strike(self, *, whole: bool) -> None:
        """Kill all of it, or only what works in it, which it replaces by itself."""
        if whole:
            kill(self._process)
            return
        for pid in children(self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """End it for good."""
        kill(self._process)


def storm(here: Installation, *, kills: int, seed: int = 0, employees: int = 4) -> Ledger:
    """Report and kill ``kills`` times: in turn the whole server, and what works in it. Return the ledger."""
    dice = random.Random(seed)
    ledger = Ledger()
    people = hire(here, employees)
    server = Server(here)
    try:
        with clients(here, people, ledger) as running:
            for turn in range(kills):
                _wait_for_progress(server, running, ledger, dice.randrange(1, 6))
                time.sleep(dice.uniform(0.0, 0.15))
                server.strike(whole=turn % 2 == 0)
            _wait_for_progress(server, running, ledger, 4)
        faults = [client.fault for client in running if client.fault]
        if faults:
            raise AssertionError(faults)
    finally:
        server.end()
    return ledger


def _wait_for_progress(server: Server, running: list[Client], ledger: Ledger, number: int) -> None:
    """Return once ``number`` more reports were acknowledged."""
    wanted, limit = len(ledger.acknowledged) + number, time.monotonic() + PATIENCE
    while len(ledger.acknowledged) < wanted:
        server.tend()
        faults = [client.fault for client in running if client.fault]
        if faults or time.monotonic() > limit:
            raise AssertionError(faults or "the server acknowledges nothing any more")
        time.sleep(0.005)
