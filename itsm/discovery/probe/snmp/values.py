"""From raw contents octets to text: object identifiers and the values of wire rows.

Indexes repeat from column to column and from device to device, so short ones are remembered.
"""

from __future__ import annotations

from typing import Final

from itsm.discovery import wire
from itsm.discovery.probe.snmp import ber

_PRINTABLE: Final = bytes(range(0x20, 0x7F)) + b"\t\n\r"
_UNSIGNED: Final = {
    ber.COUNTER32: (wire.COUNTER32, 0xFFFFFFFF),
    ber.GAUGE32: (wire.GAUGE32, 0xFFFFFFFF),
    ber.TIME_TICKS: (wire.TICKS, 0xFFFFFFFF),
    ber.COUNTER64: (wire.COUNTER64, 0xFFFFFFFFFFFFFFFF),
}
_REMEMBERED: dict[bytes, str] = {}
_REMEMBER_OCTETS: Final = 24
_REMEMBER_ROWS: Final = 50_000


def decode_arcs(octets: bytes) -> list[int]:
    """Return the sub-identifiers that ``octets`` encode. Raises Malformed for what RFC 2578 forbids."""
    arcs: list[int] = []
    arc, begun = 0, False
    for octet in octets:
        if octet == 0x80 and not begun:
            raise ber.Malformed("padded sub-identifier")
        arc = arc << 7 | octet & 0x7F
        begun = True
        if octet < 0x80:
            if arc > ber.MAX_ARC:
                raise ber.Malformed("sub-identifier out of range")
            arcs.append(arc)
            arc, begun = 0, False
        elif arc > ber.MAX_ARC:
            raise ber.Malformed("sub-identifier out of range")
    if begun or len(arcs) > ber.MAX_ARCS:
        raise ber.Malformed("unfinished or overlong object identifier")
    return arcs


def index_text(octets: bytes) -> str:
    """Return the sub-identifiers behind a known prefix, joined by dots. Raises Malformed."""
    text = _REMEMBERED.get(octets)
    if text is None:
        text = ".".join(map(str, decode_arcs(octets)))
        if len(octets) <= _REMEMBER_OCTETS:
            if len(_REMEMBERED) >= _REMEMBER_ROWS:
                _REMEMBERED.clear()
            _REMEMBERED[octets] = text
    return text


def oid_text(octets: bytes) -> str:
    """Return a whole object identifier as numeric text without a leading dot. Raises Malformed."""
    arcs = decode_arcs(octets)
    if not arcs:
        raise ber.Malformed("empty object identifier")
    head = min(arcs[0] // 40, 2)
    return ".".join(map(str, (head, arcs[0] - head * 40, *arcs[1:])))


def value_text(tag: int, octets: bytes) -> tuple[str, str] | None:
    """Return (wire tag, text) of a value, or None where it holds nothing or is not what its tag says."""
    if tag == ber.OCTET_STRING:
        if not octets.translate(None, _PRINTABLE):
            return wire.OCTETS, octets.decode("ascii")
        return wire.OCTETS_HEX, octets.hex()
    if tag == ber.INTEGER:
        if 1 <= len(octets) <= 8:
            return wire.INTEGER, str(int.from_bytes(octets, "big", signed=True))
        return None
    unsigned = _UNSIGNED.get(tag)
    if unsigned is not None:
        if 1 <= len(octets) <= 9:
            return unsigned[0], str(int.from_bytes(octets, "big") & unsigned[1])
        return None
    if tag == ber.OBJECT_ID:
        try:
            return wire.OID, oid_text(octets)
        except ber.Malformed:
            return None
    if tag == ber.IP_ADDRESS:
        return (wire.IP, ".".join(map(str, octets))) if len(octets) == 4 else None
    if tag == ber.OPAQUE:
        return wire.OCTETS_HEX, octets.hex()
    return None
