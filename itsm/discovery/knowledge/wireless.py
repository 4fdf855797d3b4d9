"""Wireless clients, where a controller or an access point lists them: who is behind which access point.

Where the tables are stands in ``data/wireless.tsv``; the sources are AIRESPACE-WIRELESS-MIB, AI-AP-MIB, WLSX-USER-MIB,
FORTINET-FORTIGATE-MIB, MIKROTIK-MIB, RUCKUS-ZD-WLAN-MIB and UBNT-AirMAX-MIB.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from itsm.discovery.facts import Forwarding
from itsm.discovery.knowledge.catalog import client_tables
from itsm.discovery.knowledge.reading import Reading, mac_of
from itsm.discovery.wire import IP, Varbind, raw_octets, readable


def clients_of(reading: Reading) -> Iterator[Forwarding]:
    """Yield the wireless clients; ``port`` is the access point's MAC, address or name where it is told."""
    for table in client_tables():
        if table.enterprise not in reading.enterprises:
            continue
        addresses = dict(reading.column(table.address)) if table.address else {}
        points = dict(reading.column(table.point)) if table.point else {}
        names = reading.texts(table.ssid) if table.ssid else {}
        signals = reading.numbers(table.signal) if table.signal else {}
        for index, row in reading.column(table.mac):
            mac = _in_index(index, table.in_index) if table.in_index else mac_of(row)
            if mac is not None:
                yield Forwarding(
                    mac,
                    "wireless",
                    _point(points.get(index)),
                    address=_address(addresses.get(index)),
                    ssid=names.get(index),
                    signal=_dbm(signals.get(index)),
                )


def _in_index(index: str, place: str) -> str | None:
    arcs = index.split(".")
    six = arcs[:6] if place == "first" else arcs[-6:]
    try:
        return bytes(int(arc) for arc in six).hex(":") if len(six) == 6 else None
    except ValueError:
        return None


def _point(row: Varbind | None) -> str | None:
    return None if row is None else mac_of(row) or readable(row) or None


def _dbm(value: int | None) -> int | None:
    """Return a signal in dBm; quality in percent and ratios to the noise, which are positive, say nothing alike."""
    return value if value is not None and -120 <= value < 0 else None


def _address(row: Varbind | None) -> str | None:
    if row is None:
        return None
    octets = raw_octets(row)
    try:
        bare = len(octets) in (4, 16) and row.tag != IP
        address = ipaddress.ip_address(octets) if bare else ipaddress.ip_address(readable(row))
    except ValueError:
        return None
    return None if address.is_unspecified else str(address)
