"""What is meant to happen: times of maintenance, and changes that somebody expects."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped, Versioned


class MaintenanceWindow(Stamped, Versioned, Base):
    """A time in which what is seen proves nothing: of one asset, of a place with all below it, or of everything.

    Either once, from ``starts_at`` to ``ends_at``, or every week: ``{"days": [0, 1], "from": "19:00", "to": "06:00"}``
    in ``time_zone``, Monday being 0.
    """

    __tablename__ = "maintenance_window"
    __table_args__ = (
        CheckConstraint("asset_id IS NULL OR location_id IS NULL", name="one_scope"),
        CheckConstraint("starts_at IS NULL OR ends_at > starts_at", name="ends_after_start"),
        Index("ix_maintenance_window_live", "organization_id", "ended_at"),
    )
    __journal__ = "maintenance_window"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    why: Mapped[str] = mapped_column(String(200))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    weekly: Mapped[dict[str, Any]] = mapped_column(default=dict)
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    """Somebody ended it."""

    @property
    def label(self) -> str:
        """Return why."""
        return self.why


class ExpectedChange(Stamped, Versioned, Base):
    """Somebody says that an asset will change. Until then a change of that sort becomes the new baseline by itself, and
    other findings of that sort open no ticket. ``rule_key`` empty: whatever it is."""

    __tablename__ = "expected_change"
    __table_args__ = (Index("ix_expected_change_asset", "asset_id", "ended_at"),)
    __journal__ = "expected_change"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    rule_key: Mapped[str] = mapped_column(String(40), default="")
    until_on: Mapped[date]
    why: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    met_at: Mapped[datetime | None]
    """When the change was first seen."""
    ended_at: Mapped[datetime | None]
    """Somebody took it back."""

    @property
    def label(self) -> str:
        """Return why."""
        return self.why
