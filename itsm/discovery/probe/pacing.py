"""How many questions a second may go into one subnet, whatever the whole network may bear."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

SUBNET_RATE: Final = 400.0
"""Questions a second into one subnet where nobody says otherwise: a silent /24 is through in two seconds with all
repetitions, at a quarter of a megabit."""
_SLACK: Final = 0.02
"""Seconds of questions that may leave together: a loop does not wake for each of them."""


class SubnetPace:
    """Gives out turns in a subnet; first questions, repetitions and knocks at silent addresses all take one.

    The bound is hard: what was missed while the loop was busy is not caught up with.
    """

    def __init__(self, rate: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._gap = 1.0 / rate if rate else 0.0
        self._clock = clock
        self._free_at: dict[str, float] = {}

    def take(self, subnet: str, now: float) -> bool:
        """Take a turn now; False where the subnet has to wait."""
        free_at = self._free_at.get(subnet, 0.0)
        if free_at > now:
            return False
        self._free_at[subnet] = max(free_at, now - _SLACK) + self._gap
        return True

    async def turn(self, subnet: str) -> None:
        """Wait for a turn."""
        now = self._clock()
        at = max(self._free_at.get(subnet, 0.0), now)
        self._free_at[subnet] = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)
