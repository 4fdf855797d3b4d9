"""Time zones to choose from."""

from __future__ import annotations

from zoneinfo import available_timezones

from itsm.web.texts import _

_OLD_NAMES = ("Etc", "SystemV", "US", "Canada", "Brazil", "Chile", "Mexico")
"""Regions of names that only stand in for others."""


def zones(*also: str) -> dict[str, list[tuple[str, str]]]:
    """Return the time zones by region, as options of a select; ``also`` names some that must be among them."""
    found: dict[str, list[tuple[str, str]]] = {_("Everywhere"): [("UTC", "UTC")]}
    for name in sorted({*available_timezones(), *filter(None, also)}):
        region, _slash, place = name.partition("/")
        if (place and region not in _OLD_NAMES) or (name in also and name != "UTC"):
            found.setdefault(region if place else _("Others"), []).append((name, (place or name).replace("_", " ")))
    return found
