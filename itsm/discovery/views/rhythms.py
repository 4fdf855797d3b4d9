"""Rhythms in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable

from babel.dates import get_day_names
from babel.lists import format_list

from itsm.discovery.rules.rhythm import LAST_DAY, MONTH_DAYS, STEPS, Beat, Rhythm
from itsm.web.filters import habits
from itsm.web.texts import _, reader


def sentence(rhythm: Rhythm) -> str:
    """Return when something runs, as a sentence without its full stop."""
    if rhythm.beat is Beat.HOURLY:
        if rhythm.every > 1:
            return _("Every %(n)s hours, from 00:%(minute)s on", n=rhythm.every, minute=f"{rhythm.minute:02}")
        return _("Every hour at minute %(minute)s", minute=rhythm.minute) if rhythm.minute else _("Every full hour")
    if rhythm.beat is Beat.DAILY:
        return _("Every day at %(at)s", at=rhythm.at)
    if rhythm.beat is Beat.WEEKDAYS:
        return _("Monday to Friday at %(at)s", at=rhythm.at)
    if rhythm.beat is Beat.WEEKLY:
        return _("Every %(days)s at %(at)s", days=_listed(rhythm.days), at=rhythm.at)
    if rhythm.beat is Beat.MONTHLY:
        if rhythm.day == LAST_DAY:
            return _("On the last day of every month at %(at)s", at=rhythm.at)
        return _("On day %(day)s of every month at %(at)s", day=rhythm.day, at=rhythm.at)
    return _("By the expression %(line)s", line=rhythm.line)


def _listed(days: Iterable[int]) -> str:
    names = get_day_names("wide", locale=habits(reader().language))
    return format_list([names[day] for day in days], locale=habits(reader().language))


def beats() -> list[dict[str, str]]:
    """Return the kinds of rhythms as cards to choose from."""
    return [
        {"value": Beat.HOURLY.value, "label": _("Hourly"), "hint": _("Every hour, or every few")},
        {"value": Beat.DAILY.value, "label": _("Daily"), "hint": _("Every day at one time")},
        {"value": Beat.WEEKDAYS.value, "label": _("Weekdays"), "hint": _("Monday to Friday")},
        {"value": Beat.WEEKLY.value, "label": _("Weekly"), "hint": _("On days that you choose")},
        {"value": Beat.MONTHLY.value, "label": _("Monthly"), "hint": _("On one day of the month")},
        {"value": Beat.OWN.value, "label": _("Own expression"), "hint": _("Five fields, as cron has them")},
    ]


def steps() -> list[tuple[int, str]]:
    """Return the numbers of hours between two runs, as options."""
    return [(step, _("every hour") if step == 1 else _("every %(n)s hours", n=step)) for step in STEPS]


def month_days() -> list[tuple[str, str]]:
    """Return the days of a month, as options."""
    return [(day, _("the last day") if day == LAST_DAY else day) for day in MONTH_DAYS]
