"""Whose turn it is: a value of state, pending reason and who wrote the last public reply."""

from __future__ import annotations

from itsm.tickets.enums import PendingReason, Side, StateCategory, Turn


def turn_of(category: StateCategory, pending: PendingReason | None, last_public_side: str | None) -> Turn:
    """Return who must do the next thing.

    Paused work waits for whom its reason names; a resolved ticket for the requester's word; open work for the desk,
    unless the desk spoke last.
    """
    if category is StateCategory.PAUSED:
        return Turn.REQUESTER if pending is PendingReason.REQUESTER else Turn.OTHERS
    if category is StateCategory.RESOLVED:
        return Turn.REQUESTER
    if category in (StateCategory.NEW, StateCategory.OPEN):
        return Turn.REQUESTER if last_public_side == Side.DESK else Turn.DESK
    return Turn.NOBODY
