"""Where discovery may look, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.discovery.rules.windows import is_open, next_opening
from itsm.infra.db import Base, Id, Name, Stamped, Versioned


class Network(Stamped, Versioned, Base):
    """Address ranges with a purpose: what is swept, what is left out, how fast, from where.

    ``ranges`` and ``exclusions`` are lists of addresses, CIDR networks and a-b ranges. ``windows`` limits sweeps to
    times of the
    week: ``[{"days": [0, 1], "from": "19:00", "to": "06:00"}]`` in ``time_zone``; empty means always. ``pace`` is in
    addresses a second; ``subnet_pace`` bounds the questions a second into one subnet, a /24 or a /64.
    """

    __tablename__ = "network"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)
    __journal__ = "network"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    name: Mapped[Name]
    ranges: Mapped[list[str]]
    exclusions: Mapped[list[str]] = mapped_column(default=list)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    enabled: Mapped[bool] = mapped_column(default=True)
    allow_public: Mapped[bool] = mapped_column(default=False)
    pace: Mapped[int] = mapped_column(Integer, default=1000)
    subnet_pace: Mapped[int] = mapped_column(Integer, default=400, server_default="400")
    snmp_port: Mapped[int] = mapped_column(Integer, default=161)
    ssh_port: Mapped[int] = mapped_column(Integer, default=22)
    ping: Mapped[bool] = mapped_column(default=False)
    certificates: Mapped[bool] = mapped_column(default=False)
    """Also look at the certificate that devices show on port 443."""
    probe: Mapped[str] = mapped_column(String(60), default="")
    """The name of the remote probe that sweeps it; empty: our own worker."""
    windows: Mapped[list[Any]] = mapped_column(default=list)
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name

    def is_open(self, now: datetime) -> bool:
        """Say whether a window is open now."""
        return is_open(self.windows, ZoneInfo(self.time_zone), now)

    def opens_at(self, now: datetime) -> datetime | None:
        """Return when the next window opens: ``now`` inside of one, None where none ever does."""
        return next_opening(self.windows, ZoneInfo(self.time_zone), now)


class Schedule(Stamped, Versioned, Base):
    """When networks are swept without anybody asking. ``cron`` has five fields, in ``time_zone``."""

    __tablename__ = "sweep_schedule"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)
    __journal__ = "schedule"
    __journal_omit__ = frozenset({"next_at", "last_sweep_id", "waiting"})

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    name: Mapped[Name]
    network_ids: Mapped[list[Any]]
    cron: Mapped[str] = mapped_column(String(100))
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    enabled: Mapped[bool] = mapped_column(default=True)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    last_sweep_id: Mapped[int | None]
    waiting: Mapped[list[Any]] = mapped_column(default=list)
    """Ids of networks whose window was closed when the schedule was due: they are swept when it opens."""

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name
