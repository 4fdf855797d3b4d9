"""What exists for whom, as a where clause."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, false, or_, select, true, union
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from itsm.infra.db import db
from itsm.infra.statements import kept, me, my_organizations, of
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.tickets.models import Participant, Ticket
from itsm.tickets.policies import works_at_desk


def is_visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which a ticket exists for the actor.

    Technicians and auditors see their organizations; everybody sees what he asked for, is affected by or follows.
    """
    if works_at_desk(actor):
        if actor.all_organizations:
            return true()
        return or_(Ticket.organization_id.in_(my_organizations(actor)), *_own(actor))
    return or_(false(), *_own(actor))


def is_own(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which a ticket is the actor's own affair: asked by, about, or followed by him.

    A union of three index lookups: as one OR, PostgreSQL walked all tickets (47 ms where 1 will do).
    """
    if actor.person_id is None:
        return false()
    asked = select(Ticket.id).where(Ticket.requester_id == me(actor))
    about = select(Ticket.id).where(Ticket.affected_id == me(actor))
    followed = select(Participant.ticket_id).where(Participant.person_id == me(actor))
    return Ticket.id.in_(union(asked, about, followed))


def _own(actor: Actor) -> list[ColumnElement[bool]]:
    if actor.person_id is None:
        return []
    followed = select(Participant.ticket_id).where(Participant.person_id == me(actor))
    return [Ticket.requester_id == me(actor), Ticket.affected_id == me(actor), Ticket.id.in_(followed)]


def sight(actor: Actor) -> Hashable:
    """Return what of an actor decides the shape of :func:`is_visible`; the rest of him are parameters."""
    return works_at_desk(actor), actor.all_organizations, actor.person_id is None


def visible_tickets(actor: Actor) -> Select[Any]:
    """Return a select of the tickets that exist for the actor."""
    return select(Ticket).where(is_visible(actor))


def get_ticket(actor: Actor, number: int, *, session: Session | None = None) -> Ticket:
    """Return a ticket with its participants, for reading. Raises NotFound where the actor may not know of it."""

    def build() -> Select[Any]:
        wanted = visible_tickets(actor).where(Ticket.number == bindparam("number"))
        return wanted.options(joinedload(Ticket.participants))

    wanted = kept(("ticket", sight(actor)), build)
    given = {**of(actor), "number": number}
    return _found((session or db.session()).scalars(wanted, given).unique().one_or_none())


def ticket_to_change(actor: Actor, number: int) -> Ticket:
    """Return a ticket for a service, locked until the transaction ends. Raises NotFound as :func:`get_ticket` does."""

    def build() -> Select[Any]:
        wanted = visible_tickets(actor).where(Ticket.number == bindparam("number")).with_for_update(of=Ticket)
        return wanted.execution_options(populate_existing=True)

    session = current_unit().session
    wanted = kept(("ticket to change", sight(actor)), build)
    ticket = _found(session.scalars(wanted, {**of(actor), "number": number}).one_or_none())
    # By a statement of their own, once we hold the lock: one that waited for it would show them as they were before.
    participants = kept("participants", _participants)
    set_committed_value(ticket, "participants", list(session.scalars(participants, {"ticket": ticket.id})))
    return ticket


def _participants() -> Select[Any]:
    wanted = select(Participant).where(Participant.ticket_id == bindparam("ticket")).order_by(Participant.id)
    return wanted.execution_options(populate_existing=True)


def tickets_to_change(actor: Actor, numbers: list[int]) -> list[Ticket]:
    """Return several tickets for a service, locked in one order; those that do not exist for the actor are left out."""
    wanted = visible_tickets(actor).where(Ticket.number.in_(numbers)).order_by(Ticket.id).with_for_update(of=Ticket)
    found = wanted.options(selectinload(Ticket.participants)).execution_options(populate_existing=True)
    return list(current_unit().session.scalars(found))


def _found(ticket: Ticket | None) -> Ticket:
    if ticket is None:
        raise NotFound()
    return ticket
