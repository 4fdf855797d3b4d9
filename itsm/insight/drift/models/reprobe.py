"""Looking again after the fix."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id
from itsm.insight.drift.enums import LookOutcome


class Reprobe(Base):
    """One address that is swept again because a ticket about its asset was resolved; the outcome goes to the ticket.

    ``before`` is what was known when it was asked for: ``{"levels": {name: percent}, "seen": moment}``.
    """

    __tablename__ = "reprobe"
    __table_args__ = (
        Index(
            "uq_reprobe_open",
            "ticket_id",
            "asset_id",
            unique=True,
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        Index("ix_reprobe_waiting", "done_at", "sweep_id"),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    network_id: Mapped[int] = mapped_column(ForeignKey("network.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(45))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    before: Mapped[dict[str, Any]]
    sweep_id: Mapped[int | None] = mapped_column(ForeignKey("sweep.id", ondelete="SET NULL"))
    done_at: Mapped[datetime | None]
    outcome: Mapped[LookOutcome | None]
