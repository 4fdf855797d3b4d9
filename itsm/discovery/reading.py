"""From a device to what the register understands: kinds, observations, rows of parts."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

from cryptography import x509

from itsm.assets.enums import AssetKind
from itsm.assets.services.moments import Moment
from itsm.assets.services.observation import Observation
from itsm.discovery import knowledge
from itsm.discovery.facts import Device, DeviceKind, Evidence
from itsm.discovery.wire import HostReport
from itsm.kernel.text import one_line

_FIELDS = {
    "name": "name",
    "serial": "serial",
    "model": "model",
    "vendor": "manufacturer",
    "system_uuid": "system_uuid",
    "os_name": "os_name",
    "memory_bytes": "memory_bytes",
}
LONGEST = 4000
_COMPUTERS = frozenset(
    {
        DeviceKind.SERVER,
        DeviceKind.WORKSTATION,
        DeviceKind.LAPTOP,
        DeviceKind.VIRTUAL_MACHINE,
        DeviceKind.HYPERVISOR,
        DeviceKind.MOBILE_DEVICE,
    }
)


FILESYSTEM = "filesystem"
_NEVER_FILL = ("/snap", "/run", "/dev", "/proc", "/sys", "/media", "/cdrom", "/var/lib/docker/", "/var/lib/containers/")
"""Mounts that are full by nature, or of memory."""


def asset_kind(kind: DeviceKind) -> AssetKind:
    """Return the register's kind for a device kind."""
    return AssetKind.OTHER if kind is DeviceKind.UNKNOWN else AssetKind(kind.value)


def source_of(report: HostReport) -> str:
    """Return the source that a report's facts are booked under."""
    return "ssh" if report.outputs else "snmp"


def observations(report: HostReport, device: Device, sighting_id: int | None) -> list[Observation]:
    """Return what a sighting says about the recorded fields, each with its evidence."""
    source, why = source_of(report), {evidence.field: evidence for evidence in device.why}
    found = []
    for mine, recorded in _FIELDS.items():
        value = getattr(device, mine)
        if value not in (None, ""):
            found.append(_observation(recorded, str(value), source, why.get(mine), sighting_id))
    version_field = "os_version" if device.kind in _COMPUTERS else "firmware"
    version = device.os_version or device.version
    if version:
        found.append(_observation(version_field, version, source, why.get("version"), sighting_id))
    certificate = certificate_of(report)
    if certificate is not None:
        found.append(Observation("certificate", certificate, "tls", sighting_id=sighting_id))
    if device.services:
        found.append(_observation("services", _listed(device.services), source, None, sighting_id))
    if device.users:
        found.append(_observation("users", _listed(device.users), source, None, sighting_id))
    if device.privileged:
        told = tuple(f"{name[:60]}\t{by}" for name, by in device.privileged)
        found.append(_observation("privileged", _listed(told), source, None, sighting_id))
    return found


def moments_of(report: HostReport, asset_id: int, sighting_id: int | None) -> list[Moment]:
    """Return when a device says that its configuration was changed."""
    return [
        Moment(asset_id, _MOMENTS[one.what], one.at, one.object, one.name, sighting_id)
        for one in knowledge.configuration_changed(report)
    ]


_MOMENTS = {"running": "configuration_changed", "startup": "startup_changed", "hardware": "hardware_changed"}


def certificate_of(report: HostReport) -> str | None:
    """Return when the certificate that a device showed ends, and whose it says it is: "2027-01-31 intranet.example"."""
    if report.certificate is None:
        return None
    try:
        found = x509.load_der_x509_certificate(base64.b64decode(report.certificate, validate=True))
        names = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        name = one_line(str(names[0].value), 180) if names else ""
        return f"{found.not_valid_after_utc:%Y-%m-%d} {name}".strip()
    except (ValueError, TypeError, x509.InvalidVersion):
        return None


def _listed(names: tuple[str, ...]) -> str:
    """Return names as one text, a line each, cut between two of them where there are too many to keep."""
    text = "\n".join(sorted({name[:100].replace("\n", " ") for name in names}))
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition("\n")[0]


def _observation(
    field: str, value: str, source: str, evidence: Evidence | None, sighting_id: int | None
) -> Observation:
    if evidence is None:
        return Observation(field, value, source, sighting_id=sighting_id)
    return Observation(field, value, source, evidence.object, evidence.rule, evidence.confidence, sighting_id)


def interface_rows(device: Device) -> list[dict[str, Any]]:
    """Return the interfaces as rows of the register; two of one name are told apart by their index."""
    rows: dict[str, dict[str, Any]] = {}
    for port in device.ports:
        name = port.name[:190]
        name = name if name not in rows else f"{name} ({port.index})"[:200]
        rows[name] = {
            "name": name,
            "mac": port.mac,
            "speed": port.speed,
            "number": port.index,
            "alias": (port.alias or "")[:200] or None,
            "type": port.type,
            "admin_up": port.admin_up,
            "oper_up": port.oper_up,
            "vlan": port.vlan,
            "tagged": ranges(port.tagged),
            "lag": _cut(port.lag, 200),
        }
    return list(rows.values())


def ranges(numbers: Sequence[int]) -> str | None:
    """Return sorted numbers as ranges, cut at a border where there are too many.

    >>> ranges((10, 20, 21, 22, 40)), ranges(())
    ('10,20-22,40', None)
    """
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    words = [str(first) if first == last else f"{first}-{last}" for first, last in found]
    while len(text := ",".join(words)) > 290:
        words = [*words[: len(words) // 2], "…"]
    return text or None


def component_rows(device: Device) -> list[dict[str, Any]]:
    """Return components, supplies and guests (machines and containers that run there) as rows of the register."""
    parts = [
        {
            "kind": part.kind[:40],
            "name": part.name[:200],
            "model": _cut(part.model, 200),
            "serial": _cut(part.serial, 120),
            "vendor": _cut(part.vendor, 120),
            "version": _cut(part.version, 120),
            "size": part.size,
            "slot": _cut(part.slot, 120),
            "level": None,
        }
        for part in device.components
    ]
    supplies = [
        {"kind": "supply", "name": supply.name[:200], "slot": supply.name[:120], "level": supply.level}
        for supply in device.supplies
    ]
    guests = [
        {
            "kind": kind,
            "name": guest.name[:200],
            "model": _cut(guest.system, 200),
            "serial": _cut(guest.uuid, 120),
            "slot": guest.name[:120],
            "version": _cut(guest.state, 120),
        }
        for kind, some in (("virtual_machine", device.guests), ("container", device.containers))
        for guest in some
    ]
    return parts + supplies + guests + filesystem_rows(device.filesystems)


def filesystem_rows(filesystems: Iterable[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """Return the filesystems that can fill up, as rows of the register; ``level`` is how much is used, in percent."""
    return [
        {"kind": FILESYSTEM, "name": mount[:200], "slot": mount[:120], "size": size, "level": _used(size, used)}
        for mount, size, used in filesystems
        if size > 0 and not mount.startswith(_NEVER_FILL)
    ]


def _used(size: int, used: int) -> int:
    return min(100, max(0, -(-used * 100 // size)))


def _cut(text: str | None, limit: int) -> str | None:
    return text[:limit] if text else None


def software_rows(device: Device) -> list[dict[str, Any]]:
    """Return installed software as rows of the register."""
    return [
        {"name": one.name[:300], "version": _cut(one.version, 120), "publisher": _cut(one.publisher, 200)}
        for one in device.software
        if one.name
    ]


def is_telling(device: Device) -> bool:
    """Say whether a device told enough to become an asset: something that names or numbers it."""
    return bool(device.serial or device.model or device.name or device.vendor or device.ports)
