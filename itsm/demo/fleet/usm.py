"""SNMPv3 with the user-based security model (RFC 3412, RFC 3414, RFC 3826, RFC 7860), the agent's side of it.

Enough of it for real clients: discovery of the engine and of its clock, authentication with SHA-1 or SHA-2,
privacy with AES-128 or AES-256. The agent is authoritative; it reports what it refuses as the standard says.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from itsm.demo.fleet import ber

_REPORTABLE, _PRIVATE, _AUTHENTIC = 4, 2, 1
_REPORT: Final = 0xA8
_WINDOW: Final = 150
"""Seconds by which a request's clock may differ (RFC 3414, section 3.2)."""
_MAX_SIZE: Final = 65507
_DIGEST_OCTETS: Final = {"sha1": 12, "sha224": 16, "sha256": 24, "sha384": 32, "sha512": 48}
_KEY_OCTETS: Final = {"aes128": 16, "aes256": 32}
_USM_STATS: Final = (1, 3, 6, 1, 6, 3, 15, 1, 1)
_LEVELS, _TIME, _USERS, _ENGINES, _DIGESTS, _DECRYPTION = range(1, 7)


@dataclass(frozen=True, slots=True)
class User:
    """An SNMPv3 user with authentication and privacy. ``auth`` is a hash name, ``privacy`` aes128 or aes256.

    AES-256 needs an authentication hash of at least 32 octets: stretching a shorter one has no standard.
    """

    name: str
    auth_password: str
    privacy_password: str
    auth: str = "sha256"
    privacy: str = "aes256"

    def __post_init__(self) -> None:
        if self.auth not in _DIGEST_OCTETS or self.privacy not in _KEY_OCTETS:
            raise ValueError(f"unknown protocols {self.auth}/{self.privacy}")
        if hashlib.new(self.auth).digest_size < _KEY_OCTETS[self.privacy]:
            raise ValueError(f"{self.auth} is too short for {self.privacy}")


@lru_cache(maxsize=64)
def _stretch(password: str, algorithm: str) -> bytes:
    """Return the digest of a mebioctet of the repeated password (RFC 3414, appendix A.2)."""
    secret = password.encode()
    return hashlib.new(algorithm, (secret * (1048576 // len(secret) + 1))[:1048576]).digest()


def localised_key(password: str, algorithm: str, engine_id: bytes) -> bytes:
    """Return the key of a password at one engine."""
    master = _stretch(password, algorithm)
    return hashlib.new(algorithm, master + engine_id + master).digest()


@dataclass(frozen=True, slots=True)
class _Message:
    number: int
    flags: int
    engine_id: bytes
    boots: int
    time: int
    user: bytes
    digest: bytes
    digest_at: int
    salt: bytes
    body: bytes
    """The rest as it came: a scoped PDU, or an octet string with one inside, encrypted."""


def _parse(data: bytes) -> _Message:
    place, end = ber.expect(data, 0, len(data), ber.SEQUENCE)
    version, place = ber.read_integer(data, place, end)
    head, after_head = ber.expect(data, place, end, ber.SEQUENCE)
    number, head = ber.read_integer(data, head, after_head)
    _size, head = ber.read_integer(data, head, after_head)
    flags, head = ber.read_octets(data, head, after_head)
    model, _ = ber.read_integer(data, head, after_head)
    if version != 3 or model != 3 or len(flags) != 1:
        raise ber.MalformedError("not a user-based version 3 message")
    place, security_end = ber.expect(data, after_head, end, ber.OCTET_STRING)
    place, _ = ber.expect(data, place, security_end, ber.SEQUENCE)
    engine_id, place = ber.read_octets(data, place, security_end)
    boots, place = ber.read_integer(data, place, security_end)
    time, place = ber.read_integer(data, place, security_end)
    user, place = ber.read_octets(data, place, security_end)
    digest, after_digest = ber.read_octets(data, place, security_end)
    salt, _ = ber.read_octets(data, after_digest, security_end)
    return _Message(
        number, flags[0], engine_id, boots, time, user, digest, after_digest - len(digest), salt, data[security_end:end]
    )  # fmt: skip


Respond = Callable[[bytes, int], bytes]
"""Makes the response PDU of a request PDU, given the room in octets."""


class Engine:
    """One authoritative engine: its identity, its clock and its single user.

    ``boots`` must grow from one start to the next; ``started`` is on the clock that ``now`` is told in.
    """

    __slots__ = ("_auth_key", "_privacy_key", "_user", "boots", "engine_id", "refused", "started")

    def __init__(self, engine_id: bytes, user: User, *, boots: int, started: float) -> None:
        self.engine_id = engine_id
        self.boots = boots
        self.started = started
        self._user = user
        self._auth_key = localised_key(user.auth_password, user.auth, engine_id)
        key = localised_key(user.privacy_password, user.auth, engine_id)
        self._privacy_key = key[: _KEY_OCTETS[user.privacy]]
        self.refused = dict.fromkeys(range(1, 7), 0)

    def answer(self, data: bytes, now: float, respond: Respond) -> bytes | None:
        """Return the answer to a message, a report of why not, or None. Raises MalformedError."""
        message = _parse(data)
        seconds = int(now - self.started)
        if message.engine_id != self.engine_id:
            return self._report(message, _ENGINES, seconds)
        if message.user != self._user.name.encode():
            return self._report(message, _USERS, seconds)
        if message.flags & 3 != _AUTHENTIC | _PRIVATE:
            return self._report(message, _LEVELS, seconds)
        if not self._authentic(data, message):
            return self._report(message, _DIGESTS, seconds)
        if message.boots != self.boots or abs(message.time - seconds) > _WINDOW:
            return self._report(message, _TIME, seconds, authentic=True)
        sealed, _ = ber.read_octets(message.body, 0, len(message.body))
        plain = self._cipher(message.boots, message.time, message.salt, sealed, decrypt=True)
        try:
            context, pdu = _scoped(plain)
        except ber.MalformedError:
            return self._report(message, _DECRYPTION, seconds)
        if context[1]:
            return None
        answer = ber.octets(self.engine_id) + ber.octets(context[1]) + respond(pdu, 1300)
        return self._seal(message.number, ber.tlv(ber.SEQUENCE, answer), seconds)

    def _authentic(self, data: bytes, message: _Message) -> bool:
        size = _DIGEST_OCTETS[self._user.auth]
        if len(message.digest) != size:
            return False
        blank = data[: message.digest_at] + bytes(size) + data[message.digest_at + size :]
        return hmac.compare_digest(hmac.digest(self._auth_key, blank, self._user.auth)[:size], message.digest)

    def _cipher(self, boots: int, time: int, salt: bytes, data: bytes, *, decrypt: bool) -> bytes:
        if len(salt) != 8:
            raise ber.MalformedError("privacy parameters of a strange size")
        vector = (boots & 0xFFFFFFFF).to_bytes(4, "big") + (time & 0xFFFFFFFF).to_bytes(4, "big") + salt
        cipher = Cipher(algorithms.AES(self._privacy_key), CFB(vector))
        worker = cipher.decryptor() if decrypt else cipher.encryptor()
        return worker.update(data) + worker.finalize()

    def _seal(self, number: int, scoped: bytes, seconds: int) -> bytes:
        salt = os.urandom(8)
        body = ber.octets(self._cipher(self.boots, seconds, salt, scoped, decrypt=False))
        return self._sign(number, body, seconds, flags=_AUTHENTIC | _PRIVATE, salt=salt)

    def _sign(self, number: int, body: bytes, seconds: int, *, flags: int, salt: bytes = b"") -> bytes:
        size = _DIGEST_OCTETS[self._user.auth]
        blank = self._wrap(number, body, seconds, flags=flags, user=self._user.name, digest=bytes(size), salt=salt)
        digest = hmac.digest(self._auth_key, blank, self._user.auth)[:size]
        return self._wrap(number, body, seconds, flags=flags, user=self._user.name, digest=digest, salt=salt)

    def _wrap(
        self, number: int, body: bytes, seconds: int, *, flags: int, user: str, digest: bytes, salt: bytes
    ) -> bytes:
        head = ber.integer(number) + ber.integer(_MAX_SIZE) + ber.octets(bytes((flags,))) + ber.integer(3)
        clock = ber.integer(self.boots) + ber.integer(seconds)
        security = ber.octets(self.engine_id) + clock + ber.octets(user) + ber.octets(digest) + ber.octets(salt)
        parts = ber.integer(3) + ber.tlv(ber.SEQUENCE, head) + ber.octets(ber.tlv(ber.SEQUENCE, security))
        return ber.tlv(ber.SEQUENCE, parts + body)

    def _report(self, message: _Message, why: int, seconds: int, *, authentic: bool = False) -> bytes | None:
        """Count a refusal and say why, where the sender asked to be told."""
        self.refused[why] += 1
        if not message.flags & _REPORTABLE:
            return None
        binding = ber.tlv(ber.SEQUENCE, ber.oid((*_USM_STATS, why, 0)) + ber.counter32(self.refused[why]))
        zeros = ber.integer(0) * 3
        pdu = ber.tlv(_REPORT, zeros + ber.tlv(ber.SEQUENCE, binding))
        scoped = ber.tlv(ber.SEQUENCE, ber.octets(self.engine_id) + ber.octets(b"") + pdu)
        if authentic:
            return self._sign(message.number, scoped, seconds, flags=_AUTHENTIC)
        user = message.user.decode("latin-1") if message.user.isascii() else ""
        return self._wrap(message.number, scoped, seconds, flags=0, user=user, digest=b"", salt=b"")


def _scoped(plain: bytes) -> tuple[tuple[bytes, bytes], bytes]:
    """Return ((context engine, context name), PDU) of a scoped PDU; octets behind it are padding."""
    place, end = ber.expect(plain, 0, len(plain), ber.SEQUENCE)
    engine_id, place = ber.read_octets(plain, place, end)
    name, place = ber.read_octets(plain, place, end)
    return (engine_id, name), plain[place:end]
