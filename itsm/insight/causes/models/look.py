"""A look at a device from a ticket: who asked what of which asset, and what came back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped
from itsm.insight.causes.enums import Look, LookState


class DeviceLook(Stamped, Base):
    """One read-only question to a device. ``lines`` are [label, value] pairs, bounded; ``reason`` says how it ended."""

    __tablename__ = "insight_look"
    __table_args__ = (
        Index("ix_insight_look_ticket", "ticket_id", "id"),
        Index("ix_insight_look_asset", "asset_id", "id"),
        Index("ix_insight_look_asker", "asked_by_id", "id"),
    )
    __journal__ = "look"
    __journal_omit__ = frozenset({"lines", "state"})

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    network_id: Mapped[int | None] = mapped_column(ForeignKey("network.id", ondelete="SET NULL"))
    look: Mapped[Look]
    question: Mapped[str] = mapped_column(String(60), default="")
    """For SSH: which of the offered questions; for a port: its name."""
    address: Mapped[str] = mapped_column(String(45))
    part_id: Mapped[int | None] = mapped_column(ForeignKey("sweep_part.id", ondelete="SET NULL"), index=True)
    """The errand of the probe that looks, where the network is another site's."""
    state: Mapped[LookState] = mapped_column(default=LookState.QUEUED)
    ok: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(String(40), default="")
    summary: Mapped[str] = mapped_column(String(300), default="")
    lines: Mapped[list[Any]] = mapped_column(default=list)
    milliseconds: Mapped[int] = mapped_column(Integer, default=0)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    asked_by: Mapped[str] = mapped_column(String(200), default="")
    finished_at: Mapped[datetime | None]

    @property
    def label(self) -> str:
        """Return what was asked of which address."""
        return f"{self.look.value} {self.address}"
