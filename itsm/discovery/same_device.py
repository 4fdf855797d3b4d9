"""Several addresses, one device: within one scan the same device is told once, with all its addresses."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from itsm.discovery.facts import Device
from itsm.discovery.wire import HostReport, SnmpFacts

_SYS_UP_TIME: Final = "1.3.6.1.2.1.1.3.0"
_SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
_SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"
_ENGINE_ID: Final = "1.3.6.1.6.3.10.2.1.1.0"
_CLOCK_SLACK: Final = 3.0
"""Seconds by which two readings of the same start time may differ."""

Portrait = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Sighting:
    address: str
    started_at: float | None
    device: Device
    host_keys: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Sightings:
    """Gathers what a scan saw and tells which sightings are one device.

    Two sightings are one when everything that stands still is equal (name, description, serial, engine id, ports,
    parts, addresses, host keys), at least one of these can tell two boxes of one model apart, and either both
    started in the same second or each lists the other's address as its own.
    """

    _groups: dict[Portrait, list[list[_Sighting]]] = field(default_factory=dict)

    def add(self, report: HostReport, device: Device) -> None:
        """Take one address's report and what it was read as."""
        facts = SnmpFacts.of(report.varbinds)
        octets = facts.octets(_ENGINE_ID)
        engine = octets.hex() if octets else report.engine_id
        seen = _Sighting(report.address, _started_at(report, facts), device, report.host_keys)
        groups = self._groups.setdefault(_portrait(report, device, facts, engine), [])
        if _is_telling(report, device, engine):
            for group in groups:
                if any(_same(seen, other) for other in group):
                    group.append(seen)
                    return
        groups.append([seen])

    def devices(self) -> list[Device]:
        """Return each device once, under its lowest address; the other addresses join its ``ips``."""
        found = [_merged(group) for groups in self._groups.values() for group in groups]
        return sorted(found, key=lambda device: _order(device.address))


def _order(address: str) -> tuple[int, int]:
    parsed = ipaddress.ip_address(address)
    return parsed.version, int(parsed)


def _merged(group: list[_Sighting]) -> Device:
    group.sort(key=lambda seen: _order(seen.address))
    first = group[0].device
    if len(group) == 1:
        return first
    return replace(first, ips=tuple(dict.fromkeys([*first.ips, *(seen.address for seen in group)])))


def _portrait(report: HostReport, device: Device, facts: SnmpFacts, engine: str | None) -> Portrait:
    """Return everything about a sighting that stands still, whichever address was asked."""
    return (
        device.name, device.vendor, device.model, device.version, device.serial, device.system_uuid, engine,
        facts.text(_SYS_OBJECT_ID), facts.text(_SYS_DESCR), frozenset(device.ips), tuple(sorted(report.host_keys)),
        tuple((port.name, port.mac, port.type) for port in device.ports),
        tuple((part.kind, part.name, part.model, part.serial) for part in device.components),
    )  # fmt: skip


def _is_telling(report: HostReport, device: Device, engine: str | None) -> bool:
    macs = any(port.mac for port in device.ports)
    return bool(device.serial or device.system_uuid or engine or report.host_keys or macs)


def _started_at(report: HostReport, facts: SnmpFacts) -> float | None:
    ticks = facts.number(_SYS_UP_TIME)
    return None if ticks is None else datetime.fromisoformat(report.taken_at).timestamp() - ticks / 100


def _same(one: _Sighting, other: _Sighting) -> bool:
    if one.address in other.device.ips and other.address in one.device.ips:
        return True
    if one.started_at is not None and other.started_at is not None:
        return abs(one.started_at - other.started_at) <= _CLOCK_SLACK
    return bool(one.host_keys) and one.started_at is None and other.started_at is None
