"""The read side: one's own notifications, and nobody else's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from itsm.infra.db import db
from itsm.kernel.actor import Actor
from itsm.notifications.models import Notification
from itsm.web import listing

CAP = 100


def mine(actor: Actor) -> Select[Any]:
    """Return the actor's notifications."""
    return select(Notification).where(Notification.person_id == (actor.person_id or 0))


def unread(actor: Actor) -> int:
    """Return how many are unread, counted up to the cap."""
    some = mine(actor).where(Notification.read_at.is_(None)).with_only_columns(Notification.id).limit(CAP)
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def page(session: Session, actor: Actor, *, after: str | None, before: str | None) -> listing.Page[Any]:
    """Return a page of notifications, the newest first."""
    key = [listing.Key(Notification.id, "id", True)]
    return listing.fetch(session, mine(actor), key, after=after, before=before, size=30, scalars=True)
