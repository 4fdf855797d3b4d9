"""The register's relationships as a graph, for maps, paths and impact."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from itsm.assets.enums import AssetStatus, RelationshipType
from itsm.assets.models import Asset, Relationship
from itsm.assets.rules.graph import Edge, Graph

MOST_EDGES = 50_000
"""Edges that are read at most; the graph says when there were more."""
AWAY = (AssetStatus.RETIRED, AssetStatus.DISPOSED)


def load_graph(
    session: Session,
    organization_ids: Collection[int] | None,
    types: Collection[RelationshipType] | None = None,
    *,
    limit: int = MOST_EDGES,
) -> Graph:
    """Return the relationships that stand between assets of these organizations (None: of all), in one statement.

    ``types`` narrows the relationships. What is retired or disposed carries nothing and is left out. What was written
    of a merged record is an edge of the asset that stands for it.
    """
    near, far, said, told = aliased(Asset), aliased(Asset), aliased(Asset), aliased(Asset)
    wanted = (
        select(
            Relationship.id,
            near.id.label("from_id"),
            far.id.label("to_id"),
            Relationship.type,
            Relationship.from_port,
            Relationship.to_port,
            Relationship.source,
            Relationship.confidence,
            Relationship.last_seen_at,
            Relationship.redundancy_group,
            Relationship.needed,
            near.kind.label("from_kind"),
            far.kind.label("to_kind"),
        )
        .join(said, said.id == Relationship.from_id)
        .join(told, told.id == Relationship.to_id)
        .join(near, near.id == func.coalesce(said.merged_into_id, said.id))
        .join(far, far.id == func.coalesce(told.merged_into_id, told.id))
        .where(Relationship.ended_at.is_(None), near.status.not_in(AWAY), far.status.not_in(AWAY))
    )
    if organization_ids is not None:
        here = list(organization_ids)
        wanted = wanted.where(near.organization_id.in_(here), far.organization_id.in_(here))
    if types is not None:
        wanted = wanted.where(Relationship.type.in_(list(types)))
    kinds: dict[int, str] = {}
    edges: list[Edge] = []
    for row in session.execute(wanted.order_by(Relationship.id).limit(limit + 1)):
        kinds[row.from_id], kinds[row.to_id] = row.from_kind.value, row.to_kind.value
        edges.append(
            Edge(
                from_id=row.from_id,
                to_id=row.to_id,
                type=row.type.value,
                from_port=row.from_port,
                to_port=row.to_port,
                source=row.source,
                confidence=row.confidence,
                last_seen_at=row.last_seen_at,
                redundancy_group=row.redundancy_group,
                needed=row.needed,
                id=row.id,
            )
        )
    return Graph(kinds, once_each(edges[:limit]), truncated=len(edges) > limit)


def once_each(edges: Iterable[Edge]) -> list[Edge]:
    """Return edges without those that another tells as well, as two records of one thing do: the surest stays."""
    found: dict[Hashable, Edge] = {}
    for edge in edges:
        key = (edge.from_id, edge.to_id, edge.type, edge.from_port, edge.to_port, edge.redundancy_group)
        other = found.get(key)
        if other is None or edge.confidence > other.confidence:
            found[key] = edge
    return list(found.values())
