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

    Two sightings are one when everything that stands still is equal (name, description, serial, engine id, MACs,
    host keys), at least one of these can tell two boxes of one model apart, and either both started in the same
    second or each lists the other's address as its own.
    """

    _groups: dict[Portrait, list[list[_Sighting]]] = field(default_factory=dict)

    def add(self, report: HostReport, device: Device) -> None:
        """Take one address's report and what it was read as."""
        seen = _Sighting(report.address, _started_at(report), device, report.host_keys)
        groups = self._groups.setdefault(_portrait(report, device), [])
        if _is_telling(report, device):
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


def _portrait(report: HostReport, device: Device) -> Portrait:
    facts = SnmpFacts.of(report.varbinds)
    macs = tuple(sorted({port.mac for port in device.ports if port.mac}))
    return (
        device.name, facts.text(_SYS_OBJECT_ID), facts.text(_SYS_DESCR), device.serial, device.system_uuid,
        _engine(report, facts), macs, tuple(sorted(report.host_keys)),
    )  # fmt: skip


def _engine(report: HostReport, facts: SnmpFacts) -> str | None:
    octets = facts.octets(_ENGINE_ID)
    return octets.hex() if octets else report.engine_id


def _is_telling(report: HostReport, device: Device) -> bool:
    engine = _engine(report, SnmpFacts.of(report.varbinds))
    return bool(device.serial or device.system_uuid or engine or report.host_keys or any(p.mac for p in device.ports))


def _started_at(report: HostReport) -> float | None:
    ticks = SnmpFacts.of(report.varbinds).number(_SYS_UP_TIME)
    return None if ticks is None else datetime.fromisoformat(report.taken_at).timestamp() - ticks / 100


def _same(one: _Sighting, other: _Sighting) -> bool:
    if one.address in other.device.ips and other.address in one.device.ips:
        return True
    if one.started_at is not None and other.started_at is not None:
        return abs(one.started_at - other.started_at) <= _CLOCK_SLACK
    return bool(one.host_keys) and one.started_at is None and other.started_at is None
