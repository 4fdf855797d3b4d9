"""Words of discovery."""

from __future__ import annotations

from enum import StrEnum


class CredentialKind(StrEnum):
    """What sort of key a credential is."""

    SNMP_COMMUNITY = "snmp_community"
    SNMP_USER = "snmp_user"
    SSH_PASSWORD = "ssh_password"  # noqa: S105 - a word
    SSH_KEY = "ssh_key"


class HostKeyState(StrEnum):
    """What we think of a host key."""

    OFFERED = "offered"
    """Seen, not yet approved: nothing secret is shown to it."""
    PINNED = "pinned"
    CHANGED = "changed"
    """The address has a pinned key and now offers another one."""
    REJECTED = "rejected"


class SweepState(StrEnum):
    """Where a sweep is."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


class SweepReason(StrEnum):
    """Why a sweep began; the names in brackets are the facts that are kept with it."""

    PERSON = "person"
    """Somebody started it [name]."""
    SCHEDULE = "schedule"
    """It was time [name]."""
    SCHEDULE_CUT_OFF = "schedule_cut_off"
    """It was time, and the probe that began it could not reach us [name, probe]."""
    ORDER_FILE = "order_file"
    """Somebody wrote an order file for a probe [name, probe]."""
    TICKET_RESOLVED = "ticket_resolved"
    """A ticket about drift was resolved: is it gone?"""
    SAID = "said"
    """In words of its own [text]."""


class TargetResult(StrEnum):
    """What a sweep's visit to one address came to."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    ALIAS = "alias"
    """Another address of a device that this sweep saw already."""
    UNDECIDED = "undecided"
    """A person must say which asset it is."""
    UNKNOWN = "unknown"
    """Something answers, and nothing tells what it is."""
    REFUSED = "refused"
    """It answers and lets nobody in."""


class MatchState(StrEnum):
    """How a sighting was tied to an asset."""

    MATCHED = "matched"
    CREATED = "created"
    UNDECIDED = "undecided"
    DISMISSED = "dismissed"


class KeyStrength(StrEnum):
    """How much a key proves."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


class ProbeDoor(StrEnum):
    """How a probe is reached."""

    DATABASE = "database"
    """It takes its jobs from the shared engine."""
    FILES = "files"
    """Orders and results are carried to and fro."""


class PartState(StrEnum):
    """Where a probe's part of a sweep is."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"
    OVERDUE = "overdue"
    """The sweep stopped waiting for it; what still comes is taken in all the same."""


class DeliveryState(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    TAKEN = "taken"
    REFUSED = "refused"
