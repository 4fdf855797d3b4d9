"""What a killed server left behind of tickets: counted row by row against the clients' ledger."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from itsm.attachments.models import Attachment
from itsm.infra import journal
from itsm.infra.db import db
from itsm.infra.journal.model import JournalRow
from itsm.infra.search import SearchDocument
from itsm.tickets.models import Entry, Tally, Ticket, TicketAsset, TicketSequence
from itsm.tickets.services.keeping import tally_key
from itsm.web.idempotency import IdempotencyKey
from tests.kill.reporting import Ledger


def count(app: Flask, ledger: Ledger) -> dict[str, int]:
    """Return the figures; all but ``acknowledged``, ``retries`` and ``tickets`` must be 0."""
    with app.app_context():
        session = db.session()
        tickets = list(session.scalars(select(Ticket)))
        titles = Counter(ticket.title for ticket in tickets)
        at = {ticket.title: ticket.number for ticket in tickets}
        kept = ledger.acknowledged
        figures = {
            "acknowledged": len(kept),
            "retries": ledger.retries,
            "tickets": len(tickets),
            "lost": sum(at.get(title) != number for title, number in kept.items()),
            "duplicated": sum(number - 1 for number in titles.values()),
            "made up": len(set(titles) - ledger.tried),
            "half": sum(bool(_missing(app, session, ticket)) for ticket in tickets),
            "without owner": _orphans(session, {ticket.id for ticket in tickets}),
            "tallies wrong": _wrong_tallies(session, tickets),
            "numbers missing": (session.scalar(select(TicketSequence.last)) or 0) - max(at.values(), default=0),
            "journal broken": int(not journal.verify(session).holds),
        }
        numbers = sorted(at.values())
        figures["numbers missing"] += (numbers[-1] - numbers[0] + 1 - len(numbers)) if numbers else 0
        return figures


def _missing(app: Flask, session: Session, ticket: Ticket) -> list[str]:
    """Return what a whole report has and this ticket lacks."""
    entries = list(session.scalars(select(Entry).where(Entry.ticket_id == ticket.id)))
    files = _files(session, [entry.id for entry in entries])
    store = app.extensions["itsm.files"]
    snapshot = session.scalar(select(TicketAsset.snapshot).where(TicketAsset.ticket_id == ticket.id)) or {}
    key = session.scalars(select(IdempotencyKey.location).where(IdempotencyKey.key == ticket.title)).all()
    lines = select(func.count()).where(
        JournalRow.subject_type == "ticket", JournalRow.subject_id == str(ticket.id), JournalRow.action == "created"
    )
    document = select(func.count()).where(SearchDocument.kind == "ticket", SearchDocument.subject_id == ticket.id)
    whole = {
        "words": [entry.source for entry in entries] == [f"Words of {ticket.title}"],
        "snapshot": bool(snapshot.get("tag")),
        "file": [store.path(one.sha256).read_bytes() for one in files] == [f"Trace of {ticket.title}".encode()],
        "key": list(key) == [f"/requests/{ticket.number}"],
        "journal": session.scalar(lines) == 1,
        "search": session.scalar(document) == 1,
        "jobs": _jobs(session).get(ticket.id, 0) >= 1,
    }
    return [name for name, there in whole.items() if not there]


def _files(session: Session, entry_ids: list[int]) -> list[Attachment]:
    wanted = select(Attachment).where(Attachment.owner_kind == "ticket_entry", Attachment.owner_id.in_(entry_ids))
    return list(session.scalars(wanted))


def _jobs(session: Session) -> dict[int, int]:
    """Return how many stored facts of filing there are for each ticket."""
    if "jobs" not in session.info:
        found: Counter[int] = Counter()
        for (args,) in session.execute(text("SELECT args FROM procrastinate_jobs WHERE task_name = 'bus.deliver'")):
            letter = args if isinstance(args, dict) else json.loads(args)
            if letter["event"] == "ticket.filed":
                found[letter["data"]["ticket_id"]] += 1
        session.info["jobs"] = found
    return dict(session.info["jobs"])


def _orphans(session: Session, ticket_ids: set[int]) -> int:
    """Return how many rows belong to no ticket: entries, snapshots, keys without an effect, jobs, waiting uploads."""
    numbers = set(session.scalars(select(Ticket.number)))
    places = session.scalars(select(IdempotencyKey.location))
    owned: Iterable[Any] = [
        *session.scalars(select(Entry.ticket_id)),
        *session.scalars(select(TicketAsset.ticket_id)),
        *_jobs(session),
    ]
    lonely = sum(one not in ticket_ids for one in owned)
    lonely += sum(place not in {f"/requests/{number}" for number in numbers} for place in places)
    return lonely + (session.scalar(select(func.count()).where(Attachment.owner_id.is_(None))) or 0)


def _wrong_tallies(session: Session, tickets: list[Ticket]) -> int:
    counted = Counter(tally_key(ticket) for ticket in tickets)
    columns = (Tally.organization_id, Tally.group_id, Tally.assignee_id, Tally.category, Tally.turn, Tally.number)
    kept = {tuple(row[:5]): row.number for row in session.execute(select(*columns)) if row.number}
    wanted = {(k.organization_id, k.group_id, k.assignee_id, k.category, k.turn): n for k, n in counted.items()}
    return len(set(kept.items()) ^ set(wanted.items()))
