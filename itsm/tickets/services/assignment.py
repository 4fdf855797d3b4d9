"""Who works on a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from itsm.accounts.models import Group, Person, RoleGrant, UserAccount
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Invalid, RuleBroken
from itsm.kernel.policy import require
from itsm.tickets.enums import UNSOLVED, Fact, StateCategory
from itsm.tickets.events import TicketAssigned
from itsm.tickets.models import Ticket
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries import reference
from itsm.tickets.rules import workflow
from itsm.tickets.services import keeping, lifecycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The group that owns a ticket and the technician who works on it; None is nobody."""

    group_id: int | None
    assignee_id: int | None


def assign(actor: Actor, ticket: Ticket, command: Assignment, *, now: datetime) -> Ticket:
    """Give a ticket to a group and a technician. Raises Invalid for somebody who cannot work on it."""
    require(POLICY, actor, TicketPermission.ASSIGN, ticket)
    if ticket.category is StateCategory.MERGED:
        raise RuleBroken("This ticket was merged; assign the one it was merged into.")
    group = _group(ticket, command.group_id)
    assignee = _technician(ticket, command.assignee_id)
    if (ticket.group_id, ticket.assignee_id) == (command.group_id, command.assignee_id):
        return ticket
    previous = (ticket.group_id, ticket.assignee_id)
    with keeping.changing(ticket, now=now):
        ticket.group_id, ticket.assignee_id = command.group_id, command.assignee_id
    keeping.add_fact(
        actor,
        ticket,
        Fact.ASSIGNED,
        now=now,
        group=group.name if group else None,
        assignee=assignee.name if assignee else None,
        assignee_id=assignee.id if assignee else None,
        group_changed=previous[0] != ticket.group_id,
        assignee_changed=previous[1] != ticket.assignee_id,
    )
    emit(
        TicketAssigned(
            at=now,
            actor_id=actor.user_id,
            person_id=actor.person_id,
            ticket_id=ticket.id,
            group_id=ticket.group_id,
            assignee_id=ticket.assignee_id,
            previous_group_id=previous[0],
            previous_assignee_id=previous[1],
        )
    )
    _begin(actor, ticket, now)
    return ticket


def take(actor: Actor, ticket: Ticket, *, now: datetime) -> Ticket:
    """Assign a ticket to oneself; the group stays, or becomes one's own where it has none."""
    group_id = ticket.group_id
    if group_id is None and len(actor.group_ids) == 1:
        (group_id,) = actor.group_ids
        group = current_unit().session.get(Group, group_id)
        if group is None or group.organization_id != ticket.organization_id:
            group_id = None
    return assign(actor, ticket, Assignment(group_id=group_id, assignee_id=actor.person_id), now=now)


def _begin(actor: Actor, ticket: Ticket, now: datetime) -> None:
    """A new ticket that has found its technician is in progress."""
    if ticket.category is not StateCategory.NEW or ticket.assignee_id is None:
        return
    way = workflow.way_into(reference.ways_from(current_unit().session, ticket.state_id), StateCategory.OPEN)
    if way is not None and way.to_category in UNSOLVED:
        lifecycle.go(actor, ticket, way, silent=True, now=now)


def _group(ticket: Ticket, group_id: int | None) -> Group | None:
    if group_id is None:
        return None
    group = current_unit().session.get(Group, group_id)
    if group is None or (group_id != ticket.group_id and group.organization_id != ticket.organization_id):
        raise Invalid({"group_id": "Choose a group from the list."})
    return group


def _technician(ticket: Ticket, person_id: int | None) -> Person | None:
    """Return the person, who must be able to sign in as a technician for the ticket's organization."""
    if person_id is None:
        return None
    session = current_unit().session
    wanted = (
        select(Person)
        .join(UserAccount, UserAccount.person_id == Person.id)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(Person.id == person_id, Person.left_on.is_(None), UserAccount.disabled_at.is_(None))
        .where(RoleGrant.role.in_([Role.TECHNICIAN, Role.ADMINISTRATOR]))
        .where(RoleGrant.organization_id.is_(None) | (RoleGrant.organization_id == ticket.organization_id))
    )
    person = session.scalars(wanted).first()
    if person is None:
        raise Invalid({"assignee_id": "Choose a technician from the list."})
    return person
