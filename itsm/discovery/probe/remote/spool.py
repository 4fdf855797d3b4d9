"""The spool: a bounded SQLite file in which a probe keeps its orders, and what it saw until the house has taken it in.

Every write is durable before it returns (``synchronous=FULL``). A report enters together with the note that its address
is done, so a probe that is killed at any moment neither loses a report nor makes it twice. Sequence numbers only grow;
they are never used again, not even after everything was delivered.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOM: Final = 512 * 1024 * 1024
"""Bytes that may wait for delivery; a probe whose spool is full pauses its sweep."""
_LAYOUT: Final = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS work (
    number INTEGER PRIMARY KEY AUTOINCREMENT, part TEXT NOT NULL UNIQUE, parcel BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting', cancelled INTEGER NOT NULL DEFAULT 0, progress TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS look (part TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS done (
    part TEXT NOT NULL, network INTEGER NOT NULL, address TEXT NOT NULL,
    PRIMARY KEY (part, network, address)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, part TEXT NOT NULL, body BLOB NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0);
"""


class SpoolFull(Exception):
    """There is no room, on the disk or by our own bound; nothing was written."""


@dataclass(frozen=True, slots=True)
class Work:
    """An order that was taken: ``parcel`` is its envelope, still sealed."""

    part: str
    parcel: bytes
    state: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that the house has not taken in yet."""

    sequence: int
    body: bytes


class Spool:
    """One probe's spool; threads may share it."""

    def __init__(self, path: Path, *, room: int = ROOM) -> None:
        self.room = room
        self._lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        path.chmod(0o600)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "auto_vacuum=INCREMENTAL"):
            self._db.execute(f"PRAGMA {pragma}").fetchall()
        self._db.executescript(_LAYOUT)

    def alone(self) -> threading.RLock:
        """Return what keeps other threads from the spool while it is held."""
        return self._lock

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
                    raise SpoolFull("the disk is full") from error
                raise

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    # -------------------------------------------------------------------------------------------- orders
    def accept(self, part: str, parcel: bytes, *, is_look: bool = False) -> bool:
        """Keep an order; False where it was taken before. A look is not kept waiting by sweeps."""
        with self._writing() as db:
            made = db.execute("INSERT OR IGNORE INTO work (part, parcel) VALUES (?, ?)", (part, parcel))
            if made.rowcount == 1 and is_look:
                db.execute("INSERT OR IGNORE INTO look (part) VALUES (?)", (part,))
            return made.rowcount == 1

    def next_work(self, *, looks: bool | None = None) -> Work | None:
        """Return what to do: what was begun before, else the oldest order that waits.

        ``looks`` says whether it has to be a look, or must not be one; None for either.
        """
        kind = {None: "", True: "AND part IN (SELECT part FROM look)", False: "AND part NOT IN (SELECT part FROM look)"}
        found = self._rows(
            "SELECT part, parcel, state FROM work WHERE state != 'ended' "  # noqa: S608 - our own words
            f"{kind[looks]} ORDER BY state = 'waiting', number LIMIT 1"
        )
        return Work(*found[0]) if found else None

    def knows(self, part: str) -> bool:
        """Say whether an order was taken, whatever became of it."""
        return bool(self._rows("SELECT 1 FROM work WHERE part = ?", part))

    def open_parts(self) -> list[str]:
        """Return the orders that have not ended."""
        return [row[0] for row in self._rows("SELECT part FROM work WHERE state != 'ended' ORDER BY number")]

    def watched(self) -> list[str]:
        """Return the parts that the house may cancel: the open ones, and those known to it by another name."""
        aliases = [
            name.removeprefix("alias ") for (name,) in self._rows("SELECT name FROM fact WHERE name LIKE 'alias %'")
        ]
        return [*self.open_parts(), *aliases]

    def begin(self, part: str) -> None:
        """Note that an order is being worked on."""
        with self._writing() as db:
            db.execute("UPDATE work SET state = 'running' WHERE part = ?", (part,))

    def cancel(self, part: str) -> None:
        """Note that an order shall stop."""
        with self._writing() as db:
            db.execute("UPDATE work SET cancelled = 1 WHERE part = ? AND state != 'ended'", (part,))

    def is_cancelled(self, part: str) -> bool:
        """Say whether an order shall stop."""
        return bool(self._rows("SELECT 1 FROM work WHERE part = ? AND cancelled", part))

    def done(self, part: str, network: int) -> set[str]:
        """Return the addresses of a network whose report was kept."""
        return {row[0] for row in self._rows("SELECT address FROM done WHERE part = ? AND network = ?", part, network)}

    # -------------------------------------------------------------------------------------------- deliveries
    def append(
        self,
        part: str,
        pack: Callable[[int], bytes],
        *,
        done: tuple[int, Sequence[str]] | None = None,
        ends: bool = False,
        must: bool = False,
        facts: Callable[[int], Mapping[str, Any]] = lambda number: {},
    ) -> int:
        """Keep one delivery and return its number. ``pack(number)`` returns the envelope.

        ``done`` are a network and addresses that are reported by it; ``ends`` closes the order in the same moment, and
        ``facts(number)`` are noted in it. Raises SpoolFull where there is no room, unless it ``must`` be kept.
        """
        with self._writing() as db:
            if not must and self._pending(db)[1] >= self.room:
                raise SpoolFull(f"more than {self.room // 1_048_576} MiB wait for delivery")
            last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
            sequence = (last[0] if last else 0) + 1
            body = pack(sequence)
            db.execute("INSERT INTO outbox (sequence, part, body) VALUES (?, ?, ?)", (sequence, part, body))
            for name, value in facts(sequence).items():
                _note(db, name, value)
            if done is not None:
                rows = [(part, done[0], address) for address in done[1]]
                db.executemany("INSERT OR IGNORE INTO done (part, network, address) VALUES (?, ?, ?)", rows)
            if ends:
                db.execute("UPDATE work SET state = 'ended', parcel = x'' WHERE part = ?", (part,))
                db.execute("DELETE FROM done WHERE part = ?", (part,))
                db.execute("DELETE FROM look WHERE part = ?", (part,))
                known = (f"networks {part}", json.dumps(part))
                db.execute("DELETE FROM fact WHERE name = ? OR (name LIKE 'alias %' AND value = ?)", known)
            return sequence

    def unsent(self, most: int = 20) -> list[Waiting]:
        """Return the oldest deliveries that were not sent over this connection."""
        rows = self._rows("SELECT sequence, body FROM outbox WHERE NOT sent ORDER BY sequence LIMIT ?", most)
        return [Waiting(*row) for row in rows]

    def sent(self, most: int = 1000) -> list[int]:
        """Return the numbers of what was sent and is not acknowledged."""
        return [row[0] for row in self._rows("SELECT sequence FROM outbox WHERE sent ORDER BY sequence LIMIT ?", most)]

    def everything(self, part: str) -> Iterator[Waiting]:
        """Yield every delivery of an order, in order."""
        for (sequence,) in self._rows("SELECT sequence FROM outbox WHERE part = ? ORDER BY sequence", part):
            yield Waiting(*self._rows("SELECT sequence, body FROM outbox WHERE sequence = ?", sequence)[0])

    def mark_sent(self, sequences: Iterable[int], *, sent: bool = True) -> None:
        """Note what was sent; or with ``sent=False`` what has to be sent again."""
        with self._writing() as db:
            rows = [(int(sent), one) for one in sequences]
            db.executemany("UPDATE outbox SET sent = ? WHERE sequence = ?", rows)

    def acknowledge(self, sequences: Iterable[int]) -> None:
        """Forget what the house has taken in."""
        with self._writing() as db:
            db.executemany("DELETE FROM outbox WHERE sequence = ?", [(one,) for one in sequences])
        with self._lock:
            self._db.execute("PRAGMA incremental_vacuum(64)").fetchall()

    def continue_after(self, sequence: int) -> None:
        """Never use numbers up to this one: the house has them already. For a spool that was lost."""
        with self._writing() as db:
            last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
            if last is None:
                db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', ?)", (sequence,))
            elif last[0] < sequence:
                db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'outbox'", (sequence,))

    def pending(self) -> tuple[int, int]:
        """Return how many deliveries wait, and their bytes."""
        with self._lock:
            return self._pending(self._db)

    @staticmethod
    def _pending(db: sqlite3.Connection) -> tuple[int, int]:
        rows, size = db.execute("SELECT count(*), coalesce(sum(length(body)), 0) FROM outbox").fetchone()
        return int(rows), int(size)

    # -------------------------------------------------------------------------------------------- facts
    def fact(self, name: str, default: Any = None) -> Any:
        """Return what was noted under a name."""
        found = self._rows("SELECT value FROM fact WHERE name = ?", name)
        return json.loads(found[0][0]) if found else default

    def note(self, name: str, value: Any) -> None:
        """Note something under a name."""
        with self._writing() as db:
            _note(db, name, value)

    def change(self, name: str, how: Callable[[Any], Any]) -> None:
        """Note what ``how`` makes of what was noted under a name (None: nothing), with nobody writing in between."""
        with self._writing() as db:
            _note(db, name, how(self.fact(name)))


def _note(db: sqlite3.Connection, name: str, value: Any) -> None:
    db.execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", (name, json.dumps(value)))
