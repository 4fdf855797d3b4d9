"""How often a schedule comes due, as people say it; what is stored stays a cron line of five fields.

A rhythm that was written down as a cron line is read back from it. A line that none of them would write is somebody's
own expression, and is kept as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

STEPS: Final = (1, 2, 3, 4, 6, 8, 12)
"""Hours between two runs: what divides a day, so that no run comes early after midnight."""
LAST_DAY: Final = "L"
"""The last day of a month, whatever its number."""
MONTH_DAYS: Final = (*(str(day) for day in range(1, 29)), LAST_DAY)
"""The days that every month has."""
_DAY_NAMES: Final = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_NUMBER: Final = re.compile(r"[0-9]{1,2}")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class Beat(StrEnum):
    """The kinds of rhythms."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When something runs. Only what belongs to its beat counts: ``every`` and ``minute`` to the hours, ``at`` to all
    with a time of day, ``days`` (Monday is 0) to the week, ``day`` to the month, ``line`` to an own expression.
    """

    beat: Beat
    every: int = 1
    minute: int = 0
    at: str = "02:30"
    days: tuple[int, ...] = ()
    day: str = "1"
    line: str = ""


def written(rhythm: Rhythm) -> str:
    """Return a rhythm as a cron line. ``at`` is HH:MM, and a weekly rhythm has days: whoever asks has checked it."""
    if rhythm.beat is Beat.OWN:
        return " ".join(rhythm.line.split())
    if rhythm.beat is Beat.HOURLY:
        return f"{rhythm.minute} {'*' if rhythm.every == 1 else f'*/{rhythm.every}'} * * *"
    hour, minute = (int(part) for part in rhythm.at.split(":"))
    rest = {
        Beat.DAILY: "* * *",
        Beat.WEEKDAYS: "* * 1-5",
        Beat.WEEKLY: f"* * {','.join(str(day) for day in sorted((one + 1) % 7 for one in rhythm.days))}",
        Beat.MONTHLY: f"{rhythm.day} * *",
    }[rhythm.beat]
    return f"{minute} {hour} {rest}"


def is_time_of_day(text: str) -> bool:
    """Say whether a text is a time of day such as 02:30."""
    return _TIME.fullmatch(text) is not None


def rhythm_of(line: str) -> Rhythm:
    """Return what a cron line says, as the rhythm that would be written so."""
    own = Rhythm(beat=Beat.OWN, line=line)
    fields = line.lower().split()
    if len(fields) != 5:
        return own
    minute, hour, month_day, month, week = fields
    if not _is_number(minute, range(60)) or month != "*":
        return own
    if (month_day, week) == ("*", "*") and (step := _step(hour)):
        return Rhythm(beat=Beat.HOURLY, every=step, minute=int(minute))
    if not _is_number(hour, range(24)):
        return own
    at = f"{int(hour):02}:{int(minute):02}"
    if week == "*":
        if month_day == "*":
            return Rhythm(beat=Beat.DAILY, at=at)
        day = month_day.upper().lstrip("0")
        return Rhythm(beat=Beat.MONTHLY, at=at, day=day) if day in MONTH_DAYS else own
    days = _days(week) if month_day == "*" else None
    if not days:
        return own
    if days == (0, 1, 2, 3, 4):
        return Rhythm(beat=Beat.WEEKDAYS, at=at)
    return Rhythm(beat=Beat.DAILY, at=at) if len(days) == 7 else Rhythm(beat=Beat.WEEKLY, at=at, days=days)


def _is_number(text: str, of: Collection[int]) -> bool:
    return _NUMBER.fullmatch(text) is not None and int(text) in of


def _step(hour: str) -> int | None:
    """Return after how many hours an hour field comes again, where it is one of the steps offered."""
    if hour == "*":
        return 1
    step = hour.removeprefix("*/")
    return int(step) if step != hour and _is_number(step, STEPS) else None


def _days(field: str) -> tuple[int, ...] | None:
    """Return the days of a cron line's last field, Monday first and 0; None where it says anything else."""
    found: set[int] = set()
    for part in field.split(","):
        ends = [_day(end) for end in part.split("-")]
        first, last = ends[0], ends[-1]
        if first is None or last is None or len(ends) > 2:
            return None
        last = 7 if last == 0 and len(ends) == 2 else last
        if first > last:
            return None
        found |= {(day - 1) % 7 for day in range(first, last + 1)}
    return tuple(sorted(found))


def _day(text: str) -> int | None:
    """Return the number that cron has for a day: Sunday is 0, and 7 too."""
    return _DAY_NAMES.get(text, int(text) if _is_number(text, range(8)) else None)
