"""Wireless clients, where a controller or an access point lists them: who is behind which access point.

Where the tables are stands in ``data/wireless.tsv``; the sources are AIRESPACE-WIRELESS-MIB, AI-AP-MIB, MIKROTIK-MIB,
RUCKUS-ZD-WLAN-MIB and UBNT-AirMAX-MIB.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from itsm.discovery.facts import Forwarding
from itsm.discovery.knowledge.catalog import client_tables
from itsm.discovery.knowledge.reading import Reading, mac_of
from itsm.discovery.wire import Varbind, readable


def clients_of(reading: Reading) -> Iterator[Forwarding]:
    """Yield the wireless clients; ``port`` is the access point's MAC, address or name where it is told."""
    for table in client_tables():
        if table.enterprise not in reading.enterprises:
            continue
        addresses = dict(reading.column(table.address)) if table.address else {}
        points = dict(reading.column(table.point)) if table.point else {}
        for index, row in reading.column(table.mac):
            mac = mac_of(row)
            if mac is not None:
                yield Forwarding(mac, "wireless", _point(points.get(index)), address=_address(addresses.get(index)))


def _point(row: Varbind | None) -> str | None:
    return None if row is None else mac_of(row) or readable(row) or None


def _address(row: Varbind | None) -> str | None:
    try:
        address = ipaddress.ip_address(readable(row)) if row is not None else None
    except ValueError:
        return None
    return None if address is None or address.is_unspecified else str(address)
