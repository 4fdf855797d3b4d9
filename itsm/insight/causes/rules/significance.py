"""Is it chance? What several tickets share, weighed against how common it is in the register."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log
from typing import Final

LEVEL: Final = 0.05
"""How often, at most, chance alone may look like this before we say that something stands out."""
FEWEST: Final = 3
"""Devices that must share it before we speak of more than chance."""


def at_least(hits: int, tries: int, marked: int, total: int) -> float:
    """Return how probable it is to draw at least ``hits`` marked ones in ``tries``, without putting back.

    ``marked`` of ``total`` are marked. A register that knows fewer than were drawn is taken to be as large as needed.
    """
    marked = max(marked, hits)
    total = max(total, marked + tries - hits)
    if hits <= 0:
        return 1.0
    lowest = max(hits, tries - (total - marked))
    chance = sum(
        exp(_choose(marked, n) + _choose(total - marked, tries - n) - _choose(total, tries))
        for n in range(lowest, min(tries, marked) + 1)
    )
    return min(1.0, chance)


def bursts(number: int, usual: float) -> float:
    """Return how probable ``number`` or more are where ``usual`` are to be expected (Poisson)."""
    usual = max(usual, 1e-6)
    below = sum(exp(n * log(usual) - usual - lgamma(n + 1)) for n in range(number))
    return max(0.0, 1.0 - below)


def _choose(total: int, some: int) -> float:
    """Return the logarithm of the binomial coefficient."""
    return lgamma(total + 1) - lgamma(some + 1) - lgamma(total - some + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of the devices with tickets share something, and how many of the whole register do."""

    hits: int
    tries: int
    marked: int
    total: int

    @property
    def among_tickets(self) -> float:
        """Return the share among the devices with tickets."""
        return self.hits / self.tries if self.tries else 0.0

    @property
    def in_register(self) -> float:
        """Return the share in the register."""
        return max(self.marked, self.hits) / max(self.total, self.tries, 1)

    @property
    def lift(self) -> float:
        """Return how many times more common it is among the tickets than in the register."""
        return self.among_tickets / self.in_register if self.in_register else 0.0

    @property
    def chance(self) -> float:
        """Return how probable this is by chance alone."""
        return at_least(self.hits, self.tries, self.marked, self.total)

    def stands_out(self, looked_at: int = 1) -> bool:
        """Say whether it is more than chance, given that so many things were ``looked_at`` (who looks at many finds)."""
        return self.hits >= FEWEST and self.chance * max(1, looked_at) < LEVEL
