"""The envelope in which orders and deliveries travel: a readable head, a packed body, and a signature over both.

``ITSMPRB1``, length and JSON of the head, length and body, then 64 bytes of Ed25519. The head says what it is, in which
version, from whom to whom; the body is zlib-packed JSON, sealed for the recipient where the head says so. Nothing of the
body is looked at before the signature was found right, and it is never unpacked beyond a bound.

A reader understands versions :data:`OLDEST` to :data:`VERSION`; otherwise it says in a sentence which side must be
updated.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from itsm.discovery.probe.remote.keys import KeyPair, PublicKeys

VERSION: Final = 1
"""Raised when an older reader would misread what is written. What is only added needs no new version: readers pass over
names that they do not know."""
OLDEST: Final = 1
MAGIC: Final = b"ITSMPRB1"
MOST_HEAD: Final = 16 * 1024
MOST_PACKED: Final = 4 * 1024 * 1024
"""Bytes of a whole envelope."""
MOST_PLAIN: Final = 64 * 1024 * 1024
"""Bytes that a body may unpack to."""
MOST_PARTS: Final = 3_000_000
"""Commas in a body: what a reader makes of the same bytes takes the more memory, the more parts there are."""
_SIGNATURE: Final = 64
_LENGTH: Final = struct.Struct(">I")


class Refused(ValueError):
    """What came is not taken; the text is a sentence for the person who has to do something about it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope as it came, before anybody vouches for it: only the head may be read, to learn whose it claims to be."""

    head: Mapping[str, Any]
    signed: bytes
    raw_head: bytes
    body: bytes
    signature: bytes


def pack(head: Mapping[str, Any], content: Any, *, signer: KeyPair, to: PublicKeys | None = None) -> bytes:
    """Return content in a signed envelope, sealed where ``to`` is given. Raises Refused where it is too large."""
    raw = json.dumps({"version": VERSION, **head, "sealed": to is not None}, sort_keys=True).encode()
    plain = json.dumps(content, separators=(",", ":")).encode()
    if len(plain) > MOST_PLAIN or plain.count(b",") > MOST_PARTS:
        raise Refused(f"{len(plain):,} bytes in so many parts do not fit into one envelope.")
    body = zlib.compress(plain, 6)
    if to is not None:
        body = to.seal(body, raw)
    signed = b"".join((MAGIC, _LENGTH.pack(len(raw)), raw, _LENGTH.pack(len(body)), body))
    if len(signed) + _SIGNATURE > MOST_PACKED:
        raise Refused(f"{len(signed):,} bytes do not fit into one envelope.")
    return signed + signer.sign(signed)


def split(data: bytes) -> Envelope:
    """Take an envelope apart without believing it. Raises Refused for what is none."""
    try:
        if len(data) > MOST_PACKED or not data.startswith(MAGIC):
            raise ValueError
        (size,) = _LENGTH.unpack_from(data, 8)
        if size > MOST_HEAD:
            raise ValueError
        raw = data[12 : 12 + size]
        (rest,) = _LENGTH.unpack_from(data, 12 + size)
        body = data[16 + size : 16 + size + rest]
        signature = data[16 + size + rest :]
        head = json.loads(raw)
        if len(body) != rest or len(signature) != _SIGNATURE or not isinstance(head, dict):
            raise ValueError
    except (ValueError, struct.error, RecursionError):
        raise Refused("This is not an order or result of a probe, or it was cut off.") from None
    return Envelope(head, data[:-_SIGNATURE], raw, body, signature)


def check_version(head: Mapping[str, Any], who: str) -> None:
    """Raise Refused for a version that we do not understand; the sentence says who must be updated."""
    version = head.get("version")
    if type(version) is not int or version < OLDEST:
        raise Refused(
            f"{who} speaks version {version!r} of the wire format, which is not understood any more "
            f"({OLDEST} to {VERSION} are). Update {who[0].lower()}{who[1:]}."
        )
    if version > VERSION:
        raise Refused(
            f"{who} speaks version {version} of the wire format, and this side understands {OLDEST} to {VERSION}. "
            "Update this side first."
        )


def content_of(
    one: Envelope, kind: str, *, sender: PublicKeys, who: str, ours: KeyPair | None = None, most: int = MOST_PLAIN
) -> Any:
    """Return the content of an envelope of this kind that ``sender`` signed. Raises Refused.

    ``who`` names the sender in sentences; ``ours`` opens what was sealed for us.
    """
    if not sender.verifies(one.signed, one.signature):
        raise Refused(
            f"The signature is not that of {who[0].lower()}{who[1:]}: it was changed, or comes from elsewhere."
        )
    check_version(one.head, who)
    if one.head.get("kind") != kind:
        raise Refused(f"This is not a probe's {kind}, but a {str(one.head.get('kind'))[:40]!r}.")
    body = one.body
    if one.head.get("sealed"):
        if ours is None:
            raise Refused("It is sealed, and there is no key here to open it.")
        try:
            body = ours.open(body, one.raw_head)
        except ValueError:
            raise Refused("It was sealed for somebody else: the keys here do not open it.") from None
    return _unpacked(body, most)


def _unpacked(body: bytes, most: int) -> Any:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(body, most)
        if unpacker.unconsumed_tail:
            raise Refused(f"It unpacks to more than {most // 1_048_576} MiB, so it was not read.")
        if text.count(b",") > MOST_PARTS:
            raise Refused("It has more parts than any honest one, so it was not read.")
        return json.loads(text)
    except (zlib.error, ValueError, RecursionError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("Its content cannot be read.") from None


def moment(text: Any) -> datetime:
    """Read an aware moment. Raises Refused."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        raise Refused(f"{str(text)[:40]!r} is not a moment.") from None
    if found.tzinfo is None:
        raise Refused(f"{str(text)[:40]!r} has no time zone.")
    return found


def unproven(one: Envelope) -> Any:
    """Return a small content that nobody vouched for yet: only to find in it the keys that will prove it."""
    return _unpacked(one.body, MOST_HEAD)
