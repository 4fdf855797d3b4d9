"""What changed against the baseline: facts in, findings out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from itsm.insight.drift.enums import RuleKey

MEMORY, DISKS, PARTS, FIRMWARE, SERVICES, MACS = "memory", "disks", "parts", "firmware", "services", "macs"
CONFIGURATION: Final = "configuration"
PRIVILEGED: Final = "privileged"
ASPECTS: Final[Mapping[RuleKey, str]] = {
    RuleKey.MEMORY_CHANGED: MEMORY,
    RuleKey.DISK_CHANGED: DISKS,
    RuleKey.PART_CHANGED: PARTS,
    RuleKey.FIRMWARE_CHANGED: FIRMWARE,
    RuleKey.CONFIGURATION_CHANGED: CONFIGURATION,
    RuleKey.SERVICE_APPEARED: SERVICES,
    RuleKey.PRIVILEGED_CHANGED: PRIVILEGED,
    RuleKey.UNKNOWN_MAC: MACS,
}
"""Which part of a baseline belongs to which rule."""
NOTHING: Final = ""
Facts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was or should be. ``value`` is what the baseline holds once it is accepted; ``key``
    is its place there."""

    asset_id: int
    subject: str
    before: str
    after: str
    value: Any = None
    sighting_id: int | None = None
    manner: str = ""
    at: datetime | None = None
    """When it happened, where that is known."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between what was and what is: ``key`` in its aspect; None stands for "not there"."""

    key: str
    before: Any
    after: Any


def changes(rule: RuleKey, was: Facts, now: Facts, *, tolerance: int = 0) -> Iterator[Change]:
    """Yield what is different in the aspect of a rule. ``tolerance`` is in percent, for the memory.

    What is told for the first time is no change: only what was told before can be missing or another.
    """
    aspect = ASPECTS[rule]
    before, after = was.get(aspect), now.get(aspect, {})
    if before is None:
        return
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old != new and _counts(rule, old, new, tolerance):
            yield Change(key, old, new)


def _counts(rule: RuleKey, old: Any, new: Any, tolerance: int) -> bool:
    if rule is RuleKey.MEMORY_CHANGED:
        return bool(old) and bool(new) and abs(new - old) * 100 > tolerance * old
    if rule is RuleKey.FIRMWARE_CHANGED:
        return bool(old) and bool(new)
    if rule is RuleKey.CONFIGURATION_CHANGED:
        return bool(old) and bool(new) and new > old
    if rule is RuleKey.PART_CHANGED:
        return old is not None
    if rule is RuleKey.SERVICE_APPEARED:
        return old is None
    return True


def settle(facts: Facts, aspect: str, key: str, value: Any) -> dict[str, dict[str, Any]]:
    """Return the facts with one value accepted; None takes the key away."""
    found = {name: dict(values) for name, values in facts.items()}
    held = found.setdefault(aspect, {})
    if value is None:
        held.pop(key, None)
    else:
        held[key] = value
    return found


def joined(facts: Facts, fresh: Facts) -> dict[str, dict[str, Any]] | None:
    """Return the facts with what was never told before, or None where there is nothing new.

    A new aspect is taken whole; of memory, firmware and configuration a new source is taken.
    """
    found = {name: dict(values) for name, values in facts.items()}
    grown = False
    for aspect, values in fresh.items():
        if aspect not in found:
            found[aspect], grown = dict(values), True
        elif aspect in (MEMORY, FIRMWARE, CONFIGURATION):
            new = {key: value for key, value in values.items() if key not in found[aspect]}
            found[aspect] |= new
            grown = grown or bool(new)
    return found if grown else None
