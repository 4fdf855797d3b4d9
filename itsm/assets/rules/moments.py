"""Whether two moments that a device told of are one: what it tells is its uptime, so it jitters and drifts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

FIELDS: Final = ("configuration_changed", "startup_changed", "hardware_changed")
"""Observed fields that are such moments."""
SLACK: Final = timedelta(seconds=60)
DRIFT: Final = 200e-6
"""How far a device's clock may run away from ours, a second: 17 seconds a day."""
WRAP: Final = timedelta(seconds=2**32 / 100)
"""When a TimeTicks counter begins again: after this the same change seems to be one of now."""


def is_later(new: datetime, old: datetime, *, now: datetime) -> bool:
    """Say whether ``new`` is another, later moment than ``old``; both were computed from uptimes, ``new`` just now."""
    slack = SLACK + DRIFT * max(now - new, timedelta())
    later = new - old
    return later > slack and abs(later - WRAP) > slack + DRIFT * WRAP
