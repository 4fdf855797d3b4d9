"""The application's key ring, read once, from the file beside (never inside) the database."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app

from itsm.infra.secrets import KeyRing
from itsm.infra.settings import Settings

_RING = "itsm.keyring"
_HOLDERS = "itsm.sealed_rows"


def keyring() -> KeyRing:
    """Return the key ring, making the key file at the first use of a new installation.

    Raises SecretsError where sealed rows exist and their key file is gone.
    """
    ring: KeyRing | None = current_app.extensions.get(_RING)
    if ring is None:
        settings: Settings = current_app.extensions["itsm.settings"]
        holders: list[Callable[[], bool]] = current_app.extensions.get(_HOLDERS, [])
        path = settings.key_file or settings.data_dir / "keys.json"
        ring = KeyRing.from_file(path, sealed_rows_exist=lambda: any(holds() for holds in holders))
        current_app.extensions[_RING] = ring
    return ring


def holds_sealed_rows(app: Flask, holds: Callable[[], bool]) -> None:
    """Register a question "are there sealed rows in your table?", asked before a lost key file would be replaced."""
    app.extensions.setdefault(_HOLDERS, []).append(holds)
