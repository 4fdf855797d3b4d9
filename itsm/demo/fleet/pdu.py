"""Answering the protocol operations of SNMP: GET, GETNEXT, GETBULK; SET is refused (RFC 1157, RFC 3416)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from itsm.demo.fleet import ber
from itsm.demo.fleet.tree import Individual, Template

GET: Final = 0xA0
GET_NEXT: Final = 0xA1
RESPONSE: Final = 0xA2
SET: Final = 0xA3
GET_BULK: Final = 0xA5
_TOO_BIG: Final = 1
_NO_SUCH_NAME: Final = 2
_READ_ONLY: Final = 4
_NOT_WRITABLE: Final = 17
_ENVELOPE: Final = 48
"""Octets that a PDU and a community message need at most around the bindings, and a margin."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was read. ``second`` and ``third`` are error status and index, or for GETBULK
    non-repeaters and maximal repetitions. ``names`` are encoded object identifiers; ``bindings`` the raw list."""

    kind: int
    number: int
    second: int
    third: int
    names: list[bytes]
    bindings: bytes


def parse(data: bytes, start: int, end: int) -> Request:
    """Read a PDU. Raises MalformedError."""
    kind, place, stop = ber.read(data, start, end)
    number, place = ber.read_integer(data, place, stop)
    second, place = ber.read_integer(data, place, stop)
    third, place = ber.read_integer(data, place, stop)
    place, stop = ber.expect(data, place, stop, ber.SEQUENCE)
    raw = data[place:stop]
    names: list[bytes] = []
    while place < stop:
        inner, place = ber.expect(data, place, stop, ber.SEQUENCE)
        _begin, name_end = ber.expect(data, inner, place, ber.OBJECT_ID)
        names.append(data[inner:name_end])
    return Request(kind, number, second, third, names, raw)


def respond(request: Request, *, template: Template, device: Individual, now: float, v1: bool, room: int) -> bytes:
    """Return the response PDU, at most ``room`` octets with its envelope. Raises MalformedError for no request."""
    room -= _ENVELOPE
    if request.kind == GET:
        if v1:
            return _get_v1(request, template, device, now=now, room=room)
        return _fit(request, [_get(template, name, device, now) for name in request.names], room)
    if request.kind == GET_NEXT:
        if v1:
            return _next_v1(request, template, device, now=now, room=room)
        return _fit(request, [_next(template, name, device, now) for name in request.names], room)
    if request.kind == GET_BULK and not v1:
        return _fit(request, _bulk(request, template, device, now, room), room)
    if request.kind == SET:
        return _finish(request.number, request.bindings, _READ_ONLY if v1 else _NOT_WRITABLE, 1)
    raise ber.MalformedError(f"operation {request.kind:#x} is not for an agent")


def _finish(number: int, bindings: bytes, status: int = 0, index: int = 0) -> bytes:
    head = ber.integer(number) + ber.integer(status) + ber.integer(index)
    return ber.tlv(RESPONSE, head + ber.tlv(ber.SEQUENCE, bindings))


def _fit(request: Request, bindings: list[bytes], room: int) -> bytes:
    joined = b"".join(bindings)
    if len(joined) > room:
        return _finish(request.number, b"", _TOO_BIG, 0)
    return _finish(request.number, joined)


def _get(template: Template, name: bytes, device: Individual, now: float) -> bytes:
    place = template.find(name)
    if place is not None:
        return template.binding(place, device, now)
    value = ber.NO_SUCH_INSTANCE if template.has_object(name) else ber.NO_SUCH_OBJECT
    return ber.tlv(ber.SEQUENCE, name + value)


def _next(template: Template, name: bytes, device: Individual, now: float) -> bytes:
    place = template.after(name)
    if place < len(template):
        return template.binding(place, device, now)
    return ber.tlv(ber.SEQUENCE, name + ber.END_OF_MIB_VIEW)


def _get_v1(request: Request, template: Template, device: Individual, *, now: float, room: int) -> bytes:
    bindings = []
    for index, name in enumerate(request.names, 1):
        place = template.find(name)
        if place is None or template.is_counter64(place, device, now):
            return _finish(request.number, request.bindings, _NO_SUCH_NAME, index)
        bindings.append(template.binding(place, device, now))
    return _fit(request, bindings, room)


def _next_v1(request: Request, template: Template, device: Individual, *, now: float, room: int) -> bytes:
    bindings = []
    for index, name in enumerate(request.names, 1):
        place = template.after(name)
        while place < len(template) and template.is_counter64(place, device, now):
            place += 1
        if place >= len(template):
            return _finish(request.number, request.bindings, _NO_SUCH_NAME, index)
        bindings.append(template.binding(place, device, now))
    return _fit(request, bindings, room)


def _bulk(request: Request, template: Template, device: Individual, now: float, room: int) -> list[bytes]:
    """Return as many bindings as fit (RFC 3416, section 4.2.3): single columns first, then rows of the rest."""
    single = min(max(request.second, 0), len(request.names))
    bindings = [_next(template, name, device, now) for name in request.names[:single]]
    room -= sum(map(len, bindings))
    places = [template.after(name) for name in request.names[single:]]
    ends = list(request.names[single:])
    size = len(template)
    for _repetition in range(max(request.third, 0) if places else 0):
        over = all(place >= size for place in places)
        for column, place in enumerate(places):
            if place < size:
                binding = template.binding(place, device, now)
                places[column] = place + 1
                ends[column] = template.name(place) if place + 1 == size else ends[column]
            else:
                binding = ber.tlv(ber.SEQUENCE, ends[column] + ber.END_OF_MIB_VIEW)
            room -= len(binding)
            if room < 0:
                return bindings
            bindings.append(binding)
        if over:
            break
    return bindings
