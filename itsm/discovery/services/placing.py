"""Which asset a sighting is, as the rules said, and how that is written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from itsm.assets.models import Asset
from itsm.discovery.enums import TargetResult
from itsm.discovery.facts import Device
from itsm.discovery.rules.matching import Decision
from itsm.discovery.services.prepared import Prepared

KNOWLEDGE = "1"
"""The version of the knowledge base, written beside each identification."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A sighting with what the rules said of it, and the asset's id, a stand-in's (negative) or None: undecided."""

    prepared: Prepared
    decision: Decision
    target: int | None

    @property
    def is_new(self) -> bool:
        """Say whether it shall become an asset."""
        return self.target is not None and self.decision.asset_id is None


def found(one: Placed, asset: Asset | None, seen_before: set[int]) -> tuple[Asset | None, TargetResult]:
    """Return the asset of a sighting and what that comes to; each asset is told about once, then come its aliases."""
    if asset is None:
        return None, TargetResult.UNDECIDED
    before = asset.id in seen_before
    seen_before.add(asset.id)
    if before:
        return asset, TargetResult.ALIAS
    return asset, TargetResult.NEW if one.is_new else TargetResult.CHANGED


def candidates(decision: Decision, assets: dict[int | None, Asset]) -> list[dict[str, Any]]:
    """Return the candidates for a person to choose from; those that were made in this batch by their ids."""
    return [
        {
            "asset_id": assets[one.asset_id].id if one.asset_id < 0 else one.asset_id,
            "score": one.score,
            "agree": [[k.kind, k.value] for k in one.agree],
            "contradict": list(one.contradict),
        }
        for one in decision.candidates
    ]


def identified(sighting_id: int, device: Device, now: datetime) -> dict[str, Any]:
    """Return the row of what a sighting was identified as."""
    return {
        "sighting_id": sighting_id,
        "knowledge": KNOWLEDGE,
        "kind": device.kind.value,
        "vendor": _cut(device.vendor),
        "model": _cut(device.model),
        "serial": _cut(device.serial),
        "os_version": _cut(device.os_version or device.version),
        "name": _cut(device.name),
        "why": [[e.field, e.value[:300], e.object[:200], e.rule[:200], e.confidence] for e in device.why[:50]],
        "at": now,
    }


def _cut(text: str | None) -> str | None:
    return text[:200] if text else None
