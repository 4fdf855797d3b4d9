"""Whether a rule is about an asset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from itsm.insight.drift.rules.maintenance import is_within


class Limits(Protocol):
    """What a rule is limited to; an empty list means all."""

    kinds: Any
    location_ids: Any
    category_ids: Any


class About(Protocol):
    """What of an asset decides."""

    @property
    def kind(self) -> str:
        """Its kind."""

    @property
    def place(self) -> str:
        """The path of its place."""

    @property
    def category_id(self) -> int | None:
        """Its category."""


def applies(rule: Limits, subject: About, places: Mapping[int, str]) -> bool:
    """Say whether a rule is about an asset: by its kind, category and place. ``places`` maps ids to paths."""
    kinds: Sequence[str] = rule.kinds
    if kinds and subject.kind not in kinds:
        return False
    if rule.category_ids and subject.category_id not in rule.category_ids:
        return False
    if not rule.location_ids:
        return True
    return any(is_within(subject.place, places[one]) for one in rule.location_ids if one in places)
