"""The arithmetic of tickets, without a database."""

import pytest

from itsm.kernel.errors import Invalid, RuleBroken
from itsm.tickets.enums import Level, PendingReason, Priority, Side, StateCategory, Turn
from itsm.tickets.rules import workflow
from itsm.tickets.rules.priority import DEFAULT, priority_of
from itsm.tickets.rules.turn import turn_of
from itsm.tickets.rules.workflow import Way

NEW, OPEN, PAUSED = StateCategory.NEW, StateCategory.OPEN, StateCategory.PAUSED
RESOLVED, CLOSED = StateCategory.RESOLVED, StateCategory.CLOSED


def test_the_default_matrix_knows_every_cell_and_never_falls_when_impact_or_urgency_rises():
    assert set(DEFAULT) == {(i, u) for i in Level for u in Level}
    worse = [Level.LOW, Level.MEDIUM, Level.HIGH]
    for urgency in Level:
        row = [priority_of(impact, urgency) for impact in worse]
        assert row == sorted(row, reverse=True)
    for impact in Level:
        row = [priority_of(impact, urgency) for urgency in worse]
        assert row == sorted(row, reverse=True)


def test_the_customers_matrix_goes_before_the_default():
    mine = {(Level.LOW, Level.LOW): Priority.CRITICAL}
    assert priority_of(Level.LOW, Level.LOW, mine) is Priority.CRITICAL
    assert priority_of(Level.HIGH, Level.HIGH, mine) is Priority.CRITICAL
    assert priority_of(Level.LOW, Level.MEDIUM, mine) is Priority.MEDIUM


@pytest.mark.parametrize(
    ("category", "pending", "spoke_last", "turn"),
    [
        (NEW, None, None, Turn.DESK),
        (NEW, None, "requester", Turn.DESK),
        (OPEN, None, "requester", Turn.DESK),
        (OPEN, None, "desk", Turn.REQUESTER),
        (PAUSED, PendingReason.REQUESTER, "requester", Turn.REQUESTER),
        (PAUSED, PendingReason.SUPPLIER, "desk", Turn.OTHERS),
        (PAUSED, PendingReason.CHANGE, "desk", Turn.OTHERS),
        (RESOLVED, None, "desk", Turn.REQUESTER),
        (CLOSED, None, "requester", Turn.NOBODY),
        (StateCategory.CANCELLED, None, "requester", Turn.NOBODY),
        (StateCategory.MERGED, None, "requester", Turn.NOBODY),
    ],
)
def test_whose_turn_it_is(category, pending, spoke_last, turn):
    assert turn_of(category, pending, spoke_last) is turn


@pytest.mark.parametrize(
    ("category", "pending", "side", "into"),
    [
        (NEW, None, Side.DESK, OPEN),
        (OPEN, None, Side.DESK, None),
        (PAUSED, PendingReason.REQUESTER, Side.DESK, None),
        (RESOLVED, None, Side.DESK, None),
        (NEW, None, Side.REQUESTER, None),
        (PAUSED, PendingReason.REQUESTER, Side.REQUESTER, OPEN),
        (PAUSED, PendingReason.SUPPLIER, Side.REQUESTER, None),
        (RESOLVED, None, Side.REQUESTER, OPEN),
    ],
)
def test_what_a_reply_does_to_the_state(category, pending, side, into):
    assert workflow.after_reply(category, pending, side) is into


def test_a_way_is_found_or_refused():
    ways = [Way(2, "In progress", OPEN, "ticket:work"), Way(4, "Resolved", RESOLVED, "ticket:work")]
    assert workflow.way_to(ways, 4).to_name == "Resolved"
    assert workflow.way_into(ways, PAUSED) is None
    with pytest.raises(RuleBroken, match="no way"):
        workflow.way_to(ways, 5)


def test_a_pause_needs_a_reason_and_nothing_else_keeps_one():
    assert workflow.reason_for(PAUSED, PendingReason.SUPPLIER) is PendingReason.SUPPLIER
    assert workflow.reason_for(OPEN, PendingReason.SUPPLIER) is None
    with pytest.raises(Invalid) as refused:
        workflow.reason_for(PAUSED, None)
    assert refused.value.errors == {"pending_reason": ["Say what the ticket waits for."]}
