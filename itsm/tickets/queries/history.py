"""The journal of a ticket, and the names behind the ids that it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.accounts.models import Group, Person
from itsm.assets.models import Asset
from itsm.infra.journal import JournalRow
from itsm.infra.journal.names import kept_in, names_behind
from itsm.org.models import Location, Organization
from itsm.tickets.models import State, Ticket, TicketCategory

MOST = 500
"""Lines that are read; no ticket of a desk comes near it."""
_NAMED: dict[str, Any] = {
    "state_id": State.name,
    "topic_id": TicketCategory.name,
    "group_id": Group.name,
    "assignee_id": Person.name,
    "requester_id": Person.name,
    "affected_id": Person.name,
    "created_by_id": Person.name,
    "location_id": Location.path,
    "asset_id": Asset.name,
    "organization_id": Organization.name,
    "merged_into_id": Ticket.title,
}


def journal_of(session: Session, ticket: Ticket) -> list[Any]:
    """Return what the journal holds about a ticket, newest first."""
    wanted = (
        select(JournalRow.at, JournalRow.action, JournalRow.detail)
        .where(JournalRow.subject_type == "ticket", JournalRow.subject_id == str(ticket.id))
        .order_by(JournalRow.sequence.desc())
        .limit(MOST)
    )
    return list(session.execute(wanted))


def names_in(session: Session, rows: Sequence[Any]) -> dict[tuple[str, int], str]:
    """Return (field, id) -> name for every id that the lines mention; a statement a sort of thing."""
    return names_behind(session, kept_in(rows), _NAMED)
