"""Drift: what is no longer as it should be, told by one ticket an asset and rule, and ended when it is right again."""

from __future__ import annotations

from flask import Flask

from itsm.infra.bus import Bus
from itsm.insight.drift import models, subscribers, tasks

__all__ = ["models", "register"]


def register(app: Flask, bus: Bus) -> None:
    """Add the doors and listeners of drift to the application."""
    tasks.register(app)
    subscribers.register(app, bus)
