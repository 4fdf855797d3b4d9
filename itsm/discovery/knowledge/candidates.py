"""A possible answer for one field of an identity, and the choice among several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from itsm.discovery.facts import Evidence
from itsm.discovery.knowledge.plausible import letters_digits


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


AGREEMENT = 0.04
MOST_AGREEMENT = 2
FULLER = 0.05
FULLER_BELOW = 0.7
"""What a model gains that goes on where another object stops ("S5720-56C-PWR" beside "S5720"), if it is not sure yet."""


def choose(candidates: Iterable[Candidate], least: float) -> list[Candidate]:
    """Mark the winner: of those not rejected the surest, the first of equals, and none below ``least``.

    An answer that other objects of the device confirm (the same letters and digits, or these within theirs)
    counts a little more for each of them.
    """
    ranked = list(candidates)
    sound = [c for c in ranked if c.rejected is None]
    support = {id(c): AGREEMENT * _confirmations(c, sound) + FULLER * _fuller(c, sound) for c in sound}
    ranked = [
        replace(c, confidence=min(0.99, c.confidence + support[id(c)])) if id(c) in support else c for c in ranked
    ]
    eligible = [c for c in ranked if c.rejected is None and c.confidence >= least]
    if not eligible:
        return ranked
    best = max(eligible, key=lambda c: c.confidence)
    return [replace(c, won=True) if c is best else c for c in ranked]


def _confirmations(candidate: Candidate, others: list[Candidate]) -> int:
    text = letters_digits(candidate.value)
    if len(text) < 4 or candidate.field == "kind":
        return 0
    objects = {
        other.object
        for other in others
        if other.object != candidate.object and _confirms(text, letters_digits(other.value))
    }
    return min(MOST_AGREEMENT, len(objects))


def _confirms(text: str, other: str) -> bool:
    return text == other or (len(text) >= 5 and text in other)


def _fuller(candidate: Candidate, others: list[Candidate]) -> bool:
    """Whether a model's one word begins with all that another object says, and says more."""
    if candidate.field != "model" or candidate.confidence >= FULLER_BELOW or " " in candidate.value:
        return False
    text = letters_digits(candidate.value)
    return any(
        other.object != candidate.object
        and len(short := letters_digits(other.value)) >= 4
        and any(char.isdigit() for char in short)
        and len(text) > len(short)
        and text.startswith(short)
        for other in others
    )
