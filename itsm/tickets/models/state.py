"""States, the ways between them, and the table that turns impact and urgency into a priority."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped, Versioned
from itsm.tickets.enums import Level, StateCategory


class State(Stamped, Versioned, Base):
    """A state under the customer's own word. What it means is its category, which never changes."""

    __tablename__ = "ticket_state"
    __table_args__ = (UniqueConstraint("name"),)
    __journal__ = "ticket_state"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(60))
    category: Mapped[StateCategory]
    position: Mapped[int] = mapped_column(Integer, default=50)
    is_default: Mapped[bool] = mapped_column(default=False)
    """The state that is meant where only the category is known. One a category."""

    @property
    def label(self) -> str:
        """Return the customer's word."""
        return self.name


class Transition(Stamped, Base):
    """A way from one state to another, and the permission it takes (``ticket:work`` …)."""

    __tablename__ = "ticket_transition"
    __table_args__ = (
        UniqueConstraint("from_id", "to_id"),
        CheckConstraint("from_id != to_id", name="goes_somewhere"),
    )
    __journal__ = "ticket_transition"

    id: Mapped[Id]
    from_id: Mapped[int] = mapped_column(ForeignKey("ticket_state.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("ticket_state.id"))
    permission: Mapped[str] = mapped_column(String(60))


class PriorityRule(Stamped, Versioned, Base):
    """One cell of the matrix: this impact at this urgency gives this priority."""

    __tablename__ = "ticket_priority_rule"
    __table_args__ = (
        UniqueConstraint("impact", "urgency"),
        CheckConstraint("priority BETWEEN 1 AND 4", name="known_priority"),
    )
    __journal__ = "ticket_priority_rule"

    id: Mapped[Id]
    impact: Mapped[Level]
    urgency: Mapped[Level]
    priority: Mapped[int] = mapped_column(Integer)

    @property
    def label(self) -> str:
        """Return the cell's place."""
        return f"{self.impact.value} × {self.urgency.value}"


class TicketCategory(Stamped, Versioned, Base):
    """What a ticket is about: a node of a tree. ``path`` is the names from the top ("Network / VPN")."""

    __tablename__ = "ticket_category"
    __table_args__ = (UniqueConstraint("path"),)
    __journal__ = "ticket_category"

    id: Mapped[Id]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_category.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    path: Mapped[str] = mapped_column(String(300))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("support_group.id"))
    """The group that a new ticket of this category goes to."""
    retired: Mapped[bool] = mapped_column(default=False)

    @property
    def label(self) -> str:
        """Return the path."""
        return self.path
