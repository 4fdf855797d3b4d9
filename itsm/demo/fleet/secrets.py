"""What opens the fleet's doors: fixed names for a demonstration, and keys made at the first start.

The keys live in a directory that the caller names, so that a pinned host key is still right after a restart.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from itsm.demo.fleet.usm import User

COMMUNITY: Final = "larkspur-ro"
V3_USER: Final = User("larkspur-inventory", "harebell-auth-7431", "foxglove-priv-2296")
"""SHA-256 and AES-256."""
SSH_USER: Final = "inventory"
_BOOTS: Final = "snmp-engine-boots"
_MOST_BOOTS: Final = 2**31 - 2


@dataclass(frozen=True, slots=True)
class Secrets:
    """The files of one fleet: the inventory user's private key, and a host key for each device."""

    folder: Path

    @property
    def ssh_key_file(self) -> Path:
        """The private key that the SSH user is known by (OpenSSH format, no passphrase)."""
        return self.folder / "inventory_ed25519"

    def prepare(self) -> None:
        """Make the folder and the inventory key, where they aren't there yet."""
        (self.folder / "host_keys").mkdir(mode=0o700, parents=True, exist_ok=True)
        _key(self.ssh_key_file)

    def inventory_key(self) -> paramiko.Ed25519Key:
        """Return the inventory user's key."""
        return _key(self.ssh_key_file)

    def host_key(self, name: str) -> paramiko.Ed25519Key:
        """Return a device's host key, made when first asked for."""
        return _key(self.folder / "host_keys" / f"{name}_ed25519")

    def next_boot(self) -> int:
        """Return how often the fleet has been started in this folder, this time included (snmpEngineBoots)."""
        path = self.folder / _BOOTS
        before = 0
        with contextlib.suppress(FileNotFoundError, ValueError):
            before = int(path.read_text("ascii"))
        boots = min(before + 1, _MOST_BOOTS)
        fresh = path.with_suffix(".new")
        fresh.write_text(f"{boots}\n", "ascii")
        fresh.replace(path)
        return boots


def _key(path: Path) -> paramiko.Ed25519Key:
    """Read a key, or make one and write it in one step, for its owner only."""
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        layout = serialization.PrivateFormat.OpenSSH
        text = made.private_bytes(serialization.Encoding.PEM, layout, serialization.NoEncryption())
        fresh = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text)
        fresh.replace(path)
    return paramiko.Ed25519Key.from_private_key_file(str(path))
