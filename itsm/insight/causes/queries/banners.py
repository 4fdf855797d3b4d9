"""Banners: what an employee is shown, and what the desk sees of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Person
from itsm.infra.unit import current_unit
from itsm.insight.causes.enums import BannerScope
from itsm.insight.causes.models import Banner
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.org.models import Location
from itsm.tickets.models import Participant, Ticket
from itsm.tickets.queries import is_visible

MOST_SHOWN = 3


def is_shown(now: datetime) -> ColumnElement[bool]:
    """Return the condition of banners that are shown now."""
    return and_(Banner.ended_at.is_(None), Banner.until > now)


def is_for(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which a banner speaks to the actor: everybody, his company, or his site."""
    theirs, site = aliased(Location), aliased(Location)
    inside = func.substr(theirs.path, 1, func.length(site.path) + 3) == site.path + " / "
    at_site = (
        select(Person.id)
        .join(theirs, theirs.id == Person.location_id)
        .join(site, site.id == Banner.location_id)
        .where(Person.id == actor.person_id, or_(theirs.path == site.path, inside))
        .where(theirs.organization_id == site.organization_id)
        .correlate(Banner)
        .exists()
    )
    mine = Banner.organization_id.in_(actor.organization_ids)
    return or_(
        Banner.scope == BannerScope.ALL,
        and_(Banner.scope == BannerScope.ORGANIZATION, mine),
        and_(Banner.scope == BannerScope.SITE, mine, at_site),
    )


def shown_to(session: Session, actor: Actor, now: datetime) -> Sequence[Any]:
    """Return ``id, message, joined`` of what the portal tells this person now, the newest first."""
    joined = exists().where(Participant.ticket_id == Banner.ticket_id, Participant.person_id == actor.person_id)
    wanted = select(Banner.id, Banner.message, joined.correlate(Banner).label("joined"))
    wanted = wanted.where(is_shown(now), is_for(actor)).order_by(Banner.id.desc())
    return session.execute(wanted.limit(MOST_SHOWN)).all()


def banner_to_join(actor: Actor, banner_id: int, now: datetime) -> Banner:
    """Return a banner that speaks to the actor. Raises NotFound for any other."""
    wanted = select(Banner).where(Banner.id == banner_id, is_shown(now), is_for(actor))
    found = current_unit().session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound()
    return found


def shown_now(session: Session, actor: Actor, now: datetime) -> Sequence[Any]:
    """Return ``Banner``, ticket ``number`` and ``title``, place and how many joined, of what the desk's portals say."""
    joined = select(func.count()).where(Participant.ticket_id == Banner.ticket_id).scalar_subquery()
    here = true() if actor.all_organizations else Banner.organization_id.in_(actor.organization_ids)
    wanted = (
        select(Banner, Ticket.number, Ticket.title, Location.path.label("place"), joined.label("joined"))
        .join(Ticket, Ticket.id == Banner.ticket_id)
        .outerjoin(Location, Location.id == Banner.location_id)
        .where(is_shown(now), here, is_visible(actor))
    )
    return session.execute(wanted.order_by(Banner.until, Banner.id).limit(50)).all()


def banner_of(ticket_id: int, now: datetime) -> Banner | None:
    """Return the banner of a ticket inside the open transaction, locked."""
    wanted = select(Banner).where(Banner.ticket_id == ticket_id, is_shown(now)).order_by(Banner.id.desc()).limit(1)
    return current_unit().session.scalars(wanted.with_for_update()).one_or_none()


def places(session: Session, organization_id: int) -> list[tuple[int, str]]:
    """Return the places of an organization for a picker, the sites first."""
    wanted = select(Location.id, Location.path).where(Location.organization_id == organization_id)
    return [(id_, path) for id_, path in session.execute(wanted.order_by(Location.path).limit(500))]
