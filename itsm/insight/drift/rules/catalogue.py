"""The rules that there are, each with what an installation begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from itsm.insight.drift.enums import RuleKey

STEADY: Final = (
    "access_point",
    "firewall",
    "hypervisor",
    "load_balancer",
    "nas",
    "router",
    "server",
    "switch",
    "ups",
    "wireless_controller",
)
"""Kinds that stay where they are and should always answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a rule begins with. ``unit`` names what its threshold counts: ``percent``, ``days`` or nothing."""

    enabled: bool = True
    opens_ticket: bool = True
    confirmations: int = 2
    threshold: int | None = None
    unit: str = ""
    impact: str = "low"
    urgency: str = "medium"
    kinds: tuple[str, ...] = ()
    tells_custodian: bool = False
    cap_per_hour: int = 10
    quiet_days: int = 14
    by_clock: bool = False
    """Looked at once a day, not by sweeps."""


CATALOGUE: Final[Mapping[RuleKey, Definition]] = {
    RuleKey.SILENT: Definition(confirmations=3, impact="medium", urgency="high", kinds=STEADY),
    RuleKey.DISK_FULL: Definition(threshold=90, unit="percent", urgency="high", tells_custodian=True),
    RuleKey.SUPPLIES_LOW: Definition(threshold=10, unit="percent", urgency="low", kinds=("printer",)),
    RuleKey.DISK_CHANGED: Definition(impact="medium"),
    RuleKey.MEMORY_CHANGED: Definition(threshold=3, unit="percent", impact="medium"),
    RuleKey.PART_CHANGED: Definition(),
    RuleKey.FIRMWARE_CHANGED: Definition(kinds=STEADY, opens_ticket=False),
    RuleKey.CONFIGURATION_CHANGED: Definition(confirmations=1, opens_ticket=False),
    RuleKey.SERVICE_APPEARED: Definition(enabled=False, opens_ticket=False, kinds=("server", "hypervisor")),
    RuleKey.PRIVILEGED_CHANGED: Definition(impact="medium", urgency="high"),
    RuleKey.UNKNOWN_MAC: Definition(opens_ticket=False, impact="medium"),
    RuleKey.DUPLICATE_ADDRESS: Definition(impact="medium", urgency="high"),
    RuleKey.HOST_KEY_CHANGED: Definition(confirmations=1, impact="medium", urgency="high"),
    RuleKey.CERTIFICATE_ENDING: Definition(threshold=21, unit="days", confirmations=1, urgency="high", by_clock=True),
    RuleKey.WARRANTY_ENDING: Definition(
        threshold=60, unit="days", confirmations=1, urgency="low", opens_ticket=False, by_clock=True
    ),
}
"""In the order in which people see them."""
