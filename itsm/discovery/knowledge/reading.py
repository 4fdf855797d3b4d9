"""A report's SNMP rows made quick to ask: columns by binary search instead of a pass over every row.

:class:`~itsm.discovery.wire.SnmpFacts` answers one question after a pass over all rows; identification asks
some hundreds of them, so the rows are sorted once here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from itsm.discovery.wire import INTEGER, OCTETS, OCTETS_HEX, Varbind, raw_octets, readable

ENTERPRISES: Final = "1.3.6.1.4.1"
SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
SYS_NAME: Final = "1.3.6.1.2.1.1.5.0"
SYS_SERVICES: Final = "1.3.6.1.2.1.1.7.0"
MAX_TEXT: Final = 4096
"""Longer values are cut before any rule looks at them; device strings are hostile text."""


class Reading:
    """The varbinds of one report, indexed. The first of two rows with the same OID wins."""

    def __init__(self, varbinds: Iterable[Varbind]) -> None:
        rows: dict[str, Varbind] = {}
        for varbind in varbinds:
            rows.setdefault(varbind.oid, varbind)
        self.rows = rows
        self._names = sorted(rows)
        self._place = {oid: place for place, oid in enumerate(rows)}

    @cached_property
    def descr(self) -> str:
        """sysDescr, or an empty string."""
        return self.text(SYS_DESCR) or ""

    @cached_property
    def object_id(self) -> str:
        """sysObjectID without a leading dot, or an empty string."""
        return (self.text(SYS_OBJECT_ID) or "").lstrip(".")

    @cached_property
    def enterprise(self) -> int | None:
        """The enterprise number in sysObjectID."""
        return enterprise_of(self.object_id)

    @cached_property
    def enterprises(self) -> tuple[int, ...]:
        """The enterprise numbers below which the agent gave anything, in ascending order."""
        return tuple(sorted(self._enterprises()))

    def _enterprises(self) -> Iterator[int]:
        names, place = self._names, bisect_left(self._names, ENTERPRISES + ".")
        while place < len(names):
            number = enterprise_of(names[place])
            if number is None:
                return
            yield number
            place = bisect_left(names, f"{ENTERPRISES}.{number}/", place)

    def has(self, oid: str) -> bool:
        """Return whether there is a row at ``oid`` or below it."""
        place = bisect_left(self._names, oid)
        if place < len(self._names) and self._names[place] == oid:
            return True
        place = bisect_left(self._names, oid + ".")
        return place < len(self._names) and self._names[place].startswith(oid + ".")

    def text(self, oid: str) -> str | None:
        """Return the value at ``oid`` as stripped text, or None where there is none or it is empty."""
        row = self.rows.get(oid)
        return None if row is None else (readable(row)[:MAX_TEXT].strip() or None)

    def number(self, oid: str) -> int | None:
        """Return the value at ``oid`` as a whole number, or None."""
        row = self.rows.get(oid)
        return None if row is None else whole(row)

    def octets(self, oid: str) -> bytes | None:
        """Return the value at ``oid`` as raw bytes, or None."""
        row = self.rows.get(oid)
        return None if row is None else raw_octets(row)

    def column(self, oid: str) -> list[tuple[str, Varbind]]:
        """Return (index, varbind) for every row below ``oid``, in the order of the agent."""
        prefix = oid + "."
        low = bisect_left(self._names, prefix)
        high = bisect_left(self._names, oid + "/", low)  # '/' follows '.' in ASCII
        names = sorted(self._names[low:high], key=self._place.__getitem__)
        return [(name[len(prefix) :], self.rows[name]) for name in names]

    def texts(self, oid: str) -> dict[str, str]:
        """Return {index: readable text} of a column; empty values are left out."""
        found = ((index, readable(row)[:MAX_TEXT].strip()) for index, row in self.column(oid))
        return {index: text for index, text in found if text}

    def numbers(self, oid: str) -> dict[str, int]:
        """Return {index: whole number} of a column; other values are left out."""
        found = ((index, whole(row)) for index, row in self.column(oid))
        return {index: value for index, value in found if value is not None}


def whole(row: Varbind) -> int | None:
    """Return a value as a whole number, or None."""
    try:
        return int(row.value)
    except ValueError:
        return None


def enterprise_of(oid: str) -> int | None:
    """Return the private enterprise number in an OID, or None for an OID elsewhere.

    >>> enterprise_of("1.3.6.1.4.1.9.1.516")
    9
    """
    if not oid.startswith(ENTERPRISES + "."):
        return None
    arc = oid[len(ENTERPRISES) + 1 :].split(".", 1)[0]
    return int(arc) if arc.isdigit() and len(arc) <= 10 else None


def mac_of(row: Varbind) -> str | None:
    """Return a MAC address (lower case, colons) from an octet string of six bytes or its text; else None."""
    octets = raw_octets(row) if row.tag in (OCTETS, OCTETS_HEX) else b""
    if len(octets) != 6:
        compact = "".join(char for char in row.value if char not in ":-. ").lower()
        if row.tag == INTEGER or len(compact) != 12 or row.tag == OCTETS_HEX:
            return None
        try:
            octets = bytes.fromhex(compact)
        except ValueError:
            return None
    return octets.hex(":") if any(octets) else None
