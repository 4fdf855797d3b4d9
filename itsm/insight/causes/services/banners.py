"""Telling employees what is known, and letting them say that it hits them too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import selectinload

from itsm.infra.unit import current_unit, emit
from itsm.insight.causes.enums import BannerScope
from itsm.insight.causes.events import BannerShown
from itsm.insight.causes.models import Banner
from itsm.insight.causes.policies import POLICY, InsightPermission
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, FieldConflict, Forbidden, Invalid, RuleBroken
from itsm.kernel.policy import require
from itsm.org.models import Location
from itsm.tickets.enums import FINAL, Fact, ParticipantRole
from itsm.tickets.events import WatcherAdded
from itsm.tickets.models import Participant, Ticket
from itsm.tickets.services import keeping

LONGEST = timedelta(days=30)
MOST_JOINED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What is said, to whom, until when."""

    message: str
    scope: BannerScope
    until: datetime
    location_id: int | None = None


def announce(actor: Actor, ticket: Ticket, command: Announcement, *, now: datetime) -> Banner:
    """Show a banner for a ticket. Raises RuleBroken where one is shown already or the ticket is at its end."""
    _check(actor, ticket, command, now)
    if ticket.category in FINAL:
        raise RuleBroken("This ticket has come to its end; there is nothing to announce.")
    session = current_unit().session
    shown = select(Banner.id).where(Banner.ticket_id == ticket.id, *_live(now))
    if session.scalar(shown.limit(1)) is not None:
        raise RuleBroken("A banner is shown for this ticket already. Change that one.")
    banner = Banner(
        organization_id=ticket.organization_id,
        ticket_id=ticket.id,
        scope=command.scope,
        location_id=command.location_id if command.scope is BannerScope.SITE else None,
        message=command.message,
        until=command.until,
        by_id=actor.person_id,
    )
    session.add(banner)
    session.flush()
    emit(BannerShown(at=now, actor_id=actor.user_id, banner_id=banner.id, ticket_id=ticket.id))
    return banner


def change(
    actor: Actor, banner: Banner, ticket: Ticket, command: Announcement, *, version: int, now: datetime
) -> Banner:
    """Change a banner. Raises Conflict with both messages where somebody else changed it in between."""
    _check(actor, ticket, command, now)
    if banner.ended_at is not None:
        raise RuleBroken("This banner is not shown any more.")
    if version != banner.version:
        fields = [FieldConflict("message", "Message", banner.message, command.message)]
        raise Conflict(fields, version=banner.version)
    banner.message, banner.scope, banner.until = command.message, command.scope, command.until
    banner.location_id = command.location_id if command.scope is BannerScope.SITE else None
    return banner


def _check(actor: Actor, ticket: Ticket, command: Announcement, now: datetime) -> None:
    require(POLICY, actor, InsightPermission.ANNOUNCE, ticket)
    if command.scope is BannerScope.ALL:
        because = "Only who works for every organization may tell all of them."
        require(POLICY, actor, InsightPermission.ANNOUNCE_TO_ALL, because=because)
    if not now < command.until <= now + LONGEST:
        raise Invalid({"until": "Choose a moment within the next 30 days."})
    if command.scope is BannerScope.SITE:
        place = current_unit().session.get(Location, command.location_id) if command.location_id else None
        if place is None or place.organization_id != ticket.organization_id:
            raise Invalid({"location_id": "Choose a place of this ticket's organization."})


def end(actor: Actor, banner: Banner, ticket: Ticket, *, now: datetime) -> None:
    """Take a banner off the portal. Asking twice changes nothing."""
    require(POLICY, actor, InsightPermission.ANNOUNCE, ticket)
    banner.ended_at = banner.ended_at or now


def end_with(ticket_id: int, now: datetime) -> None:
    """Take the banner of a ticket off the portal because the ticket is solved."""
    wanted = select(Banner).where(Banner.ticket_id == ticket_id, *_live(now)).with_for_update()
    for banner in current_unit().session.scalars(wanted):
        banner.ended_at = now


def _live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Banner.ended_at.is_(None), Banner.until > now


def join(actor: Actor, banner: Banner, *, now: datetime) -> None:
    """Put the actor on the list of those who are hit: he follows the ticket and hears when it is solved.

    The banner must be one that he is shown; the caller fetched it as such. Asking twice changes nothing.
    """
    require(POLICY, actor, InsightPermission.JOIN)
    if actor.person_id is None:
        raise Forbidden()
    session = current_unit().session
    wanted = select(Ticket).where(Ticket.id == banner.ticket_id).with_for_update(of=Ticket)
    ticket = session.scalars(wanted.options(selectinload(Ticket.participants))).one()
    on_it = select(Participant.person_id).where(Participant.ticket_id == ticket.id)
    if actor.person_id in (ticket.requester_id, ticket.affected_id) or actor.person_id in session.scalars(on_it):
        return
    if (session.scalar(select(func.count()).select_from(on_it.subquery())) or 0) >= MOST_JOINED:
        raise RuleBroken("We know that it hits very many. Look here again later.")
    role = ParticipantRole.WATCHER
    session.add(Participant(ticket_id=ticket.id, person_id=actor.person_id, role=role))
    keeping.add_fact(actor, ticket, Fact.WATCHER_ADDED, now=now, person=actor.name, own=True)
    emit(
        WatcherAdded(
            at=now,
            actor_id=actor.user_id,
            person_id=actor.person_id,
            ticket_id=ticket.id,
            watcher_id=actor.person_id,
        )
    )
