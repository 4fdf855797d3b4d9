"""Whether a time of maintenance covers a moment and an asset."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Planned:
    """A maintenance window as a value. No asset and no place: everything. ``place`` is a path of names."""

    asset_id: int | None = None
    place: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    weekly: Mapping[str, Any] = field(default_factory=dict)
    time_zone: str = "UTC"


def is_time(text: str) -> bool:
    """Say whether a text is a time of day such as 19:00."""
    return _TIME.fullmatch(text) is not None


def is_on(planned: Planned, now: datetime) -> bool:
    """Say whether a window is open at ``now``."""
    if planned.weekly:
        return _on_that_day(planned.weekly, now.astimezone(ZoneInfo(planned.time_zone)))
    if planned.starts_at is None or planned.ends_at is None:
        return False
    return planned.starts_at <= now < planned.ends_at


def _on_that_day(weekly: Mapping[str, Any], local: datetime) -> bool:
    begins, ends, days = str(weekly["from"]), str(weekly["to"]), weekly["days"]
    today, clock = local.weekday(), local.strftime("%H:%M")
    if begins < ends:
        return today in days and begins <= clock < ends
    return (today in days and clock >= begins) or ((today - 1) % 7 in days and clock < ends)


def covers(planned: Planned, asset_id: int, place: str) -> bool:
    """Say whether a window is about an asset at a place."""
    if planned.asset_id is not None:
        return planned.asset_id == asset_id
    return planned.place is None or is_within(place, planned.place)


def is_within(place: str, above: str) -> bool:
    """Say whether a place is another one or lies in it; both are paths such as "Berlin / Floor 2"."""
    return place == above or place.startswith(f"{above} / ")


def covered(windows: Sequence[Planned], now: datetime, asset_id: int, place: str) -> bool:
    """Say whether any window is open for an asset."""
    return any(covers(one, asset_id, place) for one in windows if is_on(one, now))
