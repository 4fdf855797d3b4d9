"""What a survey comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from itsm.discovery.rules.topology import Link


@dataclass(frozen=True, slots=True)
class Place:
    """Where a MAC is: the row of :class:`~itsm.assets.models.Station` without its id."""

    mac: str
    place_id: int
    port: str
    source: str
    confidence: float
    at: datetime
    asset_id: int | None = None
    vlan: int | None = None
    address: str | None = None
    ssid: str | None = None
    signal: int | None = None
    told_name: str | None = None
    told_model: str | None = None


@dataclass(slots=True)
class Survey:
    """What the words come to. ``seen_at`` is when each asset last spoke."""

    cables: list[Link] = field(default_factory=list)
    hosts: list[Link] = field(default_factory=list)
    guests: list[Link] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    seen_at: dict[int, datetime] = field(default_factory=dict)
