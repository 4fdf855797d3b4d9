"""The looks at a ticket's device."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.insight.causes.models import DeviceLook
from itsm.kernel.actor import Actor
from itsm.tickets.models import Ticket
from itsm.tickets.queries import is_visible

MOST_SHOWN = 8


def looks_of(session: Session, actor: Actor, ticket_id: int) -> Sequence[DeviceLook]:
    """Return the newest looks from a ticket that the actor may see."""
    wanted = select(DeviceLook).join(Ticket, Ticket.id == DeviceLook.ticket_id).where(is_visible(actor))
    wanted = wanted.where(DeviceLook.ticket_id == ticket_id).order_by(DeviceLook.id.desc())
    return session.scalars(wanted.limit(MOST_SHOWN)).all()
