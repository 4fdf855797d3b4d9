"""What wants a person's attention, and the rules of the house by which it does."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.assets.enums import AssetKind, AssetStatus, Worklist
from itsm.infra.db import Base, Id, Stamped, Versioned


class Precedence(Stamped, Versioned, Base):
    """In which order an organization believes the sources of one field. A field without a row has the usual order."""

    __tablename__ = "precedence"
    __table_args__ = (UniqueConstraint("organization_id", "field"),)
    __journal__ = "precedence"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    field: Mapped[str] = mapped_column(String(40))
    sources: Mapped[list[Any]]

    @property
    def label(self) -> str:
        """Return the field."""
        return self.field


class StaleRule(Stamped, Versioned, Base):
    """After how many days without a sighting an asset of a kind is stale; kinds without a row have the usual days."""

    __tablename__ = "stale_rule"
    __table_args__ = (UniqueConstraint("organization_id", "kind"),)
    __journal__ = "stale_rule"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    kind: Mapped[AssetKind]
    days: Mapped[int] = mapped_column(Integer)

    @property
    def label(self) -> str:
        """Return the kind."""
        return self.kind.value


class Resurfacing(Base):
    """A retired, disposed or missing asset that answered on the network. One open row an asset, until somebody says
    what it was."""

    __tablename__ = "resurfacing"
    __table_args__ = (Index("ix_resurfacing_open", "acknowledged_at", "id"),)

    id: Mapped[Id]
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), index=True)
    status: Mapped[AssetStatus]
    address: Mapped[str] = mapped_column(String(45), default="")
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int] = mapped_column(Integer, default=1)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(String(300), default="")


class SetAside(Stamped, Base):
    """An asset that is left out of a worklist for a reason, until a day or for good."""

    __tablename__ = "set_aside"
    __table_args__ = (UniqueConstraint("asset_id", "worklist"),)
    __journal__ = "set_aside"

    id: Mapped[Id]
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    worklist: Mapped[Worklist]
    reason: Mapped[str] = mapped_column(String(300))
    until: Mapped[date | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
