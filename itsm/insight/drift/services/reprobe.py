"""Looking again after the fix: when somebody resolves a ticket, its devices' addresses are swept once more, and what
came of it is told on the ticket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import aliased, selectinload

from itsm.assets.models import Asset, Component
from itsm.assets.queries import root_of
from itsm.discovery.enums import SweepReason
from itsm.discovery.models import Match, Network, Sighting, Sweep, TargetOutcome
from itsm.discovery.services.exclusions import never_of
from itsm.discovery.services.sweeps import Why, queue_sweep
from itsm.infra.unit import current_unit
from itsm.insight.drift.enums import LookOutcome
from itsm.insight.drift.models import Reprobe
from itsm.insight.drift.queries.facts import LEVEL_KINDS
from itsm.insight.drift.queries.scope import GONE
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, RuleBroken
from itsm.tickets.enums import Fact
from itsm.tickets.models import Ticket, TicketAsset
from itsm.tickets.services import keeping

MOST_DEVICES: Final = 5
"""Devices of one ticket that are looked at again; a ticket about more is about something else than a device."""
WAITS_FOR = timedelta(hours=24)
"""How long a closed window or a running sweep is waited for."""


def ask(actor: Actor, ticket_id: int, asked_by_id: int | None, *, now: datetime) -> int:
    """Note which addresses of a resolved ticket should be looked at again. Returns how many; asking twice adds none."""
    session, said = current_unit().session, aliased(Asset)
    wanted = (
        select(Asset.id.label("asset_id"), Asset.name, Asset.last_seen_at)
        .select_from(TicketAsset)
        .join(said, said.id == TicketAsset.asset_id)
        .join(Asset, Asset.id == _root(said))
        .where(TicketAsset.ticket_id == ticket_id, Asset.status.not_in(GONE))
        .order_by(TicketAsset.id)
    )
    # Two records of one thing are one device.
    devices = list({row.asset_id: row for row in session.execute(wanted.limit(4 * MOST_DEVICES))}.values())
    if not devices or len(devices) > MOST_DEVICES:
        return 0
    ids = [row.asset_id for row in devices]
    waiting = select(_root(Asset)).join(Reprobe, Reprobe.asset_id == Asset.id)
    under_way = set(session.scalars(waiting.where(Reprobe.ticket_id == ticket_id, Reprobe.done_at.is_(None))))
    homes, levels = _homes(ids), _levels(ids)
    ticket, asked = _ticket(ticket_id), 0
    for row in devices:
        if row.asset_id in under_way or row.asset_id not in homes:
            continue
        network_id, address = homes[row.asset_id]
        seen = row.last_seen_at.isoformat() if row.last_seen_at else None
        session.add(
            Reprobe(
                ticket_id=ticket_id,
                asset_id=row.asset_id,
                network_id=network_id,
                address=address,
                asked_by_id=asked_by_id,
                asked_at=now,
                before={"levels": levels.get(row.asset_id, {}), "seen": seen},
            )
        )
        _tell(actor, ticket, now, event="look_queued", asset=row.name)
        asked += 1
    session.flush()
    return asked


def _root(model: Any) -> Any:
    return func.coalesce(model.merged_into_id, model.id)


def _device(asset_id: int) -> Asset:
    """Return the asset that stands for the one that was asked about."""
    wanted = select(Asset).where(Asset.id == root_of(literal(asset_id)).scalar_subquery())
    return current_unit().session.scalars(wanted).one()


def _ticket(ticket_id: int) -> Ticket:
    wanted = select(Ticket).where(Ticket.id == ticket_id).with_for_update(of=Ticket)
    wanted = wanted.options(selectinload(Ticket.participants)).execution_options(populate_existing=True)
    return current_unit().session.scalars(wanted).one()


def _homes(asset_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Return the network and address at which each asset answered last, where that network is still swept."""
    newest = (
        select(func.max(Sighting.id))
        .join(Match, Match.sighting_id == Sighting.id)
        .join(Asset, Asset.id == Match.asset_id)
        .join(Network, Network.id == Sighting.network_id)
        .where(or_(Asset.id.in_(asset_ids), Asset.merged_into_id.in_(asset_ids)), Network.enabled)
        .group_by(_root(Asset))
    )
    rows = (
        select(_root(Asset).label("asset_id"), Sighting.network_id, Sighting.address)
        .join(Match, Match.asset_id == Asset.id)
        .join(Sighting, Sighting.id == Match.sighting_id)
    )
    found = current_unit().session.execute(rows.where(Sighting.id.in_(newest)))
    return {row.asset_id: (row.network_id, row.address) for row in found}


def _levels(asset_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return the levels of parts, also of those that a merged record has, by the asset that stands for it."""
    ids = list(asset_ids)
    wanted = select(_root(Asset), Component.name, Component.level).join(Component, Component.asset_id == Asset.id)
    wanted = wanted.where(
        or_(Asset.id.in_(ids), Asset.merged_into_id.in_(ids)),
        Component.kind.in_(LEVEL_KINDS),
        Component.gone_at.is_(None),
        Component.level.is_not(None),
    )
    found: dict[int, dict[str, int]] = {}
    for asset_id, name, level in current_unit().session.execute(wanted.order_by(Component.id)):
        if level is not None:
            found.setdefault(asset_id, {})[name] = level
    return found


def start_waiting(actor: Actor, *, now: datetime) -> int:
    """Queue the sweeps of what waits, one a network at a time, inside its windows. Returns how many were queued.

    What could not be looked at within a day is told on the ticket and given up.
    """
    session = current_unit().session
    waiting = select(Reprobe).where(Reprobe.done_at.is_(None), Reprobe.sweep_id.is_(None)).order_by(Reprobe.id)
    by_network: dict[int, list[Reprobe]] = {}
    for row in session.scalars(waiting.limit(200).with_for_update(skip_locked=True)):
        by_network.setdefault(row.network_id, []).append(row)
    queued = 0
    for network_id, asked in by_network.items():
        network = session.get_one(Network, network_id)
        rows = _without_excluded(actor, network, asked, now)
        if not rows:
            continue
        try:
            addresses = sorted({row.address for row in rows})
            why = Why.of(SweepReason.TICKET_RESOLVED)
            sweep = queue_sweep(actor, [network], now=now, why=why, addresses=addresses)
        except (RuleBroken, Invalid) as refusal:
            _give_up([row for row in rows if row.asked_at < now - WAITS_FOR], actor, _reason(refusal), now)
            continue
        for row in rows:
            row.sweep_id = sweep.id
        queued += 1
    return queued


def _without_excluded(actor: Actor, network: Network, rows: list[Reprobe], now: datetime) -> list[Reprobe]:
    """Give up what nothing may ask, with the reason; return the rest."""
    never = never_of(current_unit().session, network, now=now)
    kept = []
    for row in rows:
        if (reason := never.reason_for(row.address)) is not None:
            _give_up([row], actor, f"{row.address} must not be asked: {reason}", now)
        else:
            kept.append(row)
    return kept


def _reason(refusal: RuleBroken | Invalid) -> str:
    said = [text for texts in refusal.errors.values() for text in texts] if isinstance(refusal, Invalid) else []
    return " ".join(said) or refusal.message


def _give_up(rows: Iterable[Reprobe], actor: Actor, why: str, now: datetime) -> None:
    for row in rows:
        row.done_at, row.outcome = now, LookOutcome.FAILED
        name = _device(row.asset_id).name
        _tell(actor, _ticket(row.ticket_id), now, event="look_failed", asset=name, what=why[:200])


def tell_outcome(actor: Actor, sweep_id: int, *, now: datetime) -> int:
    """Tell on the tickets what a look again came to. Returns how many were told; each is told once."""
    session = current_unit().session
    mine = select(Reprobe).where(Reprobe.sweep_id == sweep_id, Reprobe.done_at.is_(None)).order_by(Reprobe.id)
    rows = session.scalars(mine.with_for_update()).all()
    if not rows:
        return 0
    sweep = session.get_one(Sweep, sweep_id)
    if sweep.state.value != "finished":
        _give_up(rows, actor, sweep.error or sweep.state.value, now)
        return len(rows)
    answered = set(session.scalars(select(TargetOutcome.address).where(TargetOutcome.sweep_id == sweep_id)))
    devices = {row.asset_id: _device(row.asset_id) for row in rows}
    levels = _levels(device.id for device in devices.values())
    for row in rows:
        alive = row.address in answered
        row.done_at, row.outcome = now, LookOutcome.ANSWERS if alive else LookOutcome.SILENT
        device = devices[row.asset_id]
        name = device.name
        changed = _changed(row.before.get("levels", {}), levels.get(device.id, {})) if alive else []
        _tell(actor, _ticket(row.ticket_id), now, event=f"look_{row.outcome.value}", asset=name, rows=changed)
    return len(rows)


def _changed(before: dict[str, int], after: dict[str, int]) -> list[list[str]]:
    """Return what is fuller or emptier than before, as subject, before, after."""
    return [
        [name[:100], f"{before[name]} %", f"{after[name]} %"]
        for name in sorted(before)
        if name in after and after[name] != before[name]
    ]


def _tell(actor: Actor, ticket: Ticket, now: datetime, **data: Any) -> None:
    with keeping.changing(ticket, now=now):
        keeping.add_fact(actor, ticket, Fact.DRIFT, now=now, **data)
