"""Template filters: times, sizes, initials. All text they make is plain; Jinja escapes it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from babel import dates
from flask import Flask
from markupsafe import Markup, escape

from itsm.infra.unit import clock
from itsm.kernel.text import initials, stable_number
from itsm.web.texts import _, reader, told

AGO: Final = Markup('<time datetime="%s" title="%s" data-ago>%s</time>')
WHEN: Final = Markup('<time datetime="%s" title="%s">%s</time>')
_HABITS: Final = {"en": "en_GB"}
"""Whose dates and times a language's readers are shown: English is read all over the world, where the day comes first
and the day has 24 hours."""


def register(app: Flask) -> None:
    """Add the filters to the application."""
    app.jinja_env.filters.update(
        ago=ago,
        brief=brief,
        exact=exact,
        datetime=when,
        date=day,
        filesize=filesize,
        memory=memory,
        initials=initials,
        colour=colour,
        bits=bits,
        told=told,
    )


def ago(moment: datetime | None) -> Markup | str:
    """Return ``<time>`` with a relative text ("3 minutes ago") and the exact moment as its title."""
    if moment is None:
        return "–"
    told, seconds = reader(), (moment - clock().now()).total_seconds()
    relative = _relative(_coarse(seconds), told.language) if abs(seconds) >= 1 else _("now")
    exact = _exact(moment, told.language, told.zone)
    return AGO % (moment.isoformat(timespec="seconds"), exact, relative)


def brief(moment: datetime | None) -> str:
    """Return how long ago a moment is, for a dense row ("3h"); ``exact`` belongs into the title beside it."""
    return "–" if moment is None else brief_span(moment, clock().now(), reader().language)


def exact(moment: datetime | None) -> str:
    """Return the moment in the reader's zone and language."""
    told = reader()
    return "–" if moment is None else _exact(moment, told.language, told.zone)


def brief_span(moment: datetime, now: datetime, language: str) -> str:
    """Return the time between two moments in its largest unit, as short as a language has it."""
    seconds = max(0, int((now - moment).total_seconds()))
    for size in (31_536_000, 2_592_000, 604_800, 86_400, 3600, 60):
        if seconds >= size:
            return _brief(seconds // size * size, language)
    return _brief(seconds, language)


@lru_cache(maxsize=2048)
def _brief(seconds: int, language: str) -> str:
    return str(dates.format_timedelta(seconds, format="narrow", threshold=1, locale=habits(language)))


def when(moment: datetime | None) -> Markup | str:
    """Return ``<time>`` with the moment to the minute, in the reader's zone and language; its title has the seconds."""
    if moment is None:
        return "–"
    told = reader()
    exact = _exact(moment, told.language, told.zone)
    return WHEN % (moment.isoformat(timespec="seconds"), exact, _to_the_minute(moment, told.language, told.zone))


@lru_cache(maxsize=16_384)
def _exact(moment: datetime, language: str, zone: tzinfo | None) -> str:
    """Return a moment in words; pages show the same moments again and again, and Babel is slow."""
    return str(dates.format_datetime(moment, "medium", tzinfo=zone, locale=habits(language)))


@lru_cache(maxsize=16_384)
def _to_the_minute(moment: datetime, language: str, zone: tzinfo | None) -> str:
    locale = habits(language)
    time = dates.format_time(moment, "short", tzinfo=zone, locale=locale)
    return f"{dates.format_date(moment.astimezone(zone or UTC), 'medium', locale=locale)}, {time}"


def habits(language: str) -> str:
    """Return the locale whose dates and times a reader of this language is shown."""
    return _HABITS.get(language, language)


@lru_cache(maxsize=8192)
def _relative(seconds: int, language: str) -> str:
    span = timedelta(seconds=seconds)
    return str(dates.format_timedelta(span, add_direction=True, threshold=1.1, locale=habits(language)))


def _coarse(seconds: float) -> int:
    """Return seconds as exactly as their words will tell."""
    step = 1 if abs(seconds) < 120 else 10 if abs(seconds) < 7200 else 600
    return round(seconds / step) * step


def day(value: date | datetime | None) -> str:
    """Return a date in the reader's language, or a dash."""
    if value is None:
        return "–"
    told = reader()
    if isinstance(value, datetime):
        value = value.astimezone(told.zone or UTC)
    return str(escape(dates.format_date(value, "medium", locale=habits(told.language))))


def filesize(size: int | None) -> str:
    """Return bytes for people: ``1.4 MB`` (decimal units)."""
    if size is None:
        return "–"
    number = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def memory(size: int | None) -> str:
    """Return bytes of main memory for people, in the binary units that its makers use: ``32 GB``."""
    if size is None:
        return "–"
    number = size / 1024**2
    for unit in ("MB", "GB"):
        if number < 1024:
            return f"{number:.3g} {unit}"
        number /= 1024
    return f"{number:.3g} TB"


def bits(speed: int | None) -> str:
    """Return bits a second for people: ``1 Gbit/s``."""
    if not speed:
        return "–"
    number = float(speed)
    for unit in ("bit/s", "kbit/s", "Mbit/s", "Gbit/s"):
        if number < 1000:
            return f"{number:g} {unit}"
        number /= 1000
    return f"{number:g} Tbit/s"


def colour(text: str) -> int:
    """Return the number (0 to 11) of the stable colour that belongs to a name."""
    return stable_number(text, 12)
