"""Who else is on a ticket, and what they are writing."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped
from itsm.tickets.enums import DraftKind, ParticipantRole


class Participant(Stamped, Base):
    """A person, or a bare mail address, besides requester and assignee."""

    __tablename__ = "ticket_participant"
    __table_args__ = (
        CheckConstraint("person_id IS NOT NULL OR address IS NOT NULL", name="somebody"),
        UniqueConstraint("ticket_id", "person_id", "role"),
        UniqueConstraint("ticket_id", "address", "role"),
        Index("ix_ticket_participant_person", "person_id", "ticket_id"),
    )
    __journal__ = "ticket_participant"

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    address: Mapped[str | None] = mapped_column(String(254))
    role: Mapped[ParticipantRole]

    @property
    def label(self) -> str:
        """Return the role and who it is."""
        return f"{self.role.value} {self.person_id or self.address}"


class Draft(Stamped, Base):
    """What somebody was writing on a ticket: kept until it is sent or thrown away, never sent by itself."""

    __tablename__ = "ticket_draft"
    __table_args__ = (UniqueConstraint("person_id", "ticket_id", "kind"),)

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    kind: Mapped[DraftKind]
    body: Mapped[str] = mapped_column(Text)
