"""CISCO-CONFIG-MAN-MIB: the uptime at which the running and the startup configuration were changed."""

from __future__ import annotations

from typing import Final

from itsm.demo.fleet import ber
from itsm.demo.fleet.mibs.rows import Writer
from itsm.demo.fleet.tree import Individual
from itsm.demo.fleet.world import Facts

_HISTORY: Final = "1.3.6.1.4.1.9.9.43.1.1"
_READ: Final = 30.0
"""Seconds after a boot when the configuration has been read."""


def write_configuration(writer: Writer, facts: Facts) -> None:
    """Write when a device was ``configured``: seconds after its boot or, once a story says so, just then."""
    at, since = facts.get("configured"), facts.get("configured_since")
    if at is None:
        return

    def changed(device: Individual, now: float) -> bytes:
        ticks = float(at) if since is None else since - device.started
        return ber.ticks(ticks if 0 <= ticks <= now - device.started else _READ)

    writer.put(f"{_HISTORY}.1.0", changed)
    writer.put(f"{_HISTORY}.3.0", changed)
