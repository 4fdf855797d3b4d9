"""What nothing may ever ask."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped, Versioned


class Exclusion(Stamped, Versioned, Base):
    """Addresses that no packet of ours may go to, whichever network they lie in, and why.

    ``ranges`` are addresses, CIDR networks and a-b ranges. No organization: it holds for the whole installation.
    ``until_on`` is the last day on which it holds; empty: until somebody ends it.
    """

    __tablename__ = "discovery_exclusion"
    __table_args__ = (Index("ix_discovery_exclusion_live", "organization_id", "ended_at"),)
    __journal__ = "exclusion"

    id: Mapped[Id]
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    ranges: Mapped[list[str]]
    reason: Mapped[str] = mapped_column(String(200))
    until_on: Mapped[date | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    """Somebody ended it."""

    @property
    def label(self) -> str:
        """Return the ranges."""
        return ", ".join(self.ranges)[:200]
