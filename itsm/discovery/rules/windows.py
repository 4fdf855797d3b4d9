"""Maintenance windows: the times of the week in which a network may be swept, by the wall clock of its zone.

A window is ``{"days": [0, 1], "from": "19:00", "to": "06:00"}``: Monday is 0, the day is that of ``from``, and a ``to``
that is not later than ``from`` lies on the next day. No window at all means always. On the day the clock is put
forward a window loses the hour that does not exist; on the day it is put back the hour that comes twice counts twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

Windows = Sequence[Mapping[str, Any]]
MOST: Final = 3
"""Windows that a network can have."""
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_MINUTE: Final = timedelta(minutes=1)
_FARTHEST: Final = 15 * 24 * 60
"""Minutes looked ahead: two weeks, so that a weekly window that the change of the clock swallowed is found."""


def is_time(text: str) -> bool:
    """Say whether a text is a time of day such as 19:00."""
    return _TIME.fullmatch(text) is not None


def is_open(windows: Windows, zone: ZoneInfo, now: datetime) -> bool:
    """Say whether sweeping is allowed at ``now``, an aware moment."""
    if not windows:
        return True
    local = now.astimezone(zone)
    today, clock = local.weekday(), local.strftime("%H:%M")
    return any(_covers(window, today, clock) for window in windows)


def _covers(window: Mapping[str, Any], today: int, clock: str) -> bool:
    begins, ends, days = window["from"], window["to"], window["days"]
    if begins < ends:
        return today in days and begins <= clock < ends
    return (today in days and clock >= begins) or ((today - 1) % 7 in days and clock < ends)


def next_opening(windows: Windows, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the first moment from ``now`` on at which sweeping is allowed, in UTC, or None where it never is.

    Looks minute by minute: whatever the clock does at the change to summer time, the answer agrees with
    :func:`is_open`.
    """
    now = now.astimezone(UTC)
    if is_open(windows, zone, now):
        return now
    minute = now.replace(second=0, microsecond=0)
    for _ in range(_FARTHEST):
        minute += _MINUTE
        if is_open(windows, zone, minute):
            return minute
    return None
