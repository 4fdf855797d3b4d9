"""Which ticket comes first: from impact and urgency, or by hand with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.tickets.enums import Fact, Level, Priority
from itsm.tickets.events import PriorityChanged
from itsm.tickets.models import Ticket
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries import reference
from itsm.tickets.rules.priority import priority_of
from itsm.tickets.services import keeping


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """Impact and urgency; ``priority`` only where it shall differ from the matrix, and then with a ``reason``."""

    impact: Level
    urgency: Level
    priority: Priority | None = None
    reason: str = ""


def weigh(actor: Actor, ticket: Ticket, command: Weight, *, now: datetime) -> Ticket:
    """Set impact, urgency and priority. Raises Invalid for a priority by hand without a reason."""
    require(POLICY, actor, TicketPermission.EDIT, ticket)
    given = priority_of(command.impact, command.urgency, reference.matrix(current_unit().session))
    by_hand = command.priority is not None and command.priority != given
    if by_hand and not command.reason.strip():
        raise Invalid({"reason": "Say why the priority differs from the matrix."})
    priority = int(command.priority if by_hand and command.priority else given)
    reason = command.reason.strip()[:300] if by_hand else None
    wanted = (command.impact, command.urgency, priority, reason)
    previous = ticket.priority
    if wanted == (ticket.impact, ticket.urgency, ticket.priority, ticket.priority_reason):
        return ticket
    with keeping.changing(ticket, now=now):
        ticket.impact, ticket.urgency, ticket.priority, ticket.priority_reason = wanted
    keeping.add_fact(
        actor,
        ticket,
        Fact.PRIORITY,
        now=now,
        before=previous,
        after=priority,
        impact=command.impact.value,
        urgency=command.urgency.value,
        reason=reason,
    )
    if previous != priority:
        emit(
            PriorityChanged(
                at=now,
                actor_id=actor.user_id,
                person_id=actor.person_id,
                ticket_id=ticket.id,
                priority=priority,
                previous=previous,
            )
        )
    return ticket
