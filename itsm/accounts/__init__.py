"""People, groups, roles and sign-in."""

from __future__ import annotations

from flask import Flask

from itsm.accounts import identity, views
from itsm.infra.bus import Bus


def register(app: Flask, bus: Bus) -> None:
    """Add this room's doors and listeners to the application."""
    identity.register(app, app.extensions["itsm.settings"])
    app.register_blueprint(views.bp)
