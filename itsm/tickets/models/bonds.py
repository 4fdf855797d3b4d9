"""What a ticket is tied to: assets, other tickets, and tickets merged into it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped
from itsm.tickets.enums import AssetRole, LinkKind


class TicketAsset(Stamped, Base):
    """An asset on a ticket. ``snapshot`` is what was known of it at that moment, and stays as it was."""

    __tablename__ = "ticket_asset"
    __table_args__ = (
        UniqueConstraint("ticket_id", "asset_id"),
        Index("ix_ticket_asset_asset", "asset_id", "ticket_id"),
    )
    __journal__ = "ticket_asset"
    __journal_omit__ = frozenset({"snapshot"})

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"))
    role: Mapped[AssetRole]
    snapshot: Mapped[dict[str, Any]]
    taken_at: Mapped[datetime]


class Link(Stamped, Base):
    """How one ticket stands to another, read from ``from_id`` to ``to_id``."""

    __tablename__ = "ticket_link"
    __table_args__ = (
        UniqueConstraint("from_id", "to_id", "kind"),
        CheckConstraint("from_id != to_id", name="to_another"),
        Index("ix_ticket_link_to", "to_id"),
    )
    __journal__ = "ticket_link"

    id: Mapped[Id]
    from_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    to_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    kind: Mapped[LinkKind]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Merge(Stamped, Base):
    """``source_id`` is read as part of ``survivor_id`` until the merge is undone. No entry moves."""

    __tablename__ = "ticket_merge"
    __table_args__ = (
        CheckConstraint("source_id != survivor_id", name="into_another"),
        Index("ix_ticket_merge_source", "source_id"),
        Index("ix_ticket_merge_survivor", "survivor_id"),
    )
    __journal__ = "ticket_merge"

    id: Mapped[Id]
    source_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    survivor_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state_before_id: Mapped[int] = mapped_column(ForeignKey("ticket_state.id"))
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
