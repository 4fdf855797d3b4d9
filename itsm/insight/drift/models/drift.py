"""What is not as it should be, and the ticket that tells of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Json
from itsm.insight.drift.enums import DriftState


def _one_open(name: str, *columns: str) -> Index:
    return Index(
        name,
        *columns,
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    )


class DriftCase(Base):
    """The one open ticket of an asset and a rule. Several assets share a ticket where a rule fired for many at once."""

    __tablename__ = "drift_case"
    __table_args__ = (
        _one_open("uq_drift_case_open", "rule_id", "asset_id"),
        Index("ix_drift_case_ticket", "ticket_id"),
        Index("ix_drift_case_asset", "asset_id", "rule_id", "id"),
        Index("ix_drift_case_opened", "rule_id", "opened_at"),
    )

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    rule_id: Mapped[int] = mapped_column(ForeignKey("drift_rule.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    collective: Mapped[bool] = mapped_column(default=False)
    seen_resolved: Mapped[int] = mapped_column(Integer, default=0)
    """How often the condition was still seen after somebody resolved the ticket."""
    insisted: Mapped[bool] = mapped_column(default=False)
    """The ticket was reopened once because nothing had changed; a second time the person has the last word."""
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Drift(Base):
    """One thing about one asset that a rule found: ``subject`` tells which disk, supply or address.

    ``value`` is what a baseline becomes when this is accepted, ``manner`` which baseline. A row is open until
    ``ended_at``; the same finding later opens a new one, and ``returns`` counts how often it came back soon.
    Written by the clock and by sweeps, so it has no journal of its own: what people decide is recorded there.
    """

    __tablename__ = "drift"
    __table_args__ = (
        _one_open("uq_drift_open", "rule_id", "asset_id", "subject"),
        Index("ix_drift_list", "organization_id", "state", "id"),
        Index("ix_drift_rule", "rule_id", "ended_at"),
        Index("ix_drift_asset", "asset_id", "id"),
        Index("ix_drift_case_id", "case_id"),
    )

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    rule_id: Mapped[int] = mapped_column(ForeignKey("drift_rule.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(200))
    state: Mapped[DriftState]
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    value: Mapped[Any] = mapped_column(Json, nullable=True)
    manner: Mapped[str] = mapped_column(String(80))
    first_sighting_id: Mapped[int | None]
    sighting_id: Mapped[int | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    times_seen: Mapped[int] = mapped_column(Integer)
    times_clear: Mapped[int] = mapped_column(Integer)
    returns: Mapped[int] = mapped_column(Integer)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("drift_case.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    why: Mapped[str] = mapped_column(String(300), default="")
    ended_at: Mapped[datetime | None]

    @property
    def label(self) -> str:
        """Return the subject."""
        return self.subject
