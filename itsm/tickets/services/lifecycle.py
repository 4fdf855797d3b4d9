"""From state to state, over the ways that the workflow has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import RuleBroken
from itsm.kernel.policy import require
from itsm.tickets.enums import UNSOLVED, Fact, PendingReason, StateCategory
from itsm.tickets.events import StateChanged, TicketClosed, TicketReopened, TicketResolved
from itsm.tickets.models import Ticket
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries import reference
from itsm.tickets.rules import workflow
from itsm.tickets.rules.workflow import Way
from itsm.tickets.services import keeping

ELSEWHERE: Final = "The ticket is in another state by now. Please reload the page."


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a ticket shall go. ``solution_id`` is the entry that says how it was solved, ``was`` the state that whoever
    decided saw; None where he saw none.
    """

    state_id: int
    pending_reason: PendingReason | None = None
    solution_id: int | None = None
    was: int | None = None


def change_state(actor: Actor, ticket: Ticket, command: Move, *, now: datetime) -> Ticket:
    """Move a ticket to another state. Raises RuleBroken where no way leads there, Forbidden where the actor may not
    go it, Invalid where a pause has no reason."""
    if command.was is not None and command.was != ticket.state_id:
        raise RuleBroken(ELSEWHERE)
    if command.state_id == ticket.state_id:
        return _change_reason(actor, ticket, command, now)
    way = workflow.way_to(reference.ways_from(current_unit().session, ticket.state_id), command.state_id)
    require(POLICY, actor, TicketPermission(way.permission), ticket)
    return go(actor, ticket, way, pending=command.pending_reason, solution_id=command.solution_id, now=now)


def go(
    actor: Actor,
    ticket: Ticket,
    way: Way,
    *,
    pending: PendingReason | None = None,
    solution_id: int | None = None,
    silent: bool = False,
    now: datetime,
) -> Ticket:
    """Go a way that was found and allowed. ``silent`` leaves the grey line out, where another one tells it already."""
    before_id, before = ticket.state_id, ticket.category
    name_before = reference.state(current_unit().session, before_id).name
    reason = workflow.reason_for(way.to_category, pending)
    with keeping.changing(ticket, now=now):
        ticket.state_id, ticket.category, ticket.pending_reason = way.to_id, way.to_category, reason
        if way.to_category is StateCategory.RESOLVED:
            ticket.resolved_at, ticket.solution_id = now, solution_id or ticket.solution_id
        elif way.to_category in UNSOLVED:
            ticket.resolved_at = ticket.solution_id = None
    reopened = way.to_category in UNSOLVED and before not in UNSOLVED
    if not silent:
        keeping.add_fact(
            actor,
            ticket,
            Fact.REOPENED if reopened else Fact.STATE,
            now=now,
            before=name_before,
            after=way.to_name,
            category=way.to_category.value,
            reason=reason.value if reason else None,
        )
    _tell(actor, ticket, before_id, before, reopened, now)
    return ticket


def reopen(actor: Actor, ticket: Ticket, *, now: datetime) -> Ticket:
    """Take a resolved ticket up again. Raises RuleBroken in every other state."""
    return _into(actor, ticket, StateCategory.OPEN, TicketPermission.REOPEN, (StateCategory.RESOLVED,), now)


def resolve(actor: Actor, ticket: Ticket, *, now: datetime) -> Ticket:
    """Mark an unsolved ticket solved, without a word about how. Raises RuleBroken in every other state."""
    return _into(actor, ticket, StateCategory.RESOLVED, TicketPermission.WORK, UNSOLVED, now)


def confirm(actor: Actor, ticket: Ticket, *, now: datetime) -> Ticket:
    """Close a resolved ticket: the fix works. Raises RuleBroken in every other state."""
    return _into(actor, ticket, StateCategory.CLOSED, TicketPermission.CLOSE, (StateCategory.RESOLVED,), now)


def withdraw(actor: Actor, ticket: Ticket, *, now: datetime) -> Ticket:
    """Cancel a ticket that is not needed any more."""
    return _into(actor, ticket, StateCategory.CANCELLED, TicketPermission.CANCEL, UNSOLVED, now)


def _into(
    actor: Actor,
    ticket: Ticket,
    category: StateCategory,
    permission: TicketPermission,
    only_from: tuple[StateCategory, ...],
    now: datetime,
) -> Ticket:
    require(POLICY, actor, permission, ticket)
    way = workflow.way_into(reference.ways_from(current_unit().session, ticket.state_id), category)
    if way is None or ticket.category not in only_from:
        raise RuleBroken(ELSEWHERE)
    require(POLICY, actor, TicketPermission(way.permission), ticket)
    return go(actor, ticket, way, now=now)


def _change_reason(actor: Actor, ticket: Ticket, command: Move, now: datetime) -> Ticket:
    """Change only what a paused ticket waits for."""
    require(POLICY, actor, TicketPermission.WORK, ticket)
    reason = workflow.reason_for(ticket.category, command.pending_reason or ticket.pending_reason)
    if reason is not ticket.pending_reason:
        name = reference.state(current_unit().session, ticket.state_id).name
        with keeping.changing(ticket, now=now):
            ticket.pending_reason = reason
        data = {"before": name, "after": name, "category": ticket.category.value}
        keeping.add_fact(actor, ticket, Fact.STATE, now=now, reason=reason.value if reason else None, **data)
    return ticket


def _tell(actor: Actor, ticket: Ticket, before_id: int, before: StateCategory, reopened: bool, now: datetime) -> None:
    who = {"at": now, "actor_id": actor.user_id, "person_id": actor.person_id, "ticket_id": ticket.id}
    emit(
        StateChanged(
            state_id=ticket.state_id,
            previous_state_id=before_id,
            before=before.value,
            after=ticket.category.value,
            **who,  # type: ignore[arg-type]
        )
    )
    if ticket.category is StateCategory.RESOLVED:
        emit(TicketResolved(entry_id=ticket.solution_id, **who))  # type: ignore[arg-type]
    elif reopened:
        emit(TicketReopened(**who))  # type: ignore[arg-type]
    elif ticket.category is StateCategory.CLOSED:
        emit(TicketClosed(**who))  # type: ignore[arg-type]
