"""The topics with what a page about them shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from itsm.accounts.models import Group
from itsm.tickets.models import Ticket, TicketCategory


def topic_rows(session: Session) -> Sequence[Any]:
    """Return all topics by path: their columns, the group's name, and how many open tickets have them."""
    number = select(func.count()).where(Ticket.topic_id == TicketCategory.id, Ticket.is_open)
    columns = [
        *(TicketCategory.id, TicketCategory.name, TicketCategory.path, TicketCategory.parent_id),
        *(TicketCategory.group_id, TicketCategory.retired, TicketCategory.version, Group.name.label("group_name")),
    ]
    wanted = select(*columns, number.correlate(TicketCategory).scalar_subquery().label("open_tickets"))
    wanted = wanted.outerjoin(Group, Group.id == TicketCategory.group_id)
    return session.execute(wanted.order_by(TicketCategory.path, TicketCategory.id).limit(1000)).all()


def group_options(session: Session) -> list[tuple[int, str]]:
    """Return the groups that a topic's tickets can go to."""
    wanted = select(Group.id, Group.name).order_by(Group.name, Group.id).limit(300)
    return [(id_, name) for id_, name in session.execute(wanted)]
