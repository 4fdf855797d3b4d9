"""Who is behind which port: BRIDGE-MIB, Q-BRIDGE-MIB, LLDP with its LLDP-MED inventory, and CDP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from itsm.demo.fleet import ber
from itsm.demo.fleet.mibs.rows import ENTERPRISES, Writer, base_mac
from itsm.demo.fleet.mibs.system import primary_mac
from itsm.demo.fleet.ports import Interface, interfaces, mac_of
from itsm.demo.fleet.world import Cable, Facts, World, fill, mac_number, mac_octets

_BRIDGE: Final = "1.3.6.1.2.1.17"
_Q_BRIDGE: Final = "1.3.6.1.2.1.17.7.1"
_LLDP: Final = "1.0.8802.1.1.2.1"
_MED: Final = f"{_LLDP}.5.4795.1.3.3.1"
_CDP: Final = f"{ENTERPRISES}.9.9.23.1.2.1.1"
_VTP: Final = f"{ENTERPRISES}.9.9.46.1.3.1.1"
_LEARNED: Final = 3
_BY_MAC_CHASSIS, _BY_MAC_PORT, _BY_NAME, _BY_LOCAL = 4, 3, 5, 7


def write_bridge(writer: Writer, world: World, name: str) -> None:
    """Write the bridge's ports, VLANs and forwarding tables as the cables make them."""
    facts = world[name]
    found = [port for port in interfaces(world, name) if port.bridge_port is not None]
    if not found:
        return
    writer.put(f"{_BRIDGE}.1.1.0", base_mac(0))
    writer.number(f"{_BRIDGE}.1.2.0", len(found))
    for port in found:
        number = port.bridge_port
        writer.row(f"{_BRIDGE}.1.4.1", str(number), {1: ber.integer(number or 0), 2: ber.integer(port.index)})
        writer.put(f"{_Q_BRIDGE}.4.5.1.1.{number}", ber.gauge32(port.vlan or facts.get("pvid", 10)))
    for vlan, title in world.company["vlans"].items():
        writer.row(f"{_Q_BRIDGE}.4.3.1", vlan, {1: ber.octets(title), 5: ber.integer(1)})
        if facts["vendor"] == "Cisco":
            writer.row(_VTP, f"1.{vlan}", {2: ber.integer(1), 4: ber.octets(title)})
    for mac, vlan_id, number in forwarding(world, name, found):
        index = ".".join(map(str, mac_octets(mac)))
        columns = {2: ber.integer(number), 3: ber.integer(_LEARNED)}
        writer.row(f"{_Q_BRIDGE}.2.2.1", f"{vlan_id}.{index}", dict(columns))
        writer.row(f"{_BRIDGE}.4.3.1", index, {1: ber.octets(mac_octets(mac)), **columns})


def forwarding(world: World, name: str, found: list[Interface]) -> Iterator[tuple[int, int, int]]:
    """Yield (MAC, VLAN, bridge port) of every device that the bridge has heard of."""
    numbers = {port.name: port.bridge_port or 0 for port in found}
    for cable in world.cables_of(name):
        if cable.port not in numbers:
            continue
        for reached in world.behind(name, cable):
            facts = world[reached]
            if "mac" in facts and not facts.get("off"):
                yield primary_mac(world, reached), facts.get("vlan", 10), numbers[cable.port]
            for stranger in facts.get("plugged", {}).values() if facts.get("bridge") else ():
                yield mac_number(stranger), 10, numbers[cable.port]
    for port, stranger in world[name].get("plugged", {}).items():
        yield mac_number(stranger), 10, numbers[port]


def write_lldp(writer: Writer, world: World, name: str) -> None:
    """Write the local system and the neighbours that speak LLDP too."""
    facts = world[name]
    if not facts.get("lldp"):
        return
    writer.number(f"{_LLDP}.3.1.0", _BY_MAC_CHASSIS)
    writer.put(f"{_LLDP}.3.2.0", base_mac(0))
    writer.text(f"{_LLDP}.3.3.0", facts["name"])
    writer.text(f"{_LLDP}.3.4.0", fill(facts["descr"], facts))
    found = {port.name: port for port in interfaces(world, name)}
    for port in found.values():
        if port.type == 6:
            subtype, identity = _port_identity(facts, port)
            columns = {2: ber.integer(subtype), 3: ber.octets(identity), 4: ber.octets(port.descr)}
            writer.row(f"{_LLDP}.3.7.1", port.index, dict(columns))
    for number, cable in enumerate(world.cables_of(name), 1):
        own = found.get(cable.port or "") or next(iter(found.values()))
        if world[cable.peer].get("lldp") and not world[cable.peer].get("off"):
            _write_neighbour(writer, world, cable, index=f"0.{own.index}.{number}")


def _port_identity(facts: Facts, port: Interface) -> tuple[int, bytes]:
    how = facts.get("lldp_port", "name")
    if how == "mac":
        return _BY_MAC_PORT, mac_octets(mac_of(facts, port) or 0)
    if how == "local":
        return _BY_LOCAL, str(port.index).encode()
    return _BY_NAME, port.name.encode()


def _write_neighbour(writer: Writer, world: World, cable: Cable, *, index: str) -> None:
    peer = world[cable.peer]
    ports = interfaces(world, cable.peer)
    port = next((port for port in ports if port.name == cable.peer_port), ports[0])
    subtype, identity = _port_identity(peer, port)
    capabilities = b"\x28" if peer.get("bridge") else b"\x10"
    writer.row(f"{_LLDP}.4.1.1", index, {
        4: ber.integer(_BY_MAC_CHASSIS), 5: ber.octets(mac_octets(mac_number(peer["mac"]))),
        6: ber.integer(subtype), 7: ber.octets(identity), 8: ber.octets(port.descr), 9: ber.octets(cable.peer),
        10: ber.octets(fill(peer["descr"], peer)), 11: ber.octets(capabilities), 12: ber.octets(capabilities),
    })  # fmt: skip
    address = f"{index}.1.4.{world.address(cable.peer)}"
    writer.row(f"{_LLDP}.4.2.1", address, {3: ber.integer(2), 4: ber.integer(port.index)})
    if peer.get("med"):
        inventory = [peer.get("hardware_revision", ""), peer.get("boot", ""), peer["version"], peer["serial"]]
        inventory += [peer["vendor"], peer["model"], peer.get("asset", "")]
        writer.row(_MED, index, {n: ber.octets(text) for n, text in enumerate(inventory, 1) if text})


def write_cdp(writer: Writer, world: World, name: str) -> None:
    """Write the neighbours by CDP, on a device that has it."""
    if not world[name].get("cdp"):
        return
    found = {port.name: port for port in interfaces(world, name)}
    for number, cable in enumerate(world.cables_of(name), 1):
        peer = world[cable.peer]
        if not peer.get("cdp") or peer.get("off") or cable.port not in found:
            continue
        ports = interfaces(world, cable.peer)
        remote = next((port.descr for port in ports if port.name == cable.peer_port), ports[0].descr)
        writer.row(_CDP, f"{found[cable.port].index}.{number}", {
            3: ber.integer(1), 4: ber.octets(bytes(map(int, world.address(cable.peer).split(".")))),
            5: ber.octets(fill(peer["descr"], peer)), 6: ber.octets(cable.peer), 7: ber.octets(remote),
            8: ber.octets(fill(peer.get("platform", "{vendor} {model}"), peer)),
        })  # fmt: skip
