"""When a device says that its configuration was changed.

Sources: CISCO-CONFIG-MAN-MIB, ARISTA-CONFIG-MAN-MIB, JUNIPER-CFGMGMT-MIB, ENTITY-MIB (RFC 6933). Most tell the uptime at
which it happened, so the moment follows from the uptime now and the time of the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from itsm.discovery.wire import HostReport, Varbind, raw_octets

UPTIME: Final = "1.3.6.1.2.1.1.3.0"
RUNNING, STARTUP, HARDWARE = "running", "startup", "hardware"
_TICKS: Final[Mapping[str, tuple[str, str]]] = {
    "1.3.6.1.4.1.9.9.43.1.1.1.0": (RUNNING, "ccmHistoryRunningLastChanged"),
    "1.3.6.1.4.1.9.9.43.1.1.3.0": (STARTUP, "ccmHistoryStartupLastChanged"),
    "1.3.6.1.4.1.30065.3.9.1.1.1.0": (RUNNING, "aristaCmdHistoryRunningLastChanged"),
    "1.3.6.1.2.1.47.1.4.1.0": (HARDWARE, "entLastChangeTime"),
}
"""Uptimes at the change, with what was changed."""
_DATES: Final[Mapping[str, tuple[str, str]]] = {"1.3.6.1.4.1.2636.3.18.1.3.0": (RUNNING, "jnxCmCfgChgLatestDate")}
_MAKERS: Final[Mapping[int, str]] = {9: "1.3.6.1.4.1.9.", 30065: "1.3.6.1.4.1.30065.", 2636: "1.3.6.1.4.1.2636."}
_WANTED: Final = frozenset({UPTIME, *_TICKS, *_DATES})
_WRAP: Final = 1 << 32
_BOOTING: Final = 5 * 60 * 100
"""A change in the first five minutes is the device reading its configuration."""
_AHEAD: Final = 60 * 60 * 100
"""A change that came while we were reading lies ahead of the uptime that was read before."""


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """What was changed (``running``, ``startup``, ``hardware``) and when, by which object."""

    what: str
    at: datetime
    object: str
    name: str


def objects_of(numbers: tuple[int, ...]) -> tuple[str, ...]:
    """Return what to ask a device of these enterprise numbers: the uptime, and the moments that go with it."""
    own = (
        oid for number in numbers if number in _MAKERS for oid in (*_TICKS, *_DATES) if oid.startswith(_MAKERS[number])
    )
    return (UPTIME, "1.3.6.1.2.1.47.1.4.1.0", *own)


def changes_of(report: HostReport) -> tuple[ConfigurationChange, ...]:
    """Return the latest change of each sort that a report tells of. What a boot did is none."""
    rows = {one.oid: one for one in report.varbinds if one.oid in _WANTED}
    if not rows:
        return ()
    try:
        taken_at = datetime.fromisoformat(report.taken_at).astimezone(UTC)
    except ValueError:
        return ()
    found: dict[str, ConfigurationChange] = {}
    for oid, (what, name) in (*_TICKS.items(), *_DATES.items()):
        if oid in rows:
            at = _date(rows[oid]) if oid in _DATES else _moment(rows[oid], rows.get(UPTIME), taken_at)
            if at is not None and at <= taken_at + timedelta(hours=1):
                found.setdefault(what, ConfigurationChange(what, at, oid, name))
    return tuple(found.values())


def _moment(row: Varbind, uptime: Varbind | None, taken_at: datetime) -> datetime | None:
    try:
        then, now = int(row.value), int(uptime.value) if uptime is not None else -1
    except ValueError:
        return None
    if not (_BOOTING <= then < _WRAP and 0 <= now < _WRAP):
        return None
    ago = (now - then) % _WRAP
    ago = 0 if ago > _WRAP - _AHEAD else ago
    return taken_at.replace(microsecond=0) - timedelta(seconds=round(ago / 100))


def _date(row: Varbind) -> datetime | None:
    """Read a DateAndTime (RFC 2579): 8 octets, or 11 with the offset from UTC."""
    octets = raw_octets(row)
    if len(octets) not in (8, 11):
        return None
    zone = UTC
    try:
        if len(octets) == 11:
            offset = timedelta(hours=octets[9], minutes=octets[10])
            zone = timezone(-offset if octets[8:9] == b"-" else offset)
        year = octets[0] << 8 | octets[1]
        month, day, hour, minute, second = octets[2:7]
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
