"""One verb for many tickets, as one action that can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from itsm.infra.journal import JournalRow
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, NotFound, Refusal
from itsm.kernel.text import phrase
from itsm.tickets.enums import PendingReason
from itsm.tickets.models import State, Ticket
from itsm.tickets.queries import tickets_to_change
from itsm.tickets.rules.workflow import Way
from itsm.tickets.services import assignment, keeping, lifecycle

MOST = 200
Verb = Callable[[Ticket], Any]


@dataclass(slots=True)
class Outcome:
    """What became of a bulk action: how many changed, and why others were left as they were."""

    changed: int = 0
    refused: dict[int, str] = field(default_factory=dict)
    """number -> sentence"""


def apply(actor: Actor, numbers: Sequence[int], verb: Verb) -> Outcome:
    """Do a verb to each of these tickets. One that refuses is left as it was, and told; the others are changed.

    Raises Invalid for none or more than 200. Tickets that do not exist for the actor are passed over.
    """
    if not 1 <= len(set(numbers)) <= MOST:
        raise Invalid({"ids": phrase("Select between 1 and %(most)s tickets.", most=MOST)})
    tickets = tickets_to_change(actor, list(set(numbers)))
    keeping.lock_tallies({ticket.organization_id for ticket in tickets})
    outcome = Outcome()
    for ticket in tickets:
        before = ticket.version
        try:
            verb(ticket)
            current_unit().session.flush()
        except Refusal as refusal:
            outcome.refused[ticket.number] = refusal.message
        else:
            outcome.changed += ticket.version != before
    return outcome


def undo(actor: Actor, request_id: str, *, now: datetime) -> Outcome:
    """Take back what one bulk action of this actor changed, where nobody changed it since.

    Raises NotFound where there is no such action of his.
    """
    session = current_unit().session
    wanted = select(JournalRow.subject_id, JournalRow.detail).where(
        JournalRow.request_id == request_id,
        JournalRow.subject_type == "ticket",
        JournalRow.action == "changed",
        JournalRow.actor_id == actor.user_id,
    )
    done = {int(id_): detail for id_, detail in session.execute(wanted) if detail}
    if not done or len(done) > MOST:
        raise NotFound()
    numbers = list(session.scalars(select(Ticket.number).where(Ticket.id.in_(done))))
    return apply(actor, numbers, lambda ticket: _invert(actor, ticket, done[ticket.id], now))


def _invert(actor: Actor, ticket: Ticket, detail: dict[str, Any], now: datetime) -> None:
    before, after = detail["before"], detail["after"]
    for name in ("assignee_id", "group_id", "state_id"):
        if name in after and getattr(ticket, name) != after[name]:
            raise Invalid({"": "Somebody changed it since."})
    if "state_id" in before:
        _state_back(actor, ticket, before, now)
    if "assignee_id" in before or "group_id" in before:
        wish = assignment.Assignment(
            group_id=before.get("group_id", ticket.group_id),
            assignee_id=before.get("assignee_id", ticket.assignee_id),
        )
        assignment.assign(actor, ticket, wish, now=now)
    if "state_id" in before and ticket.state_id != before["state_id"]:
        _state_back(actor, ticket, before, now)


def _state_back(actor: Actor, ticket: Ticket, before: dict[str, Any], now: datetime) -> None:
    """Set the state that was, also against the direction of the workflow: undoing is not going on."""
    session = current_unit().session
    state = session.get_one(State, before["state_id"])
    way = Way(state.id, state.name, state.category, "ticket:work")
    pending = before.get("pending_reason") or (ticket.pending_reason and ticket.pending_reason.value)
    lifecycle.go(actor, ticket, way, pending=PendingReason(pending) if pending else None, now=now)
