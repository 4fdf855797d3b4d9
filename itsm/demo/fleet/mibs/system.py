"""SNMPv2-MIB, IF-MIB and IP-MIB: what every agent has."""

from __future__ import annotations

from typing import Final

from itsm.demo.fleet import ber
from itsm.demo.fleet.mibs.rows import Writer, base_mac, growing, uptime
from itsm.demo.fleet.ports import Interface, interfaces, mac_of
from itsm.demo.fleet.tree import Individual, Live
from itsm.demo.fleet.world import Facts, World, fill, mac_octets

_SYSTEM: Final = "1.3.6.1.2.1.1"
_IF: Final = "1.3.6.1.2.1.2.2.1"
_IFX: Final = "1.3.6.1.2.1.31.1.1.1"
_ADDRESS: Final = "1.3.6.1.2.1.4.20.1"
_ARP: Final = "1.3.6.1.2.1.4.22.1"
_UP, _DOWN = 1, 2
_LEARNED: Final = 3
_SERVICES: Final = {"switch": 2, "router": 4, "firewall": 4}


def write_system(writer: Writer, facts: Facts, site: str) -> None:
    """Write the system group. ``site`` is the words that stand in sysLocation."""
    place = ", ".join(filter(None, (site, facts.get("room"))))
    writer.text(f"{_SYSTEM}.1.0", fill(facts["descr"], facts))
    writer.put(f"{_SYSTEM}.2.0", ber.oid(ber.arcs_of(facts["oid"])))
    writer.put(f"{_SYSTEM}.3.0", uptime)
    writer.text(f"{_SYSTEM}.4.0", facts.get("contact", "it@larkspur.example"))
    writer.put(f"{_SYSTEM}.5.0", _name)
    writer.text(f"{_SYSTEM}.6.0", facts.get("location", place))
    writer.number(f"{_SYSTEM}.7.0", _SERVICES.get(facts["kind"], 72))


def _name(device: Individual, _now: float) -> bytes:
    return ber.octets(device.name)


def write_interfaces(writer: Writer, world: World, name: str) -> None:
    """Write ifTable and ifXTable, with counters that run on ports that are up."""
    found = interfaces(world, name)
    writer.number("1.3.6.1.2.1.2.1.0", len(found))
    for interface in found:
        _write_interface(writer, world[name], interface)


def _write_interface(writer: Writer, facts: Facts, port: Interface) -> None:
    mac: bytes | Live = b"\x04\x00"
    if port.mac is not None:
        mac = ber.octets(mac_octets(port.mac))
    elif port.offset is not None:
        mac = base_mac(port.offset)
    rate = float(facts.get("traffic", 900)) * (1 + port.index % 7) if port.up else 0.0
    bits = port.speed * 1_000_000
    state = ber.integer(_UP if port.up else _DOWN)
    writer.row(_IF, port.index, {
        1: ber.integer(port.index), 2: ber.octets(port.descr), 3: ber.integer(port.type), 4: ber.integer(1500),
        5: ber.gauge32(bits), 6: mac, 7: ber.integer(_UP if port.enabled else _DOWN), 8: state,
        9: ber.ticks(1), 10: growing(rate), 13: ber.counter32(0), 14: ber.counter32(0), 16: growing(rate / 3),
        19: ber.counter32(0), 20: ber.counter32(0),
    })  # fmt: skip
    writer.row(_IFX, port.index, {
        1: ber.octets(port.name), 6: growing(rate, wide=True), 10: growing(rate / 3, wide=True),
        15: ber.gauge32(port.speed), 17: ber.integer(1 if port.type == 6 else 2), 18: ber.octets(port.alias),
    })  # fmt: skip


def write_addresses(writer: Writer, world: World, name: str) -> None:
    """Write ipAddrTable and, for a gateway, the ARP entries of its whole site."""
    facts = world[name]
    found = interfaces(world, name)
    if not found or facts.get("addressless"):
        return
    main = next((port for port in found if port.name == facts.get("address_port")), found[0])
    owned = [(world.address(name), main.index), *((ip, main.index) for ip in facts.get("more_addresses", ()))]
    for ip, index in owned:
        columns = {1: ber.ip(ip), 2: ber.integer(index), 3: ber.ip("255.255.255.0"), 4: ber.integer(1)}
        writer.row(_ADDRESS, ip, dict(columns))
    if not facts.get("gateway"):
        return
    for other, others in world.devices.items():
        if other != name and others["site"] == facts["site"] and "mac" in others:
            ip, mac = world.address(other), primary_mac(world, other)
            entry = {1: ber.integer(main.index), 2: ber.octets(mac_octets(mac)), 3: ber.ip(ip)}
            writer.row(_ARP, f"{main.index}.{ip}", {**entry, 4: ber.integer(_LEARNED)})


def primary_mac(world: World, name: str) -> int:
    """Return the MAC address by which others see a device: that of its address, or its base."""
    facts = world[name]
    found = interfaces(world, name)
    main = next((port for port in found if port.name == facts.get("address_port")), found[0] if found else None)
    mac = mac_of(facts, main) if main else None
    return int(facts["mac"].replace(":", ""), 16) if mac is None else mac
