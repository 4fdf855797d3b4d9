"""Where a ticket can go from here, in the desk's words: every step for the menus, the usual ones as buttons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from itsm.tickets.enums import PendingReason, StateCategory
from itsm.tickets.models import Ticket
from itsm.tickets.rules.workflow import Way
from itsm.web.texts import _, told

_USUAL: Final = {
    StateCategory.NEW: (StateCategory.RESOLVED,),
    StateCategory.OPEN: (StateCategory.PAUSED, StateCategory.RESOLVED),
    StateCategory.PAUSED: (StateCategory.OPEN, StateCategory.RESOLVED),
    StateCategory.RESOLVED: (StateCategory.OPEN, StateCategory.CLOSED),
}
"""What is done most from each state, the most usual last. A ticket that has come to its end has no usual step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``value`` is what the form sends, ``label`` where it leads, ``verb`` what a button of its own says."""

    value: str
    label: str
    category: str
    verb: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """All steps from a state; those into a pause, one for each reason, apart."""

    plain: Sequence[Step] = ()
    waits: Sequence[Step] = ()
    usual: Sequence[Step] = ()

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return bool(self.plain or self.waits)


def steps_of(ticket: Ticket, ways: Sequence[Way], requester: str) -> Steps:
    """Return the steps that a ticket can take over these ways. ``requester`` is the first name of who asked for help."""
    here = ticket.category
    if here is StateCategory.PAUSED:
        ways = [*ways, Way(ticket.state_id, "", StateCategory.PAUSED, "ticket:work")]
    plain = [_plain(way, here) for way in ways if way.to_category is not StateCategory.PAUSED]
    waits = [
        Step(f"{way.to_id}:{reason.value}", _waiting(reason, requester), way.to_category.value)
        for way in ways
        if way.to_category is StateCategory.PAUSED
        for reason in PendingReason
        if (way.to_id, reason) != (ticket.state_id, ticket.pending_reason)
    ]
    return Steps(plain, waits, _usual(here, plain, waits, requester))


def _plain(way: Way, here: StateCategory) -> Step:
    return Step(str(way.to_id), told(way.to_name), way.to_category.value, _verb(way.to_category, here))


def _usual(here: StateCategory, plain: Sequence[Step], waits: Sequence[Step], requester: str) -> list[Step]:
    """Return the usual steps. Where a house has two states for one of them, a verb would not say which."""
    found: list[Step] = []
    several = {category for category, number in Counter(step.category for step in plain).items() if number > 1}
    for category in _USUAL.get(here, ()):
        if category is StateCategory.PAUSED:
            of_requester = [step for step in waits if step.value.endswith(f":{PendingReason.REQUESTER.value}")]
            verb = _("Wait for %(name)s", name=requester)
            found += [Step(step.value, step.label, step.category, verb) for step in of_requester[:1]]
        elif category.value not in several:
            found += [step for step in plain if step.category == category.value]
    return found


def _verb(category: StateCategory, here: StateCategory) -> str:
    """Return what a button says that leads into a state."""
    if category is StateCategory.OPEN:
        return {StateCategory.NEW: _("Start on it"), StateCategory.PAUSED: _("Go on with it")}.get(here, _("Reopen"))
    words = {StateCategory.RESOLVED: _("Resolve"), StateCategory.CLOSED: _("Close")}
    return (words | {StateCategory.CANCELLED: _("Cancel it")}).get(category, "")


def _waiting(reason: PendingReason, requester: str) -> str:
    return {
        PendingReason.REQUESTER: _("for %(name)s", name=requester),
        PendingReason.SUPPLIER: _("for a supplier"),
        PendingReason.CHANGE: _("for a planned change"),
    }[reason]
