"""What employees are told before they ask."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped, Versioned
from itsm.insight.causes.enums import BannerScope


class Banner(Stamped, Versioned, Base):
    """A message on the portal until ``until`` (or until somebody ends it): "we know, you need not report it".

    ``ticket_id`` is the incident it speaks of: who says "it hits me too" follows that ticket.
    """

    __tablename__ = "insight_banner"
    __table_args__ = (
        CheckConstraint("scope != 'site' OR location_id IS NOT NULL", name="site_is_named"),
        Index("ix_insight_banner_until", "until", "id"),
        Index("ix_insight_banner_ticket", "ticket_id"),
    )
    __journal__ = "banner"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    scope: Mapped[BannerScope]
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    message: Mapped[str] = mapped_column(String(500))
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    @property
    def label(self) -> str:
        """Return the beginning of the message."""
        return self.message[:80]
