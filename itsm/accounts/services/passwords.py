"""Passwords: argon2id, long enough, not known to everybody. No composition rules (NIST SP 800-63B-4)."""

from __future__ import annotations

import threading
from base64 import b64encode
from secrets import token_bytes

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from itsm.kernel.errors import Invalid
from itsm.kernel.text import phrase

SHORTEST = 15
"""NIST SP 800-63B-4: 15 characters where the password is the only factor."""
LONGEST = 256
_KNOWN = ("password", "passwort", "123456", "qwertz", "qwerty", "letmein", "welcome", "changeme", "administrator")
hasher = PasswordHasher()
"""Makes and checks the hashes; tests put a cheaper one here."""
_few = threading.BoundedSemaphore(2)
"""A hash takes 64 MiB and a core for a fifth of a second: at most two at a time."""


def _nobodys(maker: PasswordHasher) -> str:
    """Return what looks like a hash by ``maker`` and is the hash of nothing.

    Checking a password against it costs what a real one costs, so that names which nobody has take no less time.
    """
    salt, digest = (b64encode(token_bytes(size)).rstrip(b"=").decode() for size in (maker.salt_len, maker.hash_len))
    return f"$argon2id$v=19$m={maker.memory_cost},t={maker.time_cost},p={maker.parallelism}${salt}${digest}"


def hashed(password: str) -> str:
    """Return the argon2id hash of a password."""
    with _few:
        return hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Say whether the password is the stored one. An absent hash costs as much time as a present one and never
    matches."""
    if len(password) > LONGEST:
        return False
    with _few:
        try:
            hasher.verify(stored or _nobodys(hasher), password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def wants_rehash(stored: str) -> bool:
    """Say whether the hash was made with weaker settings than today's."""
    return hasher.check_needs_rehash(stored)


def check_strength(password: str, *, login: str, field: str = "password") -> None:
    """Raise Invalid, with what to do, for a password that would not hold."""
    plain = password.casefold()
    if len(password) < SHORTEST:
        raise Invalid(
            {
                field: phrase(
                    "Please use at least %(shortest)s characters: four or five ordinary words do well.",
                    shortest=SHORTEST,
                )
            }
        )
    if len(password) > LONGEST:
        raise Invalid({field: phrase("At most %(longest)s characters, please.", longest=LONGEST)})
    rest = plain
    for known in (*_KNOWN, login.casefold(), login.casefold().split("@")[0]):
        rest = rest.replace(known, "") if len(known) > 2 else rest
    if len(set(plain)) < 5 or len(rest) < SHORTEST // 2:
        raise Invalid({field: "This is easy to guess. Please use other words, not your name or a keyboard row."})
