"""Suspecting an asset above several tickets; done by a job when a ticket is filed, and undone by people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.orm import Session

from itsm.assets.models import Asset
from itsm.assets.queries import one_thing, root_of
from itsm.assets.queries.graph import load_graph
from itsm.assets.rules.graph import Graph, downstream, roots, upstream
from itsm.infra.unit import current_unit, emit
from itsm.infra.upsert import insert_missing
from itsm.insight.causes.enums import SuspectState
from itsm.insight.causes.events import SuspectFound
from itsm.insight.causes.models import Suspect, SuspectTicket
from itsm.insight.causes.policies import POLICY, InsightPermission
from itsm.insight.causes.queries.story import sightings_of
from itsm.insight.causes.rules.story import presence
from itsm.insight.causes.rules.suspects import PAST, QUIET, USUAL, WINDOW, Report, Suspicion, suspicion
from itsm.kernel.actor import Actor
from itsm.kernel.errors import RuleBroken
from itsm.kernel.policy import require
from itsm.tickets.enums import LinkKind, StateCategory
from itsm.tickets.models import Link, Ticket, TicketAsset

ALIVE = (SuspectState.OPEN, SuspectState.CONFIRMED)
MOST_REPORTS = 500
_ROOT = func.coalesce(Asset.merged_into_id, Asset.id)
"""What stands for a merged record: tickets and suspicions of one are those of the other."""


def look_above(ticket_id: int, *, now: datetime) -> Suspect | None:
    """Suspect what is above a ticket and others of these hours, if anything is. Doing it twice changes nothing."""
    session = current_unit().session
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or not ticket.is_open or _is_incident(session, ticket_id):
        return None
    devices = _devices(session, ticket, now)
    if not any(one == ticket_id for one, _ in devices) or len({asset for _, asset in devices}) < 2:
        return None
    graph = load_graph(session, [ticket.organization_id])
    tops = roots(graph)
    reports = [Report(one, asset, _above(graph, asset, tops)) for one, asset in devices]
    mine = {asset for report in reports if report.ticket_id == ticket_id for asset in report.above}
    if not mine:
        return None
    hanging = {asset: downstream(graph, asset, tops) for asset in mine}
    found = suspicion(
        ticket_id,
        reports,
        {asset: len(below) for asset, below in hanging.items()},
        len(graph.nodes),
        _usual(session, ticket, hanging, now),
        _silent(session, mine),
        _explained(session, [report.ticket_id for report in reports]),
    )
    return None if found is None else _keep(found, ticket, now)


def _is_incident(session: Session, ticket_id: int) -> bool:
    wanted = select(Link.id).where(Link.from_id == ticket_id, Link.kind == LinkKind.PARENT_OF)
    return session.scalar(wanted.limit(1)) is not None


def _devices(session: Session, ticket: Ticket, now: datetime) -> list[tuple[int, int]]:
    """Return (ticket, asset) of the tickets of these hours in the ticket's organization."""
    parents = select(Link.from_id).where(Link.kind == LinkKind.PARENT_OF)
    wanted = (
        select(TicketAsset.ticket_id, _ROOT.label("asset_id"))
        .join(Asset, Asset.id == TicketAsset.asset_id)
        .join(Ticket, Ticket.id == TicketAsset.ticket_id)
        .where(
            Ticket.organization_id == ticket.organization_id,
            Ticket.created_at.between(ticket.created_at - WINDOW, max(now, ticket.created_at)),
            Ticket.category.not_in((StateCategory.CANCELLED, StateCategory.MERGED)),
            Ticket.id.not_in(parents),
        )
        .order_by(Ticket.last_activity_at.desc(), Ticket.id.desc(), TicketAsset.id)
        .limit(MOST_REPORTS)
    )
    return [(row.ticket_id, row.asset_id) for row in session.execute(wanted)]


def _above(graph: Graph, asset_id: int, tops: Collection[int]) -> dict[int, int]:
    """Return the assets above a device, in steps; what itself stands at the top is above nobody's trouble but its own."""
    return {one: steps for steps, one in enumerate(upstream(graph, asset_id, tops), 1)} | {asset_id: 0}


def _usual(session: Session, ticket: Ticket, hanging: dict[int, list[int]], now: datetime) -> dict[int, float]:
    """Return how many tickets usually come from below each asset in such a time: counted over four weeks, plus a half."""
    begin, end = ticket.created_at - WINDOW - USUAL, ticket.created_at - WINDOW
    wanted = (
        select(_ROOT, func.count())
        .select_from(TicketAsset)
        .join(Asset, Asset.id == TicketAsset.asset_id)
        .join(Ticket, Ticket.id == TicketAsset.ticket_id)
        .where(Ticket.organization_id == ticket.organization_id, Ticket.created_at.between(begin, end))
        .group_by(_ROOT)
    )
    counts = {row[0]: row[1] for row in session.execute(wanted)}
    part = WINDOW / USUAL
    return {
        asset: (0.5 + sum(counts.get(one, 0) for one in (asset, *below))) * part for asset, below in hanging.items()
    }


def _silent(session: Session, ids: Collection[int]) -> set[int]:
    """Return which of the assets a sweep has looked for in vain."""
    seen = select(Asset).where(Asset.id.in_(ids), Asset.last_seen_at.is_not(None)).order_by(Asset.id).limit(50)
    return {asset.id for asset in session.scalars(seen) if silent_since(session, asset) is not None}


def _explained(session: Session, ticket_ids: Collection[int]) -> dict[int, list[int]]:
    """Return the assets that are suspect for tickets already."""
    wanted = (
        select(SuspectTicket.ticket_id, _ROOT)
        .join(Suspect, Suspect.id == SuspectTicket.suspect_id)
        .join(Asset, Asset.id == Suspect.asset_id)
        .where(SuspectTicket.ticket_id.in_(ticket_ids), Suspect.state.in_(ALIVE))
    )
    found: dict[int, list[int]] = {}
    for ticket_id, asset_id in session.execute(wanted):
        found.setdefault(ticket_id, []).append(asset_id)
    return found


def silent_since(session: Session, asset: Asset) -> datetime | None:
    """Return since when an asset is silent: where a sweep of its networks began after it answered last."""
    return presence(asset.last_seen_at, *sightings_of(session, asset)).silent_since


def _keep(found: Suspicion, ticket: Ticket, now: datetime) -> Suspect | None:
    session = current_unit().session
    _bury(session, ticket.organization_id, now)
    suspect = _alive(session, found.asset_id)
    fresh = suspect is None
    if suspect is None:
        if _was_dismissed(session, found.asset_id, now):
            return None
        row: dict[str, Any] = {
            "organization_id": ticket.organization_id,
            "asset_id": found.asset_id,
            "state": SuspectState.OPEN,
            "first_ticket_at": ticket.created_at,
            "last_ticket_at": ticket.created_at,
            "created_at": now,
            "updated_at": now,
            "version": 1,
            "tickets": 0,
            "devices": 0,
            "looked_at": 0,
            "below": 0,
            "register": 0,
            "chance": 1.0,
            "reason": "",
        }
        insert_missing(session, Suspect, [row])  # a job for another ticket may have been quicker
        suspect = _alive(session, found.asset_id)
    if suspect is None:
        return None
    rows = [{"suspect_id": suspect.id, "ticket_id": one, "added_at": now} for one in found.ticket_ids]
    insert_missing(session, SuspectTicket, rows)
    _weigh(session, suspect, found)
    if fresh:
        emit(SuspectFound(at=now, suspect_id=suspect.id, asset_id=suspect.asset_id))
    return suspect


def _alive(session: Session, asset_id: int) -> Suspect | None:
    """Return the suspicion that stands of an asset. Of several, since two were merged, one goes on with all tickets."""
    wanted = select(Suspect).where(Suspect.asset_id.in_(one_thing(asset_id)), Suspect.state.in_(ALIVE))
    rows = session.scalars(wanted.order_by(Suspect.id).with_for_update(of=Suspect)).all()
    best = min(rows, key=lambda row: (row.state is not SuspectState.CONFIRMED, row.asset_id != asset_id), default=None)
    for row in rows:
        if best is not None and row is not best:
            _join(session, best, row)
    return best


def _join(session: Session, suspect: Suspect, other: Suspect) -> None:
    """Let one suspicion take the tickets of another about the same thing, which rests until they are parted again."""
    _copy(session, suspect, other.id)
    other.state, other.joined_into_id = SuspectState.PAST, suspect.id


def _copy(session: Session, suspect: Suspect, other_id: int) -> None:
    """Put the tickets of another suspicion below this one, with whose they are."""
    whose = func.coalesce(SuspectTicket.joined_from_id, other_id).label("joined_from_id")
    theirs = select(SuspectTicket.ticket_id, SuspectTicket.added_at, whose).where(SuspectTicket.suspect_id == other_id)
    rows = [{"suspect_id": suspect.id, **row._asdict()} for row in session.execute(theirs)]
    insert_missing(session, SuspectTicket, rows)


def _was_dismissed(session: Session, asset_id: int, now: datetime) -> bool:
    wanted = select(Suspect.id).where(
        Suspect.asset_id.in_(one_thing(asset_id)),
        Suspect.state == SuspectState.DISMISSED,
        Suspect.decided_at > now - QUIET,
    )
    return session.scalar(wanted.limit(1)) is not None


def _weigh(session: Session, suspect: Suspect, found: Suspicion) -> None:
    _count(session, suspect)
    suspect.devices, suspect.looked_at = found.share.hits, found.share.tries
    suspect.below, suspect.register, suspect.chance = found.share.marked, found.share.total, found.share.chance
    suspect.silent_since = silent_since(session, _asset_of(session, suspect))


def _count(session: Session, suspect: Suspect) -> None:
    mine = select(func.count(), func.min(Ticket.created_at), func.max(Ticket.created_at)).select_from(SuspectTicket)
    mine = mine.join(Ticket, Ticket.id == SuspectTicket.ticket_id).where(SuspectTicket.suspect_id == suspect.id)
    number, first, last = session.execute(mine).one()
    suspect.tickets = number
    if number:
        suspect.first_ticket_at, suspect.last_ticket_at = first, last


def _asset_of(session: Session, suspect: Suspect) -> Asset:
    wanted = select(Asset).where(Asset.id == root_of(literal(suspect.asset_id)).scalar_subquery())
    return session.scalars(wanted).one()


def _bury(session: Session, organization_id: int, now: datetime) -> None:
    """End the suspicions that no ticket came to for a day, and those whose incident is over."""
    closed = select(Ticket.id).where(Ticket.is_open.is_(False))
    old = update(Suspect).where(Suspect.organization_id == organization_id).values(state=SuspectState.PAST)
    quiet = {"synchronize_session": False}
    gone = old.where(Suspect.state == SuspectState.OPEN, Suspect.last_ticket_at < now - PAST)
    solved = old.where(Suspect.state == SuspectState.CONFIRMED, Suspect.incident_id.in_(closed))
    session.execute(gone.execution_options(**quiet))
    session.execute(solved.execution_options(**quiet))


def look_again(organization_id: int, *, now: datetime) -> None:
    """After a sweep: note which suspects are silent now, or answer again."""
    session = current_unit().session
    _bury(session, organization_id, now)
    wanted = select(Suspect).where(Suspect.organization_id == organization_id, Suspect.state.in_(ALIVE))
    for suspect in session.scalars(wanted.order_by(Suspect.id).limit(100).with_for_update()).all():
        suspect.silent_since = silent_since(session, _asset_of(session, suspect))


def join_merged(asset_id: int) -> None:
    """Let one suspicion go on where two records became one thing and each was suspect."""
    _alive(current_unit().session, asset_id)


def part_merged(survivor_id: int, absorbed_id: int) -> None:
    """Give two records that were one thing their own suspicions and tickets back.

    What a person decided meanwhile stands for both: a suspicion that went on in another one, and was dismissed with it,
    does not come back.
    """
    session = current_unit().session
    session.flush()
    sides = (one_thing(survivor_id), one_thing(absorbed_id))
    for mine, theirs in (sides, sides[::-1]):
        others = select(Suspect.id).where(Suspect.asset_id.in_(theirs)).scalar_subquery()
        for suspect in session.scalars(select(Suspect).where(Suspect.asset_id.in_(mine)).order_by(Suspect.id)).all():
            _give_back(session, suspect, others)
        rests = select(Suspect).where(Suspect.asset_id.in_(mine), Suspect.joined_into_id.in_(others))
        for suspect in session.scalars(rests.order_by(Suspect.id)).all():
            goes_on = _goes_on(session, suspect)
            suspect.joined_into_id = None
            if goes_on:
                suspect.state = SuspectState.CONFIRMED if suspect.incident_id is not None else SuspectState.OPEN
    session.flush()
    for asset_id in (survivor_id, absorbed_id):
        _alive(session, asset_id)


def _goes_on(session: Session, suspect: Suspect) -> bool:
    """Say whether the suspicion in which this one rests, directly or through others, still stands."""
    while suspect.joined_into_id is not None:
        suspect = session.get_one(Suspect, suspect.joined_into_id)
    return suspect.state in ALIVE


def _give_back(session: Session, suspect: Suspect, others: Any) -> None:
    """Take from a suspicion the tickets that are another thing's, unless one that still rests in it has them too."""
    gone = delete(SuspectTicket).where(SuspectTicket.suspect_id == suspect.id, SuspectTicket.joined_from_id.in_(others))
    taken: Any = session.execute(gone.execution_options(synchronize_session=False))
    if not taken.rowcount:
        return
    rests = select(Suspect.id).where(Suspect.joined_into_id == suspect.id, Suspect.id.not_in(others))
    for other_id in session.scalars(rests).all():
        _copy(session, suspect, other_id)
    _count(session, suspect)


def dismiss(actor: Actor, suspect: Suspect, reason: str = "", *, now: datetime) -> None:
    """Say that it is not this. Raises RuleBroken where it is decided already."""
    require(POLICY, actor, InsightPermission.DISMISS, suspect)
    if suspect.state is SuspectState.DISMISSED:
        return
    if suspect.state is not SuspectState.OPEN:
        raise RuleBroken("This was decided already.")
    suspect.state, suspect.reason = SuspectState.DISMISSED, reason[:300]
    suspect.decided_by_id, suspect.decided_at = actor.person_id, now
