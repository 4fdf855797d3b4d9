"""The doors of tickets for people: the desk's queue and ticket, and the employees' portal."""

from flask import Flask

from itsm.tickets.views import (
    bulk,
    detail,
    disagreements,
    export,
    filing,
    history,
    lookups,
    panel,
    portal,
    queue,
    settings,
    topics,
    verbs,
)
from itsm.tickets.views.blueprints import desk, employees

__all__ = [
    "bulk",
    "detail",
    "disagreements",
    "export",
    "filing",
    "history",
    "lookups",
    "panel",
    "portal",
    "queue",
    "register",
    "settings",
    "topics",
    "verbs",
]


def register(app: Flask) -> None:
    """Add the pages to the application."""
    app.register_blueprint(desk)
    app.register_blueprint(employees)
