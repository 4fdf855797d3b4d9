"""Who held an asset, from when to when."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped


class CustodyPeriod(Stamped, Base):
    """A span in which one person held an asset or it stood in one place. The open one has no ``ended_at``."""

    __tablename__ = "custody_period"
    __table_args__ = (
        CheckConstraint("person_id IS NOT NULL OR location_id IS NOT NULL", name="held_by_somebody"),
        Index("ix_custody_period_asset", "asset_id", "started_at"),
    )
    __journal__ = "custody_period"
    __journal_fold__ = ("asset", "asset_id")

    id: Mapped[Id]
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    expected_return_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(300), default="")
