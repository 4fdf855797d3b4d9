"""Notifications: who hears of what, in the app and by mail. A listener; nothing imports this room."""

from __future__ import annotations

from flask import Flask

from itsm.infra.bus import Bus
from itsm.notifications import inbox, letters, subscribers, tasks, views
from itsm.web.page import UNREAD_OF


def register(app: Flask, bus: Bus) -> None:
    """Add this room's doors and listeners to the application."""
    app.register_blueprint(views.bp)
    app.extensions[UNREAD_OF] = inbox.unread_of
    tasks.register(app)
    subscribers.register(app, bus)
    letters.register(app, bus)
