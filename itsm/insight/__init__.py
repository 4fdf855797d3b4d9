"""Insight: what discovery tells a ticket. A listener above tickets, discovery and assets; nothing imports this room.

Each part is a package of its own and registers its doors and listeners by itself.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from itsm.infra.bus import Bus
from itsm.insight import causes, drift

Part = Callable[[Flask, Bus], None]

PARTS: tuple[Part, ...] = (drift.register, causes.register)
"""What this room consists of, in the order of registration."""


def register(app: Flask, bus: Bus) -> None:
    """Add the doors and listeners of every part to the application."""
    for part in PARTS:
        part(app, bus)
