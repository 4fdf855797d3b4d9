"""How we know: what each source saw, who chose which value, and where record and observation disagree."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.assets.enums import DisagreementState
from itsm.infra.db import Base, Id, Stamped, Versioned


class ObservedValue(Base):
    """What one source says about one field of an asset. A new value closes the old row and opens another."""

    __tablename__ = "observed_value"
    __table_args__ = (Index("ix_observed_value_field", "asset_id", "field", "source"),)

    id: Mapped[Id]
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    field: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(40))
    """``snmp``, ``ssh``, ``lldp``, ``import`` …"""
    value: Mapped[str] = mapped_column(Text)
    object: Mapped[str] = mapped_column(String(200), default="")
    rule: Mapped[str] = mapped_column(String(200), default="")
    confidence: Mapped[float] = mapped_column(Float, default=1.0)
    sighting_id: Mapped[int | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    times_seen: Mapped[int] = mapped_column(Integer, default=1)
    ended_at: Mapped[datetime | None]


class FieldChoice(Stamped, Base):
    """Who decides a field of an asset: a person who typed it, or a source that is trusted for it, until when, why."""

    __tablename__ = "field_choice"
    __table_args__ = (UniqueConstraint("asset_id", "field"),)
    __journal__ = "field_choice"

    id: Mapped[Id]
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    field: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    source: Mapped[str | None] = mapped_column(String(40))
    why: Mapped[str] = mapped_column(String(300), default="")
    until: Mapped[datetime | None]


class Disagreement(Stamped, Versioned, Base):
    """Record against observation, for one field of one asset: a row with a state, not a silent overwrite."""

    __tablename__ = "disagreement"
    __table_args__ = (
        Index("ix_disagreement_open", "state", "id"),
        Index("ix_disagreement_asset", "asset_id", "field", "state"),
    )
    __journal__ = "disagreement"

    id: Mapped[Id]
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    field: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(40))
    recorded: Mapped[str] = mapped_column(Text)
    observed: Mapped[str] = mapped_column(Text)
    state: Mapped[DisagreementState]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    reference: Mapped[str | None] = mapped_column(String(200))
    """What was opened about it, as words: "ticket #1042"."""

    @property
    def label(self) -> str:
        """Return the field's name."""
        return self.field
