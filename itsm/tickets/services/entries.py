"""Appending to the conversation.

What is said is written by a kept statement: nothing of an entry is journalled, versioned or loaded with it, and a flush
takes several times as long over a row that the session does not need to know.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, union_all

from itsm.infra.statements import kept, run
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.tickets.enums import EntryKind, Fact, Side
from itsm.tickets.models import Entry
from itsm.tickets.services.words import rendered

Row = dict[str, Any]
_TABLE: Any = Entry.__table__
_WRITTEN: dict[str, Any] = {column.key: column.type for column in _TABLE.columns if column.key != "id"}
_NOTHING: Row = {"language": None, "fact": None, "data": {}, "replaces_id": None, "source": "", "html": ""}


def said(
    actor: Actor, ticket_id: int, kind: EntryKind, side: Side, body: str, *, now: datetime, by: tuple[int | None, str]
) -> Row:
    """Return words that are to be appended; ``by`` is the id and the name of whose they are."""
    row = _row(actor, ticket_id, kind, side, now, by)
    return {**row, "source": body, "html": str(rendered(body))}


def happened(actor: Actor, ticket_id: int, fact: Fact, side: Side, data: dict[str, Any], *, now: datetime) -> Row:
    """Return a grey line that is to be appended. ``data`` holds names and values as they were at that moment."""
    row = _row(actor, ticket_id, EntryKind.FACT, side, now, (actor.person_id, actor.name))
    return {**row, "fact": fact, "data": data}


def append(*rows: Row) -> list[int]:
    """Write entries in one statement and return their ids. No two may be of one kind: that is what tells them apart."""
    given = {f"{name}_{place}": row[name] for place, row in enumerate(rows) for name in _WRITTEN}
    wanted = kept(("append entries", len(rows)), lambda: _appending(len(rows)))
    ids = {kind: id_ for id_, kind in run(current_unit().session, wanted, given)}
    return [ids[row["kind"]] for row in rows]


def _row(actor: Actor, ticket_id: int, kind: EntryKind, side: Side, now: datetime, by: tuple[int | None, str]) -> Row:
    author_id, author_name = by
    return {
        **_NOTHING,
        "ticket_id": ticket_id,
        "kind": kind,
        "side": side,
        "at": now,
        "author_id": author_id,
        "author_name": author_name,
        "door": actor.door,
        "request_id": actor.request_id,
    }


def _appending(number: int) -> Any:
    """Return the statement; as a union of rows it is compiled once, as a list of them it would be each time."""
    rows = [
        select(*(bindparam(f"{name}_{place}", type_=kind) for name, kind in _WRITTEN.items()))
        for place in range(number)
    ]
    return insert(_TABLE).from_select(list(_WRITTEN), union_all(*rows)).returning(_TABLE.c.id, _TABLE.c.kind)
