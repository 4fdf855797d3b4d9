"""One simulated device as SNMP sees it: who may ask, in which versions, and what there is to be read."""

from __future__ import annotations

from itsm.demo.fleet import ber, pdu
from itsm.demo.fleet.tree import Template
from itsm.demo.fleet.usm import Engine

V1, V2C, V3 = 0, 1, 3
"""The version numbers as they stand in a message."""

_ROOM = 1432
"""Octets of an answer at most, so that it crosses an Ethernet unbroken."""


class Agent:
    """A device that answers. Cheap: ten thousand of them share a few templates.

    ``started`` is the boot moment on the monotonic clock. A ``silent`` agent hears nothing.
    """

    __slots__ = ("community", "engine", "mac", "name", "serial", "silent", "started", "template", "versions")

    def __init__(
        self,
        name: str,
        *,
        serial: str,
        mac: int,
        started: float,
        template: Template,
        community: bytes,
        versions: frozenset[int] = frozenset((V1, V2C)),
        engine: Engine | None = None,
    ) -> None:
        self.name = name
        self.serial = serial
        self.mac = mac
        self.started = started
        self.template = template
        self.community = community
        self.versions = versions
        self.engine = engine
        self.silent = False

    def answer(self, data: bytes, now: float) -> bytes | None:
        """Return the answer to a datagram, or None where the device would keep silent.

        Silence is the answer to nonsense, to a wrong community and to a version that is switched off.
        """
        if self.silent:
            return None
        try:
            return self._answer(data, now)
        except ber.MalformedError:
            return None

    def _answer(self, data: bytes, now: float) -> bytes | None:
        place, end = ber.expect(data, 0, len(data), ber.SEQUENCE)
        version, place = ber.read_integer(data, place, end)
        if version == V3 and self.engine is not None:
            return self.engine.answer(data, now, lambda inner, room: self._respond(inner, now, room=room))
        if version not in self.versions or version == V3:
            return None
        community, place = ber.read_octets(data, place, end)
        if community != self.community:
            return None
        response = self._respond(data[place:end], now, v1=version == V1)
        return ber.tlv(ber.SEQUENCE, ber.integer(version) + ber.octets(community) + response)

    def _respond(self, inner: bytes, now: float, *, v1: bool = False, room: int = _ROOM) -> bytes:
        request = pdu.parse(inner, 0, len(inner))
        return pdu.respond(request, template=self.template, device=self, now=now, v1=v1, room=room)
