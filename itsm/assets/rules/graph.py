"""Assets as a graph: what hangs on what, the way from one to another, and who is cut off when one fails.

Two sorts of edges. A *cable* (``connected_to``) has no direction of its own: it leads away from the roots, which are
the ways out of the network (see :func:`roots`). Every other edge is a *need*: its ``from`` needs its ``to``.
So "upstream" is towards what an asset needs, and "downstream" is what needs it.

Every walk visits a node once, so loops end, and the answers are in the order nearest first.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

CABLE: Final = "connected_to"
MEMBER: Final = "part_of"
_WORLD: Final = 0
"""No asset's id."""
GATEWAYS: Final = frozenset({"router", "firewall"})
BRIDGES: Final = frozenset(
    {"switch", "router", "firewall", "access_point", "wireless_controller", "load_balancer", "ip_phone", "hypervisor"}
)
"""Kinds through which others reach the network; at anything else a path ends."""


@dataclass(frozen=True, slots=True)
class Edge:
    """How ``from_id`` stands to ``to_id``: a cable with its two ports, or a need (see the module)."""

    from_id: int
    to_id: int
    type: str = CABLE
    from_port: str = ""
    to_port: str = ""
    source: str = ""
    confidence: float = 1.0
    last_seen_at: datetime | None = None
    redundancy_group: str | None = None
    needed: int = 1
    id: int = 0

    @property
    def is_cable(self) -> bool:
        """Say whether the edge has no direction of its own."""
        return self.type == CABLE

    @property
    def is_membership(self) -> bool:
        """Say whether it is a chassis of a stack that a sweep told of; what people call a part is a need like others."""
        return self.type == MEMBER and self.source not in ("", "declared")

    def other(self, node: int) -> int:
        """Return the far end."""
        return self.to_id if node == self.from_id else self.from_id

    def port_at(self, node: int) -> str:
        """Return the name of the port at one end, empty where it is not known."""
        return self.from_port if node == self.from_id else self.to_port


class Graph:
    """Nodes (asset id to kind) and edges. ``truncated`` says that there were more edges than were loaded."""

    def __init__(self, kinds: Mapping[int, str], edges: Iterable[Edge], *, truncated: bool = False) -> None:
        self.kinds: Final = dict(kinds)
        self.edges: Final = [edge for edge in edges if edge.from_id != edge.to_id]
        self.truncated: Final = truncated
        self._at: dict[int, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            self._at[edge.from_id].append(edge)
            self._at[edge.to_id].append(edge)

    def __contains__(self, node: int) -> bool:
        """Say whether a node is known."""
        return node in self.kinds or node in self._at

    @property
    def nodes(self) -> set[int]:
        """Return every node, linked or not."""
        return {*self.kinds, *self._at}

    def at(self, node: int) -> list[Edge]:
        """Return the edges of a node."""
        return self._at.get(node, [])

    def cables(self, node: int) -> list[Edge]:
        """Return the cables of a node."""
        return [edge for edge in self.at(node) if edge.is_cable]

    def members(self) -> dict[int, int]:
        """Return the chassis of stacks, each with its stack: things of their own that have no life beside it."""
        return {edge.from_id: edge.to_id for edge in self.edges if edge.is_membership}

    def is_bridge(self, node: int) -> bool:
        """Say whether others reach the network through the node: by its kind, or because two cables are its."""
        return self.kinds.get(node) in BRIDGES or len({edge.other(node) for edge in self.cables(node)}) > 1


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a path: from ``node`` out of ``port`` into ``next_port`` of ``next_node``."""

    node: int
    port: str
    next_node: int
    next_port: str
    edge: Edge


# ------------------------------------------------------------------------------------------------ which way is up
def components(graph: Graph) -> list[set[int]]:
    """Return the groups of nodes that cables hold together, the largest first."""
    left, found = sorted(graph.nodes), []
    seen: set[int] = set()
    for start in left:
        if start not in seen:
            group = set(_reach([start], lambda node: (edge.other(node) for edge in graph.cables(node))))
            seen |= group
            found.append(group)
    return sorted(found, key=lambda group: (-len(group), min(group)))


def roots(graph: Graph) -> set[int]:
    """Return the ways out: of each part of the network its routers and firewalls, else its busiest bridge."""
    found: set[int] = set()
    for group in components(graph):
        gateways = {node for node in group if graph.kinds.get(node) in GATEWAYS and graph.cables(node)}
        if gateways:
            found |= gateways
        elif len(group) > 1:
            found.add(min(group, key=lambda n: (graph.kinds.get(n) not in BRIDGES, -len(graph.cables(n)), n)))
    return found


def distances(graph: Graph, starts: Collection[int]) -> dict[int, int]:
    """Return how many cables each node is away from the nearest of the starts; unreached nodes are left out."""
    found = dict.fromkeys(sorted(starts), 0)
    queue = deque(found)
    while queue:
        node = queue.popleft()
        for edge in graph.cables(node):
            if edge.other(node) not in found:
                found[edge.other(node)] = found[node] + 1
                queue.append(edge.other(node))
    return found


def upstream(graph: Graph, node: int, tops: Collection[int] | None = None) -> list[int]:
    """Return what the node needs, the nearest first: towards the roots by cable, and whatever it was said to need."""
    depth = distances(graph, roots(graph) if tops is None else tops)
    return _without(node, _reach([node], lambda here: _up(graph, here, depth)))


def downstream(graph: Graph, node: int, tops: Collection[int] | None = None) -> list[int]:
    """Return what hangs on the node, the nearest first. Some of it may have another way: see :func:`cut_off`."""
    depth = distances(graph, roots(graph) if tops is None else tops)
    return _without(node, _reach([node], lambda here: _down(graph, here, depth)))


def _up(graph: Graph, node: int, depth: Mapping[int, int]) -> Iterator[int]:
    for edge in graph.at(node):
        if edge.is_cable:
            if edge.other(node) in depth and depth[edge.other(node)] < depth.get(node, 0):
                yield edge.other(node)
        elif edge.from_id == node:
            yield edge.to_id


def _down(graph: Graph, node: int, depth: Mapping[int, int]) -> Iterator[int]:
    for edge in graph.at(node):
        if edge.is_cable:
            if node in depth and depth.get(edge.other(node), 0) > depth[node]:
                yield edge.other(node)
        elif edge.to_id == node:
            yield edge.from_id


# ------------------------------------------------------------------------------------------------ who is cut off
def cut_off(graph: Graph, failed: Collection[int], tops: Collection[int] | None = None) -> list[int]:
    """Return who loses the network or what it needs when these nodes fail, in the order of their ids.

    By cable: who reached a root before and reaches none now. By need: who has lost what it needs; of the assets that
    share a redundancy group only as many as are ``needed`` must be left. A failed root's own part counts as cut off
    where no other root is left.
    """
    gone = set(failed)
    before = set(roots(graph) if tops is None else tops)
    linked = set(distances(graph, before))
    left = set(_reach(sorted(before - gone), lambda n: (e.other(n) for e in graph.cables(n) if e.other(n) not in gone)))
    lost = gone | (linked - left)
    queue = deque(lost)
    while queue:
        here = queue.popleft()
        for edge in graph.at(here):
            if edge.is_cable or edge.to_id != here or edge.from_id in lost:
                continue
            if _has_too_little(graph, edge, lost):
                lost.add(edge.from_id)
                queue.append(edge.from_id)
    return sorted(lost - gone)


def _has_too_little(graph: Graph, edge: Edge, lost: set[int]) -> bool:
    if edge.redundancy_group is None:
        return True
    group = [
        one
        for one in graph.at(edge.from_id)
        if one.from_id == edge.from_id and one.type == edge.type and one.redundancy_group == edge.redundancy_group
    ]
    return sum(one.to_id not in lost for one in group) < max(one.needed for one in group)


def articulations(graph: Graph, tops: Collection[int] | None = None) -> dict[int, int]:
    """Return {node: how many others its failure would cut off}, for those that would cut off anybody (by cable).

    One walk (Tarjan's low-links) from a node that stands for the world behind all roots, so it is linear.
    """
    start = roots(graph) if tops is None else set(tops)
    order, low, size = {_WORLD: 0}, {_WORLD: 0}, {_WORLD: 1}
    found: dict[int, int] = {}
    stack = [(_WORLD, _WORLD, iter(sorted(start)))]
    while stack:
        node, parent, rest = stack[-1]
        child = next(rest, None)
        if child is None:
            stack.pop()
            if node != _WORLD:
                low[parent] = min(low[parent], low[node])
                size[parent] += size[node]
                if parent != _WORLD and low[node] >= order[parent]:
                    found[parent] = found.get(parent, 0) + size[node]
        elif child not in order:
            order[child] = low[child] = len(order)
            size[child] = 1
            onward = {edge.other(child) for edge in graph.cables(child)} | ({_WORLD} if child in start else set())
            stack.append((child, node, iter(sorted(onward))))
        elif child != parent:
            low[node] = min(low[node], order[child])
    return found


# ------------------------------------------------------------------------------------------------ ways
def path(graph: Graph, start: int, end: int) -> list[Hop] | None:
    """Return a way with the fewest hops by cable (of equal ones the surest), or None. Empty from a node to itself.

    Only bridges carry traffic on: a way through a printer is none.
    """
    if start == end:
        return []
    came: dict[int, Edge] = {}
    seen, layer = {start}, [start]
    while layer and end not in seen:
        best: dict[int, Edge] = {}
        for node in layer:
            if node != start and not graph.is_bridge(node):
                continue
            for edge in graph.cables(node):
                far = edge.other(node)
                if far not in seen and (far not in best or edge.confidence > best[far].confidence):
                    best[far] = edge
        came |= best
        seen |= best.keys()
        layer = sorted(best)
    if end not in seen:
        return None
    hops: list[Hop] = []
    node = end
    while node != start:
        edge = came[node]
        before = edge.other(node)
        hops.append(Hop(before, edge.port_at(before), node, edge.port_at(node), edge))
        node = before
    return hops[::-1]


def around(graph: Graph, node: int, hops: int) -> dict[int, int]:
    """Return {node: hops away} of everything within so many hops, over edges of any sort."""
    found, layer = {node: 0}, [node]
    for distance in range(1, hops + 1):
        layer = sorted({edge.other(here) for here in layer for edge in graph.at(here)} - found.keys())
        found |= dict.fromkeys(layer, distance)
    return found


def _reach(starts: Iterable[int], onward: Callable[[int], Iterable[int]]) -> list[int]:
    found = dict.fromkeys(starts)
    queue = deque(found)
    while queue:
        for far in onward(queue.popleft()):
            if far not in found:
                found[far] = None
                queue.append(far)
    return list(found)


def _without(node: int, found: list[int]) -> list[int]:
    return [one for one in found if one != node]
