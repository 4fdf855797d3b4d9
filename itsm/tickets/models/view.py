"""Saved views: a name for a way of looking at the queue."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped, Versioned


class View(Stamped, Versioned, Base):
    """A saved wish: filters, order and columns. Without an owner it is shared with all technicians.

    ``query`` holds the queue's own query values (``{"state": "open", "assignee": "me"}``), never SQL.
    """

    __tablename__ = "ticket_view"
    __journal__ = "ticket_view"

    id: Mapped[Id]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[dict[str, Any]]
    columns: Mapped[list[str]]
    position: Mapped[int] = mapped_column(Integer, default=50)

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name
