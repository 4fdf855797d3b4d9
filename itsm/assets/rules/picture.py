"""What of a network is drawn: a graph cut to size, with hosts folded under their switch, and what was left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from itsm.assets.rules.graph import Edge, Graph, around

FRAME: Final = frozenset(
    {"switch", "router", "firewall", "access_point", "wireless_controller", "load_balancer", "hypervisor"}
)
"""Kinds that stay when hosts are folded: what others hang on."""
FOLD_ABOVE: Final = 60
"""Assets up to which nothing is folded."""
FEW: Final = 3
"""Hosts of one switch up to which they are not folded."""
MOST_NODES: Final = 300
EVERYTHING: Final = -1
"""Among the opened nodes: all of them."""


@dataclass(slots=True)
class Picture:
    """Nodes and edges to draw; ``folded`` is {node: hosts that stand behind it unseen}; the rest was left out."""

    nodes: list[int] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    folded: dict[int, list[int]] = field(default_factory=dict)
    left_out: int = 0


def near(graph: Graph, centres: Iterable[int], hops: int) -> set[int]:
    """Return what is within so many hops of any of the nodes."""
    return {node for centre in centres if centre in graph for node in around(graph, centre, hops)}


def draw(graph: Graph, shown: Collection[int], *, opened: Collection[int] = (), fold: bool = True) -> Picture:
    """Return the picture of the shown nodes: folded where they are many, bounded in any case."""
    wanted = set(shown)
    found = Picture()
    if fold and len(wanted) > FOLD_ABOVE and EVERYTHING not in opened:
        found.folded = _folded(graph, wanted, set(opened))
    hidden = {host for hosts in found.folded.values() for host in hosts}
    ranked = sorted(wanted - hidden, key=lambda node: _rank(graph, node, wanted))
    found.nodes = sorted(ranked[:MOST_NODES])
    kept = set(found.nodes)
    found.left_out = len(ranked) - len(kept)
    found.folded = {node: hosts for node, hosts in found.folded.items() if node in kept}
    found.edges = [edge for edge in graph.edges if edge.from_id in kept and edge.to_id in kept]
    return found


def _rank(graph: Graph, node: int, wanted: set[int]) -> tuple[bool, int, int]:
    kind = graph.kinds.get(node)
    return (kind not in FRAME, -sum(edge.other(node) in wanted for edge in graph.at(node)), node)


def _folded(graph: Graph, wanted: set[int], opened: set[int]) -> dict[int, list[int]]:
    """Return the hosts that hang on one node of the frame only, by that node; few of them are worth no fold."""
    groups: dict[int, list[int]] = defaultdict(list)
    for node in sorted(wanted):
        if graph.kinds.get(node) in FRAME or node in opened:
            continue
        ends = {edge.other(node) for edge in graph.at(node)} & wanted
        frame = [end for end in ends if graph.kinds.get(end) in FRAME]
        if len(frame) == 1 and len(ends) == 1 and frame[0] not in opened:
            groups[frame[0]].append(node)
    return {node: hosts for node, hosts in groups.items() if len(hosts) > FEW}
