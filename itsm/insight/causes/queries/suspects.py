"""Suspects as far as the actor sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from itsm.assets.models import Asset
from itsm.assets.queries.visible import sight
from itsm.infra.db import db
from itsm.infra.unit import current_unit
from itsm.insight.causes.enums import SuspectState
from itsm.insight.causes.models import Suspect, SuspectTicket
from itsm.insight.causes.policies import POLICY, InsightPermission
from itsm.insight.causes.rules.suspects import PAST
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.policy import allowed
from itsm.tickets.models import Ticket
from itsm.tickets.queries import is_visible
from itsm.web import listing

MOST_SHOWN: Final = 3
"""Suspects above the queue; all of them are on their own page."""


def is_mine(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which a suspect exists for the actor: its organization and its asset do."""
    if not allowed(POLICY, actor, InsightPermission.READ):
        return Suspect.id < 0
    here = true() if actor.all_organizations else Suspect.organization_id.in_(actor.organization_ids)
    return and_(here, sight(actor))


def visible_suspects(actor: Actor) -> Any:
    """Return the select of suspects with the asset and the incident that was made of it."""
    incident = aliased(Ticket)
    wanted: Any = (
        select(
            Suspect,
            Asset.id.label("asset_id"),
            Asset.name.label("asset"),
            Asset.kind.label("kind"),
            Asset.tag.label("tag"),
            incident.number.label("incident"),
        )
        .select_from(Suspect)
        .outerjoin(incident, incident.id == Suspect.incident_id)
        .where(is_mine(actor))
    )
    return _with_asset(wanted)


def _with_asset(wanted: Any) -> Any:
    """Join the asset of a suspect: what stands for it, where its record was merged."""
    named = aliased(Asset)
    wanted = wanted.join(named, named.id == Suspect.asset_id)
    return wanted.join(Asset, Asset.id == func.coalesce(named.merged_into_id, named.id))


def alive(now: datetime) -> ColumnElement[bool]:
    """Return the condition of suspects that matter now."""
    fresh = and_(Suspect.state == SuspectState.OPEN, Suspect.last_ticket_at > now - PAST)
    return or_(fresh, Suspect.state == SuspectState.CONFIRMED)


def above_queue(session: Session, actor: Actor, now: datetime) -> Sequence[Any]:
    """Return the newest open suspects."""
    wanted = visible_suspects(actor).where(Suspect.state == SuspectState.OPEN, alive(now))
    return session.execute(wanted.order_by(Suspect.last_ticket_at.desc(), Suspect.id.desc()).limit(MOST_SHOWN)).all()


def above_ticket(session: Session, actor: Actor, ticket_id: int, now: datetime) -> Sequence[Any]:
    """Return the suspects that a ticket hangs below."""
    mine = select(SuspectTicket.suspect_id).where(SuspectTicket.ticket_id == ticket_id)
    wanted = visible_suspects(actor).where(Suspect.id.in_(mine), alive(now))
    return session.execute(wanted.order_by(Suspect.id.desc()).limit(MOST_SHOWN)).all()


def page(session: Session, actor: Actor, *, after: str | None, before: str | None, now: datetime) -> Any:
    """Return a page of the worklist, the newest first: what is open, then what was decided."""
    order = [
        listing.Key(Suspect.last_ticket_at, "last_ticket_at", descending=True),
        listing.Key(Suspect.id, "suspect_id", descending=True),
    ]
    wanted = visible_suspects(actor).add_columns(Suspect.last_ticket_at, Suspect.id.label("suspect_id"))
    return listing.fetch(session, wanted, order, after=after, before=before, size=50)


def tickets_below(session: Session, actor: Actor, suspect_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Return ``number, title, category`` of the tickets below suspects, as far as the actor sees them."""
    wanted = (
        select(SuspectTicket.suspect_id, Ticket.number, Ticket.title, Ticket.category)
        .join(Ticket, Ticket.id == SuspectTicket.ticket_id)
        .where(SuspectTicket.suspect_id.in_(suspect_ids), is_visible(actor))
        .order_by(Ticket.number)
        .limit(1000)
    )
    found: dict[int, list[Any]] = {one: [] for one in suspect_ids}
    for row in session.execute(wanted):
        found[row.suspect_id].append(row)
    return found


def get_suspect(actor: Actor, suspect_id: int) -> Any:
    """Return a suspect with its asset. Raises NotFound for one the actor may not see."""
    row = db.session().execute(visible_suspects(actor).where(Suspect.id == suspect_id)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def suspect_to_change(actor: Actor, suspect_id: int) -> Suspect:
    """Return a suspect inside the open transaction, locked. Raises NotFound like :func:`get_suspect`."""
    wanted = _with_asset(select(Suspect)).where(is_mine(actor), Suspect.id == suspect_id)
    found: Suspect | None = current_unit().session.scalars(wanted.with_for_update(of=Suspect)).one_or_none()
    if found is None:
        raise NotFound()
    return found
