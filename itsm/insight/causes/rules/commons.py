"""What several tickets have in common with one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from itsm.insight.causes.enums import Sort
from itsm.insight.causes.rules.significance import Share

SPAN: Final = timedelta(hours=24)
AFTER: Final = timedelta(hours=12)
MOST_LINES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A ticket and what is known of its asset."""

    ticket_id: int
    number: int
    title: str
    category: str
    requester: str
    at: datetime
    asset_id: int
    asset: str
    model_id: int | None = None
    firmware: str | None = None
    os_name: str | None = None
    os_version: str | None = None
    place: str | None = None
    parent: int | None = None
    """Number of the incident it is part of already."""


@dataclass(frozen=True, slots=True)
class Trait:
    """Something that a device has: the switch it hangs on, its model, its site …"""

    sort: Sort
    key: str


@dataclass(slots=True)
class Common:
    """What tickets have in common, who they are, and how common it is otherwise."""

    trait: Trait
    name: str
    cases: list[Case]
    looked_at: list[Case]
    """The tickets whose devices are known well enough to tell."""
    share: Share
    people: int = 0
    """How many people hold a device that has it."""
    asset_id: int | None = None
    stands_out: bool = False

    @property
    def key(self) -> str:
        """Return what names it in a form."""
        return f"{self.trait.sort.value}:{self.trait.key}"

    @property
    def parent(self) -> int | None:
        """Return the number of the incident that most of the tickets are part of already."""
        known = [case.parent for case in self.cases if case.parent is not None]
        return max(set(known), key=lambda number: (known.count(number), -number)) if known else None


@dataclass(frozen=True, slots=True)
class Counted:
    """How often a trait is found in the register: on how many of how many devices, with how many people."""

    marked: int
    total: int
    people: int = 0


@dataclass(slots=True)
class Crowd:
    """The tickets of a day, by the traits of their devices."""

    here: Case
    cases: Sequence[Case]
    traits: Mapping[int, Mapping[Trait, str]]
    """asset -> trait -> its name"""
    known: dict[Sort, list[Case]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for sort in Sort:
            self.known[sort] = [
                case for case in self.cases if any(t.sort is sort for t in self.traits.get(case.asset_id, {}))
            ]

    def shared(self) -> dict[Trait, list[Case]]:
        """Return the traits of this ticket's device that another device with a ticket has too.

        Of places inside one another with the same tickets, the innermost is enough.
        """
        having: dict[Trait, list[Case]] = defaultdict(list)
        for case in self.cases:
            for trait in self.traits.get(case.asset_id, {}):
                having[trait].append(case)
        mine = self.traits.get(self.here.asset_id, {})
        found = {t: having[t] for t in mine if len({case.asset_id for case in having[t]}) > 1}
        return {trait: cases for trait, cases in found.items() if not _outer(trait, cases, found)}


def _outer(trait: Trait, cases: list[Case], found: Mapping[Trait, list[Case]]) -> bool:
    return trait.sort is Sort.SITE and any(
        other.sort is Sort.SITE and other.key.startswith(f"{trait.key} / ") and len(others) == len(cases)
        for other, others in found.items()
    )


def places(path: str | None) -> list[str]:
    """Return a path and all that it lies in: "Leeds / Main", "Leeds"."""
    words = (path or "").split(" / ") if path else []
    return [" / ".join(words[: n + 1]) for n in range(len(words))]


def traits_of(case: Case, model: str = "") -> dict[Trait, str]:
    """Return the traits that stand in the record itself."""
    found = {Trait(Sort.SITE, path): path for path in places(case.place)}
    if case.model_id is not None:
        found[Trait(Sort.MODEL, str(case.model_id))] = model
        if case.firmware:
            found[Trait(Sort.FIRMWARE, f"{case.model_id}:{case.firmware}")] = " ".join(
                filter(None, (model, case.firmware))
            )
    if case.os_name:
        words = " ".join(filter(None, (case.os_name, case.os_version)))
        found[Trait(Sort.OS, words)] = words
    return found


def commons(crowd: Crowd, shared: Mapping[Trait, list[Case]], counted: Mapping[Trait, Counted]) -> list[Common]:
    """Return what is shared, the least probable first. What stands out is weighed by how many things were looked at."""
    found = []
    for trait, cases in shared.items():
        numbers = counted.get(trait)
        if numbers is None:
            continue
        looked_at = crowd.known[trait.sort]
        share = Share(
            hits=len({case.asset_id for case in cases}),
            tries=len({case.asset_id for case in looked_at}),
            marked=numbers.marked,
            total=numbers.total,
        )
        name = crowd.traits[crowd.here.asset_id][trait]
        asset_id = int(trait.key) if trait.sort in (Sort.SWITCH, Sort.ACCESS_POINT) else None
        found.append(Common(trait, name, cases, looked_at, share, numbers.people, asset_id))
    for one in found:
        one.stands_out = one.share.stands_out(len(found))
    found.sort(key=lambda one: (not one.stands_out, one.share.chance, -one.share.hits, one.key))
    return found[:MOST_LINES]


def span_of(filed_at: datetime, now: datetime) -> tuple[datetime, datetime]:
    """Return the day to look at: the last one for a fresh ticket, the one around its filing for an old one."""
    end = min(now, filed_at + AFTER)
    return end - SPAN, end


def numbers_of(cases: Iterable[Case]) -> list[int]:
    """Return ticket numbers in order."""
    return sorted({case.number for case in cases})
