"""From suspicion to certainty and back: when a drift is confirmed, and when it is over."""

from __future__ import annotations

from typing import Final

MOST_DOUBLINGS: Final = 3


def patience(confirmations: int, returns: int) -> int:
    """Return how many looks in a row must agree. What came back soon needs twice as many each time: it flaps."""
    return confirmations * int(2 ** min(returns, MOST_DOUBLINGS))


def is_confirmed(times_seen: int, confirmations: int, returns: int) -> bool:
    """Say whether something was seen often enough to be told."""
    return times_seen >= patience(confirmations, returns)


def is_over(times_clear: int, confirmations: int, returns: int) -> bool:
    """Say whether something was absent often enough to be over.

    What was certain at the first look is also over at the first; silence, which takes several sweeps to believe, ends
    after at most two in which the device answered.
    """
    return times_clear >= patience(min(confirmations, 2), returns)


def goes_collective(waiting: int, opened_lately: int, cap: int) -> bool:
    """Say whether so many new tickets of one rule become a single one."""
    return waiting > 1 and waiting + opened_lately > cap
