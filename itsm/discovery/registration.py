"""Adds discovery's doors and listeners to the application.

Apart from the package itself, which must stay importable without Flask for the probe.
"""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from itsm.discovery import tasks
from itsm.discovery.models import Credential
from itsm.infra.bus import Bus
from itsm.infra.db import db
from itsm.infra.vault import holds_sealed_rows


def register(app: Flask, bus: Bus) -> None:
    """Add this room's doors and listeners to the application."""
    tasks.register(app)
    holds_sealed_rows(
        app, lambda: db.session.scalar(select(Credential.id).where(Credential.sealed != "").limit(1)) is not None
    )
