"""The read side: one's own notifications, and nobody else's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from itsm.accounts.models import Person
from itsm.kernel.actor import Actor
from itsm.notifications.models import Notification
from itsm.web import listing

CAP = 100


def mine(actor: Actor) -> Select[Any]:
    """Return the actor's notifications."""
    return select(Notification).where(Notification.person_id == (actor.person_id or 0))


def unread_of(person_id: Any) -> Any:
    """Return the subquery of how much a person has not read, counted up to the cap, for a statement over Person."""
    theirs = select(Notification.id).where(Notification.person_id == person_id, Notification.read_at.is_(None))
    some = theirs.limit(CAP).correlate(Person).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def page(session: Session, actor: Actor, *, after: str | None, before: str | None) -> listing.Page[Any]:
    """Return a page of notifications, the newest first."""
    key = [listing.Key(Notification.id, "id", True)]
    return listing.fetch(session, mine(actor), key, after=after, before=before, size=30, scalars=True)
