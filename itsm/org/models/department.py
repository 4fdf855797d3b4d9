"""The tree of departments."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Name, Stamped, Versioned


class Department(Stamped, Versioned, Base):
    """A part of the company. ``path`` is the names from the top ("Finance / Payroll")."""

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("organization_id", "path"),)
    __journal__ = "department"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    name: Mapped[Name]
    path: Mapped[str] = mapped_column(String(500))

    @property
    def label(self) -> str:
        """Return the path."""
        return self.path
