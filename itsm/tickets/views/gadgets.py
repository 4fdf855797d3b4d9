"""A device on a ticket: what it was when the ticket was filed, and what it is now."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from itsm.tickets.queries.detail import Device
from itsm.web.filters import day, memory
from itsm.web.texts import _

ONLINE_WITHIN = timedelta(hours=24)


def facts_of(device: Device) -> list[tuple[str, str]]:
    """Return what a technician wants to know of a device at first glance, as (label, value)."""
    wanted = ("os", "memory_bytes", "serial", "location", "warranty_until")
    return [(label, _value(n, device.now[n])) for n, label in _labels().items() if n in wanted and device.now.get(n)]


def tones_of(device: Device, today: date) -> dict[str, str]:
    """Return which facts deserve a colour: a warranty that has ended."""
    until = device.now.get("warranty_until")
    return {_("Warranty until"): "warn"} if until and date.fromisoformat(until) < today else {}


def changes_of(device: Device) -> list[str]:
    """Return what differs between the snapshot on the ticket and the device as it is now."""
    found = []
    for name, label in _labels().items():
        then, now = device.snapshot.get(name), device.now.get(name)
        if name in device.snapshot and then != now:
            found.append(f"{label}: {_value(name, then)} → {_value(name, now)}")
    return found


def is_online(device: Device, now: datetime) -> bool | None:
    """Say whether discovery saw the device in the last day; None where it never did."""
    return None if device.last_seen_at is None else now - device.last_seen_at < ONLINE_WITHIN


def _labels() -> dict[str, str]:
    return {
        "name": _("Name"),
        "status": _("Status"),
        "os": _("System"),
        "firmware": _("Firmware"),
        "memory_bytes": _("Memory"),
        "serial": _("Serial"),
        "location": _("Location"),
        "warranty_until": _("Warranty until"),
    }


def _value(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name == "memory_bytes":
        return memory(int(value))
    if name == "warranty_until":
        return day(date.fromisoformat(value))
    return str(value).replace("_", " ") if name == "status" else str(value)
