"""What fails with what: needs with redundancy ("2 of 3"), and the way to the core of the network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from itsm.insight.causes.enums import Fate


@dataclass(frozen=True, slots=True)
class Need:
    """``who`` needs ``what``. Of those with the same ``group``, ``needed`` must work; without a group, this one must.

    A need that is not ``vital`` only hampers.
    """

    who: int
    what: int
    group: str = ""
    needed: int = 1
    vital: bool = True


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of one thing, because of which others, and (of a redundant group) how many are left."""

    fate: Fate
    because: tuple[int, ...]
    left: int = 0
    of: int = 0
    needed: int = 0


CutOff = Callable[[frozenset[int]], Mapping[int, int]]
"""Called with what fails; answers who has no way to the core any more, each with who stood in its way."""
FewerWays = Callable[[frozenset[int]], Mapping[int, tuple[int, int]]]
"""Called with what fails; answers who has fewer ways left than before, as (left, before)."""


@dataclass(slots=True)
class Impact:
    """What becomes of everything that is touched; what is not here is untouched."""

    effects: dict[int, Effect] = field(default_factory=dict)

    def of_fate(self, fate: Fate) -> list[int]:
        """Return the ids with this fate, in order."""
        return sorted(one for one, effect in self.effects.items() if effect.fate is fate)

    def chain(self, root: Collection[int]) -> list[tuple[int, int]]:
        """Return (depth, id) of all that is touched, each below what it fails because of."""
        below: dict[int, list[int]] = defaultdict(list)
        for one in sorted(self.effects):
            because = self.effects[one].because
            below[because[0] if because else 0].append(one)
        told: list[tuple[int, int]] = []
        waiting = [(0, one) for start in sorted(root, reverse=True) for one in reversed(below.get(start, []))]
        seen: set[int] = set(root)
        while waiting:
            depth, one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            told.append((depth, one))
            waiting += [(depth + 1, other) for other in reversed(below.get(one, []))]
        return told + [(0, one) for one in sorted(self.effects) if one not in seen]


def impact_of(
    failed: Iterable[int],
    needs: Iterable[Need],
    *,
    cut_off: CutOff = lambda _: {},
    fewer_ways: FewerWays = lambda _: {},
) -> Impact:
    """Return what becomes of everything else when ``failed`` fail. Loops end: nothing fails twice."""
    roots = frozenset(failed)
    groups: dict[tuple[int, str], list[Need]] = defaultdict(list)
    for place, need in enumerate(sorted(set(needs), key=lambda n: (n.who, n.group, n.what, not n.vital))):
        groups[need.who, need.group or f"\0{place}"].append(need)
    using: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for key, members in groups.items():
        for need in members:
            using[need.what].append(key)
    found = Impact()
    gone: set[int] = set(roots)
    waiting = sorted(roots)
    while waiting:
        while waiting:
            for key in using.get(waiting.pop(0), ()):
                _judge(key[0], groups[key], gone, found, waiting)
        for one, by in sorted(cut_off(frozenset(gone)).items()):
            if one not in gone:
                gone.add(one)
                found.effects[one] = Effect(Fate.FAILS, (by,))
                waiting.append(one)
    for one, (left, before) in fewer_ways(frozenset(gone)).items():
        if one not in gone and 0 < left < before and one not in found.effects:
            found.effects[one] = Effect(Fate.DEGRADED, (), left, before, 1)
    return found


def _judge(who: int, members: list[Need], gone: set[int], found: Impact, waiting: list[int]) -> None:
    """Note what becomes of ``who`` now that one of a group of its needs fails."""
    if who in gone:
        return
    lost = tuple(need.what for need in members if need.what in gone)
    left, needed = len(members) - len(lost), min(max(need.needed for need in members), len(members))
    redundant = len(members) > 1
    numbers = (left, len(members), needed) if redundant else (0, 0, 0)
    if left >= needed or not any(need.vital for need in members):
        found.effects[who] = Effect(Fate.DEGRADED, lost, *numbers)
        return
    gone.add(who)
    found.effects[who] = Effect(Fate.FAILS, lost, *numbers)
    waiting.append(who)
