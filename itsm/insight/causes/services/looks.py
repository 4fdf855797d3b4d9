"""Asking for a look at a device, and keeping what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import aliased

from itsm.assets.enums import AssetKind, RelationshipType
from itsm.assets.models import Address, Asset, Interface, Relationship
from itsm.assets.queries import one_thing
from itsm.discovery.models import Network
from itsm.discovery.services import errands
from itsm.discovery.services.exclusions import in_effect
from itsm.discovery.services.orders import covers
from itsm.infra.jobs.engine import Jobs
from itsm.infra.unit import current_unit, emit
from itsm.insight.causes.enums import Look, LookState
from itsm.insight.causes.events import DeviceExamined
from itsm.insight.causes.models import DeviceLook
from itsm.insight.causes.policies import POLICY, InsightPermission
from itsm.insight.causes.rules.looks import MOST_OF_PERSON, QUESTIONS, REFUSED_SPAN, SPAN, Result, may_ask_again
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Busy, Invalid, RuleBroken
from itsm.kernel.policy import require
from itsm.kernel.text import phrase
from itsm.tickets.enums import Fact
from itsm.tickets.models import Ticket
from itsm.tickets.services import keeping

TASK = "insight.look"
UNDER_WAY = (LookState.QUEUED, LookState.RUNNING)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a look goes: an address inside a network; for a port its switch, name and number."""

    network: Network
    address: str
    port: str = ""
    number: int = 0


def ask(actor: Actor, ticket: Ticket, asset: Asset, look: Look, question: str = "", *, now: datetime) -> DeviceLook:
    """Put a look at the ticket's device on the queue.

    Raises Busy where too much was asked, RuleBroken where the device cannot be looked at from here now, and says why.
    """
    require(POLICY, actor, InsightPermission.EXAMINE, ticket)
    if look is Look.SSH and question not in QUESTIONS:
        raise Invalid({"question": "Please choose one of the values offered."})
    session = current_unit().session
    session.execute(select(Asset.id).where(Asset.id == asset.id).with_for_update())  # limits are counted one by one
    _limit(actor, asset, look, now)
    target = target_of(asset, look, now)
    row = DeviceLook(
        organization_id=ticket.organization_id,
        ticket_id=ticket.id,
        asset_id=asset.id,
        network_id=target.network.id,
        look=look,
        question=question if look is Look.SSH else target.port[:60],
        address=target.address,
        state=LookState.QUEUED,
        asked_by_id=actor.person_id,
        asked_by=actor.name,
        lines=[],
    )
    session.add(row)
    session.flush()
    jobs: Jobs = current_app.extensions["itsm.jobs"]
    jobs.enqueue(session, TASK, {"look_id": row.id})
    return row


def _limit(actor: Actor, asset: Asset, look: Look, now: datetime) -> None:
    session = current_unit().session
    wanted = select(DeviceLook).where(
        DeviceLook.asset_id.in_(one_thing(asset.id)), DeviceLook.created_at > now - REFUSED_SPAN
    )
    rows = session.scalars(wanted.order_by(DeviceLook.id.desc()).limit(100)).all()
    if any(row.look is look and row.state in UNDER_WAY and row.created_at > now - SPAN for row in rows):
        raise RuleBroken("This look is under way already.")
    asked = [(row.created_at, row.look, row.reason) for row in rows]
    why = may_ask_again(asked, look, now)
    if why == "refused":
        raise Busy("It refused our login twice. We leave it alone for an hour, so that no account is locked.")
    mine = select(func.count()).select_from(DeviceLook)
    mine = mine.where(DeviceLook.asked_by_id == actor.person_id, DeviceLook.created_at > now - SPAN)
    if why or (session.scalar(mine) or 0) >= MOST_OF_PERSON:
        raise Busy("Enough looks for now. Please wait a few minutes.", retry_after=300)


def target_of(asset: Asset, look: Look, now: datetime) -> Target:
    """Return where a look goes. Raises RuleBroken, with what to do, where it may not or cannot be done now."""
    if look is Look.PORT:
        switch_id, port = _port_of(asset)
        target = _reachable(switch_id, asset.organization_id, now, phrase("its switch"))
        number = _number(switch_id, port)
        if number is None:
            raise RuleBroken("The last sweep saw no port of that name on the switch. Sweep the switch first.")
        return Target(target.network, target.address, port, number)
    return _reachable(asset.id, asset.organization_id, now, phrase("this device"))


def _port_of(asset: Asset) -> tuple[int, str]:
    ids, end = one_thing(asset.id), aliased(Asset)
    outward = Relationship.from_id.in_(ids)
    wanted = (
        select(Asset.id, case((outward, Relationship.to_port), else_=Relationship.from_port).label("port"))
        .select_from(Relationship)
        .join(end, end.id == case((outward, Relationship.to_id), else_=Relationship.from_id))
        .join(Asset, Asset.id == func.coalesce(end.merged_into_id, end.id))
        .where(or_(outward, Relationship.to_id.in_(ids)), Asset.id != asset.id, Asset.kind == AssetKind.SWITCH)
        .where(Relationship.type == RelationshipType.CONNECTED_TO, Relationship.ended_at.is_(None))
        .order_by(Relationship.confidence.desc(), Relationship.id.desc())
    )
    link = current_unit().session.execute(wanted.limit(1)).one_or_none()
    if link is None:
        raise RuleBroken("It is not known which switch this device hangs on.")
    return link.id, link.port


def _number(switch_id: int, port: str) -> int | None:
    wanted = select(Interface.number).where(Interface.asset_id.in_(one_thing(switch_id)), Interface.number.is_not(None))
    named = or_(Interface.name == port, Interface.alias == port)
    return current_unit().session.scalar(wanted.where(named).order_by(Interface.gone_at.is_not(None)).limit(1))


def _reachable(asset_id: int, organization_id: int, now: datetime, what: str) -> Target:
    """Return an address of an asset in a network that may be looked into now."""
    session = current_unit().session
    known = select(Address.address).where(Address.asset_id.in_(one_thing(asset_id)), Address.gone_at.is_(None))
    addresses = session.scalars(known.order_by(Address.id).limit(20)).all()
    if not addresses:
        raise RuleBroken(phrase("No address of %(what)s is known.", what=what))
    never = in_effect(session, organization_id, now=now)
    reasons = [(one, reason) for one in addresses if (reason := never.reason_for(one)) is not None]
    if len(reasons) == len(addresses):
        raise RuleBroken(
            phrase(
                "%(address)s must not be asked, by the list of what nothing may ask: %(reason)s",
                address=reasons[0][0],
                reason=reasons[0][1],
            )
        )
    wanted = select(Network).where(Network.organization_id == organization_id, Network.enabled).order_by(Network.id)
    places = [(network, one) for network in session.scalars(wanted) for one in addresses if covers(network, one, never)]
    if not places:
        raise RuleBroken(
            phrase(
                "No network that we may look into holds an address of %(what)s (%(addresses)s).",
                what=what,
                addresses=addresses[0],
            )
        )
    return _open(places, now)


def _open(places: Sequence[tuple[Network, str]], now: datetime) -> Target:
    """Return the first place whose window is open: our own networks before those of a probe, which has to take orders."""
    for network, address in sorted(places, key=lambda place: place[0].probe != ""):
        if network.is_open(now):
            if network.probe:
                errands.check(current_unit().session, network)
            return Target(network, address)
    raise RuleBroken(phrase("%(name)s: the window for looking is closed now.", name=places[0][0].name))


def begin(look_id: int, *, now: datetime) -> DeviceLook | None:
    """Take a look that waits; None where there is none any more."""
    row = current_unit().session.get(DeviceLook, look_id, with_for_update=True)
    if row is None or row.state not in UNDER_WAY:
        return None
    row.state = LookState.RUNNING
    return row


def finish(actor: Actor, row: DeviceLook, result: Result, *, now: datetime) -> None:
    """Keep what came back, and tell it on the ticket as a fact that only the desk reads."""
    session = current_unit().session
    row.state = LookState.DONE if result.reason != "broken" else LookState.FAILED
    row.ok, row.reason, row.summary = result.ok, result.reason[:40], result.summary[:300]
    row.lines, row.milliseconds, row.finished_at = [list(pair) for pair in result.lines], result.milliseconds, now
    ticket = session.get_one(Ticket, row.ticket_id, with_for_update=True)
    asset = session.get_one(Asset, row.asset_id)
    what = row.look.value if row.look is not Look.SSH else f"{row.look.value} {row.question}"
    with keeping.changing(ticket, now=now):
        keeping.add_fact(
            actor, ticket, Fact.EXAMINED, now=now, asset=asset.name, what=what, result=row.summary, look=row.id
        )
    emit(
        DeviceExamined(
            at=now, actor_id=actor.user_id, look_id=row.id, ticket_id=row.ticket_id, asset_id=row.asset_id, ok=result.ok
        )
    )
