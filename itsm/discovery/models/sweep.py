"""One run over networks, and what became of each address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.discovery.enums import SweepReason, SweepState, TargetResult
from itsm.infra.db import Base, Id, Stamped


class Sweep(Stamped, Base):
    """One run over networks.

    ``progress`` is rewritten while it runs: ``{"networks": {id: {"total", "asked", "found", "read"}}, "reasons":
    {"stage:reason": count}}``; the counts of results grow with it. ``heartbeat_at`` tells a live run from a dead one.
    """

    __tablename__ = "sweep"
    __table_args__ = (Index("ix_sweep_list", "organization_id", "id"), Index("ix_sweep_state", "state", "id"))
    __journal__ = "sweep"
    __journal_omit__ = frozenset(
        {"progress", "heartbeat_at", "new", "changed", "same", "undecided", "unknown", "refused"}
    )

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    network_ids: Mapped[list[Any]]
    addresses: Mapped[list[str] | None]
    """Only these addresses of the networks; None: all of them."""
    reason: Mapped[SweepReason] = mapped_column(default=SweepReason.SAID, server_default=SweepReason.SAID.value)
    reason_facts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """The names that belong to the reason."""
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    schedule_id: Mapped[int | None] = mapped_column(ForeignKey("sweep_schedule.id", ondelete="SET NULL"))
    outside_windows: Mapped[bool] = mapped_column(default=False)
    """Somebody asked for it although a window was closed: windows do not stop it."""
    state: Mapped[SweepState]
    cancel_asked_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    total: Mapped[int] = mapped_column(Integer, default=0)
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    new: Mapped[int] = mapped_column(Integer, default=0)
    changed: Mapped[int] = mapped_column(Integer, default=0)
    same: Mapped[int] = mapped_column(Integer, default=0)
    undecided: Mapped[int] = mapped_column(Integer, default=0)
    unknown: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)
    vanished: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str] = mapped_column(Text, default="")

    @property
    def label(self) -> str:
        """Return the number of the sweep."""
        return f"sweep {self.id}"


class TargetOutcome(Base):
    """What a sweep's visit to one address came to. Silent addresses have no row: they are the total less these."""

    __tablename__ = "target_outcome"
    __table_args__ = (
        UniqueConstraint("sweep_id", "address"),
        Index("ix_target_outcome_result", "sweep_id", "result", "id"),
    )

    id: Mapped[Id]
    sweep_id: Mapped[int] = mapped_column(ForeignKey("sweep.id", ondelete="CASCADE"))
    network_id: Mapped[int | None] = mapped_column(ForeignKey("network.id", ondelete="SET NULL"))
    address: Mapped[str] = mapped_column(String(45))
    result: Mapped[TargetResult]
    stage: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(String(40), default="ok")
    detail: Mapped[str] = mapped_column(String(300), default="")
    milliseconds: Mapped[int] = mapped_column(Integer, default=0)
    bytes: Mapped[int] = mapped_column(Integer, default=0)
    sighting_id: Mapped[int | None] = mapped_column(ForeignKey("sighting.id"))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    at: Mapped[datetime]
