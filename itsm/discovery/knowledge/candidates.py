"""A possible answer for one field of an identity, and the choice among several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from itsm.discovery.facts import Evidence


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible ``value`` for a ``field``: where it was read (``object``), by which ``rule``, how sure we
    are
    (``confidence``, 0 to 1), why it was turned down (``rejected``) and whether it ``won``."""

    field: str
    value: str
    object: str
    rule: str
    confidence: float
    rejected: str | None = None
    won: bool = False

    def evidence(self) -> Evidence:
        """Return the candidate as evidence for a device's field."""
        return Evidence(self.field, self.value, self.object, self.rule, round(self.confidence, 2))


def choose(candidates: Iterable[Candidate], least: float) -> list[Candidate]:
    """Mark the winner: of those not rejected the surest, the first of equals, and none below ``least``.

    Several candidates that say the same strengthen one another a little.
    """
    ranked = list(candidates)
    sound = [c for c in ranked if c.rejected is None and c.confidence >= least]
    if not sound:
        return ranked
    best = max(sound, key=lambda c: c.confidence)
    return [replace(c, won=True) if c is best else c for c in ranked]
