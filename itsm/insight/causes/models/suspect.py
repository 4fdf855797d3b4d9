"""An asset above several tickets that may be what is wrong with all of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped, Versioned
from itsm.insight.causes.enums import SuspectState


class Suspect(Stamped, Versioned, Base):
    """ "3 tickets below SW-2, which is silent since 10:42". At most one is open or confirmed for an asset.

    ``devices`` of the ``looked_at`` devices with tickets hang below it, ``below`` of ``register`` devices do at all;
    ``silent_since`` is when it answered last, where a sweep has looked for it in vain since.
    """

    __tablename__ = "insight_suspect"
    __table_args__ = (
        Index(
            "uq_insight_suspect_alive",
            "asset_id",
            unique=True,
            postgresql_where=text("state IN ('open', 'confirmed')"),
            sqlite_where=text("state IN ('open', 'confirmed')"),
        ),
        Index("ix_insight_suspect_state", "state", "last_ticket_at", "id"),
    )
    __journal__ = "suspect"
    __journal_omit__ = frozenset(
        {"tickets", "devices", "looked_at", "below", "register", "chance", "last_ticket_at", "silent_since"}
    )

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    state: Mapped[SuspectState] = mapped_column(default=SuspectState.OPEN)
    first_ticket_at: Mapped[datetime]
    last_ticket_at: Mapped[datetime]
    tickets: Mapped[int] = mapped_column(Integer, default=0)
    devices: Mapped[int] = mapped_column(Integer, default=0)
    looked_at: Mapped[int] = mapped_column(Integer, default=0)
    below: Mapped[int] = mapped_column(Integer, default=0)
    register: Mapped[int] = mapped_column(Integer, default=0)
    chance: Mapped[float] = mapped_column(Float, default=1.0)
    silent_since: Mapped[datetime | None]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(300), default="")
    joined_into_id: Mapped[int | None] = mapped_column(ForeignKey("insight_suspect.id"), index=True)
    """The suspicion that goes on for both, while their two records are merged."""

    @property
    def label(self) -> str:
        """Return which asset it is."""
        return f"asset {self.asset_id}"


class SuspectTicket(Base):
    """A ticket below a suspect; ``joined_from_id`` is the suspicion that it was taken from when records were merged."""

    __tablename__ = "insight_suspect_ticket"
    __table_args__ = (Index("ix_insight_suspect_ticket_ticket", "ticket_id"),)

    suspect_id: Mapped[int] = mapped_column(ForeignKey("insight_suspect.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    added_at: Mapped[datetime]
    joined_from_id: Mapped[int | None] = mapped_column(ForeignKey("insight_suspect.id", ondelete="CASCADE"))
