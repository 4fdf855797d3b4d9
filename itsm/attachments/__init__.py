"""Attachments: files that belong to something. This room never knows to what: the owner's room says who may read."""

from __future__ import annotations

from flask import Flask

from itsm.attachments import tasks, views
from itsm.attachments.owners import EXTENSION, Owners
from itsm.infra.bus import Bus


def register(app: Flask, bus: Bus) -> None:
    """Add this room's doors and its sweeping task to the application."""
    app.extensions.setdefault(EXTENSION, Owners())
    app.register_blueprint(views.bp)
    tasks.register(app)
