"""What sort of thing it is: by maker and product where they tell, else by the MIBs it has and what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from itsm.discovery.facts import DeviceKind
from itsm.discovery.knowledge import standard_objects as standard
from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import brands, is_generic
from itsm.discovery.knowledge.reading import SYS_DESCR, SYS_OBJECT_ID, SYS_SERVICES, Reading

_INSTALLED: Final = f"{standard.HOST}.6.3.1.2"
_TELLING_MIBS: Final = (
    ("1.3.6.1.2.1.43.5", DeviceKind.PRINTER, 0.9, "has Printer-MIB"),
    ("1.3.6.1.2.1.43.11", DeviceKind.PRINTER, 0.9, "has Printer-MIB"),
    ("1.3.6.1.2.1.33.1", DeviceKind.UPS, 0.85, "has UPS-MIB"),
    ("1.2.840.10036", DeviceKind.ACCESS_POINT, 0.5, "has the 802.11 MIB"),
    (standard.BRIDGE_PORT_IF, DeviceKind.SWITCH, 0.42, "has bridge ports"),
    (standard.Q_FDB_PORT, DeviceKind.SWITCH, 0.42, "has a VLAN forwarding table"),
    (_INSTALLED, DeviceKind.SERVER, 0.4, "lists installed software"),
)
_KERNELS: Final = ("Linux ", "FreeBSD ", "OpenBSD ", "NetBSD ", "SunOS ", "Hardware: ", "AIX ", "HP-UX ")
_SMALL_PROCESSORS: Final = re.compile(r"\b(?:armv[4-7]\w*|mips(?:64|el)?|ppc|sh4|arc|nios2|m68k)\b|#\d+ PREEMPT")
"""Kernels of things that are no computers to work at; 64-bit ARM is a server's as well."""
LAYER_2, LAYER_3, APPLICATIONS = 2, 4, 64
_ETHERNET: Final = 6
_MANY_PORTS: Final = 5


def from_kinds(reading: Reading, vendor: str | None) -> Iterator[Candidate]:
    """Yield kinds; ``vendor`` is the maker that was chosen, whose usual kind counts a little."""
    own = reading.enterprise
    for number in dict.fromkeys([own, *reading.enterprises]):
        brand = brands().get(number) if number is not None else None
        if brand is not None and brand.kind is not DeviceKind.UNKNOWN and not brand.generic:
            sure = 0.54 if number == own else 0.48
            object_id = SYS_OBJECT_ID if number == own else f"1.3.6.1.4.1.{number}"
            yield Candidate("kind", brand.kind.value, object_id, f"enterprise number {number}", sure)
    if vendor is not None:
        known = {brand.kind for brand in brands().values() if brand.name == vendor and not brand.generic}
        known.discard(DeviceKind.UNKNOWN)
        if len(known) == 1:
            # A maker known by its network card only makes many sorts of things; who lists software is a computer.
            told = any(brand is not None and brand.name == vendor for brand in map(brands().get, reading.enterprises))
            sure = 0.5 if told or not reading.has(_INSTALLED) else 0.38
            yield Candidate("kind", known.pop().value, "the chosen maker", f"most devices of {vendor}", sure)
    for oid, kind, sure, rule in _TELLING_MIBS:
        if reading.has(oid):
            yield Candidate("kind", kind.value, oid, rule, sure)
    yield from _by_work(reading)


def _by_work(reading: Reading) -> Iterator[Candidate]:
    """What it does on the network: forwards packets, has many Ethernet ports, runs an operating system."""
    types = reading.numbers(f"{standard.IF_TABLE}.3")
    ethernet = sum(1 for number in types.values() if number == _ETHERNET)
    kernel = reading.descr.startswith(_KERNELS)
    services = reading.number(SYS_SERVICES) or 0
    if ethernet >= _MANY_PORTS and not kernel:
        yield Candidate("kind", "switch", f"{standard.IF_TABLE}.3", f"{ethernet} Ethernet ports", 0.4)
    if reading.number(standard.IP_FORWARDING) == 1 and not kernel:
        yield Candidate("kind", "router", standard.IP_FORWARDING, "forwards packets", 0.38)
    if services & LAYER_2 and not services & LAYER_3:
        yield Candidate("kind", "switch", SYS_SERVICES, "works on layer 2", 0.37)
    if kernel:
        yield Candidate("kind", "server", SYS_DESCR, "a kernel's own line", 0.36)
        if reading.enterprise is not None and not is_generic(reading.enterprise):
            yield Candidate("kind", "appliance", SYS_OBJECT_ID, "a maker's own number over a kernel", 0.37)
        if _SMALL_PROCESSORS.search(reading.descr):
            yield Candidate("kind", "appliance", SYS_DESCR, "a kernel for small processors", 0.37)
    if services & APPLICATIONS and services & LAYER_2 == 0:
        yield Candidate("kind", "appliance", SYS_SERVICES, "offers applications", 0.34)
    yield Candidate("kind", "appliance", SYS_DESCR, "nothing says more", 0.3)
