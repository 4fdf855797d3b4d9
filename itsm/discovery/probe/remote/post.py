"""A probe at work beside a live connection: takes orders from its queue, sweeps, delivers, and goes on while cut off."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
from cronsim import CronSim

from itsm.discovery.probe.remote import courier
from itsm.discovery.probe.remote.courier import Courier
from itsm.discovery.probe.remote.envelope import Refused
from itsm.discovery.probe.remote.home import Home, card, read_token
from itsm.discovery.probe.remote.keys import PublicKeys
from itsm.discovery.probe.remote.spool import ROOM
from itsm.discovery.probe.remote.sweeper import Sweeper, now_utc, open_order
from itsm.discovery.probe.ssh.trust import AccountGuard

log = logging.getLogger(__name__)

CUT_FOR: Final = 300.0
"""Seconds of being cut off after which schedules are kept by the probe itself."""
LOOK_BACK: Final = timedelta(minutes=10)
WAIT: Final = 0.3


def enrol(home: Home, text: str, *, sslmode: str = "", sslrootcert: str = "", wait: float = 60.0) -> str:
    """Use a one-time token: make our keys, change the password, show the keys; return our fingerprint.

    Run again after an interruption it goes on. Raises Refused where the token was used, withdrawn or is too old, and where
    the house did not answer within ``wait`` seconds.
    """
    facts = _whole(read_token(text))
    keys = home.settle()
    told = home.told()
    fresh = told.get("next_password") if told.get("token") == _mark(facts) else None
    if fresh is None:
        fresh = secrets.token_urlsafe(32)
        address = {name: facts[name] for name in ("name", "probe_id", "role", "host", "port", "database", "house")}
        address |= {"sslmode": sslmode or _sslmode(str(facts["host"])), "sslrootcert": sslrootcert}
        home.tell(**address, token=_mark(facts), next_password=fresh)
    with _entered(home, facts, fresh) as line:
        line.execute(
            "UPDATE probe_beat SET card = %s WHERE probe_id = %s", (card(facts["name"], keys), facts["probe_id"])
        )
        home.tell(password=fresh, next_password=None)
        limit = time.monotonic() + wait
        while time.monotonic() < limit:
            row = line.execute("SELECT welcome FROM probe_beat WHERE probe_id = %s", (facts["probe_id"],)).fetchone()
            if row is not None and row[0]:
                return keys.public.fingerprint
            time.sleep(WAIT)
    raise Refused("The keys were shown, but no worker of the main site took them over yet. Is one running there?")


def _whole(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what a token tells. Raises Refused where something is missing, or is not what it should be."""
    try:
        PublicKeys(**{name: str(facts["house"][name]) for name in ("sign", "box")})
        named = all(type(facts[name]) is str for name in ("name", "role", "host", "database", "password"))
    except (KeyError, TypeError, ValueError):
        named = False
    if not named or type(facts.get("probe_id")) is not int or type(facts.get("port")) is not int:
        raise Refused("This token cannot be read. Copy it whole.")
    return facts


def _mark(facts: dict[str, Any]) -> str:
    return f"{facts['probe_id']}:{facts['password'][:8]}"


def _sslmode(host: str) -> str:
    return "prefer" if host.startswith("/") or host in ("localhost", "127.0.0.1", "::1") else "require"


def _entered(home: Home, facts: dict[str, Any], fresh: str) -> psycopg.Connection[Any]:
    """Return a connection under the new password, changing the token's where that is still in force."""
    told = home.told()
    try:
        line = courier.connect(told, password=str(facts["password"]))
    except psycopg.OperationalError as first:
        try:
            return courier.connect(told, password=fresh)
        except psycopg.OperationalError:
            said = (str(first).strip().splitlines() or [""])[-1]
            raise Refused(
                f"The token was used already, has expired, or the database cannot be reached: {said}"
            ) from None
    with line:
        # Hashed here, so that the password itself is in no log of the server.
        hashed = line.pgconn.encrypt_password(fresh.encode(), str(told["role"]).encode(), b"scram-sha-256").decode()
        line.execute(psycopg.sql.SQL("ALTER ROLE CURRENT_USER PASSWORD {}").format(psycopg.sql.Literal(hashed)))
    return courier.connect(told, password=fresh)


class Post:
    """One probe at work: spool, sweeper and courier, and the handing over of orders."""

    def __init__(self, home: Home, *, room: int = ROOM, cut_for: float = CUT_FOR) -> None:
        self.home = home
        self.told = home.told()
        self.identity = home.identity()
        self.spool = home.spool(room=room)
        self._stop = threading.Event()
        self._cut_for = cut_for
        self._work = {False: threading.Event(), True: threading.Event()}
        guard = AccountGuard()
        self.sweeper, self.looker = (
            Sweeper(self.identity, self.spool, looks=looks, should_stop=self._stop.is_set, guard=guard)
            for looks in self._work
        )
        """Somebody sits before a ticket: one look at a time goes on beside a sweep, and both count refusals together."""
        self.courier = Courier(
            self.spool,
            int(self.told["probe_id"]),
            self.line,
            state=lambda: self.looker.state if self.sweeper.state == "idle" else self.sweeper.state,
            alias=lambda part: self.spool.fact(f"alias {part}", part),
        )
        for worker in (self.sweeper, self.looker):
            worker.is_watched = lambda: self.courier.is_connected
            worker.on_delivery = self.courier.nudge

    def line(self) -> psycopg.Connection[Any]:
        """Open a connection to the house."""
        return courier.connect(self.told, password=str(self.told["password"]))

    def take_order(self, part_id: int) -> None:
        """Keep the order of a part; this is what a job of our queue asks for, and doing it twice does no harm."""
        part = str(part_id)
        if self.spool.knows(part):
            return
        with self.line() as line:
            row = line.execute(
                "SELECT state, cancel_asked_at, parcel FROM sweep_part WHERE id = %s", (part_id,)
            ).fetchone()
        if row is None or row[1] is not None or row[2] is None or row[0] not in ("queued", "running", "overdue"):
            log.info("part %s is not wanted any more", part)
            return
        content = self._content_of(bytes(row[2]))
        slot = content.get("slot")
        if isinstance(slot, str) and self.spool.knows(slot):
            if slot in self.spool.open_parts():
                self.spool.note(f"alias {part}", slot)
            return  # begun while we were cut off: its deliveries say which slot they are for
        is_look = "errand" in content
        self.spool.accept(part, bytes(row[2]), is_look=is_look)
        self._work[is_look].set()

    def _content_of(self, parcel: bytes) -> dict[str, Any]:
        try:
            return open_order(parcel, self.identity, now=None)[1]
        except Refused:
            return {}  # the sweeper will say why

    def start(self) -> list[threading.Thread]:
        """Start to sweep, to look, to carry, and to keep schedules while cut off, each in a thread."""
        duties: dict[str, Callable[[], None]] = {"carry": self.courier.run, "schedules": self._keep_schedules}
        duties["sweep"] = partial(self._keep_at, self.sweeper, self._work[False])
        duties["look"] = partial(self._keep_at, self.looker, self._work[True])
        threads = [threading.Thread(target=duty, name=name, daemon=True) for name, duty in duties.items()]
        for thread in threads:
            thread.start()
        return threads

    def stop(self) -> None:
        """End soon; a sweep under way goes on at the next start."""
        self._stop.set()
        for work in self._work.values():
            work.set()
        self.courier.stop()

    def _keep_at(self, worker: Sweeper, work: threading.Event) -> None:
        while not self._stop.is_set():
            try:
                if not worker.run_one():
                    work.wait(2.0)
                    work.clear()
            except Exception:
                log.exception("an order failed and begins again where it was")
                self._stop.wait(5.0)

    # -------------------------------------------------------------------------------------------- schedules
    def _keep_schedules(self) -> None:
        looked = now_utc()
        while not self._stop.wait(min(10.0, self._cut_for)):
            now = now_utc()
            if not self.courier.is_connected and time.monotonic() - self.courier.cut_since > self._cut_for:
                try:
                    self.begin_due(max(looked, now - LOOK_BACK), now)
                except Exception as error:  # whatever is wrong with it, the next one may be right
                    log.warning("the standing order cannot be followed: %s: %s", type(error).__name__, error)
                looked = now

    def begin_due(self, after: datetime, until: datetime) -> list[str]:
        """Begin the sweeps whose schedule came due in a span of time, by the standing order; return their names."""
        kept = self.spool.fact("standing")
        if not kept:
            return []
        parcel = bytes.fromhex(kept)
        _, content = open_order(parcel, self.identity, now=until)
        begun = []
        for row in content.get("schedules", ()):
            slot = _last_slot(row, after, until)
            if slot is not None:
                key = f"schedule:{int(row['id'])}:{slot.isoformat()}"
                self.spool.note(f"networks {key}", row["networks"])
                if self.spool.accept(key, parcel):
                    begun.append(key)
        if begun:
            self._work[False].set()
        return begun


def _last_slot(row: dict[str, Any], after: datetime, until: datetime) -> datetime | None:
    """Return the last time in a span at which a schedule is due."""
    zone = ZoneInfo(str(row["time_zone"]))
    found = None
    for slot in CronSim(str(row["cron"]), after.astimezone(zone)):
        if slot > until:
            return found
        found = slot.astimezone(UTC)
    return found
