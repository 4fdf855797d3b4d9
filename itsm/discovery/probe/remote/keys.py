"""Keys: each side signs with Ed25519 and opens what was sealed for it with X25519 and ChaCha20-Poly1305."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from itsm.discovery.probe.remote import pure

try:
    from cryptography.exceptions import InvalidSignature, InvalidTag
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    QUICK = True
except ImportError:  # a host with nothing installed: the same bytes, slower
    QUICK = False

NONCE = bytes(12)
"""Every sealed text has a key of its own, made from a fresh exchange, so its nonce may be constant."""


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What one side tells of itself: the key it signs with, and the key to seal for it with; in hexadecimal."""

    sign: str
    box: str

    def __post_init__(self) -> None:
        for key in (self.sign, self.box):
            if len(bytes.fromhex(key)) != 32:
                raise ValueError("a key has 32 bytes")

    @property
    def fingerprint(self) -> str:
        """Return what two people compare over the telephone: eight groups of four digits."""
        digest = hashlib.sha256(bytes.fromhex(self.sign) + bytes.fromhex(self.box)).hexdigest()[:32]
        return " ".join(digest[at : at + 4] for at in range(0, 32, 4))

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Say whether the owner of these keys signed the message."""
        public = bytes.fromhex(self.sign)
        if not QUICK:
            return pure.verify(public, message, signature)
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        """Return the text sealed for the owner of these keys: a fresh public key, then text and tag."""
        seed = os.urandom(32)
        recipient = bytes.fromhex(self.box)
        ours = _box_public(seed)
        key = _derived(_exchange(seed, recipient), ours + recipient)
        if QUICK:
            return ours + ChaCha20Poly1305(key).encrypt(NONCE, plain, bound_to)
        return ours + pure.encrypt(key, NONCE, plain, bound_to)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The secret halves."""

    sign_seed: bytes = field(repr=False)
    box_seed: bytes = field(repr=False)

    @classmethod
    def fresh(cls) -> KeyPair:
        """Return new keys."""
        return cls(os.urandom(32), os.urandom(32))

    @classmethod
    def from_text(cls, text: str) -> KeyPair:
        """Read keys as :meth:`to_text` writes them. Raises ValueError."""
        sign, box = (bytes.fromhex(part) for part in text.split())
        if len(sign) != 32 or len(box) != 32:
            raise ValueError("a key has 32 bytes")
        return cls(sign, box)

    def to_text(self) -> str:
        """Return both secrets in hexadecimal."""
        return f"{self.sign_seed.hex()} {self.box_seed.hex()}"

    @property
    def public(self) -> PublicKeys:
        """Return what may be told."""
        if QUICK:
            signing = Ed25519PrivateKey.from_private_bytes(self.sign_seed).public_key().public_bytes_raw()
        else:
            signing = pure.sign_public(self.sign_seed)
        return PublicKeys(signing.hex(), _box_public(self.box_seed).hex())

    def sign(self, message: bytes) -> bytes:
        """Return our signature."""
        if QUICK:
            return Ed25519PrivateKey.from_private_bytes(self.sign_seed).sign(message)
        return pure.sign(self.sign_seed, message)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Return what was sealed for us. Raises ValueError where it was not, or was changed."""
        theirs, text = sealed[:32], sealed[32:]
        if len(theirs) != 32:
            raise ValueError("not a sealed text")
        key = _derived(_exchange(self.box_seed, theirs), theirs + _box_public(self.box_seed))
        if not QUICK:
            return pure.decrypt(key, NONCE, text, bound_to)
        try:
            return ChaCha20Poly1305(key).decrypt(NONCE, text, bound_to)
        except InvalidTag:
            raise ValueError("sealed for somebody else, or changed") from None


def _box_public(seed: bytes) -> bytes:
    if QUICK:
        return X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return pure.box_public(seed)


def _exchange(seed: bytes, public: bytes) -> bytes:
    if QUICK:
        return X25519PrivateKey.from_private_bytes(seed).exchange(X25519PublicKey.from_public_bytes(public))
    return pure.exchange(seed, public)


def _derived(shared: bytes, salt: bytes) -> bytes:
    """Return a key of 32 bytes (HKDF with SHA-256, one block)."""
    if not any(shared):
        raise ValueError("a key of small order")
    extracted = hmac.new(salt, shared, hashlib.sha256).digest()
    return hmac.new(extracted, b"itsm probe 1\x01", hashlib.sha256).digest()
