"""A column under way, and what has been gathered from an agent so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from itsm.discovery.probe.snmp import ber
from itsm.discovery.probe.snmp.values import decode_arcs
from itsm.discovery.wire import Varbind

_DISORDER: Final = 64
"""Rows out of order that an honest but careless agent may send in one column."""


@lru_cache(maxsize=16_384)
def _place(oid: str) -> tuple[bytes, bytes, str]:
    """Return (encoded column, encoded table, text in front of an index): the same for every device."""
    octets = ber.encode_oid(oid)
    return octets, parent(octets), oid + "."


@dataclass(slots=True)
class Column:
    """A column being read: where it stands, and why it ended (``""`` = still going, ``ok`` = at its end)."""

    prefix: bytes
    table: bytes
    label: str
    cursor: bytes
    ended: str = ""
    rows: int = 0
    most: int = 0
    """Rows wanted; 0 for all."""
    disorder: int = 0
    names: list[bytes] = field(default_factory=list)
    seen: set[bytes] | None = None

    @classmethod
    def of(cls, oid: str) -> Column:
        """Return the column at a numeric OID."""
        octets, table, label = _place(oid)
        return cls(octets, table, label, octets)

    def backward(self, name: bytes) -> str:
        """Judge a row that does not sort behind the last: ``loop``, ``unordered`` or ``""`` (harmless)."""
        if self.seen is None:
            self.seen = set(self.names)
        if name in self.seen or name == self.prefix:
            return "loop"
        try:
            if decode_arcs(name) < decode_arcs(self.cursor):
                self.disorder += 1
        except ber.Malformed:
            return "malformed"
        return "unordered" if self.disorder > _DISORDER else ""


@dataclass(slots=True)
class Harvest:
    """What was read, and how it ended: the first trouble gives its name, partial data is kept."""

    varbinds: list[Varbind] = field(default_factory=list)
    troubles: dict[str, int] = field(default_factory=dict)
    detail: str = ""
    """The trouble that came first, in words."""

    def trouble(self, reason: str, detail: str = "") -> None:
        """Note that something was cut short."""
        if not self.troubles:
            self.detail = detail
        self.troubles[reason] = self.troubles.get(reason, 0) + 1

    @property
    def reason(self) -> str:
        """``ok`` or the name of the first trouble."""
        return next(iter(self.troubles), "ok")


def parent(name: bytes) -> bytes:
    """Return an encoded OID without its last sub-identifier."""
    at = len(name) - 1
    while at > 0 and name[at - 1] >= 0x80:
        at -= 1
    return name[:at] or name


def by_table(columns: Iterable[Column]) -> list[list[Column]]:
    """Return the columns grouped by the row object they belong to, in the order of first appearance."""
    tables: dict[bytes, list[Column]] = {}
    for column in columns:
        tables.setdefault(column.table, []).append(column)
    return list(tables.values())
