"""Something a person needs help with, from first word to last."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itsm.infra.db import Base, Id, Stamped, Versioned
from itsm.kernel.actor import Door
from itsm.tickets.enums import Level, PendingReason, StateCategory, TicketKind, Turn
from itsm.tickets.models.people import Participant

_OPEN_PG = text("is_open")
_OPEN_SQLITE = text("is_open = 1")


def _open_index(name: str, *columns: str) -> Index:
    """Return an index over unsolved tickets only, in the order in which lists show them (or that order backwards)."""
    return Index(name, *columns, postgresql_where=_OPEN_PG, sqlite_where=_OPEN_SQLITE)


class Ticket(Stamped, Versioned, Base):
    """Something a person needs help with.

    ``number`` is what people say; ``id`` what rows refer to. From ``is_open`` down stands what a row of a list shows:
    it is kept in the transaction that changes it, so that a list reads this table and nothing per row.
    ``is_open`` is "category is new, open or paused". ``turn`` is whose turn it is and ``turn_since`` from when on.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        CheckConstraint("priority BETWEEN 1 AND 4", name="known_priority"),
        CheckConstraint("category != 'paused' OR pending_reason IS NOT NULL", name="paused_has_reason"),
        CheckConstraint("category != 'resolved' OR resolved_at IS NOT NULL", name="resolved_has_time"),
        _open_index("ix_ticket_open", "last_activity_at", "id"),
        _open_index("ix_ticket_open_organization", "organization_id", "last_activity_at", "id"),
        _open_index("ix_ticket_open_group", "group_id", "last_activity_at", "id"),
        _open_index("ix_ticket_open_assignee", "assignee_id", "last_activity_at", "id"),
        _open_index("ix_ticket_open_priority", "priority", "last_activity_at", "id"),
        _open_index("ix_ticket_open_turn", "turn", "last_activity_at", "id"),
        Index("ix_ticket_activity", "last_activity_at", "id"),
        Index("ix_ticket_category", "category", "last_activity_at", "id"),
        Index("ix_ticket_requester", "requester_id", "last_activity_at", "id"),
        Index("ix_ticket_assignee", "assignee_id", "last_activity_at", "id"),
    )
    __journal__ = "ticket"
    __journal_omit__ = frozenset(
        {"is_open", "last_activity_at", "last_public_at", "last_public_side", "reply_count", "note_count", "turn_since"}
    )

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(unique=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    kind: Mapped[TicketKind]
    title: Mapped[str] = mapped_column(String(200))
    state_id: Mapped[int] = mapped_column(ForeignKey("ticket_state.id"))
    category: Mapped[StateCategory]
    pending_reason: Mapped[PendingReason | None]
    impact: Mapped[Level] = mapped_column(default=Level.LOW)
    urgency: Mapped[Level] = mapped_column(default=Level.MEDIUM)
    priority: Mapped[int] = mapped_column(Integer)
    priority_reason: Mapped[str | None] = mapped_column(String(300))
    """Why somebody set the priority by hand; None where the matrix gave it."""
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_category.id"), index=True)
    """What the ticket is about: its place in the tree of ticket categories."""
    group_id: Mapped[int | None] = mapped_column(ForeignKey("support_group.id"), index=True)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    requester_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    affected_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    """Who has the trouble, where that is not the requester."""
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"), index=True)
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"), index=True)
    """The first of its assets, for lists; all of them are in :class:`TicketAsset`."""
    door: Mapped[Door]
    solution_id: Mapped[int | None]
    """The entry that says how it was solved."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    """The next moment by which something is promised; kept by the targets' feature."""

    is_open: Mapped[bool] = mapped_column(default=True)
    turn: Mapped[Turn] = mapped_column(default=Turn.DESK)
    turn_since: Mapped[datetime]
    last_activity_at: Mapped[datetime]
    last_public_at: Mapped[datetime | None]
    last_public_side: Mapped[str | None] = mapped_column(String(20))
    first_replied_at: Mapped[datetime | None]
    reply_count: Mapped[int] = mapped_column(Integer, default=0)
    note_count: Mapped[int] = mapped_column(Integer, default=0)

    participants: Mapped[list[Participant]] = relationship(lazy="raise_on_sql", passive_deletes=True)

    @property
    def label(self) -> str:
        """Return number and title."""
        return f"#{self.number} {self.title}"


class TicketSequence(Base):
    """The last number given. One row; taken in the transaction that files, so that no number is ever missing."""

    __tablename__ = "ticket_sequence"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(default=0)


class Tally(Base):
    """How many tickets there are of one kind: counted in the transaction that changes them, never by a page.

    ``group_id`` and ``assignee_id`` are 0 for nobody, so that the key is unique on both databases.
    """

    __tablename__ = "ticket_tally"

    organization_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    group_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    assignee_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    category: Mapped[StateCategory] = mapped_column(primary_key=True)
    turn: Mapped[Turn] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=0)
