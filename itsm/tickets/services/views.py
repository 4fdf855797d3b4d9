"""Saved views."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.policy import require
from itsm.kernel.text import phrase
from itsm.tickets.models import View
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries.queue import MOST_VIEWS
from itsm.tickets.queries.wish import Wish


def save_view(actor: Actor, name: str, query: Mapping[str, str], *, shared: bool = False) -> View:
    """Keep a way of looking at the queue; shared ones are everybody's. Only what the queue understands is kept."""
    require(POLICY, actor, TicketPermission.SHARE_VIEW if shared else TicketPermission.SAVE_VIEW)
    session = current_unit().session
    owner_id = None if shared else actor.person_id
    number = session.scalar(select(func.count(View.id)).where(View.owner_id == owner_id)) or 0
    if number >= MOST_VIEWS:
        raise Invalid(
            {"name": phrase("There are %(most_views)s views already. Remove one first.", most_views=MOST_VIEWS)}
        )
    view = View(owner_id=owner_id, name=name, query=Wish.of(query).values(), columns=[])
    session.add(view)
    session.flush()
    return view


def remove_view(actor: Actor, view_id: int) -> None:
    """Remove a view of one's own, or a shared one as administrator. Raises NotFound for another's."""
    session = current_unit().session
    view = session.get(View, view_id)
    if view is None or view.owner_id not in (None, actor.person_id):
        raise NotFound()
    require(POLICY, actor, TicketPermission.SHARE_VIEW if view.owner_id is None else TicketPermission.SAVE_VIEW)
    session.delete(view)
