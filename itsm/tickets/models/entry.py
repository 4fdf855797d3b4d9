"""What was said and what happened, in order. Entries are appended and never edited."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id
from itsm.kernel.actor import Door
from itsm.tickets.enums import EntryKind, Fact, Side


class Entry(Base):
    """A public reply, an internal note, or a fact.

    ``source`` is the text as it came, ``html`` what was made of it (safe to show). ``author_name`` is frozen. A fact
    has no text: ``fact`` says what happened, ``data`` its details. A correction is a new entry with ``replaces_id``.
    """

    __tablename__ = "ticket_entry"
    __table_args__ = (
        CheckConstraint("kind != 'fact' OR fact IS NOT NULL", name="fact_is_named"),
        Index("ix_ticket_entry_ticket", "ticket_id", "id"),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[EntryKind]
    side: Mapped[Side]
    at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    author_name: Mapped[str] = mapped_column(String(200))
    door: Mapped[Door]
    source: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str | None] = mapped_column(String(10))
    fact: Mapped[Fact | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_entry.id"))
    request_id: Mapped[str | None] = mapped_column(String(32))
