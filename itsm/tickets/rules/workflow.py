"""The ways between states: which exist, what they ask for, and which the house goes by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from itsm.kernel.errors import Invalid, RuleBroken
from itsm.tickets.enums import PendingReason, Side, StateCategory


@dataclass(frozen=True, slots=True)
class Way:
    """A way from a state (given by id) to another, and the permission it takes."""

    to_id: int
    to_name: str
    to_category: StateCategory
    permission: str


def way_to(ways: Iterable[Way], state_id: int) -> Way:
    """Return the way that leads to a state. Raises RuleBroken where there is none from here."""
    for way in ways:
        if way.to_id == state_id:
            return way
    raise RuleBroken("The workflow has no way from the present state to that one.")


def way_into(ways: Iterable[Way], category: StateCategory) -> Way | None:
    """Return the first way into a state category, for what the house does by itself; None where there is none."""
    return next((way for way in ways if way.to_category is category), None)


def reason_for(category: StateCategory, reason: PendingReason | None) -> PendingReason | None:
    """Return the pending reason to store. Raises Invalid where a pause has none."""
    if category is not StateCategory.PAUSED:
        return None
    if reason is None:
        raise Invalid({"pending_reason": "Say what the ticket waits for."})
    return reason


def after_reply(category: StateCategory, pending: PendingReason | None, side: Side) -> StateCategory | None:
    """Return the category that a public reply leads into by itself, or None where the state stays.

    The desk's first answer opens a new ticket. The requester's word wakes what waited for it and reopens what was
    resolved; it does not end a wait for a supplier or a change.
    """
    if side is Side.DESK:
        return StateCategory.OPEN if category is StateCategory.NEW else None
    waited = category is StateCategory.PAUSED and pending is PendingReason.REQUESTER
    return StateCategory.OPEN if waited or category is StateCategory.RESOLVED else None
