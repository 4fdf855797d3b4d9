"""Ties between tickets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.policy import require
from itsm.tickets.enums import Fact, LinkKind
from itsm.tickets.events import TicketLinked
from itsm.tickets.models import Link, Ticket
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.services import keeping


def link(actor: Actor, ticket: Ticket, other: Ticket, kind: LinkKind, *, now: datetime) -> Link:
    """Tie ``ticket`` to ``other``. Asking twice changes nothing. Raises Invalid for a ticket tied to itself."""
    require(POLICY, actor, TicketPermission.LINK, ticket)
    require(POLICY, actor, TicketPermission.LINK, other)
    if ticket.id == other.id:
        raise Invalid({"number": "A ticket cannot be linked to itself."})
    session = current_unit().session
    ends = [(ticket.id, other.id)] + ([(other.id, ticket.id)] if kind is LinkKind.RELATES_TO else [])
    for from_id, to_id in ends:
        known = session.scalars(select(Link).filter_by(from_id=from_id, to_id=to_id, kind=kind)).one_or_none()
        if known is not None:
            return known
    made = Link(from_id=ticket.id, to_id=other.id, kind=kind, by_id=actor.person_id)
    session.add(made)
    keeping.add_fact(actor, ticket, Fact.LINKED, now=now, kind=kind.value, number=other.number, inverse=False)
    keeping.add_fact(actor, other, Fact.LINKED, now=now, kind=kind.value, number=ticket.number, inverse=True)
    emit(
        TicketLinked(
            at=now,
            actor_id=actor.user_id,
            person_id=actor.person_id,
            ticket_id=ticket.id,
            other_id=other.id,
            kind=kind.value,
        )
    )
    return made


def unlink(actor: Actor, ticket: Ticket, link_id: int, *, now: datetime) -> None:
    """Untie. Raises NotFound for a link that is not one of this ticket."""
    require(POLICY, actor, TicketPermission.LINK, ticket)
    session = current_unit().session
    found = session.get(Link, link_id)
    if found is None or ticket.id not in (found.from_id, found.to_id):
        raise NotFound()
    other = session.get_one(Ticket, found.to_id if found.from_id == ticket.id else found.from_id)
    session.delete(found)
    inverse = found.to_id == ticket.id
    keeping.add_fact(actor, ticket, Fact.UNLINKED, now=now, kind=found.kind.value, number=other.number, inverse=inverse)
