"""Support groups: they own tickets."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Name, Stamped, Versioned


class Group(Stamped, Versioned, Base):
    """A support group. Tickets are assigned to it; its members work them."""

    __tablename__ = "support_group"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)
    __journal__ = "group"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    name: Mapped[Name]
    email: Mapped[str | None] = mapped_column(String(254))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name


class GroupMember(Stamped, Base):
    """A person's membership in a group."""

    __tablename__ = "group_member"
    __table_args__ = (UniqueConstraint("group_id", "person_id"),)
    __journal__ = "group_member"

    id: Mapped[Id]
    group_id: Mapped[int] = mapped_column(ForeignKey("support_group.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
