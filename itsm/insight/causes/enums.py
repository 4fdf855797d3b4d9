"""Words of insight."""

from __future__ import annotations

from enum import StrEnum


class Fate(StrEnum):
    """What becomes of a thing when something else fails."""

    FAILS = "fails"
    DEGRADED = "degraded"
    """It works on, with less in reserve or with something missing."""


class BannerScope(StrEnum):
    """Who sees a banner."""

    SITE = "site"
    ORGANIZATION = "organization"
    ALL = "all"


class SuspectState(StrEnum):
    """What became of a suspicion."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    """A parent incident was made of it."""
    DISMISSED = "dismissed"
    PAST = "past"
    """Nothing came after it."""


class Sort(StrEnum):
    """What tickets may have in common."""

    SWITCH = "switch"
    ACCESS_POINT = "access_point"
    SITE = "site"
    MODEL = "model"
    FIRMWARE = "firmware"
    OS = "os"
    SOFTWARE = "software"


class Look(StrEnum):
    """A way to look at a device from a ticket. All of them only read."""

    REACH = "reach"
    SNMP = "snmp"
    PORT = "port"
    RESWEEP = "resweep"
    SSH = "ssh"


class LookState(StrEnum):
    """Where a look at a device is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Happening(StrEnum):
    """What may have changed on a device."""

    INSTALLED = "installed"
    REMOVED = "removed"
    UPDATED = "updated"
    FIRMWARE = "firmware"
    OS = "os"
    MOVED = "moved"
    ADDRESS = "address"
    MEMORY = "memory"
    PART = "part"
    CUSTODY = "custody"
    STATUS = "status"
    EDITED = "edited"
    CONFIGURED = "configured"
    """The device itself says when its configuration, the saved one or its hardware was changed."""
