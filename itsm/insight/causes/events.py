"""Facts of insight, as other rooms hear them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from itsm.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectFound(Event):
    """Several tickets hang below one asset, more than chance explains."""

    name: ClassVar[str] = "insight.suspect_found"
    suspect_id: int
    asset_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDeclared(Event):
    """Tickets became parts of one incident, ``ticket_id``."""

    name: ClassVar[str] = "insight.incident_declared"
    ticket_id: int
    part_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BannerShown(Event):
    """Employees are told on the portal that something is known."""

    name: ClassVar[str] = "insight.banner_shown"
    banner_id: int
    ticket_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceExamined(Event):
    """A device was looked at from a ticket; ``look_id`` says what came back."""

    name: ClassVar[str] = "insight.device_examined"
    look_id: int
    ticket_id: int
    asset_id: int
    ok: bool
