"""Writing rows: objects by dotted name, and the values that live."""

from __future__ import annotations

import math
from typing import Any, Final

from itsm.demo.fleet import ber
from itsm.demo.fleet.tree import Individual, Live, Rows
from itsm.demo.fleet.world import Facts, fill, mac_octets

ENTERPRISES: Final = "1.3.6.1.4.1"


class Writer:
    """Collects the rows of one device. The same object written twice keeps its last value."""

    def __init__(self) -> None:
        self.rows: Rows = {}

    def put(self, oid: str, value: bytes | Live) -> None:
        """Write one object; ``oid`` is dotted, its instance included."""
        self.rows[ber.arcs_of(oid)] = value

    def text(self, oid: str, value: str | bytes) -> None:
        """Write an octet string."""
        self.put(oid, ber.octets(value))

    def number(self, oid: str, value: int) -> None:
        """Write an INTEGER."""
        self.put(oid, ber.integer(value))

    def row(self, table: str, index: str | int, columns: dict[int, bytes | Live]) -> None:
        """Write the columns of one row of a table."""
        for column, value in columns.items():
            self.put(f"{table}.{column}.{index}", value)


def uptime(device: Individual, now: float) -> bytes:
    """Return how long the device is up."""
    return ber.ticks(now - device.started)


def base_mac(offset: int) -> Live:
    """Return the device's base MAC and ``offset``, so that twins share the row."""
    return lambda device, _now: ber.octets(mac_octets(device.mac + offset))


def growing(rate: float, *, wide: bool = False) -> Live:
    """Return a counter that has grown by ``rate`` a second since the device booted."""
    encode = ber.counter64 if wide else ber.counter32
    return lambda device, now: encode(int((now - device.started) * rate))


def falling(level: float, per_hour: float, *, floor: int = 0, watched_from: float = 0.0) -> Live:
    """Return an INTEGER that falls from ``level``, which it had at ``watched_from`` on the monotonic clock."""

    def value(_device: Individual, now: float) -> bytes:
        return ber.integer(max(floor, math.ceil(level - (now - watched_from) / 3600 * per_hour)))

    return value


def _own_name(device: Individual, _now: float) -> bytes:
    return ber.octets(device.name)


def _own_serial(device: Individual, _now: float) -> bytes:
    return ber.octets(device.serial)


OWN: Final[dict[str, Live]] = {"@name": _own_name, "@serial": _own_serial, "@mac": base_mac(0), "@uptime": uptime}
"""Values of the individual device, as data files write them."""


def value_of(kind: str, text: str, facts: Facts) -> bytes | Live:
    """Return the value that a data file writes as a type letter and a text.

    s text, i integer, g gauge, t ticks in seconds, o object identifier, a address, x hexadecimal,
    c and C a Counter32 and Counter64 that grows by so many a second, @ what is the individual's own.
    """
    if kind == "@":
        return OWN["@" + text]
    plain: dict[str, Any] = {
        "s": ber.octets,
        "i": lambda t: ber.integer(int(t)),
        "g": lambda t: ber.gauge32(int(t)),
        "t": lambda t: ber.ticks(float(t)),
        "o": lambda t: ber.oid(ber.arcs_of(t)),
        "a": ber.ip,
        "x": lambda t: ber.octets(bytes.fromhex(t)),
        "c": lambda t: growing(float(t)),
        "C": lambda t: growing(float(t), wide=True),
    }
    found: bytes | Live = plain[kind](fill(text, facts))
    return found


def write_objects(writer: Writer, facts: Facts) -> None:
    """Write a device's single objects: lines of ``oid type value``, where ``E.`` stands for enterprises."""
    for line in facts.get("objects", ()):
        oid, kind, *text = line.split(" ", 2)
        if oid.startswith("E."):
            oid = ENTERPRISES + oid[1:]
        writer.put(oid, value_of(kind, text[0] if text else "", facts))
