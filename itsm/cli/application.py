"""The application as commands see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from itsm.app import create_app
from itsm.demo import views as demonstration
from itsm.infra import logs
from itsm.infra.settings import Settings, load


def make(**given: object) -> Flask:
    """Return the application for the settings of the environment."""
    settings: Settings = load(**given)
    logs.configure(settings)
    return create_app(settings, extra=[demonstration.register] if settings.demo else [])


@contextmanager
def running(**given: object) -> Iterator[Flask]:
    """Open the application's context for a command."""
    app = make(**given)
    with app.app_context():
        yield app
