"""The two questions that impact asks of the network: who has no way to the core, and who has fewer ways left."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from itsm.assets.rules.graph import Graph, distances, roots
from itsm.insight.causes.rules.impact import Impact, Need, impact_of

HAMPERS = frozenset({"uses"})
"""Needs whose loss only hampers: a laptop works on without its printer."""


def needs_of(graph: Graph) -> list[Need]:
    """Return the needs that stand in a graph; cables are none."""
    return [
        Need(
            edge.from_id,
            edge.to_id,
            f"{edge.type}:{edge.redundancy_group}" if edge.redundancy_group else "",
            edge.needed,
            edge.type not in HAMPERS,
        )
        for edge in graph.edges
        if not edge.is_cable
    ]


class Ways:
    """Which ways lead to the core of a network."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.tops = roots(graph)
        self._depth = distances(graph, self.tops)

    def cut_off(self, failed: frozenset[int]) -> Mapping[int, int]:
        """Return who reached the core before and does not now, each with who stands in its way."""
        left = {top for top in self.tops if top not in failed}
        queue = deque(sorted(left))
        while queue:
            for edge in self._graph.cables(here := queue.popleft()):
                far = edge.other(here)
                if far not in left and far not in failed:
                    left.add(far)
                    queue.append(far)
        lost = {node for node in self._depth if node not in left}
        return {node: by for node in sorted(lost - failed) if (by := self._in_the_way(node, lost | failed)) is not None}

    def _in_the_way(self, node: int, lost: set[int] | frozenset[int]) -> int | None:
        around = {edge.other(node) for edge in self._graph.cables(node)} & lost
        return min(around, key=lambda one: (self._depth.get(one, 0), one), default=None)

    def fewer(self, failed: frozenset[int]) -> Mapping[int, tuple[int, int]]:
        """Return who had several ways towards the core and lost some, as (left, before)."""
        found = {}
        touched = {edge.other(one) for one in failed for edge in self._graph.cables(one)} - failed
        for node in touched:
            ways = {edge.other(node) for edge in self._graph.cables(node)}
            above = {one for one in ways if one in self._depth and self._depth[one] < self._depth.get(node, 0)}
            if len(above) > 1 and above & failed:
                found[node] = (len(above - failed), len(above))
        return found


def impact_on(graph: Graph, failed: set[int]) -> Impact:
    """Return what becomes of everything else in a graph when these fail."""
    ways = Ways(graph)
    return impact_of(failed, needs_of(graph), cut_off=ways.cut_off, fewer_ways=ways.fewer)
