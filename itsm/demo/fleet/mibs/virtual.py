"""Vendor tables that speak of other devices: a hypervisor's machines, a wireless controller's access points."""

from __future__ import annotations

from typing import Final

from itsm.demo.fleet import ber
from itsm.demo.fleet.mibs.rows import ENTERPRISES, Writer
from itsm.demo.fleet.mibs.system import primary_mac
from itsm.demo.fleet.world import Facts, World, mac_octets

_VM: Final = f"{ENTERPRISES}.6876.2.1.1"
_AP: Final = f"{ENTERPRISES}.25053.1.2.2.1.1.2.1.1"
_STATION: Final = f"{ENTERPRISES}.25053.1.2.2.1.1.3.1.1"


def write_machines(writer: Writer, facts: Facts) -> None:
    """Write vmwVmTable: what runs on the hypervisor."""
    for number, machine in enumerate(facts.get("machines", ()), 1):
        writer.row(_VM, number, {
            1: ber.integer(number), 2: ber.octets(machine["name"]),
            3: ber.octets(f"/vmfs/volumes/datastore1/{machine['name']}/{machine['name']}.vmx"),
            4: ber.octets(machine["guest"]), 5: ber.integer(machine["memory_mb"]),
            6: ber.octets(machine.get("power", "poweredOn")), 7: ber.integer(number),
            8: ber.octets("running" if machine.get("power", "poweredOn") == "poweredOn" else "notRunning"),
            9: ber.integer(machine["cpus"]), 10: ber.octets(machine["uuid"]),
        })  # fmt: skip


def write_wireless(writer: Writer, world: World, name: str) -> None:
    """Write a controller's access points and the stations that are associated with them."""
    facts = world[name]
    for point in facts.get("manages", ()):
        peer = world[point]
        mac = primary_mac(world, point)
        writer.row(_AP, _index(mac), {
            1: ber.octets(mac_octets(mac)), 2: ber.octets(point), 3: ber.integer(0 if peer.get("off") else 1),
            4: ber.octets(str(peer["model"]).lower()), 5: ber.octets(peer["serial"]), 6: ber.ticks(86400 * 21),
            7: ber.octets(peer["version"]), 10: ber.ip(world.address(point)),
        })  # fmt: skip
    for station in facts.get("stations", ()):
        _write_station(writer, world, station)


def _write_station(writer: Writer, world: World, station: Facts) -> None:
    point, host = primary_mac(world, station["point"]), station["host"]
    mac = primary_mac(world, host)
    writer.row(_STATION, f"{_index(point)}.{_index(mac)}", {
        1: ber.octets(mac_octets(mac)), 2: ber.octets(mac_octets(point)), 4: ber.octets("larkspur"),
        5: ber.octets(host), 8: ber.ip(world.address(host)),
    })  # fmt: skip


def _index(mac: int) -> str:
    return ".".join(map(str, mac_octets(mac)))
