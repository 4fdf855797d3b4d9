"""Where things and people are: a tree of places."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Name, Stamped, Versioned


class LocationKind(StrEnum):
    """What sort of place it is."""

    SITE = "site"
    BUILDING = "building"
    FLOOR = "floor"
    ROOM = "room"
    STOCKROOM = "stockroom"
    HOME = "home"
    IN_TRANSIT = "in_transit"


class Location(Stamped, Versioned, Base):
    """A place. ``path`` is the names from the site down ("Leeds / Main building / 2.14"), kept for lists and search."""

    __tablename__ = "location"
    __table_args__ = (UniqueConstraint("organization_id", "path"),)
    __journal__ = "location"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"), index=True)
    kind: Mapped[LocationKind]
    name: Mapped[Name]
    path: Mapped[str] = mapped_column(String(500))
    time_zone: Mapped[str | None] = mapped_column(String(60))

    @property
    def label(self) -> str:
        """Return the path."""
        return self.path
