"""The definition of a custom field."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.fields.enums import FieldType
from itsm.infra.db import Base, Id, Name, Stamped, Versioned


class CustomField(Stamped, Versioned, Base):
    """A field that a customer added to a sort of thing.

    ``subject`` is the sort of thing (``asset``), ``scope_id`` the part of it that has the field (a category's id; None:
    all). Values stand in the thing's own JSON under ``key``, which never changes.
    """

    __tablename__ = "custom_field"
    __table_args__ = (UniqueConstraint("organization_id", "subject", "key"),)
    __journal__ = "custom_field"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    subject: Mapped[str] = mapped_column(String(40))
    scope_id: Mapped[int | None]
    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[Name]
    type: Mapped[FieldType]
    choices: Mapped[list[str]] = mapped_column(default=list)
    required: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(Integer, default=50)

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name
