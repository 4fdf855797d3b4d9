"""The small part of BER (ITU-T X.690) that SNMP v1 and v2c need: encode requests, decode answers.

Names and values stay the raw contents octets while they are compared and walked; text is made once, at the
end, by :mod:`itsm.discovery.probe.snmp.values`.  What comes in is hostile: lengths are definite and checked
against the place they stand in, nothing recurses, and the number of rows is bounded.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

GET: Final = 0xA0
GETNEXT: Final = 0xA1
RESPONSE: Final = 0xA2
GETBULK: Final = 0xA5
REPORT: Final = 0xA8

VERSION_1: Final = 0
VERSION_2C: Final = 1

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_ID: Final = 0x06
SEQUENCE: Final = 0x30
IP_ADDRESS: Final = 0x40
COUNTER32: Final = 0x41
GAUGE32: Final = 0x42
TIME_TICKS: Final = 0x43
OPAQUE: Final = 0x44
COUNTER64: Final = 0x46
NO_SUCH_OBJECT: Final = 0x80
NO_SUCH_INSTANCE: Final = 0x81
END_OF_MIB: Final = 0x82

MAX_ARCS: Final = 128
"""RFC 2578 section 3.5: at most 128 sub-identifiers, each at most 2**32 - 1."""
MAX_ARC: Final = 0xFFFFFFFF
MAX_ROWS: Final = 6_000
"""More rows than the shortest possible ones in a datagram of 65,507 octets cannot be honest."""

Row = tuple[bytes, int, bytes]
"""(name, tag, value): contents octets of the name and of the value."""


class Malformed(ValueError):
    """The octets are not the message they claim to be."""


class Message(NamedTuple):
    """A decoded v1 or v2c message; ``rows`` hold raw contents octets."""

    version: int
    community: bytes
    pdu: int
    request_id: int
    status: int
    position: int
    rows: list[Row]


# ---------------------------------------------------------------------------------------------- encoding
def tlv(tag: int, body: bytes) -> bytes:
    """Return ``body`` behind its tag and definite length."""
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    if size < 0x100:
        return bytes((tag, 0x81, size)) + body
    if size < 0x10000:
        return bytes((tag, 0x82, size >> 8, size & 0xFF)) + body
    raise ValueError(f"{size} octets do not fit a datagram")


def encode_integer(value: int, tag: int = INTEGER) -> bytes:
    """Return a whole number in the fewest octets of two's complement."""
    magnitude = value if value >= 0 else ~value
    return tlv(tag, value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True))


def _encode_arc(arc: int) -> bytes:
    if not 0 <= arc <= MAX_ARC:
        raise ValueError(f"sub-identifier {arc} is out of range")
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))


@lru_cache(maxsize=16_384)
def encode_oid(oid: str) -> bytes:
    """Return the contents octets of a numeric OID such as ``1.3.6.1`` (a leading dot is allowed).

    Raises ValueError for text that is no OID.
    """
    arcs = [int(arc) for arc in oid.removeprefix(".").split(".")]
    if len(arcs) < 2 or len(arcs) > MAX_ARCS or arcs[0] > 2 or min(arcs) < 0 or (arcs[0] < 2 and arcs[1] > 39):
        raise ValueError(f"{oid!r} is not an object identifier")
    head = arcs[0] * 40 + arcs[1]
    return b"".join(_encode_arc(arc) for arc in (head, *arcs[2:]))


def null_bind(name: bytes) -> bytes:
    """Return the variable binding of a request: ``name`` with the value NULL."""
    size = len(name)
    if size < 0x7C:
        return bytes((SEQUENCE, size + 4, OBJECT_ID, size)) + name + b"\x05\x00"
    return tlv(SEQUENCE, tlv(OBJECT_ID, name) + b"\x05\x00")


def message_head(version: int, community: bytes) -> bytes:
    """Return the part of a message that never changes during a conversation: version and community."""
    return encode_integer(version) + tlv(OCTET_STRING, community)


def encode_request(head: bytes, pdu: int, request_id: int, names: list[bytes], *, repetitions: int = 0) -> bytes:
    """Return a whole request message.

    ``head`` is from :func:`message_head`; ``request_id`` is between 0 and 2**31 - 1 and always takes four
    octets; ``repetitions`` counts for GETBULK only.
    """
    numbers = b"\x02\x04" + request_id.to_bytes(4, "big") + b"\x02\x01\x00"
    numbers += encode_integer(repetitions) if pdu == GETBULK else b"\x02\x01\x00"
    binds = b"".join([null_bind(name) for name in names])
    return tlv(SEQUENCE, head + tlv(pdu, numbers + tlv(SEQUENCE, binds)))


# ---------------------------------------------------------------------------------------------- decoding
def _long_length(data: bytes, first: int, at: int) -> tuple[int, int]:
    """Return (length, where the contents begin) for a length of the long form."""
    count = first & 0x7F
    if not 1 <= count <= 4:
        raise Malformed("indefinite or oversized length")
    if at + count > len(data):
        raise Malformed("truncated length")
    return int.from_bytes(data[at : at + count], "big"), at + count


def read_tlv(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return (tag, begin, end) of the element at ``at``, which must lie before ``end``. Raises Malformed."""
    if at + 2 > end:
        raise Malformed("truncated element")
    tag, size, begin = data[at], data[at + 1], at + 2
    if size >= 0x80:
        size, begin = _long_length(data, size, begin)
    if begin + size > end:
        raise Malformed("an element is longer than what holds it")
    return tag, begin, begin + size


def read_integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return (value, where the next element begins) of an INTEGER of at most 8 octets. Raises Malformed."""
    tag, begin, stop = read_tlv(data, at, end)
    if tag != INTEGER or not 1 <= stop - begin <= 8:
        raise Malformed("not a whole number")
    return int.from_bytes(data[begin:stop], "big", signed=True), stop


def decode_rows(data: bytes, at: int, end: int) -> list[Row]:
    """Return the variable bindings between ``at`` and ``end``. Raises Malformed.

    This is the hot path (about a microsecond a row), so short lengths are read in place.
    """
    rows: list[Row] = []
    try:
        while at < end:
            size = data[at + 1]
            begin = at + 2
            if size >= 0x80:
                size, begin = _long_length(data, size, begin)
            stop = begin + size
            if data[at] != SEQUENCE or data[begin] != OBJECT_ID or stop > end:
                raise Malformed("not a variable binding")
            size = data[begin + 1]
            begin += 2
            if size >= 0x80:
                size, begin = _long_length(data, size, begin)
            value = begin + size
            name = data[begin:value]
            tag = data[value]
            size = data[value + 1]
            value += 2
            if size >= 0x80:
                size, value = _long_length(data, size, value)
            if value + size != stop:
                raise Malformed("a binding does not end with its value")
            rows.append((name, tag, data[value:stop]))
            at = stop
    except IndexError:
        raise Malformed("truncated binding") from None
    if len(rows) > MAX_ROWS:
        raise Malformed("too many bindings")
    return rows


def decode_message(data: bytes) -> Message:
    """Return a v1 or v2c message with its rows. Raises Malformed.

    Octets behind the outermost element are ignored, as net-snmp does: some agents pad their datagrams.
    """
    tag, at, end = read_tlv(data, 0, len(data))
    if tag != SEQUENCE:
        raise Malformed("not a message")
    version, at = read_integer(data, at, end)
    if version not in (VERSION_1, VERSION_2C):
        raise Malformed("not version 1 or 2c")
    tag, begin, at = read_tlv(data, at, end)
    if tag != OCTET_STRING:
        raise Malformed("no community")
    community = data[begin:at]
    pdu, at, end = read_tlv(data, at, end)
    request_id, at = read_integer(data, at, end)
    status, at = read_integer(data, at, end)
    position, at = read_integer(data, at, end)
    tag, at, stop = read_tlv(data, at, end)
    if tag != SEQUENCE or stop != end:
        raise Malformed("no list of bindings")
    return Message(version, community, pdu, request_id, status, position, decode_rows(data, at, stop))


def peek_request_id(data: bytes) -> int | None:
    """Return the request id of what looks like a v1 or v2c message, or None; never raises."""
    try:
        _, at, end = read_tlv(data, 0, len(data))
        _, at = read_integer(data, at, end)
        _, _, at = read_tlv(data, at, end)
        _, at, end = read_tlv(data, at, end)
        return read_integer(data, at, end)[0]
    except Malformed:
        return None
