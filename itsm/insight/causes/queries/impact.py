"""What hangs on an asset and on what it hangs, with the people and tickets that this means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import distinct, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Person
from itsm.assets.enums import AssetKind, RelationshipType
from itsm.assets.models import Asset, Relationship
from itsm.assets.queries.graph import load_graph
from itsm.assets.queries.visible import one_thing, sight
from itsm.assets.rules.graph import BRIDGES, Graph, roots, upstream
from itsm.infra.chunks import chunks
from itsm.insight.causes.enums import Fate
from itsm.insight.causes.rules.impact import Effect, Impact
from itsm.insight.causes.rules.reach import impact_on
from itsm.kernel.actor import Actor
from itsm.tickets.models import Ticket, TicketAsset

MOST_ROWS: Final = 500
"""Lines of a page; the numbers above them count everything."""
CHUNK: Final = 5000
_CARRIERS: Final = frozenset({AssetKind(kind) for kind in BRIDGES} | {AssetKind.SERVER, AssetKind.UPS, AssetKind.PDU})


@dataclass(frozen=True, slots=True)
class Reach:
    """How much stands or falls with something."""

    fails: int = 0
    degraded: int = 0
    people: int = 0
    tickets: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """An asset that is touched, indented below what it fails because of."""

    depth: int
    asset: Any
    effect: Effect
    members: tuple[str, ...] = ()
    """The chassis of a stack, which fail with it and are no devices beside it."""


@dataclass(frozen=True, slots=True)
class View:
    """What the page of an asset shows."""

    reach: Reach
    fails: list[Line]
    degraded: list[Line]
    above: list[Any]
    needs: dict[int, tuple[str, int, int]]
    """asset above -> (redundancy group, needed, of) where it stands in for others."""
    cut: bool
    members: tuple[Any, ...] = ()
    """The chassis of the asset itself, where it is a stack."""


def carries(asset: Asset) -> bool:
    """Say whether others may hang on an asset, by its kind alone."""
    return asset.kind in _CARRIERS


def view(session: Session, actor: Actor, asset: Asset) -> View:
    """Return what fails if an asset fails, and what it needs itself: three statements."""
    graph = load_graph(session, [asset.organization_id])
    impact = impact_on(graph, {asset.id}) if asset.id in graph else Impact()
    above = upstream(graph, asset.id, roots(graph)) if asset.id in graph else []
    chassis = graph.members()
    order = [(depth, one) for depth, one in impact.chain([asset.id]) if one not in chassis]
    shown = {one for _, one in order[:MOST_ROWS]}
    named = [one for one, stack in sorted(chassis.items()) if stack in shown or stack == asset.id][:MOST_ROWS]
    assets = _assets(session, actor, {*shown, *above[:MOST_ROWS], *named})
    parts: dict[int, list[Any]] = defaultdict(list)
    for one in named:
        if one in assets:
            parts[chassis[one]].append(assets[one])
    lines = [
        Line(depth, assets[one], impact.effects[one], tuple(part.name for part in parts.get(one, ())))
        for depth, one in order[:MOST_ROWS]
        if one in assets
    ]
    return View(
        reach=_reach(session, actor, asset.id, impact, chassis),
        fails=[line for line in lines if line.effect.fate is Fate.FAILS],
        degraded=[line for line in lines if line.effect.fate is Fate.DEGRADED],
        above=[assets[one] for one in above if one in assets],
        needs=_groups(graph, asset.id),
        cut=graph.truncated or len(order) > MOST_ROWS,
        members=tuple(parts.get(asset.id, ())),
    )


def _groups(graph: Graph, asset_id: int) -> dict[int, tuple[str, int, int]]:
    mine = [edge for edge in graph.at(asset_id) if not edge.is_cable and edge.from_id == asset_id]
    found = {}
    for edge in mine:
        if edge.redundancy_group:
            group = [one for one in mine if (one.type, one.redundancy_group) == (edge.type, edge.redundancy_group)]
            found[edge.to_id] = (edge.redundancy_group, max(one.needed for one in group), len(group))
    return found


def _assets(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, Any]:
    """Return ``id, tag, name, kind, last_seen_at, custodian`` of the assets that the actor may see."""
    wanted = (
        select(Asset.id, Asset.tag, Asset.name, Asset.kind, Asset.last_seen_at, Person.name.label("custodian"))
        .outerjoin(Person, Person.id == Asset.custodian_id)
        .where(Asset.id.in_(ids), sight(actor))
    )
    return {row.id: row for row in session.execute(wanted)}


def reach_of(session: Session, actor: Actor, asset: Asset) -> Reach:
    """Return how much hangs on an asset, in three statements at most; one for what nothing can hang on."""
    if not carries(asset) and not _is_needed(session, asset):
        return Reach()
    graph = load_graph(session, [asset.organization_id])
    if asset.id not in graph:
        return Reach()
    return _reach(session, actor, asset.id, impact_on(graph, {asset.id}), graph.members())


def _is_needed(session: Session, asset: Asset) -> bool:
    need = exists().where(
        Relationship.to_id.in_(one_thing(asset.id)),
        Relationship.type != RelationshipType.CONNECTED_TO,
        Relationship.ended_at.is_(None),
    )
    return bool(session.scalar(select(need)))


def _reach(session: Session, actor: Actor, asset_id: int, impact: Impact, chassis: Collection[int]) -> Reach:
    """Return the numbers. A chassis is no device beside its stack; a ticket on one counts all the same."""
    failing = impact.of_fate(Fate.FAILS)
    people = tickets = 0
    named = aliased(Asset)
    for part in chunks([asset_id, *failing], CHUNK):
        held = select(func.count(distinct(Asset.custodian_id))).where(Asset.id.in_(part), sight(actor))
        open_on = (
            select(func.count(distinct(Ticket.id)))
            .join(TicketAsset, TicketAsset.ticket_id == Ticket.id)
            .join(named, named.id == TicketAsset.asset_id)
            .join(Asset, Asset.id == func.coalesce(named.merged_into_id, named.id))
            .where(Ticket.is_open, Asset.id.in_(part), sight(actor), *_of_mine(actor))
        )
        row = session.execute(select(held.scalar_subquery(), open_on.scalar_subquery())).one()
        people, tickets = people + row[0], tickets + row[1]
    degraded = impact.of_fate(Fate.DEGRADED)
    fails, less = (sum(one not in chassis for one in some) for some in (failing, degraded))
    return Reach(fails, less, people, tickets)


def _of_mine(actor: Actor) -> list[Any]:
    return [] if actor.all_organizations else [or_(Ticket.organization_id.in_(actor.organization_ids))]
