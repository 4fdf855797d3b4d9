"""The MAC address that stands for the whole device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from itsm.discovery.facts import Port
from itsm.discovery.knowledge import standard_objects as standard
from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.reading import Reading, mac_of

_ETHERNET: Final = (6, 7, 26, 62, 69, 117)
_SHARED: Final = (
    "00:00:5e:00:01",
    "00:00:5e:00:02",
    "00:00:0c:07:ac",
    "00:00:0c:9f:f",
    "00:07:b4",
    "02:00:4c:4f:4f:50",
)
"""VRRP, HSRP, GLBP and loopback adapters: the same on many devices."""
CHASSIS_IS_MAC: Final = 4


def from_macs(reading: Reading, ports: tuple[Port, ...]) -> Iterator[Candidate]:
    """Yield the bridge's address, the LLDP chassis id and the lowest burned-in address of an Ethernet port."""
    row = reading.rows.get(standard.BRIDGE_ADDRESS)
    if row is not None and (mac := mac_of(row)) is not None and burned_in(mac):
        yield Candidate("base_mac", mac, standard.BRIDGE_ADDRESS, "dot1dBaseBridgeAddress", 0.9)
    row = reading.rows.get(f"{standard.LLDP}.3.2.0")
    subtype = reading.number(f"{standard.LLDP}.3.1.0")
    if row is not None and subtype in (CHASSIS_IS_MAC, None) and (mac := mac_of(row)) is not None and burned_in(mac):
        yield Candidate("base_mac", mac, row.oid, "LLDP's own chassis id", 0.85)
    macs = sorted(p.mac for p in ports if p.mac and burned_in(p.mac) and (p.type is None or p.type in _ETHERNET))
    if macs:
        yield Candidate("base_mac", macs[0], f"{standard.IF_TABLE}.6", "the lowest burned-in address", 0.7)


def burned_in(mac: str) -> bool:
    """Return whether a MAC is the adapter's own: not locally administered, not a group, not shared by protocol.

    >>> burned_in("00:1b:21:00:00:01"), burned_in("02:1b:21:00:00:01"), burned_in("00:00:5e:00:01:0a")
    (True, False, False)
    """
    return not int(mac[:2], 16) & 3 and not mac.startswith(_SHARED) and mac != "00:00:00:00:00:00"
