"""The smallest question that makes an agent show itself, encoded once, with a number for each address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from itsm.discovery.probe.snmp import ber

_SYS_OBJECT_ID: Final = ber.encode_oid("1.3.6.1.2.1.1.2.0")
_MARK: Final = 0x5A17_C3E9
_USM: Final = 3
_REPORTABLE: Final = b"\x04\x01\x04"
_EMPTY: Final = b"\x04\x00"


@dataclass(frozen=True, slots=True)
class Knock:
    """A request with room for a number; ``version`` says how the number is read back from the answer."""

    template: bytes
    at: int
    version: str

    def number(self, data: bytes) -> int | None:
        """Return the number that an answer carries, or None for anything else."""
        if self.version != "3":
            return ber.peek_request_id(data)
        heard = read_engine(data)
        return None if heard is None else heard[0]


def community_knock(community: str, version: str = "2c") -> Knock:
    """Ask for sysObjectID, which every agent has, in 40-odd octets."""
    number = {"1": ber.VERSION_1, "2c": ber.VERSION_2C}[version]
    head = ber.message_head(number, community.encode("utf-8", "surrogateescape"))
    octets = ber.encode_request(head, ber.GET, _MARK, [_SYS_OBJECT_ID])
    return Knock(octets, octets.rindex(_MARK.to_bytes(4, "big")), version)


def engine_knock() -> Knock:
    """Ask for the engine id (RFC 3414 section 4): an empty USM message, which shows no credential."""
    numbers = b"\x02\x04" + _MARK.to_bytes(4, "big") + ber.encode_integer(65_507)
    header = ber.tlv(ber.SEQUENCE, numbers + _REPORTABLE + ber.encode_integer(_USM))
    zero = ber.encode_integer(0)
    security = ber.tlv(ber.SEQUENCE, _EMPTY + zero + zero + _EMPTY + _EMPTY + _EMPTY)
    pdu = ber.tlv(ber.GET, ber.encode_integer(1) + zero + zero + ber.tlv(ber.SEQUENCE, b""))
    scoped = ber.tlv(ber.SEQUENCE, _EMPTY + _EMPTY + pdu)
    octets = ber.tlv(ber.SEQUENCE, ber.encode_integer(3) + header + ber.tlv(ber.OCTET_STRING, security) + scoped)
    return Knock(octets, octets.index(_MARK.to_bytes(4, "big")), "3")


def read_engine(data: bytes) -> tuple[int, bytes] | None:
    """Return (message id, authoritative engine id) of an SNMPv3 answer, or None for anything else.

    An engine id has 5 to 32 octets (RFC 3411); others are refused.
    """
    try:
        tag, at, end = ber.read_tlv(data, 0, len(data))
        version, at = ber.read_integer(data, at, end)
        if tag != ber.SEQUENCE or version != 3:
            return None
        _, header, at = ber.read_tlv(data, at, end)
        number, _ = ber.read_integer(data, header, at)
        _, begin, end = ber.read_tlv(data, at, end)
        _, begin, end = ber.read_tlv(data, begin, end)
        tag, begin, end = ber.read_tlv(data, begin, end)
    except ber.Malformed:
        return None
    engine = data[begin:end]
    return (number, engine) if tag == ber.OCTET_STRING and 5 <= len(engine) <= 32 else None
