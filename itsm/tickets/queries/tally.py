"""That tickets about an asset exist, for those who look after assets: numbers, states and times, none of the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, null, select
from sqlalchemy.orm import Session

from itsm.assets.queries import one_thing
from itsm.kernel.actor import Actor
from itsm.tickets.enums import StateCategory
from itsm.tickets.models import State, Ticket, TicketAsset, TicketCategory
from itsm.tickets.queries.visible import is_own

LATELY: Final = timedelta(days=365)
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Tally:
    """How many tickets an asset has."""

    unsolved: int
    lately: int
    """Filed in the last year."""
    ever: int


def tally(session: Session, actor: Actor, asset_id: int, *, now: datetime) -> Tally:
    """Return how many tickets of the actor's organizations are about an asset, or about a record that is now in it."""
    wanted = select(
        func.count().filter(Ticket.is_open),
        func.count().filter(Ticket.created_at > now - LATELY),
        func.count(),
    ).where(*_about(actor, asset_id))
    return Tally(*session.execute(wanted).one())


def rows(session: Session, actor: Actor, asset_id: int) -> Sequence[Any]:
    """Return the newest of them; the title only of those that are the actor's own affair."""
    wanted: Select[Any] = (
        select(
            Ticket.number,
            Ticket.kind,
            Ticket.category,
            Ticket.created_at,
            Ticket.resolved_at,
            State.name.label("state"),
            TicketCategory.path.label("topic"),
            case((is_own(actor), Ticket.title), else_=null()).label("title"),
        )
        .join(State, State.id == Ticket.state_id)
        .outerjoin(TicketCategory, TicketCategory.id == Ticket.topic_id)
        .where(*_about(actor, asset_id))
        .order_by(Ticket.id.desc())
        .limit(MOST)
    )
    return session.execute(wanted).all()


def _about(actor: Actor, asset_id: int) -> list[ColumnElement[bool]]:
    on_it = select(TicketAsset.ticket_id).where(TicketAsset.asset_id.in_(one_thing(asset_id)))
    conditions = [Ticket.id.in_(on_it), Ticket.category != StateCategory.MERGED]
    if not actor.all_organizations:
        conditions.append(Ticket.organization_id.in_(actor.organization_ids))
    return conditions
