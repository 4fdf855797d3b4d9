"""Whose word counts: for each field, which source is believed, and when a contradiction is worth a look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from itsm.assets.keys import plain

DEFAULT_ORDER: Final = ("ssh", "snmp", "lldp", "cdp", "import")
"""Sources from the most to the least believed, where an installation has no order of its own."""
OBSERVED_FIELDS: Final = (
    "name",
    "serial",
    "manufacturer",
    "model",
    "os_name",
    "os_version",
    "firmware",
    "memory_bytes",
    "system_uuid",
)
"""Fields that discovery may fill, in the order they are looked at: a model needs its maker."""
LISTED_FIELDS: Final = ("services", "users", "privileged", "certificate")
"""What is observed and kept with its history, and has no place in the record: names, one a line."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one source says about a field, and how sure it is (0 to 1)."""

    source: str
    value: str
    confidence: float = 1.0


def best(claims: Iterable[Claim], order: Sequence[str] = DEFAULT_ORDER, trusted: str | None = None) -> Claim | None:
    """Return the claim that counts: the trusted source's, else the surest of the best source. None without claims."""
    rank = {source: place for place, source in enumerate(order)}

    def place(claim: Claim) -> tuple[bool, int, float]:
        return claim.source != trusted, rank.get(claim.source, len(rank)), -claim.confidence

    return min(claims, key=place, default=None)


def same(field: str, recorded: str, observed: str) -> bool:
    """Say whether two values of a field mean the same: spelling, case and precision do not make a contradiction."""
    left, right = plain(recorded), plain(observed)
    if left == right:
        return True
    if field in ("model", "manufacturer", "os_name") and min(len(left), len(right)) >= 3:
        return left in right or right in left
    if field in ("os_version", "firmware"):
        return _version(recorded) == _version(observed)
    if field == "name":
        return recorded.casefold().split(".")[0] == observed.casefold().split(".")[0]
    return False


def _version(text: str) -> tuple[str, ...]:
    return tuple(part.lstrip("0") or "0" for part in re.findall(r"\d+", text)) or (plain(text),)


def orders(settings: Mapping[str, Sequence[str]] | None, field: str) -> Sequence[str]:
    """Return the order of sources for a field: the installation's own, else the default."""
    return (settings or {}).get(field) or DEFAULT_ORDER
