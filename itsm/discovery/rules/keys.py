"""The keys by which a device is recognised, and what is no key because many devices share it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from itsm.assets.keys import maker_key, serial_key
from itsm.discovery.enums import KeyStrength
from itsm.discovery.facts import Device, DeviceKind

MOST_MACS: Final = 64

_PLACEHOLDERS: Final = re.compile(
    r"^(TOBEFILLED.*|TBFILLED.*|DEFAULTSTRING|SYSTEMSERIALNUMBER|CHASSISSERIALNUMBER|BASEBOARDSERIALNUMBER|"
    r"SERIALNUMBER|SERIAL|NONE|NULL|NA|NOTAVAILABLE|NOTSPECIFIED|NOTAPPLICABLE|NOTPRESENT|UNKNOWN|UNDEFINED|"
    r"INVALID|EMPTY|OEM|XXX+|0+|1+|F+|0123456789.*|1234567.*|12345+|ABCDEF.*|TEST.*)$"
)
_SHARED_MAC_PREFIXES: Final = (
    "00:00:5e:00:01",  # VRRP, IPv4
    "00:00:5e:00:02",  # VRRP, IPv6
    "00:00:0c:07:ac",  # HSRP
    "00:00:0c:9f:f",  # HSRP version 2
    "00:07:b4:00",  # GLBP
    "02:00:4c:4f:4f:50",  # Microsoft loopback adapter
    "00:50:56:c0:00",  # VMware host-only adapters
    "0a:00:27:00:00",  # VirtualBox host-only adapters
    "00:ff:",  # TAP adapters
    "02:42:",  # Docker bridges
    "fe:ff:ff",
    "01:",
)
_SHARED_UUIDS: Final = frozenset(
    {
        "03000200-0400-0500-0006-000700080009",
        "00020003-0004-0005-0006-000700080009",
        "fefefefe-fefe-fefe-fefe-fefefefefefe",
        "12345678-1234-5678-90ab-cddeefaabbcc",
        "31323334-3536-3738-3930-000000000000",
    }
)


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its kind, its value in normal form, and how much it proves."""

    kind: str
    value: str
    strength: KeyStrength


def is_placeholder_serial(serial: str, model: str | None = None) -> bool:
    """Say whether a serial is a filler that many devices carry: constants, one letter repeated, the
    model's own name; or too short to tell two devices apart.
    """
    key = serial_key(serial) or ""
    if len(key) < 5 or len(set(key)) < 3 or _PLACEHOLDERS.match(key):
        return True
    return model is not None and key == serial_key(model)


def is_shared_mac(mac: str) -> bool:
    """Say whether a MAC address is no device's own: virtual routers, adapters of software, multicast, made up locally."""
    mac = mac.lower()
    octets = mac.split(":")
    if len(octets) != 6 or not all(re.fullmatch(r"[0-9a-f]{2}", octet) for octet in octets):
        return True
    if len(set(octets)) == 1 or mac.startswith(_SHARED_MAC_PREFIXES):
        return True
    return bool(int(octets[0], 16) & 0x03)


def is_shared_uuid(uuid: str) -> bool:
    """Say whether a system UUID is a vendor's constant rather than this machine's."""
    digits = re.sub(r"[^0-9a-f]", "", uuid.lower())
    return len(digits) != 32 or len(set(digits)) < 4 or uuid.lower() in _SHARED_UUIDS


def keys_of(device: Device, address: str) -> list[Key]:
    """Return all keys of a device, the strongest first. Nothing that many devices share is among them."""
    found: list[Key] = []
    if device.serial and not is_placeholder_serial(device.serial, device.model):
        maker = maker_key(device.vendor) if device.vendor else ""
        # A management controller reports the serial of the server it sits in: the two are two devices.
        whose = "BMC:" if device.kind is DeviceKind.MANAGEMENT_CONTROLLER else ""
        found.append(Key("serial", f"{whose}{serial_key(device.serial)}|{maker}", KeyStrength.STRONG))
    if device.system_uuid and not is_shared_uuid(device.system_uuid):
        found.append(Key("uuid", device.system_uuid.lower(), KeyStrength.STRONG))
    if device.base_mac and not is_shared_mac(device.base_mac):
        found.append(Key("base_mac", device.base_mac.lower(), KeyStrength.STRONG))
    if device.engine_id and _tells_apart(device.engine_id):
        found.append(Key("engine", device.engine_id.lower(), KeyStrength.STRONG))
    found += [Key("mac", mac, KeyStrength.MEDIUM) for mac in _own_macs(device)]
    if device.name:
        found.append(Key("name", device.name.casefold().split(".")[0][:200], KeyStrength.WEAK))
    found.append(Key("address", address, KeyStrength.WEAK))
    return found


def _own_macs(device: Device) -> list[str]:
    macs = {port.mac.lower() for port in device.ports if port.mac}
    if device.kind in (DeviceKind.HYPERVISOR, DeviceKind.VIRTUAL_MACHINE):
        macs = {mac for mac in macs if not mac.startswith("00:50:56")}
    return sorted(mac for mac in macs if not is_shared_mac(mac))[:MOST_MACS]


def _tells_apart(engine_id: str) -> bool:
    """Say whether an engine id can be one device's own (RFC 3411: enterprise number, format, data; the data must
    vary)."""
    data = engine_id[10:]
    return len(data) >= 8 and len(set(data)) >= 3


def serials(keys: Iterable[Key]) -> set[str]:
    """Return the bare serials among keys, without the maker."""
    return {key.value.split("|")[0] for key in keys if key.kind == "serial"}
