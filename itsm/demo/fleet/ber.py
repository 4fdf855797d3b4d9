"""BER as SNMP uses it (X.690 with the restrictions of RFC 3417, section 8): encoding values, reading messages.

Values travel through the fleet already encoded (tag, length, content), so that an answer is made by joining bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Final

Arcs = tuple[int, ...]
"""An object identifier as numbers."""

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = b"\x05\x00"
OBJECT_ID: Final = 0x06
SEQUENCE: Final = 0x30
IP_ADDRESS: Final = 0x40
COUNTER32: Final = 0x41
GAUGE32: Final = 0x42
TIME_TICKS: Final = 0x43
COUNTER64: Final = 0x46
NO_SUCH_OBJECT: Final = b"\x80\x00"
NO_SUCH_INSTANCE: Final = b"\x81\x00"
END_OF_MIB_VIEW: Final = b"\x82\x00"


class MalformedError(ValueError):
    """The datagram is not BER, or not the message expected here."""


def tlv(tag: int, content: bytes) -> bytes:
    """Return ``content`` with its tag and its definite length in front."""
    length = len(content)
    if length < 128:
        return bytes((tag, length)) + content
    if length < 256:
        return bytes((tag, 0x81, length)) + content
    if length < 65536:
        return bytes((tag, 0x82, length >> 8, length & 0xFF)) + content
    raise ValueError("longer than any SNMP message")


def integer(number: int, tag: int = INTEGER) -> bytes:
    """Return a whole number, signed, in as few octets as it needs (at least one)."""
    size = number.bit_length() // 8 + 1 if number >= 0 else (number + 1).bit_length() // 8 + 1
    return bytes((tag, size)) + number.to_bytes(size, "big", signed=True)


def counter32(number: int) -> bytes:
    """Return a Counter32; it wraps at 2**32 as counters do."""
    return integer(number & 0xFFFFFFFF, COUNTER32)


def counter64(number: int) -> bytes:
    """Return a Counter64; it wraps at 2**64."""
    return integer(number & 0xFFFFFFFFFFFFFFFF, COUNTER64)


def gauge32(number: int) -> bytes:
    """Return a Gauge32; it sticks at its ends."""
    return integer(min(max(number, 0), 0xFFFFFFFF), GAUGE32)


def ticks(seconds: float) -> bytes:
    """Return TimeTicks (hundredths of a second) for a time in seconds; wraps after 497 days."""
    return integer(int(seconds * 100) & 0xFFFFFFFF, TIME_TICKS)


def octets(text: str | bytes) -> bytes:
    """Return an octet string; text is written as UTF-8."""
    return tlv(OCTET_STRING, text.encode() if isinstance(text, str) else text)


def ip(address: str) -> bytes:
    """Return an IpAddress."""
    return bytes((IP_ADDRESS, 4)) + IPv4Address(address).packed


def arcs_of(dotted: str) -> Arcs:
    """Return ``"1.3.6"`` as numbers. Raises ValueError where it is no object identifier."""
    return tuple(map(int, dotted.strip(".").split(".")))


@lru_cache(maxsize=4096)
def _arc(number: int) -> bytes:
    """Return one arc, base 128, high bit on all octets but the last."""
    octets_ = [number & 0x7F]
    while number := number >> 7:
        octets_.append(number & 0x7F | 0x80)
    return bytes(reversed(octets_))


def oid(arcs: Sequence[int]) -> bytes:
    """Return an object identifier of at least two arcs."""
    return tlv(OBJECT_ID, _arc(arcs[0] * 40 + arcs[1]) + b"".join(map(_arc, arcs[2:])))


def read(data: bytes, start: int, end: int) -> tuple[int, int, int]:
    """Read one header: return (tag, content start, content end). Raises MalformedError beyond ``end``."""
    if start + 2 > end:
        raise MalformedError("cut off")
    length = data[start + 1]
    begin = start + 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4 or begin + size > end:
            raise MalformedError("bad length")
        length = int.from_bytes(data[begin : begin + size], "big")
        begin += size
    if begin + length > end:
        raise MalformedError("longer than its message")
    return data[start], begin, begin + length


def expect(data: bytes, start: int, end: int, tag: int) -> tuple[int, int]:
    """Read a header that must have ``tag``: return (content start, content end)."""
    found, begin, stop = read(data, start, end)
    if found != tag:
        raise MalformedError(f"tag {found:#x} where {tag:#x} belongs")
    return begin, stop


def read_integer(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Read an INTEGER of at most 8 octets: return (number, where it ends)."""
    begin, stop = expect(data, start, end, INTEGER)
    if not 1 <= stop - begin <= 8:
        raise MalformedError("integer of a strange size")
    return int.from_bytes(data[begin:stop], "big", signed=True), stop


def read_octets(data: bytes, start: int, end: int) -> tuple[bytes, int]:
    """Read an OCTET STRING: return (content, where it ends)."""
    begin, stop = expect(data, start, end, OCTET_STRING)
    return data[begin:stop], stop


def read_arcs(encoded: bytes) -> Arcs:
    """Return the arcs of an encoded object identifier (header included)."""
    begin, stop = expect(encoded, 0, len(encoded), OBJECT_ID)
    numbers: list[int] = []
    value = 0
    for octet in encoded[begin:stop]:
        value = value << 7 | octet & 0x7F
        if value >> 35:
            raise MalformedError("arc beyond 32 bits")
        if not octet & 0x80:
            numbers.append(value)
            value = 0
    if not numbers or encoded[stop - 1] & 0x80:
        raise MalformedError("object identifier cut off")
    first = min(numbers[0] // 40, 2)
    return (first, numbers[0] - first * 40, *numbers[1:])
