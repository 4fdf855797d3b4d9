"""How much one host may cost: time, packets, octets and rows; and the name of what ran out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


class Stopped(Exception):
    """A conversation ended early; ``reason`` is one of the names that a wire stage may carry."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class BudgetSpent(Stopped):
    """The host has used up what it may cost."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one host may cost. ``seconds`` is wall clock, ``octets`` counts both directions on the wire."""

    seconds: float = 60.0
    packets: int = 6_000
    octets: int = 12_000_000
    rows: int = 60_000
    rows_per_column: int = 12_000


@dataclass(slots=True)
class Meter:
    """Counts what one host has cost and raises :class:`BudgetSpent` beyond its limits."""

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    stopped: Callable[[], bool] | None = None
    """Asked with every booking: True ends the conversation, because the sweep was cancelled."""
    packets: int = 0
    octets: int = 0
    rows: int = 0
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def elapsed(self) -> float:
        """Seconds since the conversation began."""
        return self.clock() - self.started

    @property
    def remaining(self) -> float:
        """Seconds left; negative once the time is up."""
        return self.limits.seconds - self.elapsed

    def spend(self, *, packets: int = 0, octets: int = 0, rows: int = 0) -> None:
        """Book what was sent or received. Raises BudgetSpent with ``budget_packets|bytes|rows|time``."""
        self.packets += packets
        self.octets += octets
        self.rows += rows
        if self.packets > self.limits.packets:
            raise BudgetSpent("budget_packets", f"more than {self.limits.packets} packets")
        if self.octets > self.limits.octets:
            raise BudgetSpent("budget_bytes", f"more than {self.limits.octets} octets")
        if self.rows > self.limits.rows:
            raise BudgetSpent("budget_rows", f"more than {self.limits.rows} rows")
        self.check_time()

    def check_time(self) -> None:
        """Raise BudgetSpent(``budget_time``) once the time is up, or ``cancelled``."""
        if self.stopped is not None and self.stopped():
            raise BudgetSpent("cancelled")
        if self.remaining <= 0:
            raise BudgetSpent("budget_time", f"more than {self.limits.seconds:g} s")
