"""Following a ticket."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from itsm.accounts.models import Person
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.tickets.enums import Fact, ParticipantRole
from itsm.tickets.events import WatcherAdded, WatcherRemoved
from itsm.tickets.models import Participant, Ticket
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.services import keeping


def watch(actor: Actor, ticket: Ticket, person_id: int | None = None, *, now: datetime) -> Ticket:
    """Let a person (None: the actor) follow a ticket. Asking twice changes nothing."""
    person_id = person_id or actor.person_id
    own = person_id == actor.person_id
    require(POLICY, actor, TicketPermission.FOLLOW if own else TicketPermission.INVITE, ticket)
    if _watcher(ticket, person_id) is not None:
        return ticket
    person = (
        current_unit()
        .session.scalars(select(Person).where(Person.id == person_id, Person.left_on.is_(None)))
        .one_or_none()
    )
    if person is None or not (own or _is_known(actor, person)):
        raise Invalid({"person_id": "Choose somebody from the list."})
    ticket.participants.append(Participant(ticket_id=ticket.id, person_id=person.id, role=ParticipantRole.WATCHER))
    keeping.add_fact(actor, ticket, Fact.WATCHER_ADDED, now=now, person=person.name, own=own)
    emit(
        WatcherAdded(
            at=now, actor_id=actor.user_id, person_id=actor.person_id, ticket_id=ticket.id, watcher_id=person.id
        )
    )
    return ticket


def unwatch(actor: Actor, ticket: Ticket, person_id: int | None = None, *, now: datetime) -> Ticket:
    """Let a person (None: the actor) no longer follow a ticket."""
    person_id = person_id or actor.person_id
    own = person_id == actor.person_id
    require(POLICY, actor, TicketPermission.FOLLOW if own else TicketPermission.INVITE, ticket)
    watcher = _watcher(ticket, person_id)
    if watcher is None or person_id is None:
        return ticket
    session = current_unit().session
    name = session.scalar(select(Person.name).where(Person.id == person_id))
    ticket.participants.remove(watcher)
    session.delete(watcher)
    keeping.add_fact(actor, ticket, Fact.WATCHER_REMOVED, now=now, person=name, own=own)
    emit(
        WatcherRemoved(
            at=now, actor_id=actor.user_id, person_id=actor.person_id, ticket_id=ticket.id, watcher_id=person_id
        )
    )
    return ticket


def _watcher(ticket: Ticket, person_id: int | None) -> Participant | None:
    return next(
        (p for p in ticket.participants if p.person_id == person_id and p.role is ParticipantRole.WATCHER), None
    )


def _is_known(actor: Actor, person: Person) -> bool:
    return actor.all_organizations or person.organization_id in actor.organization_ids
