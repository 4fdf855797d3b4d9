"""The noun of notifications."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id
from itsm.notifications.enums import MailState, Reason


class Notification(Base):
    """One thing that one person should know. ``key`` names the fact: the same fact is told to a person once.

    ``href`` is the path that leads to it; ``message_id`` stays the same however often the mail is tried.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("person_id", "key"),
        Index("ix_notification_inbox", "person_id", "id"),
        Index("ix_notification_unread", "person_id", "read_at"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(60))
    reason: Mapped[Reason]
    title: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text, default="")
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    href: Mapped[str] = mapped_column(String(300))
    thread: Mapped[str] = mapped_column(String(60), default="")
    """What it belongs to (``ticket-1042``): mails of one thread refer to one another."""
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mail: Mapped[MailState] = mapped_column(default=MailState.NONE)
    mailed_at: Mapped[datetime | None]
    mail_error: Mapped[str] = mapped_column(String(300), default="")
