"""The objects of an agent, sorted once and shared by every device that is built alike.

A row is either ready (its variable binding is encoded once, for all) or live: a function of the device and the
moment. Ten thousand devices of five shapes so need five templates and a few numbers each.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from itsm.demo.fleet import ber


class Individual(Protocol):
    """What tells one device from its twins."""

    @property
    def name(self) -> str:
        """The name it was given."""
        ...

    @property
    def serial(self) -> str:
        """Its serial number."""
        ...

    @property
    def mac(self) -> int:
        """Its base MAC address as a number; ports count up from it."""
        ...

    @property
    def started(self) -> float:
        """When it booted, on the clock that ``now`` is told in (seconds)."""
        ...


Live = Callable[[Individual, float], bytes]
"""Gives an encoded value for a device at a moment (seconds)."""

Rows = dict[ber.Arcs, bytes | Live]
"""Object identifier to encoded value, or to the function that makes it."""


_MOST_REMEMBERED: Final = 1024


class Template:
    """A sorted set of rows. Positions are indices into it; ``len(template)`` is the end of the view."""

    __slots__ = ("_arcs", "_behind", "_live", "_names", "_place", "_ready")

    def __init__(self, rows: Mapping[ber.Arcs, bytes | Live]) -> None:
        self._arcs: Final = sorted(rows)
        self._names: Final = [ber.oid(arcs) for arcs in self._arcs]
        self._place: Final = {name: place for place, name in enumerate(self._names)}
        self._behind: Final[dict[bytes, int]] = {}
        self._live: Final[dict[int, Live]] = {}
        self._ready: Final[list[bytes]] = []
        for place, arcs in enumerate(self._arcs):
            value = rows[arcs]
            if isinstance(value, bytes):
                self._ready.append(ber.tlv(ber.SEQUENCE, self._names[place] + value))
            else:
                self._ready.append(b"")
                self._live[place] = value

    def __len__(self) -> int:
        return len(self._names)

    def find(self, name: bytes) -> int | None:
        """Return the place of exactly this encoded object identifier, or None."""
        return self._place.get(name)

    def after(self, name: bytes) -> int:
        """Return the place of the first row behind this object identifier, whether or not it is one of ours."""
        place = self._place.get(name)
        if place is not None:
            return place + 1
        # Every sweep asks all twins for the same columns.
        place = self._behind.get(name)
        if place is None:
            place = bisect_right(self._arcs, ber.read_arcs(name))
            if len(self._behind) < _MOST_REMEMBERED:
                self._behind[name] = place
        return place

    def has_object(self, name: bytes) -> bool:
        """Tell whether the object exists in another instance (noSuchInstance rather than noSuchObject)."""
        stem = ber.read_arcs(name)[:-1]
        place = bisect_right(self._arcs, stem)
        return place < len(self._arcs) and self._arcs[place][: len(stem)] == stem

    def name(self, place: int) -> bytes:
        """Return the encoded object identifier at a place."""
        return self._names[place]

    def binding(self, place: int, device: Individual, now: float) -> bytes:
        """Return the variable binding at a place as it is at this moment."""
        ready = self._ready[place]
        if ready:
            return ready
        return ber.tlv(ber.SEQUENCE, self._names[place] + self._live[place](device, now))

    def prove(self, device: Individual, now: float) -> None:
        """Make every live value once, so that one that cannot be made shows itself now and not to an asker."""
        for make in self._live.values():
            make(device, now)

    def is_counter64(self, place: int, device: Individual, now: float) -> bool:
        """Tell whether the row is a Counter64, which SNMPv1 cannot carry."""
        binding = self.binding(place, device, now)
        _tag, begin, stop = ber.read(binding, 0, len(binding))
        _tag, _begin, value = ber.read(binding, begin, stop)
        return binding[value] == ber.COUNTER64
