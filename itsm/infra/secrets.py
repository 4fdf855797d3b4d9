"""Secrets at rest: sealed with AES-256-GCM under keys that live outside the database.

A sealed value reads ``v1.<key id>.<base64url of nonce and ciphertext>``. The place of the value
(``table:id:field``) is authenticated with it, so that a sealed text copied to another row or column does not
open there. There is no way around the key: a missing key is a refusal, never plain text.

The key file holds one key a line, ``<key id>:<base64 of 32 bytes>``; the last line seals, all lines open.
"""

import base64
import binascii
import fcntl
import hmac
import logging
import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
_VERSION = "v1"
_KEY_ID = re.compile(r"[0-9a-z]{4,32}")
_PLACE = re.compile(r"[a-z][a-z0-9_]*:[^:\s]+:[a-z][a-z0-9_]*")
_MAX_SEALED = 1 << 20

log = logging.getLogger(__name__)


class SecretsError(Exception):
    """Base of every reason why a secret cannot be sealed or opened; its text never holds a secret."""


class KeyMissing(SecretsError):
    """Sealed values exist, but the key file does not."""


class KeyFileBroken(SecretsError):
    """The key file or variable cannot be read as keys."""


class KeyUnknown(SecretsError):
    """The value was sealed with a key that is not in the ring."""


class SealBroken(SecretsError):
    """The sealed value was changed, moved from another place, or is no sealed value at all."""


class Secret:
    """A plain secret in memory that does not show itself in logs, tracebacks, pages or pickles."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the plain value; call it only where it is handed to the other side."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret is not written anywhere; seal it with a KeyRing.")


class KeyRing:
    """The keys of one installation: the newest seals, every one opens."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Take keys by id, oldest first; the last one seals."""
        if not keys:
            raise KeyFileBroken("The key file holds no key. Restore it from your backup.")
        for key_id, key in keys.items():
            if not _KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES:
                raise KeyFileBroken(f"Key {key_id[:32]!r} is not a key of {KEY_BYTES} bytes with a plain id.")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.newest = list(keys)[-1]

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read keys from the text of a key file or of an environment variable (spaces separate there)."""
        keys: dict[str, bytes] = {}
        lines = (line.split("#", 1)[0] for line in text.splitlines())
        for number, word in enumerate((word for line in lines for word in line.split()), start=1):
            key_id, colon, encoded = word.partition(":")
            if not colon or key_id in keys:
                raise KeyFileBroken(f"Key {number} does not read <id>:<base64>, or its id comes twice.")
            try:
                keys[key_id] = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                raise KeyFileBroken(f"Key {number} is not base64. Restore the key file.") from None
        return cls(keys)

    @classmethod
    def from_file(cls, path: Path, *, sealed_rows_exist: Callable[[], bool] = lambda: False) -> Self:
        """Read the key file, or make one where there is nothing yet to open.

        Raises KeyMissing when the file is absent though sealed rows exist: a fresh key could not open them,
        and would hide the loss.
        """
        if not path.exists():
            if sealed_rows_exist():
                raise KeyMissing(
                    f"The database holds sealed secrets, but the key file {path} is missing. Put the key "
                    "file back from your backup; without it those secrets must be entered again."
                )
            add_key(path, first_only=True)
        if warning := exposure(path):
            log.warning("%s", warning)
        try:
            return cls.from_text(path.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileBroken(f"The key file {path} cannot be read: {error}.") from error

    def seal(self, plain: str, *, place: str) -> str:
        """Return the sealed form of a secret for one place, ``table:id:field``."""
        nonce = os.urandom(NONCE_BYTES)
        box = nonce + self._ciphers[self.newest].encrypt(nonce, plain.encode(), _bound_to(place))
        return f"{_VERSION}.{self.newest}.{base64.urlsafe_b64encode(box).decode('ascii')}"

    def open(self, sealed: str, *, place: str) -> str:
        """Return the plain secret that was sealed for this very place.

        Raises KeyUnknown or SealBroken.
        """
        key_id = key_id_of(sealed)
        if key_id not in self._ciphers:
            raise KeyUnknown(
                f"The secret at {place} was sealed with key {key_id}, which this installation does not have. "
                "Put that key back into the key file, or enter the secret again."
            )
        try:
            box = base64.b64decode(sealed.split(".", 2)[2], altchars=b"-_", validate=True)
            nonce, text = box[:NONCE_BYTES], box[NONCE_BYTES:]
            return self._ciphers[key_id].decrypt(nonce, text, _bound_to(place)).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise SealBroken(
                f"The secret at {place} was changed or belongs to another place. Enter it again."
            ) from None

    def is_stale(self, sealed: str) -> bool:
        """Tell whether a newer key than the one used is at hand."""
        return key_id_of(sealed) != self.newest

    def reseal(self, sealed: str, *, place: str) -> str:
        """Return the same secret under the newest key; unchanged when it is so already."""
        return self.seal(self.open(sealed, place=place), place=place) if self.is_stale(sealed) else sealed


def place_of(table: str, row_id: int | str, field: str) -> str:
    """Return the name of the place that a secret is bound to."""
    return f"{table}:{row_id}:{field}"


def key_id_of(sealed: str) -> str:
    """Return the id of the key that sealed this value; raises SealBroken for anything else."""
    parts = sealed.split(".", 2) if len(sealed) <= _MAX_SEALED else []
    if len(parts) != 3 or parts[0] != _VERSION or not _KEY_ID.fullmatch(parts[1]):
        raise SealBroken("This is not a sealed secret.")
    return parts[1]


def exposure(path: Path) -> str | None:
    """Return a sentence when others than the owner may read or write the key file."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return f"The key file {path} is open to others (mode {mode:04o}). Run: chmod 600 {path}"
    return None


def add_key(path: Path, *, first_only: bool = False) -> str | None:
    """Append a fresh key to the key file (made when absent, mode 0600, durable); return its id.

    Old keys stay, so that everything sealed before still opens. The folder is locked meanwhile, so that two
    processes never lose each other's key; with `first_only` nothing is added (None) when a file is there.
    """
    key_id = secrets.token_hex(4)
    line = f"{key_id}:{base64.b64encode(os.urandom(KEY_BYTES)).decode('ascii')}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if first_only and path.exists():
            return None
        before = path.read_text(encoding="ascii").rstrip("\n") + "\n" if path.exists() else ""
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(before + line)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        os.fsync(folder)
    finally:
        os.close(folder)
    return key_id


def _bound_to(place: str) -> bytes:
    if not _PLACE.fullmatch(place):
        raise SecretsError(f"A place reads table:id:field, not {place[:80]!r}.")
    return place.encode()
