"""Template filters: times, sizes, initials. All text they make is plain; Jinja escapes it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Flask
from flask_babel import format_date, format_datetime, format_timedelta, gettext
from markupsafe import Markup, escape

from itsm.infra.unit import clock
from itsm.kernel.text import initials, stable_number

SECOND = timedelta(seconds=1)


def register(app: Flask) -> None:
    """Add the filters to the application."""
    app.jinja_env.filters.update(
        ago=ago, datetime=when, date=day, filesize=filesize, initials=initials, colour=colour, bits=bits
    )


def ago(moment: datetime | None) -> Markup | str:
    """Return ``<time>`` with a relative text ("3 minutes ago") and the exact moment as its title."""
    if moment is None:
        return "–"
    exact = format_datetime(moment, "medium")
    away = moment - clock().now()
    relative = format_timedelta(away, add_direction=True, threshold=1.1) if abs(away) >= SECOND else gettext("now")
    return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(moment.isoformat(), exact, relative)


def when(moment: datetime | None) -> Markup | str:
    """Return ``<time>`` with the moment in the reader's zone and language."""
    if moment is None:
        return "–"
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), format_datetime(moment, "medium"))


def day(value: date | datetime | None) -> str:
    """Return a date in the reader's language, or a dash."""
    return "–" if value is None else str(escape(format_date(value, "medium")))


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
