"""Who is behind which port (bridge forwarding tables) and which MAC has which address (ARP and ND)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from itsm.discovery.facts import Forwarding
from itsm.discovery.knowledge import standard_objects as standard
from itsm.discovery.knowledge.ports import address_in, bridge_interfaces, typed_address
from itsm.discovery.knowledge.reading import Reading, mac_of
from itsm.discovery.knowledge.wireless import clients_of

MAX_ENTRIES: Final = 50_000


def forwarding_of(reading: Reading) -> tuple[Forwarding, ...]:
    """Return FDB entries (802.1Q ones first) and ARP or ND entries, and wireless clients, without duplicates and
    multicast MACs."""
    entries = dict.fromkeys([*_fdb(reading), *_arp(reading), *clients_of(reading)])
    return tuple(islice((entry for entry in entries if _single(entry.mac)), MAX_ENTRIES))


def _single(mac: str) -> bool:
    return not int(mac[:2], 16) & 1


def _fdb(reading: Reading) -> Iterator[Forwarding]:
    names = reading.texts(f"{standard.IF_TABLE}.2")
    names.update(reading.texts(f"{standard.IF_X_TABLE}.1"))
    bridge = bridge_interfaces(reading)

    def port_of(number: int) -> str | None:
        return names.get(str(bridge.get(number, number if not bridge else -1)))

    tagged: set[str] = set()
    for index, number in reading.numbers(standard.Q_FDB_PORT).items():
        fdb, _, rest = index.partition(".")
        mac = _mac(rest)
        if mac and number > 0:
            tagged.add(mac)
            vlan = int(fdb) if fdb.isdigit() and 0 < int(fdb) < 4095 else None
            yield Forwarding(mac, "fdb", port_of(number), vlan)
    for index, number in reading.numbers(standard.FDB_PORT).items():
        mac = _mac(index)
        if mac and number > 0 and mac not in tagged:
            yield Forwarding(mac, "fdb", port_of(number))


def _mac(index: str) -> str | None:
    arcs = index.split(".")
    if len(arcs) != 6:
        return None
    try:
        return bytes(int(arc) for arc in arcs).hex(":")
    except ValueError:
        return None


def _arp(reading: Reading) -> Iterator[Forwarding]:
    names = reading.texts(f"{standard.IF_TABLE}.2")
    names.update(reading.texts(f"{standard.IF_X_TABLE}.1"))
    for index, row in reading.column(standard.IP_NET_TO_MEDIA):
        interface, _, rest = index.partition(".")
        address, mac = address_in(rest.split(".")), mac_of(row)
        if address is not None and mac:
            yield Forwarding(mac, "arp", names.get(interface), address=str(address))
    for index, row in reading.column(standard.IP_NET_TO_PHYSICAL):
        interface, _, rest = index.partition(".")
        found, mac = typed_address(rest.split(".")), mac_of(row)
        if found is not None and mac:
            source = "arp" if found.version == 4 else "nd"
            yield Forwarding(mac, source, names.get(interface), address=str(found))
