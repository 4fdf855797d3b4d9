"""A ticket and the asset it is about, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from itsm.assets.models import Asset, Manufacturer, Model
from itsm.assets.queries.visible import sight
from itsm.infra.db import db
from itsm.insight.causes.models import Banner
from itsm.insight.causes.policies import POLICY, InsightPermission
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.policy import require
from itsm.org.models import Location
from itsm.tickets.models import Ticket
from itsm.tickets.queries import is_visible


@dataclass(frozen=True, slots=True)
class Subject:
    """A ticket, its asset as far as the actor sees it, and the asset's names."""

    ticket: Ticket
    asset: Asset | None
    place: str | None
    maker: str | None
    model: str | None
    banner: Banner | None
    """What the portal says about this ticket now."""


def subjects(actor: Actor, now: datetime) -> Any:
    """Return the select of tickets with their assets and banners."""
    shown = and_(Banner.ticket_id == Ticket.id, Banner.ended_at.is_(None), Banner.until > now)
    named = aliased(Asset)
    wanted: Any = (
        select(Ticket, Asset, Location.path, Manufacturer.name, Model.name, Banner)
        .select_from(Ticket)
        .outerjoin(named, named.id == Ticket.asset_id)
        .outerjoin(Asset, and_(Asset.id == func.coalesce(named.merged_into_id, named.id), sight(actor)))
        .outerjoin(Location, Location.id == Asset.location_id)
        .outerjoin(Model, Model.id == Asset.model_id)
        .outerjoin(Manufacturer, Manufacturer.id == Model.manufacturer_id)
        .outerjoin(Banner, shown)
        .where(is_visible(actor))
        .order_by(Banner.id.desc())
        .limit(1)
    )
    return wanted


def get_subject(actor: Actor, number: int, now: datetime) -> Subject:
    """Return a ticket with its asset. Raises NotFound for one the actor may not see, Forbidden outside of the desk."""
    found = db.session().execute(subjects(actor, now).where(Ticket.number == number)).one_or_none()
    if found is None:
        raise NotFound()
    require(POLICY, actor, InsightPermission.READ, found[0])
    return Subject(*found)
