"""The words of drift."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class RuleKey(StrEnum):
    """What is watched. The value is stored and stands in addresses."""

    UNKNOWN_MAC = "unknown_mac"
    MEMORY_CHANGED = "memory_changed"
    DISK_CHANGED = "disk_changed"
    PART_CHANGED = "part_changed"
    SILENT = "silent"
    SUPPLIES_LOW = "supplies_low"
    DISK_FULL = "disk_full"
    CERTIFICATE_ENDING = "certificate_ending"
    WARRANTY_ENDING = "warranty_ending"
    FIRMWARE_CHANGED = "firmware_changed"
    CONFIGURATION_CHANGED = "configuration_changed"
    SERVICE_APPEARED = "service_appeared"
    PRIVILEGED_CHANGED = "privileged_changed"
    DUPLICATE_ADDRESS = "duplicate_address"
    HOST_KEY_CHANGED = "host_key_changed"


CHANGES: Final = frozenset(
    {
        RuleKey.MEMORY_CHANGED,
        RuleKey.DISK_CHANGED,
        RuleKey.PART_CHANGED,
        RuleKey.FIRMWARE_CHANGED,
        RuleKey.CONFIGURATION_CHANGED,
        RuleKey.SERVICE_APPEARED,
        RuleKey.PRIVILEGED_CHANGED,
    }
)
"""Rules that compare with a baseline: accepting what was found makes it the new one."""


class DriftState(StrEnum):
    """Where a drift is."""

    SUSPECTED = "suspected"
    """Seen, not yet often enough."""
    CONFIRMED = "confirmed"
    """Seen often enough; listed, without a ticket."""
    TICKETED = "ticketed"
    CLEARED = "cleared"
    ACCEPTED = "accepted"
    """A person said that this is how it should be, or a change was expected."""


OPEN: Final = (DriftState.SUSPECTED, DriftState.CONFIRMED, DriftState.TICKETED)
STANDING: Final = (DriftState.CONFIRMED, DriftState.TICKETED)
"""What a person should look at."""


class LookOutcome(StrEnum):
    """What became of looking again at a device after its ticket was resolved."""

    ANSWERS = "answers"
    SILENT = "silent"
    FAILED = "failed"
