"""The way between a probe and the house: a database connection that may do very little, and may be cut at any moment.

Outwards go a sign of life and the deliveries of the spool, in their order; a delivery leaves the spool only after the house
says that it was taken in. Inwards come cancellations and the standing order. Whatever is lost on the way is sent again: the
house knows every delivery by its number.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, LiteralString

import psycopg
from psycopg import errors

from itsm.discovery.probe.remote.spool import Spool
from itsm.discovery.probe.remote.sweeper import PROGRAM, now_utc

log = logging.getLogger(__name__)

BEAT_EVERY: Final = 10.0
SOON: Final = 1.0
ROUND: Final = 0.5
LONGEST_PAUSE: Final = 30.0
ANSWER_WITHIN: Final = 15
"""Seconds after which a silent connection counts as cut."""
_SEND: Final[LiteralString] = (
    "INSERT INTO probe_delivery (probe_id, stream, sequence, body) VALUES (%s, '', %s, %s) ON CONFLICT DO NOTHING"
)
_DEALT: Final[LiteralString] = (
    "SELECT sequence, state FROM probe_delivery WHERE probe_id = %s AND stream = '' AND sequence = ANY(%s)"
)
_HIGHEST: Final[LiteralString] = (
    "SELECT coalesce(max(sequence), 0), clock_timestamp() FROM probe_delivery WHERE probe_id = %s AND stream = ''"
)
_CANCELLED: Final[LiteralString] = (
    "SELECT id FROM sweep_part WHERE id = ANY(%s) AND (cancel_asked_at IS NOT NULL OR state = 'cancelled')"
)


def connect(address: Mapping[str, Any], *, password: str) -> psycopg.Connection[Any]:
    """Open a connection that notices a cut within seconds."""
    return psycopg.connect(
        host=address["host"],
        port=address["port"],
        dbname=address["database"],
        user=address["role"],
        password=password,
        sslmode=address.get("sslmode") or "prefer",
        sslrootcert=address.get("sslrootcert") or None,
        connect_timeout=10,
        autocommit=True,
        application_name="itsm probe",
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=2,
        tcp_user_timeout=ANSWER_WITHIN * 1000,
        options="-c statement_timeout=60000",
    )


class Courier:
    """Carries what is in the spool to the house, in a thread of its own, for as long as it takes."""

    def __init__(
        self,
        spool: Spool,
        probe_id: int,
        open_line: Callable[[], psycopg.Connection[Any]],
        *,
        state: Callable[[], str],
        alias: Callable[[str], str] = lambda part: part,
    ) -> None:
        self._spool = spool
        self._probe_id = probe_id
        self._open_line = open_line
        self._state = state
        self._alias = alias
        self._stop = threading.Event()
        self._nudge = threading.Event()
        self._beaten = 0.0
        self._told = ("", False)
        self.connected_at: float | None = None
        """On the monotonic clock; None while cut off."""
        self.cut_since = time.monotonic()

    @property
    def is_connected(self) -> bool:
        """Say whether the house can be reached now."""
        return self.connected_at is not None

    def nudge(self) -> None:
        """Something waits to be delivered."""
        self._nudge.set()

    def stop(self) -> None:
        """End :meth:`run` soon."""
        self._stop.set()
        self._nudge.set()

    def run(self) -> None:
        """Carry until stopped, over one connection after the other."""
        pause = ROUND
        while not self._stop.is_set():
            try:
                with self._open_line() as line:
                    self._greet(line)
                    self.connected_at, pause = time.monotonic(), ROUND
                    log.info("connected to the main site")
                    while not self._stop.is_set():
                        self.round(line)
                        self._nudge.wait(ROUND)
                        self._nudge.clear()
            except (psycopg.Error, OSError) as error:
                said = (str(error).strip().splitlines() or [type(error).__name__])[0]
                log.warning("the main site cannot be reached (%s); next try in %.0f s", said[:200], pause)
                pause = self._cut(pause)
            except (
                Exception
            ) as error:  # a full disk, say: nothing is carried meanwhile, and nothing may end the carrying
                log.exception("nothing can be carried (%s); next try in %.0f s", type(error).__name__, pause)
                pause = self._cut(pause)

    def _cut(self, pause: float) -> float:
        """Note that the house cannot be reached, wait, and return for how long to wait the next time."""
        if self.is_connected:
            self.cut_since = time.monotonic()
        self.connected_at = None
        self._stop.wait(pause)
        return min(pause * 2, LONGEST_PAUSE)

    def _greet(self, line: psycopg.Connection[Any]) -> None:
        """What was sent over the last connection may not have arrived; and where both sides stand."""
        self._spool.mark_sent(self._spool.sent(1_000_000), sent=False)
        row = line.execute(_HIGHEST, (self._probe_id,)).fetchone()
        if row is not None:
            self._spool.continue_after(int(row[0]))
            self._spool.note("ahead", (now_utc() - _aware(row[1])).total_seconds())
        self._beaten = 0.0

    def round(self, line: psycopg.Connection[Any]) -> None:
        """Say that we live, send what waits, forget what was taken in, hear what is cancelled."""
        self._send(line)
        self._forget(line)
        self._listen(line)
        since = time.monotonic() - self._beaten
        if since > BEAT_EVERY or (since > SOON and self._mood() != self._told):
            self._beat(line)

    def _mood(self) -> tuple[str, bool]:
        """Return what somebody who watches would like to learn soon."""
        return self._state(), self._spool.pending()[0] > 0

    def _beat(self, line: psycopg.Connection[Any]) -> None:
        self._told = self._mood()
        rows, size = self._spool.pending()
        told: dict[str, Any] = {"program": PROGRAM, "host": socket.gethostname()[:120], "state": self._state()}
        told |= {"spool_rows": rows, "spool_bytes": size, "room": self._spool.room, "clock": now_utc().isoformat()}
        changed = line.execute(
            "UPDATE probe_beat SET at = now(), told = %s WHERE probe_id = %s RETURNING standing",
            (json.dumps(told), self._probe_id),
        ).fetchone()
        self._beaten = time.monotonic()
        if changed is not None:
            known = self._spool.fact("standing")
            fresh = bytes(changed[0]).hex() if changed[0] is not None else None
            if fresh != known:
                self._spool.note("standing", fresh)

    def _send(self, line: psycopg.Connection[Any]) -> None:
        while waiting := self._spool.unsent():
            for one in waiting:
                try:
                    line.execute(_SEND, (self._probe_id, one.sequence, one.body))
                except errors.ConfigurationLimitExceeded:
                    return  # the house has enough to do; the spool keeps it
                self._spool.mark_sent([one.sequence])
            if self._stop.is_set():
                return

    def _forget(self, line: psycopg.Connection[Any]) -> None:
        sent = self._spool.sent()
        if not sent:
            return
        found = dict(line.execute(_DEALT, (self._probe_id, sent)).fetchall())
        self._spool.acknowledge(one for one in sent if found.get(one) in ("taken", "refused"))
        missing = [one for one in sent if one not in found]
        if missing:
            self._spool.mark_sent(missing, sent=False)

    def _listen(self, line: psycopg.Connection[Any]) -> None:
        numbers = {int(part): self._alias(part) for part in self._spool.watched() if part.isdigit()}
        if not numbers:
            return
        for (number,) in line.execute(_CANCELLED, (list(numbers),)).fetchall():
            self._spool.cancel(numbers[number])


def _aware(moment: Any) -> datetime:
    assert isinstance(moment, datetime)  # noqa: S101 - the database's own clock
    return moment
