"""Interfaces, addresses and VLANs from IF-MIB, IP-MIB and the bridge MIBs."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Final

from itsm.discovery.facts import Port
from itsm.discovery.knowledge import standard_objects as standard
from itsm.discovery.knowledge.reading import Reading, mac_of
from itsm.discovery.wire import Varbind, raw_octets

MAX_PORTS: Final = 20_000
_GAUGE_LIMIT: Final = 4_294_967_295


def ports_of(reading: Reading) -> tuple[Port, ...]:
    """Return the interfaces by ifIndex: ifName where it is given, else ifDescr, else the index as the
    name."""
    columns = {n: dict(reading.column(f"{standard.IF_TABLE}.{n}")) for n in (2, 3, 5, 6, 7, 8)}
    descr = reading.texts(f"{standard.IF_TABLE}.2")
    names = reading.texts(f"{standard.IF_X_TABLE}.1")
    aliases = reading.texts(f"{standard.IF_X_TABLE}.18")
    types = reading.numbers(f"{standard.IF_TABLE}.3")
    admin, oper = (reading.numbers(f"{standard.IF_TABLE}.{n}") for n in (7, 8))
    speeds = _speeds(reading)
    vlans, tagged = _port_vlans(reading), _tagged(reading)
    aggregates = reading.numbers(standard.AGGREGATE_OF)
    indexes = dict.fromkeys([*descr, *names, *columns[6], *types])
    found = []
    for index in list(indexes)[:MAX_PORTS]:
        row = columns[6].get(index)
        found.append(
            Port(
                name=names.get(index) or descr.get(index) or index,
                mac=None if row is None else mac_of(row),
                speed=speeds.get(index),
                index=int(index) if index.isdigit() else None,
                alias=aliases.get(index),
                type=types.get(index),
                admin_up=_up(admin.get(index)),
                oper_up=_up(oper.get(index)),
                vlan=vlans.get(index),
                tagged=tagged.get(index, ()),
                lag=_aggregate(index, aggregates, names, descr),
            )
        )
    return tuple(found)


def _aggregate(index: str, attached: dict[str, int], names: dict[str, str], descr: dict[str, str]) -> str | None:
    other = str(attached.get(index, 0))
    return None if other in ("0", index) else names.get(other) or descr.get(other)


def _up(state: int | None) -> bool | None:
    return None if state not in (1, 2) else state == 1


def _speeds(reading: Reading) -> dict[str, int]:
    """Bits a second: ifHighSpeed (millions) where ifSpeed is at its limit or missing."""
    speeds = {k: v for k, v in reading.numbers(f"{standard.IF_TABLE}.5").items() if 0 < v < _GAUGE_LIMIT}
    for index, millions in reading.numbers(f"{standard.IF_X_TABLE}.15").items():
        if millions > 0 and (index not in speeds or millions * 1_000_000 > speeds[index]):
            speeds[index] = millions * 1_000_000
    return speeds


def bridge_interfaces(reading: Reading) -> dict[int, int]:
    """Return {bridge port: ifIndex} (dot1dBasePortIfIndex)."""
    pairs = reading.numbers(standard.BRIDGE_PORT_IF)
    return {int(port): index for port, index in pairs.items() if port.isdigit()}


def _port_vlans(reading: Reading) -> dict[str, int]:
    interfaces = bridge_interfaces(reading)
    found: dict[str, int] = {}
    for port, vlan in reading.numbers(standard.PORT_VLAN).items():
        index = interfaces.get(int(port), None if interfaces else int(port)) if port.isdigit() else None
        if index is not None and 0 < vlan < 4095:
            found[str(index)] = vlan
    for interface, vlan in reading.numbers(standard.CISCO_ACCESS_VLAN).items():
        if 0 < vlan < 4095:
            found.setdefault(interface, vlan)
    return found


def _tagged(reading: Reading) -> dict[str, tuple[int, ...]]:
    """Return {ifIndex: VLANs that are tagged there}: what leaves the port, without what leaves it untagged."""
    interfaces = bridge_interfaces(reading)
    untagged = dict(reading.column(standard.VLAN_UNTAGGED))
    found: dict[str, list[int]] = {}
    for index, row in reading.column(standard.VLAN_EGRESS):
        if not index.isdigit() or not 0 < int(index) < 4095:
            continue
        bare = _members(untagged[index]) if index in untagged else set()
        for port in sorted(_members(row) - bare):
            at = interfaces.get(port, None if interfaces else port)
            if at is not None:
                found.setdefault(str(at), []).append(int(index))
    return {index: tuple(sorted(vlans)) for index, vlans in found.items()}


def _members(row: Varbind) -> set[int]:
    """Return the ports of a PortList: bit 0x80 of the first octet is port 1."""
    octets = raw_octets(row)[: MAX_PORTS // 8]
    return {8 * at + bit + 1 for at, octet in enumerate(octets) if octet for bit in range(8) if octet & (0x80 >> bit)}


def vlans_of(reading: Reading) -> tuple[tuple[int, str], ...]:
    """Return (number, name) of the VLANs that the device is configured with."""
    found: dict[int, str] = {}
    for index, name in reading.texts(standard.VLAN_NAME).items():
        if index.isdigit():
            found.setdefault(int(index), name)
    for index, name in reading.texts(standard.CISCO_VLAN_NAME).items():
        number = index.rpartition(".")[2]
        if number.isdigit():
            found.setdefault(int(number), name)
    return tuple(sorted((number, name) for number, name in found.items() if 0 < number < 4095))


def addresses_of(reading: Reading) -> tuple[str, ...]:
    """Return the addresses in the device's own tables, IPv4 and IPv6; unspecified and group ones are left
    out.

    Loopback addresses stay, since they belong to the device, but they stand last: they identify nothing.
    """
    own = {address: None for address in _addresses(reading) if _own(address)}
    return tuple(str(address) for address in sorted(own, key=lambda address: address.is_loopback))


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _own(address: Address) -> bool:
    return not (address.is_unspecified or address.is_multicast)


def _addresses(reading: Reading) -> Iterator[Address]:
    for index, _ in reading.column(standard.IP_AD_ENT_IF_INDEX):
        if (address := address_in([*index.split(".")][:4])) is not None:
            yield address
    for index, _ in reading.column(standard.IP_ADDRESS_IF_INDEX):
        if (address := typed_address(index.split("."))) is not None:
            yield address
    for index, _ in reading.column(standard.IPV6_ADDR_PFX):
        arcs = index.split(".")
        for candidate in (arcs[1:17], arcs[2:18]):
            if len(candidate) == 16 and (address := address_in(candidate)) is not None:
                yield address
                break


def typed_address(arcs: list[str]) -> Address | None:
    """Return the address of an InetAddressType + InetAddress index: type, length, octets (a zone is
    dropped)."""
    if len(arcs) < 2 or arcs[0] not in ("1", "2", "3", "4"):
        return None
    size = 4 if arcs[0] in ("1", "3") else 16
    octets = arcs[2:] if arcs[1] in (str(size), str(size + 4)) and len(arcs) >= size + 2 else arcs[1:]
    return address_in(octets[:size])


def address_in(arcs: list[str]) -> Address | None:
    """Return the IPv4 or IPv6 address whose octets the arcs are, or None."""
    try:
        octets = bytes(int(arc) for arc in arcs)
    except ValueError:
        return None
    if len(octets) == 4:
        return ipaddress.IPv4Address(octets)
    return ipaddress.IPv6Address(octets) if len(octets) == 16 else None
