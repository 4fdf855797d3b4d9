"""A company whose people, assets and tickets are kept apart from another's."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from itsm.infra.db import Base, Id, Name, Stamped, Versioned


class Organization(Stamped, Versioned, Base):
    """A company. Every person, asset, ticket and network belongs to one; an installation has at least one."""

    __tablename__ = "organization"
    __table_args__ = (UniqueConstraint("name"),)
    __journal__ = "organization"

    id: Mapped[Id]
    name: Mapped[Name]

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name
