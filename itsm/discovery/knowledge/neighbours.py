"""Neighbours told by LLDP (802.1AB-2005 and -2016, with LLDP-MED inventory), CDP, FDP and EDP."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import Final

from itsm.discovery.facts import Neighbour
from itsm.discovery.knowledge import standard_objects as standard
from itsm.discovery.knowledge.ports import address_in, bridge_interfaces
from itsm.discovery.knowledge.reading import Reading
from itsm.discovery.wire import Varbind, raw_octets, readable

MAX_NEIGHBOURS: Final = 4_000
MAC, ADDRESS, IF_NAME = "mac", "address", "name"
CHASSIS_SUBTYPES: Final = {3: IF_NAME, 4: MAC, 5: ADDRESS, 6: IF_NAME}
PORT_SUBTYPES: Final = {3: MAC, 4: ADDRESS}


def identifier(row: Varbind | None, subtype: int | None, meanings: dict[int, str]) -> str | None:
    """Return an LLDP chassis or port id as text, read as its subtype says.

    A MAC becomes lower case with colons, a network address its usual form; everything else is text. Six
    unprintable octets are read as a MAC whatever the subtype says: agents get it wrong.
    """
    if row is None:
        return None
    octets = raw_octets(row)
    meaning = meanings.get(subtype or 0)
    if meaning == MAC and len(octets) == 6:
        return octets.hex(":")
    if meaning == ADDRESS and len(octets) in (5, 17) and octets[0] in (1, 2):
        return str(ipaddress.ip_address(octets[1:]))
    if meaning == ADDRESS and len(octets) in (4, 16) and not all(32 <= byte < 127 for byte in octets):
        return str(ipaddress.ip_address(octets))
    text = readable(row)
    if len(octets) == 6 and not all(32 <= byte < 127 for byte in octets):
        return octets.hex(":")
    return text or None


def neighbours_of(reading: Reading) -> tuple[Neighbour, ...]:
    """Return all neighbours, the same one told twice (same port, host and protocol) only once."""
    names = _if_names(reading)
    found: dict[tuple[str | None, ...], Neighbour] = {}
    readers: tuple[Callable[[Reading, dict[str, str]], Iterator[Neighbour]], ...] = (
        _lldp,
        _lldp_v2,
        _lldp_nokia,
        _cdp,
        _fdp,
        _edp,
    )
    for reader in readers:
        for neighbour in reader(reading, names):
            key = (
                neighbour.protocol,
                neighbour.port,
                neighbour.host,
                neighbour.chassis_id,
                neighbour.remote_port,
            )
            found.setdefault(key, neighbour)
            if len(found) >= MAX_NEIGHBOURS:
                return tuple(found.values())
    return tuple(found.values())


def _if_names(reading: Reading) -> dict[str, str]:
    names = reading.texts(f"{standard.IF_TABLE}.2")
    names.update(reading.texts(f"{standard.IF_X_TABLE}.1"))
    return names


def local_ports(reading: Reading, names: dict[str, str]) -> dict[str, str]:
    """Return {lldpLocPortNum: our interface name}.

    The number is an ifIndex, a bridge port or neither; the port's own id and description decide where they
    name an interface, then a match by number.
    """
    base = f"{standard.LLDP}.3.7.1"
    subtypes = reading.numbers(f"{base}.2")
    ids = dict(reading.column(f"{base}.3"))
    descr = reading.texts(f"{base}.4")
    known = {name.lower(): name for name in names.values()}
    for index, name in reading.texts(f"{standard.IF_TABLE}.2").items():
        known.setdefault(name.lower(), names.get(index, name))
    found: dict[str, str] = {}
    for number in dict.fromkeys([*ids, *descr]):
        told = identifier(ids.get(number), subtypes.get(number), PORT_SUBTYPES)
        options = [text for text in (told, descr.get(number)) if text]
        exact = [known[text.lower()] for text in options if text.lower() in known]
        if exact:
            found[number] = exact[0]
        elif subtypes.get(number) == 7 and told in names:
            found[number] = names[told]
        elif subtypes.get(number) in (5, 1) and told:
            found[number] = told
    return found


def _port_name(number: str, told: dict[str, str], names: dict[str, str], bridge: dict[int, int]) -> str | None:
    if number in told:
        return told[number]
    if number.isdigit() and int(number) in bridge:
        return names.get(str(bridge[int(number)]))
    return names.get(number)


def _lldp(reading: Reading, names: dict[str, str]) -> Iterator[Neighbour]:
    base = f"{standard.LLDP}.4.1.1"
    chassis_types, port_types = reading.numbers(f"{base}.4"), reading.numbers(f"{base}.6")
    chassis, ports = dict(reading.column(f"{base}.5")), dict(reading.column(f"{base}.7"))
    port_descr, host_names, descr = (reading.texts(f"{base}.{n}") for n in (8, 9, 10))
    capabilities = dict(reading.column(f"{base}.12"))
    told, bridge = local_ports(reading, names), bridge_interfaces(reading)
    addresses = _lldp_addresses(reading)
    inventory = _inventory(reading)
    for index in dict.fromkeys([*chassis, *host_names, *ports]):
        arcs = index.split(".")
        number = arcs[1] if len(arcs) == 3 else arcs[0]
        chassis_id = identifier(chassis.get(index), chassis_types.get(index), CHASSIS_SUBTYPES)
        port_id = identifier(ports.get(index), port_types.get(index), PORT_SUBTYPES)
        stock = inventory.get(".".join(arcs[:3]), {})
        yield Neighbour(
            port=_port_name(number, told, names, bridge),
            host=host_names.get(index) or chassis_id,
            protocol="lldp",
            chassis_id=chassis_id,
            remote_port=_remote_port(port_id, port_types.get(index), port_descr.get(index)),
            address=addresses.get(".".join(arcs[:3])),
            platform=descr.get(index),
            version=stock.get(3) or stock.get(2),
            serial=stock.get(4),
            vendor=stock.get(5),
            model=stock.get(6),
            bridges=_bridges(capabilities.get(index)),
        )


def _bridges(row: Varbind | None) -> bool | None:
    """Read LldpSystemCapabilitiesMap: bit 2 is a bridge, 4 a router; an access point (3) or a phone (5) bridges too,
    and is told apart because it says so."""
    octets = b"" if row is None else raw_octets(row)
    if not octets:
        return None
    return bool(octets[0] & 0x28) and not octets[0] & 0x14


def _remote_port(port_id: str | None, subtype: int | None, descr: str | None) -> str | None:
    """Prefer an interface's name; a MAC or a bare local number says less than the port's description."""
    if subtype in (3, 7) and descr:
        return descr
    return port_id or descr


def _lldp_addresses(reading: Reading) -> dict[str, str]:
    """Management addresses stand in the index: time mark, port, number, family, length, octets."""
    found: dict[str, str] = {}
    for index, _ in reading.column(f"{standard.LLDP}.4.2.1.3"):
        arcs = index.split(".")
        if len(arcs) > 5 and (address := address_in(arcs[5:])) is not None:
            found.setdefault(".".join(arcs[:3]), str(address))
    return found


def _inventory(reading: Reading) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for index, row in reading.column(standard.LLDP_MED_REMOTE):
        column, _, key = index.partition(".")
        text = readable(row)
        if text and column.isdigit():
            found.setdefault(key, {})[int(column)] = text
    return found


def _by_interface(reading: Reading, names: dict[str, str], base: str, first: int) -> Iterator[Neighbour]:
    """LLDP tables whose index names the interface itself: time mark, ifIndex, destination, number.

    ``first`` is the column of the chassis id's subtype; the six that follow stand in the standard's order.
    """
    chassis_types, port_types = (reading.numbers(f"{base}.{first + n}") for n in (0, 2))
    chassis, ports = (dict(reading.column(f"{base}.{first + n}")) for n in (1, 3))
    port_descr, host_names, descr = (reading.texts(f"{base}.{first + n}") for n in (4, 5, 6))
    for index in dict.fromkeys([*chassis, *host_names, *ports]):
        arcs = index.split(".")
        chassis_id = identifier(chassis.get(index), chassis_types.get(index), CHASSIS_SUBTYPES)
        port_id = identifier(ports.get(index), port_types.get(index), PORT_SUBTYPES)
        yield Neighbour(
            port=names.get(arcs[1]) if len(arcs) > 1 else None,
            host=host_names.get(index) or chassis_id,
            protocol="lldp",
            chassis_id=chassis_id,
            remote_port=_remote_port(port_id, port_types.get(index), port_descr.get(index)),
            platform=descr.get(index),
        )


def _lldp_v2(reading: Reading, names: dict[str, str]) -> Iterator[Neighbour]:
    return _by_interface(reading, names, f"{standard.LLDP_V2}.4.1.1", 5)


def _lldp_nokia(reading: Reading, names: dict[str, str]) -> Iterator[Neighbour]:
    return _by_interface(reading, names, standard.NOKIA_LLDP, 4)


def _cisco_like(
    reading: Reading, names: dict[str, str], *, base: str, protocol: str, columns: tuple[int, ...]
) -> Iterator[Neighbour]:
    """CDP and FDP: ``columns`` are address, version, device id, device port, platform."""
    address, version, host, port, platform = (f"{base}.{n}" for n in columns)
    addresses = dict(reading.column(address))
    versions, hosts, ports, platforms = (reading.texts(oid) for oid in (version, host, port, platform))
    for index in dict.fromkeys([*hosts, *ports]):
        row = addresses.get(index)
        octets = b"" if row is None else raw_octets(row)
        yield Neighbour(
            port=names.get(index.partition(".")[0]),
            host=hosts.get(index),
            protocol=protocol,
            remote_port=ports.get(index),
            address=str(ipaddress.ip_address(octets)) if len(octets) in (4, 16) and any(octets) else None,
            platform=platforms.get(index),
            version=versions.get(index),
        )


def _cdp(reading: Reading, names: dict[str, str]) -> Iterator[Neighbour]:
    return _cisco_like(reading, names, base=standard.CDP, protocol="cdp", columns=(4, 5, 6, 7, 8))


def _fdp(reading: Reading, names: dict[str, str]) -> Iterator[Neighbour]:
    return _cisco_like(reading, names, base=standard.FDP, protocol="fdp", columns=(5, 6, 3, 7, 8))


def _edp(reading: Reading, names: dict[str, str]) -> Iterator[Neighbour]:
    """EXTREME-EDP-MIB extremeEdpTable: index is ifIndex and the neighbour's id (priority and MAC, eight
    octets)."""
    hosts = reading.texts(f"{standard.EDP}.3")
    slots, ports = reading.numbers(f"{standard.EDP}.5"), reading.numbers(f"{standard.EDP}.6")
    versions = reading.texts(f"{standard.EDP}.4")
    for index, host in hosts.items():
        arcs = index.split(".")
        remote = f"{slots[index]}:{ports[index]}" if index in slots and index in ports else None
        yield Neighbour(names.get(arcs[0]), host, "edp", remote_port=remote, version=versions.get(index))
