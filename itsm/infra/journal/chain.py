"""Writing and proving the chain."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from itsm.infra.db import hold_still
from itsm.infra.journal.capture import Change, Changes, folded
from itsm.infra.journal.model import JournalHead, JournalRow
from itsm.infra.statements import kept, run
from itsm.kernel.actor import Actor

GENESIS = "0" * 64


def write(session: Session, actor: Actor, now: datetime, changes: Changes) -> None:
    """Append the lines of one unit of work to the chain, as the last thing before its commit."""
    if not changes.lines:
        return
    head = run(session, kept("journal: head", _head)).one_or_none()
    if head is None:
        session.execute(insert(JournalHead).values(id=1, sequence=0, hash=GENESIS))
        sequence, previous = 0, GENESIS
    else:
        sequence, previous = head
    rows = []
    for line in folded(changes.lines) if actor.is_house else changes.lines:
        sequence += 1
        row = _row(line, actor, now, sequence, previous)
        previous = row["hash"]
        rows.append(row)
    end = {"last": sequence, "seal": previous}
    if len(rows) == 1 and session.get_bind().dialect.name == "postgresql":
        run(session, kept("journal: append and move", _appending_and_moving), {**rows[0], **end})
        return
    run(session, kept("journal: append", _appending), rows)
    run(session, kept("journal: move the head", _moving), end)


def _head() -> Any:
    head = JournalHead.__table__.c
    return select(head.sequence, head.hash).with_for_update()


def _appending() -> Any:
    table: Any = JournalRow.__table__
    return insert(table)


def _appending_and_moving() -> Any:
    """Return what most requests write, a line and the new head, as one statement; SQLite cannot write two tables."""
    return _appending().add_cte(_moving().cte("moved"))


def _moving() -> Any:
    table: Any = JournalHead.__table__
    return update(table).values(sequence=bindparam("last"), hash=bindparam("seal"))


def _row(line: Change, actor: Actor, now: datetime, sequence: int, previous: str) -> dict[str, Any]:
    subject_id = line.subject_id or str(getattr(line.thing, "id", ""))
    detail = {
        "actor": actor.name,
        "address": actor.address,
        "label": (line.label or str(getattr(line.thing, "label", "") or ""))[:200],
        "before": line.before,
        "after": line.after,
    }
    salt = secrets.token_hex(16)
    row = {
        "sequence": sequence,
        "at": now,
        "actor_id": actor.user_id,
        "door": actor.door.value,
        "request_id": actor.request_id,
        "action": line.action,
        "subject_type": line.subject_type,
        "subject_id": subject_id,
        "detail": detail,
        "salt": salt,
        "commitment": commitment(salt, detail),
        "previous_hash": previous,
    }
    row["hash"] = row_hash(row)
    return row


def commitment(salt: str, detail: dict[str, Any]) -> str:
    """Return the salted hash that stands for the erasable part of a row."""
    return hashlib.sha256((salt + _canonical(detail)).encode()).hexdigest()


def row_hash(row: dict[str, Any]) -> str:
    """Return the hash of a row: of the previous hash and all that is never erased."""
    at: datetime = row["at"]
    fixed = [
        row["previous_hash"],
        row["sequence"],
        at.astimezone(UTC).isoformat(),
        row["actor_id"],
        row["door"],
        row["request_id"],
        row["action"],
        row["subject_type"],
        row["subject_id"],
        row["commitment"],
    ]
    return hashlib.sha256(_canonical(fixed).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found: rows read, the head's hash, and the first fault (None when the chain holds)."""

    rows: int
    head: str
    fault: str | None = None

    @property
    def holds(self) -> bool:
        """Say whether the chain is whole."""
        return self.fault is None


def verify(session: Session, *, witnessed: Iterable[tuple[int, str]] = ()) -> Verdict:
    """Read the whole journal in order and recompute it.

    ``witnessed`` are (sequence, hash) pairs that were written outside the database earlier; without one of them a
    truncated end cannot be told from an end.
    """
    marks = dict(witnessed)
    previous, expected, read = GENESIS, 1, 0
    columns = JournalRow.__table__.columns
    wanted = select(*columns).order_by(JournalRow.sequence).execution_options(yield_per=2000)
    hold_still(session)
    with session.execute(wanted) as stream:
        for found in stream.mappings():
            row = dict(found)
            fault = _fault(row, previous, expected, marks.pop(row["sequence"], None))
            if fault:
                return Verdict(read, previous, fault)
            previous, expected, read = row["hash"], expected + 1, read + 1
    head = session.execute(select(JournalHead.sequence, JournalHead.hash)).one_or_none()
    if head is not None and (head[0] != read or head[1] != previous):
        return Verdict(read, previous, f"the journal ends at row {read}, its head says {head[0]}")
    if marks:
        return Verdict(read, previous, f"row {min(marks)} was witnessed outside and is gone")
    return Verdict(read, previous)


def _fault(row: dict[str, Any], previous: str, expected: int, witnessed: str | None) -> str | None:
    sequence = row["sequence"]
    if sequence != expected:
        return f"row {expected} is missing"
    if row["previous_hash"] != previous:
        return f"row {sequence} does not follow its predecessor"
    if row_hash(row) != row["hash"]:
        return f"row {sequence} was changed"
    if row["detail"] is not None and commitment(row["salt"] or "", row["detail"]) != row["commitment"]:
        return f"the detail of row {sequence} was changed"
    if witnessed is not None and witnessed != row["hash"]:
        return f"row {sequence} differs from what was witnessed outside"
    return None
