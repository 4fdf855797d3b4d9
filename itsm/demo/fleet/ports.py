"""Interfaces of a simulated device, spelled out from the short form of the data files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from itsm.demo.fleet.world import Cable, Facts, World, fill, mac_number

ETHERNET: Final = 6
WIRELESS: Final = 71
_VIRTUAL: Final = (24, 53, 131, 136, 161)
"""IANAifType of loopbacks, virtual and aggregated interfaces: up without a cable."""


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface. ``speed`` in Mbit/s; ``offset`` is added to the device's base MAC, unless ``mac`` is given;
    ``bridge_port`` is its number as a port of the bridge, None where it is not one."""

    index: int
    name: str
    descr: str
    type: int
    speed: int
    offset: int | None
    mac: int | None
    bridge_port: int | None
    up: bool
    enabled: bool
    alias: str
    vlan: int | None


def interfaces(world: World, name: str) -> list[Interface]:
    """Return the interfaces of a device in the order of their numbers."""
    facts = world[name]
    cabled = {cable.port: cable for cable in world.cables_of(name)}
    found: list[Interface] = []
    for short in facts.get("ports", ()):
        spec = {"index": len(found) + 1, **short}
        for unit in spec.get("units", (0,)):
            for step in range(spec.get("count", 1)):
                found.append(_interface(facts, spec, unit=unit, step=step, before=found, cabled=cabled))
    return sorted(found, key=lambda interface: interface.index)


def _interface(
    facts: Facts,
    spec: dict[str, Any],
    *,
    unit: int,
    step: int,
    before: list[Interface],
    cabled: dict[str | None, Cable],
) -> Interface:
    number = spec.get("first", 1) + step
    port = spec["name"].format(n=number, u=unit)
    kind = spec.get("type", ETHERNET)
    bridging = bool(facts.get("bridge")) and kind == ETHERNET and spec.get("bridge", True)
    offset = sum(interface.offset is not None for interface in before) + bool(facts.get("bridge"))
    with_mac = spec.get("mac", kind in (ETHERNET, WIRELESS))
    cable = cabled.get(port) or (cabled.get(None) if not bridging and not before else None)
    plugged = port in facts.get("plugged", {})
    disabled = port in facts.get("disabled", ())
    return Interface(
        index=spec["index"] + step + unit * spec.get("stride", 0),
        name=port,
        descr=spec.get("descr", spec["name"]).format(n=number, u=unit),
        type=kind,
        speed=spec.get("speed", 1000),
        offset=offset if with_mac is True else None,
        mac=mac_number(fill(with_mac, facts)) if isinstance(with_mac, str) else None,
        bridge_port=sum(i.bridge_port is not None for i in before) + 1 if bridging else None,
        up=not disabled and (bool(cable) or plugged or kind in _VIRTUAL or spec.get("up", False)),
        enabled=not disabled,
        alias=str(facts.get("aliases", {}).get(port) or (f"to {cable.peer}" if cable and bridging else "")),
        vlan=spec.get("vlan"),
    )


def mac_of(facts: Facts, interface: Interface) -> int | None:
    """Return an interface's MAC address, or None where it has none."""
    if interface.mac is not None:
        return interface.mac
    return None if interface.offset is None else mac_number(facts["mac"]) + interface.offset
