"""Saved views: a name for a way of looking at the register."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped, Versioned


class AssetView(Stamped, Versioned, Base):
    """A saved wish: filters, order and columns, as the list's own query values. Without an owner it is shared."""

    __tablename__ = "asset_view"
    __journal__ = "asset_view"

    id: Mapped[Id]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[dict[str, Any]]

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name
