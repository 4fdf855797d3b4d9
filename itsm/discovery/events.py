"""Facts about sweeps, as other rooms hear them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from itsm.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepQueued(Event):
    """Somebody, or a schedule, wants networks swept."""

    name: ClassVar[str] = "sweep.queued"
    sweep_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepFinished(Event):
    """A sweep ended; ``state`` is a value of SweepState."""

    name: ClassVar[str] = "sweep.finished"
    sweep_id: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandEnded(Event):
    """A probe answered an errand, or will not."""

    name: ClassVar[str] = "errand.ended"
    part_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFound(Event):
    """A device that the register did not know answered and became an asset."""

    name: ClassVar[str] = "device.found"
    asset_id: int
    sweep_id: int | None
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUndecided(Event):
    """A device may be one of several assets: a person has to say which."""

    name: ClassVar[str] = "device.undecided"
    match_id: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeyChanged(Event):
    """A host shows another key than the one that was approved; nothing secret was sent to it."""

    name: ClassVar[str] = "host_key.changed"
    host_key_id: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeEnrolled(Event):
    """A probe at another site showed its keys, and they count from now on."""

    name: ClassVar[str] = "probe.enrolled"
    probe_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRevoked(Event):
    """A probe's keys and its database role count no more."""

    name: ClassVar[str] = "probe.revoked"
    probe_id: int
