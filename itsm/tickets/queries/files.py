"""Files of entries: who may read them, and what an entry's files are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select

from itsm.attachments.queries import attachments_of
from itsm.infra.db import db
from itsm.kernel.actor import Actor
from itsm.kernel.policy import allowed
from itsm.tickets.enums import EntryKind
from itsm.tickets.models import Entry, Ticket
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries.visible import visible_tickets

ENTRY: Final = "ticket_entry"
"""The kind under which entries own attachments."""


def may_read_entry(actor: Actor, entry_id: int) -> bool:
    """Say whether the actor may read the files of an entry: he sees its ticket (or the one that was merged into), and
    notes only where he may read what is internal."""
    session = db.session()
    wanted = select(Entry.kind, Entry.ticket_id, Ticket.merged_into_id).join(Ticket, Ticket.id == Entry.ticket_id)
    found = session.execute(wanted.where(Entry.id == entry_id)).one_or_none()
    if found is None:
        return False
    ids = [id_ for id_ in (found.ticket_id, found.merged_into_id) if id_ is not None]
    tickets = list(session.scalars(visible_tickets(actor).where(Ticket.id.in_(ids))))
    if found.kind is EntryKind.REPLY:
        return bool(tickets)
    return any(allowed(POLICY, actor, TicketPermission.READ_INTERNAL, ticket) for ticket in tickets)


def files_of(entries: Sequence[Any]) -> dict[int, list[Any]]:
    """Return the attachments of these entries by entry id, in one statement (none where no entry has any); the caller
    may read the entries."""
    return attachments_of(ENTRY, [entry.id for entry in entries if entry.has_files])
