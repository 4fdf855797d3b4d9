"""Several chassis under one management: each is a thing of its own, and the managed device is none of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from itsm.assets.keys import maker_key, serial_key
from itsm.discovery.enums import KeyStrength
from itsm.discovery.facts import Component, Device, DeviceKind
from itsm.discovery.rules.keys import Key, is_placeholder_serial

MOST: Final = 32
_STACKED: Final = frozenset(
    {
        DeviceKind.SWITCH,
        DeviceKind.ROUTER,
        DeviceKind.FIREWALL,
        DeviceKind.WIRELESS_CONTROLLER,
        DeviceKind.LOAD_BALANCER,
    }
)


@dataclass(frozen=True, slots=True)
class Member:
    """One chassis of a stack: its place (as the stack numbers it, else in the order told) and what it says of itself."""

    place: str
    serial: str
    maker: str | None
    model: str | None
    version: str | None

    @property
    def key(self) -> Key:
        """Return the key by which this chassis is found, also by a purchase that recorded its serial."""
        maker = maker_key(self.maker) if self.maker else ""
        return Key("serial", f"{serial_key(self.serial)}|{maker}", KeyStrength.STRONG)


def members(device: Device) -> tuple[Member, ...]:
    """Return the chassis of a stack. One chassis, or several without serials of their own, are no stack."""
    if device.kind not in _STACKED:
        return ()
    found: dict[str, Component] = {}
    for part in device.components:
        if part.kind == "chassis" and part.serial and not is_placeholder_serial(part.serial, part.model):
            found.setdefault(serial_key(part.serial) or "", part)
    if not 2 <= len(found) <= MOST:
        return ()
    chassis = list(found.values())
    told = [part.slot for part in chassis]
    places = told if all(told) and len(set(told)) == len(told) else [str(n) for n in range(1, len(chassis) + 1)]
    return tuple(
        Member(str(place), part.serial or "", part.vendor or device.vendor, part.model or device.model, part.version)
        for place, part in zip(places, chassis, strict=True)
    )


def managed(device: Device) -> Device:
    """Return what is managed: the stack without the serial of the one chassis that speaks for it."""
    return replace(device, serial=None) if members(device) else device
