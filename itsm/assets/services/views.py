"""Saved views of the register."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from itsm.assets.models import AssetView
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries.register import MOST_VIEWS
from itsm.assets.queries.wish import Wish
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.policy import require
from itsm.kernel.text import phrase


def save_view(actor: Actor, name: str, query: Mapping[str, str], *, shared: bool = False) -> AssetView:
    """Keep a way of looking at the register; shared ones are everybody's. Only what the list understands is kept."""
    require(POLICY, actor, AssetPermission.SHARE_VIEW if shared else AssetPermission.LIST)
    session = current_unit().session
    owner_id = None if shared else actor.person_id
    number = session.scalar(select(func.count(AssetView.id)).where(AssetView.owner_id == owner_id)) or 0
    if number >= MOST_VIEWS:
        raise Invalid(
            {"name": phrase("There are %(most_views)s views already. Remove one first.", most_views=MOST_VIEWS)}
        )
    view = AssetView(owner_id=owner_id, name=name, query=Wish.of(query).values())
    session.add(view)
    session.flush()
    return view


def remove_view(actor: Actor, view_id: int) -> None:
    """Remove a view of one's own, or a shared one with the right to share. Raises NotFound for another's."""
    session = current_unit().session
    view = session.get(AssetView, view_id)
    if view is None or view.owner_id not in (None, actor.person_id):
        raise NotFound()
    require(POLICY, actor, AssetPermission.SHARE_VIEW if view.owner_id is None else AssetPermission.LIST)
    session.delete(view)
