"""Who pays."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Name, Stamped, Versioned


class CostCentre(Stamped, Versioned, Base):
    """An account that costs are booked to, by its code."""

    __tablename__ = "cost_centre"
    __table_args__ = (UniqueConstraint("organization_id", "code"),)
    __journal__ = "cost_centre"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[Name]

    @property
    def label(self) -> str:
        """Return code and name."""
        return f"{self.code} {self.name}"
