"""The rows of a host's command as they are printed, read by the jc package, without times that would be guesses.

jc turns a clock reading without a zone into an epoch of *this* machine's time zone.  Such columns are taken out; one
is put back where the text itself names the zone.
"""

from __future__ import annotations

import calendar
import re
import time
from typing import Any, Final

MAX_TEXT: Final = 4 * 1024 * 1024
"""Characters read into rows; more are left to the facts alone."""

_ZONES: Final = {
    "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "CET": 1, "CEST": 2, "BST": 1, "WET": 0, "WEST": 1, "EET": 2, "EEST": 3,
}  # fmt: skip
"""Hours east of UTC of zones by letters: RFC 5322's, and Europe's."""

_CLOCK: Final = re.compile(
    r"[A-Z][a-z]{2} (?:(\d{1,2}) ([A-Z][a-z]{2})|([A-Z][a-z]{2}) +(\d{1,2})) (?:(\d{4}) )?"
    r"(\d{1,2}):(\d\d):(\d\d)(?: ([AP]M))? ([A-Z]{3,4})(?: (\d{4}))?$"
)


_SLOW_LINE: Final = 200
"""Characters of a line of ``ifconfig``, whose patterns take time with the square of the line."""

_TABLES: Final = frozenset(
    {"arp", "df", "findmnt", "last", "lsblk", "lsmod", "netstat", "nmcli", "ps", "route", "ss", "systemctl",
     "systemctl_lj", "systemctl_ls", "systemctl_luf", "who", "zpool_iostat", "zpool_status"}
)  # fmt: skip
"""Kinds of rows that are read as tables, every line padded to the longest."""

_TABLE_AREA: Final = 16_000_000
"""Lines times characters of the longest one, at most, of a table; lines of 1,000 characters at most."""

_TIME_BUDGET: Final = 5.0
"""Seconds of processor time for the rows of ``ifconfig``, which is read a few interfaces at a time."""


def interface_rows(text: str) -> list[dict[str, Any]]:
    """Return the rows of ``ifconfig``: those found inside the budget of time."""
    deadline = time.thread_time() + _TIME_BUDGET
    lines = [line[:_SLOW_LINE] for line in text.split("\n")]
    starts = [at for at, line in enumerate(lines) if line[:1].strip()]
    found: list[dict[str, Any]] = []
    while starts and time.thread_time() < deadline:
        end = min(starts[8] if len(starts) > 8 else len(lines), starts[0] + 400)
        rows = rows_of("ifconfig", "\n".join(lines[starts[0] : end]))
        found += rows if isinstance(rows, list) else []
        starts = [at for at in starts if at >= end]
    return found


def rows_of(parser: str, text: str) -> Any:
    """Return what jc's ``parser`` makes of ``text`` (a list of rows, or one mapping), or None where it cannot."""
    if len(text) > MAX_TEXT:
        return None
    if parser == "interfaces":
        return interface_rows(text)
    if parser in _TABLES:
        lines = text.split("\n")
        limit = min(1000, max(160, _TABLE_AREA // len(lines)))
        text = "\n".join(line[:limit] for line in lines)
    try:
        import jc  # what only begins to read a host's rows need not wait for it

        rows = jc.parse(parser, text, quiet=True)
    except Exception:
        return None
    return _without_guesses(rows if isinstance(rows, (dict, list)) else list(rows))


def _without_guesses(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_guesses(item) for item in value]
    if not isinstance(value, dict):
        return value
    value = {str(name): item for name, item in value.items()}
    kept = {
        name: _without_guesses(item)
        for name, item in value.items()
        if not (name == "epoch" and "time" in value) and not (name.endswith("_epoch") and isinstance(item, int | None))
    }
    for name in value.keys() - kept.keys():
        said = value.get({"build_epoch": "build_date"}.get(name, name.removesuffix("_epoch")))
        if (moment := _moment(said)) is not None:
            kept[name] = moment
    return kept


def _moment(said: Any) -> int | None:
    """Return the epoch of a clock reading that names its zone, such as ``Wed 16 Oct 2019 09:21:42 AM PDT``."""
    match = _CLOCK.match(said) if isinstance(said, str) and len(said) < 64 else None
    if match is None or match.group(10) not in _ZONES:
        return None
    day, month, other_month, other_day, year, hour, minute, second, half, zone, late_year = match.groups()
    try:
        parts = time.strptime(
            f"{day or other_day} {month or other_month} {year or late_year} {hour}:{minute}:{second} {half or 'AM'}",
            "%d %b %Y %I:%M:%S %p" if half else "%d %b %Y %H:%M:%S AM",
        )
    except ValueError:
        return None
    return calendar.timegm(parts) - _ZONES[zone] * 3600
