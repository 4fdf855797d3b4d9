"""The network as a person may see it: who is connected to whom, or who has an address in which subnet."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from itsm.assets.enums import AssetKind, RelationshipType
from itsm.assets.models import Address, Asset, Interface, Relationship, Station
from itsm.assets.queries.graph import AWAY, once_each
from itsm.assets.queries.visible import one_thing, sight, visible_assets
from itsm.assets.rules.graph import Edge, Graph
from itsm.kernel.actor import Actor
from itsm.org.models import Location

MOST_LINKS: Final = 20_000
MOST_ADDRESSES: Final = 20_000
MOST_PLACES: Final = 1_000
DRAWN: Final = (RelationshipType.CONNECTED_TO, RelationshipType.RUNS_ON)
_READ: Final = (*DRAWN, RelationshipType.PART_OF)
_FACTS: Final = ("id", "name", "tag", "kind", "status", "location_id", "last_seen_at")


@dataclass(frozen=True, slots=True)
class Node:
    """An asset as a map shows it."""

    id: int
    name: str
    tag: str
    kind: AssetKind
    status: Any
    location_id: int | None
    last_seen_at: datetime | None
    members: tuple[str, ...] = ()
    """The names of its chassis, where it is a stack."""


@dataclass(slots=True)
class Network:
    """A graph with what is shown of its nodes; ``speeds`` of the ports that edges name, in bits a second."""

    graph: Graph
    nodes: dict[int, Node] = field(default_factory=dict)
    speeds: dict[tuple[int, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Site:
    """A place, and all places in it."""

    id: int
    path: str
    depth: int
    inside: frozenset[int]


def sites(session: Session, actor: Actor) -> list[Site]:
    """Return the places of the actor's organizations as a tree in the order of their paths, each with what is in it."""
    wanted = select(Location.id, Location.parent_id, Location.path)
    if not actor.all_organizations:
        wanted = wanted.where(Location.organization_id.in_(actor.organization_ids))
    rows: Sequence[Any] = session.execute(wanted.order_by(Location.path).limit(MOST_PLACES)).all()
    children: dict[int | None, list[int]] = defaultdict(list)
    for row in rows:
        children[row.parent_id].append(row.id)

    def inside(place: int) -> set[int]:
        return {place}.union(*(inside(child) for child in children[place] if child != place))

    return [Site(row.id, row.path, row.path.count(" / "), frozenset(inside(row.id))) for row in rows]


def network(session: Session, actor: Actor) -> Network:
    """Return all cables and guests between assets that the actor may see, with the assets: one statement.

    A stack is one node that names its chassis; a cable that was entered at a chassis is the stack's.
    Where some of them stand for merged records, one more asks for the ports of those.
    """
    near, far = (aliased(Asset, visible_assets(actor).where(Asset.status.not_in(AWAY)).subquery()) for _ in "ab")
    link = (
        Relationship.id, Relationship.type, near.id.label("from_id"), far.id.label("to_id"), Relationship.from_port,
        Relationship.to_port, Relationship.source, Relationship.confidence, Relationship.last_seen_at,
    )  # fmt: skip
    said, told = aliased(Asset), aliased(Asset)
    here, there = aliased(Interface), aliased(Interface)
    facts = [getattr(end, name).label(f"{side}_{name}") for side, end in (("a", near), ("b", far)) for name in _FACTS]
    wanted = (
        select(*link, *facts, here.speed.label("a_speed"), there.speed.label("b_speed"))
        .add_columns(near.absorbed_count.label("a_absorbed"), far.absorbed_count.label("b_absorbed"))
        .select_from(Relationship)
        .join(said, said.id == Relationship.from_id)
        .join(told, told.id == Relationship.to_id)
        .join(near, near.id == func.coalesce(said.merged_into_id, said.id))
        .join(far, far.id == func.coalesce(told.merged_into_id, told.id))
        .outerjoin(here, and_(here.asset_id == Relationship.from_id, here.name == Relationship.from_port))
        .outerjoin(there, and_(there.asset_id == Relationship.to_id, there.name == Relationship.to_port))
        .where(Relationship.ended_at.is_(None), Relationship.type.in_(_READ))
        .order_by(Relationship.id)
        .limit(MOST_LINKS + 1)
    )
    nodes: dict[int, Node] = {}
    edges: list[Edge] = []
    speeds: dict[tuple[int, str], int] = {}
    standing: set[int] = set()
    for row in session.execute(wanted):
        for side, end, port in (("a", row.from_id, row.from_port), ("b", row.to_id, row.to_port)):
            speeds[end, port] = getattr(row, f"{side}_speed") or speeds.get((end, port), 0)
            if getattr(row, f"{side}_absorbed"):
                standing.add(end)
            if end not in nodes:
                nodes[end] = Node(*(getattr(row, f"{side}_{name}") for name in _FACTS))
        edges.append(
            Edge(
                row.from_id,
                row.to_id,
                row.type.value,
                row.from_port,
                row.to_port,
                row.source,
                row.confidence,
                row.last_seen_at,
                id=row.id,
            )
        )
    if standing:
        _speeds_of_merged(session, standing, speeds)
    truncated = len(edges) > MOST_LINKS
    edges = _with_stacks(nodes, edges[:MOST_LINKS], speeds)
    kinds = {node.id: node.kind.value for node in nodes.values()}
    return Network(Graph(kinds, once_each(edges), truncated=truncated), nodes, speeds)


def _with_stacks(nodes: dict[int, Node], edges: list[Edge], speeds: dict[tuple[int, str], int]) -> list[Edge]:
    """Put stacks in the place of their chassis; return the edges that are drawn."""
    part_of = RelationshipType.PART_OF.value
    drawn = [edge for edge in edges if edge.type != part_of]
    stack_of = {edge.from_id: edge.to_id for edge in edges if edge.is_membership}
    names: dict[int, list[str]] = defaultdict(list)
    for member, stack in stack_of.items():
        names[stack].append(nodes[member].name)
    for stack, said in names.items():
        nodes[stack] = replace(nodes[stack], members=tuple(sorted(said)))
    for (one, port), speed in list(speeds.items()):
        speeds[stack_of.get(one, one), port] = speed or speeds.get((stack_of.get(one, one), port), 0)
    drawn = [
        replace(edge, from_id=stack_of.get(edge.from_id, edge.from_id), to_id=stack_of.get(edge.to_id, edge.to_id))
        for edge in drawn
    ]
    linked = {end for edge in drawn for end in (edge.from_id, edge.to_id)}
    for one in nodes.keys() - linked:
        del nodes[one]
    return drawn


def _speeds_of_merged(session: Session, standing: Collection[int], speeds: dict[tuple[int, str], int]) -> None:
    """Add the speeds of ports that stand under one record of a thing while the link stands under another."""
    ports = (
        select(func.coalesce(Asset.merged_into_id, Asset.id), Interface.name, Interface.speed)
        .select_from(Interface)
        .join(Asset, Asset.id == Interface.asset_id)
        .where(or_(Asset.id.in_(standing), Asset.merged_into_id.in_(standing)))
        .where(Interface.gone_at.is_(None), Interface.speed.is_not(None))
    )
    for asset_id, name, speed in session.execute(ports.limit(MOST_LINKS)):
        key = (asset_id, name)
        if speed and not speeds.get(key, 1):
            speeds[key] = speed


def nodes_of(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, Node]:
    """Return those of the assets that the actor may see."""
    columns = [getattr(Asset, name) for name in _FACTS]
    rows = session.execute(visible_assets(actor, *columns).where(Asset.id.in_(ids)))
    return {row.id: Node(*row) for row in rows}


def in_vlan(session: Session, ids: Collection[int], vlan: int) -> tuple[set[int], set[tuple[int, str]]]:
    """Return those of the assets that are in a VLAN, and the (asset, port) pairs whose untagged frames are in it."""

    def of(column: Any, port: Any) -> Any:
        whose = func.coalesce(Asset.merged_into_id, Asset.id)
        return select(whose.label("asset_id"), port.label("port")).join(Asset, Asset.id == column)

    ports = of(Interface.asset_id, Interface.name).where(Interface.vlan == vlan, Interface.gone_at.is_(None))
    heard = of(Station.asset_id, Station.port).where(Station.vlan == vlan)
    heard_at = of(Station.place_id, Station.port).where(Station.vlan == vlan)
    rows: Sequence[Any] = session.execute(union(ports, heard, heard_at).limit(MOST_LINKS)).all()
    pairs: set[tuple[int, str]] = {(asset_id, port) for asset_id, port in rows}
    return {asset_id for asset_id, _ in pairs} & set(ids), pairs


# ------------------------------------------------------------------------------------------------ subnets
@dataclass(slots=True)
class Subnets:
    """Who has which address, by subnet: {subnet: {asset: addresses}}."""

    members: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    nodes: dict[int, Node] = field(default_factory=dict)
    truncated: bool = False


def subnets(session: Session, actor: Actor) -> Subnets:
    """Return the addresses of all assets that the actor may see by subnet: /24 in IPv4, /64 in IPv6."""
    columns = [getattr(Asset, name) for name in _FACTS]
    said = aliased(Asset)
    wanted = (
        select(Address.address, *columns)
        .join(said, said.id == Address.asset_id)
        .join(Asset, Asset.id == func.coalesce(said.merged_into_id, said.id))
        .where(sight(actor), Address.gone_at.is_(None), Asset.status.not_in(AWAY))
        .order_by(Address.id)
        .limit(MOST_ADDRESSES + 1)
    )
    found = Subnets()
    rows = session.execute(wanted).all()
    found.truncated = len(rows) > MOST_ADDRESSES
    for address, *facts in rows[:MOST_ADDRESSES]:
        subnet = subnet_of(address)
        if subnet is not None:
            node = Node(*facts)
            found.nodes.setdefault(node.id, node)
            mine = found.members.setdefault(subnet, {}).setdefault(node.id, [])
            if address not in mine:
                mine.append(address)
    return found


def subnet_of(address: str) -> str | None:
    """Return the network that an address is drawn in, or None for loopback and link-local ones.

    >>> subnet_of("10.1.2.3"), subnet_of("2001:db8::1"), subnet_of("127.0.0.1"), subnet_of("fe80::1")
    ('10.1.2.0/24', '2001:db8::/64', None, None)
    """
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return None
    if parsed.is_link_local or parsed.is_loopback:
        return None
    return str(ipaddress.ip_network(f"{parsed}/{24 if parsed.version == 4 else 64}", strict=False))


# ------------------------------------------------------------------------------------------------ one switch
def stations_at(session: Session, actor: Actor, asset_id: int, *, limit: int = 2_000) -> Sequence[Any]:
    """Return ``station`` and the known asset's ``id, name, kind`` of all MACs that are heard best at an asset."""
    owner, said = aliased(Asset, visible_assets(actor).subquery()), aliased(Asset)
    wanted = (
        select(Station, owner.id.label("known_id"), owner.name.label("known"), owner.kind.label("known_kind"))
        .outerjoin(said, said.id == Station.asset_id)
        .outerjoin(owner, owner.id == func.coalesce(said.merged_into_id, said.id))
        .where(Station.place_id.in_(one_thing(asset_id)))
        .order_by(Station.port, Station.mac)
    )
    return session.execute(wanted.limit(limit)).all()


def places_of(session: Session, actor: Actor, asset_id: int) -> Sequence[Any]:
    """Return ``station`` and the switch's or access point's ``place_id, place, place_kind`` of an asset's own MACs."""
    place, said = aliased(Asset, visible_assets(actor).subquery()), aliased(Asset)
    wanted = (
        select(Station, place.id.label("place_id"), place.name.label("place"), place.kind.label("place_kind"))
        .join(said, said.id == Station.place_id)
        .join(place, place.id == func.coalesce(said.merged_into_id, said.id))
        .where(Station.asset_id.in_(one_thing(asset_id)), place.id != asset_id)
        .order_by(Station.last_seen_at.desc(), Station.id)
    )
    return session.execute(wanted.limit(20)).all()


def strangers(session: Session, actor: Actor, words: str = "") -> Any:
    """Return the select of MACs that no asset has, with where they are heard, for the actor's organizations."""
    place, said = aliased(Asset, visible_assets(actor).subquery()), aliased(Asset)
    wanted = (
        select(
            Station.id,
            Station.mac,
            Station.maker,
            Station.port,
            Station.vlan,
            Station.address,
            Station.source,
            Station.ssid,
            Station.told_name,
            Station.told_model,
            Station.since_at,
            Station.last_seen_at,
            place.id.label("place_id"),
            place.name.label("place"),
            place.kind.label("place_kind"),
        )
        .join(said, said.id == Station.place_id)
        .join(place, place.id == func.coalesce(said.merged_into_id, said.id))
        .where(Station.asset_id.is_(None))
    )
    if words:
        columns = (Station.mac, Station.maker, Station.told_name, Station.told_model, Station.address, place.name)
        wanted = wanted.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return wanted


def named(nodes: Mapping[int, Node], words: str) -> set[int]:
    """Return the nodes whose name or tag has the words in it."""
    typed = words.casefold()
    return {node.id for node in nodes.values() if typed in node.name.casefold() or typed in node.tag.casefold()}


def within(nodes: Iterable[Node], places: Collection[int]) -> set[int]:
    """Return the nodes that are at one of the places."""
    return {node.id for node in nodes if node.location_id in places}
