"""Same device or not: evidence is scored, not ordered by rules, and one contradiction in a strong key forbids.

The score of a candidate is that of its best evidence, raised by what else agrees. At :data:`SURE` the sighting is the
asset; from
:data:`DOUBTFUL` on a person decides; below it is something new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from itsm.discovery.rules.keys import Key

SURE: Final = 0.8
DOUBTFUL: Final = 0.5

WEIGHTS: Final[Mapping[str, float]] = {
    "serial": 1.0,
    "uuid": 0.95,
    "engine": 0.85,
    "base_mac": 0.9,
    "mac": 0.5,
    "name": 0.3,
    "address": 0.25,
}
SECOND_MAC: Final = 0.35
"""Two burned-in MACs in common are as good as a strong key."""
CONTINUITY: Final = 0.3
"""The last sighting at this address was this asset, with the same system description."""
EXCLUSIVE: Final = ("serial", "uuid", "engine")
"""A device has one of these; two different ones are two devices."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An asset that shares keys with a sighting: its score from 0 to 1, what agrees and what contradicts."""

    asset_id: int
    score: float
    agree: tuple[Key, ...]
    contradict: tuple[str, ...]

    @property
    def is_possible(self) -> bool:
        """Say whether nothing forbids it."""
        return not self.contradict


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say: the asset, or None; ``undecided`` where a person has to choose among ``candidates``."""

    asset_id: int | None
    score: float
    agree: tuple[Key, ...]
    candidates: tuple[Candidate, ...]
    undecided: bool


def weigh(asset_id: int, seen: Sequence[Key], known: Iterable[Key], *, continuous: bool = False) -> Candidate:
    """Return how well an asset's keys fit those of a sighting."""
    have = list(known)
    wanted = {(key.kind, key.value) for key in have}
    agree = tuple(key for key in seen if (key.kind, key.value) in wanted or _same_serial(key, have))
    weights = sorted((WEIGHTS[key.kind] for key in agree if key.kind != "mac"), reverse=True)
    macs = sum(1 for key in agree if key.kind == "mac")
    if macs:
        weights.append(WEIGHTS["mac"] + (SECOND_MAC if macs > 1 else 0.0))
    if continuous and any(key.kind == "address" for key in agree):
        weights.append(CONTINUITY)
    return Candidate(asset_id, round(min(1.0, sum(weights)), 3), agree, _contradictions(seen, have, agree))


def _same_serial(key: Key, known: Iterable[Key]) -> bool:
    """Say whether a serial agrees although one side does not know the maker."""
    if key.kind != "serial":
        return False
    serial, maker = key.value.split("|", 1)
    for other in known:
        if other.kind == "serial":
            theirs, their_maker = other.value.split("|", 1)
            if theirs == serial and (not maker or not their_maker):
                return True
    return False


def _contradictions(seen: Sequence[Key], known: Sequence[Key], agree: Sequence[Key]) -> tuple[str, ...]:
    agreeing = {key.kind for key in agree}
    found = []
    for kind in EXCLUSIVE:
        ours, theirs = {k.value for k in seen if k.kind == kind}, {k.value for k in known if k.kind == kind}
        if ours and theirs and kind not in agreeing:
            found.append(kind)
    # An agent that was installed anew has another engine id; with the serial or UUID equal that proves nothing.
    if found == ["engine"] and agreeing & {"serial", "uuid", "base_mac"}:
        return ()
    return tuple(found)


def decide(candidates: Iterable[Candidate]) -> Decision:
    """Choose among candidates. Two sure ones, or a doubtful best one, are for a person to decide."""
    ranked = sorted(candidates, key=lambda c: (-c.score, c.asset_id))
    possible = [one for one in ranked if one.is_possible]
    told = tuple(ranked[:10])
    if not possible or possible[0].score < DOUBTFUL:
        return Decision(None, possible[0].score if possible else 0.0, (), told, undecided=False)
    best = possible[0]
    rival = possible[1] if len(possible) > 1 else None
    if best.score < SURE or (rival is not None and rival.score >= SURE and _as_strong(rival, best)):
        return Decision(None, best.score, best.agree, told, undecided=True)
    return Decision(best.asset_id, best.score, best.agree, told, undecided=False)


def _as_strong(rival: Candidate, best: Candidate) -> bool:
    """Say whether a rival's case is as good: the same strongest kind of key agrees."""
    return _strongest(rival) >= _strongest(best)


def _strongest(one: Candidate) -> float:
    return max((WEIGHTS[key.kind] for key in one.agree), default=0.0)
