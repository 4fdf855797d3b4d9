"""The network side of one asset: its ports with who is at each, where it is plugged in, and what hangs on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from itsm.assets.enums import RelationshipType
from itsm.assets.models import Asset
from itsm.assets.queries import detail, network_map
from itsm.assets.rules.graph import cut_off, downstream, roots
from itsm.assets.rules.picture import FRAME
from itsm.infra.db import db
from itsm.kernel.actor import Actor

MOST_BELOW: Final = 200
MOST_AT_PORT: Final = 12
"""MACs of one port that are named; of more the number is told."""


@dataclass(slots=True)
class AtPort:
    """Who is at one port: cabled or placed neighbours, and MACs that nobody knows."""

    neighbours: list[Any] = field(default_factory=list)
    strangers: list[Any] = field(default_factory=list)
    more: int = 0
    vlans: set[int] = field(default_factory=set)


def network_of(actor: Actor, asset: Asset) -> dict[str, Any]:
    """Return what the network tab of an asset shows."""
    session = db.session()
    links = [
        row
        for row in detail.relationships(actor, session, asset.id)
        if row.Relationship.type is RelationshipType.CONNECTED_TO
    ]
    ports = detail.interfaces(session, asset.id)
    is_frame = asset.kind.value in FRAME
    at = _at_ports(links, network_map.stations_at(session, actor, asset.id) if is_frame else ())
    return {
        "ports": ports,
        "addresses": detail.addresses(session, asset.id),
        "at": at,
        "elsewhere": {port: who for port, who in at.items() if port not in {row.name for row in ports}},
        "places": network_map.places_of(session, actor, asset.id),
        "below": _below(session, actor, asset) if is_frame else None,
    }


def _at_ports(links: Iterable[Any], stations: Sequence[Any]) -> dict[str, AtPort]:
    found: dict[str, AtPort] = defaultdict(AtPort)
    linked: dict[str, set[int]] = defaultdict(set)
    for row in links:
        port = row.Relationship.from_port if row.outward else row.Relationship.to_port
        found[port].neighbours.append(row)
        linked[port].add(row.other_id)
    for row in stations:
        here = found[row.Station.port]
        if row.Station.vlan:
            here.vlans.add(row.Station.vlan)
        if row.known_id is None and row.Station.asset_id is None:
            if len(here.strangers) < MOST_AT_PORT:
                here.strangers.append(row.Station)
            else:
                here.more += 1
    return dict(found)


def _below(session: Session, actor: Actor, asset: Asset) -> dict[str, Any]:
    """Return what hangs on the asset: how many, the first of them by name, and who has no other way."""
    everything = network_map.network(session, actor)
    tops = roots(everything.graph)
    found = downstream(everything.graph, asset.id, tops)
    alone = set(cut_off(everything.graph, [asset.id], tops))
    nodes = sorted((everything.nodes[one] for one in found), key=lambda node: (node.kind.value not in FRAME, node.name))
    return {
        "number": len(found),
        "nodes": nodes[:MOST_BELOW],
        "alone": alone,
        "is_root": asset.id in tops,
        "truncated": everything.graph.truncated,
    }
