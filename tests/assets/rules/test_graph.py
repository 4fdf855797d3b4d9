"""The graph of assets: up and down, ways, who is cut off; loops, rings and two ways out."""

from __future__ import annotations

import random
from itertools import pairwise

from itsm.assets.rules.graph import (
    Edge,
    Graph,
    around,
    articulations,
    components,
    cut_off,
    downstream,
    path,
    roots,
    upstream,
)

FW, CORE, ACC1, ACC2, PC1, PC2, VM, SERVER, LONELY = range(1, 10)


def office(*more: Edge) -> Graph:
    """A firewall, a core switch, two access switches with a computer each, and a server with a virtual machine."""
    kinds = {FW: "firewall", PC1: "laptop", PC2: "laptop", VM: "virtual_machine", SERVER: "hypervisor", LONELY: "nas"}
    kinds |= dict.fromkeys((CORE, ACC1, ACC2), "switch")
    cables = [
        Edge(FW, CORE, from_port="lan1", to_port="Gi1/0/1"),
        Edge(CORE, ACC1, from_port="Gi1/0/2", to_port="24"),
        Edge(CORE, ACC2, from_port="Gi1/0/3", to_port="24"),
        Edge(PC1, ACC1, to_port="5"),
        Edge(PC2, ACC2, to_port="7"),
        Edge(SERVER, CORE, to_port="Gi1/0/9"),
        Edge(VM, SERVER, "runs_on"),
    ]
    return Graph(kinds, [*cables, *more])


def test_up_leads_to_the_way_out_and_down_to_what_hangs_there():
    graph = office()
    assert roots(graph) == {FW}
    assert upstream(graph, PC1) == [ACC1, CORE, FW]
    assert upstream(graph, VM) == [SERVER, CORE, FW]
    assert downstream(graph, ACC1) == [PC1]
    assert downstream(graph, SERVER) == [VM]
    assert set(downstream(graph, CORE)) == {ACC1, ACC2, PC1, PC2, SERVER, VM}
    assert upstream(graph, LONELY) == downstream(graph, LONELY) == []


def test_without_a_gateway_the_busiest_bridge_is_the_top():
    graph = Graph({1: "switch", 2: "switch", 3: "laptop", 4: "nas"}, [Edge(1, 2), Edge(3, 2), Edge(4, 2)])
    assert roots(graph) == {2}
    assert components(Graph({7: "nas"}, [Edge(1, 2)])) == [{1, 2}, {7}]


def test_a_ring_ends_and_cuts_nobody_off():
    graph = office(Edge(ACC1, ACC2, from_port="23", to_port="23"))
    assert cut_off(graph, [ACC1]) == [PC1]
    assert cut_off(graph, [CORE]) == [ACC1, ACC2, PC1, PC2, VM, SERVER]
    assert cut_off(office(), [SERVER]) == [VM]
    assert cut_off(office(), [PC1]) == []


def test_needs_of_a_group_are_lost_only_when_too_few_are_left():
    def web(*failed: int) -> list[int]:
        needs = [Edge(PC1, n, "depends_on", redundancy_group="db", needed=1) for n in (ACC1, ACC2)]
        return cut_off(Graph({}, [*needs, Edge(VM, PC1, "depends_on")]), failed)

    assert web(ACC1) == []
    assert web(ACC1, ACC2) == [PC1, VM]


def test_a_path_names_the_ports_and_ends_at_what_is_no_bridge():
    graph = office()
    way = path(graph, PC1, PC2)
    assert [(hop.node, hop.port, hop.next_node, hop.next_port) for hop in way or []] == [
        (PC1, "", ACC1, "5"),
        (ACC1, "24", CORE, "Gi1/0/2"),
        (CORE, "Gi1/0/3", ACC2, "24"),
        (ACC2, "7", PC2, ""),
    ]
    back = path(graph, PC2, PC1)
    assert [(hop.next_node, hop.node) for hop in back or []][::-1] == [(hop.node, hop.next_node) for hop in way or []]
    assert path(graph, PC1, LONELY) is None
    assert path(graph, PC1, PC1) == []
    printer_between = Graph({1: "laptop", 2: "printer", 3: "laptop"}, [Edge(1, 2)])
    assert path(printer_between, 1, 3) is None


def test_of_two_ways_as_long_the_surer_one_is_told():
    graph = Graph(
        dict.fromkeys(range(1, 5), "switch"),
        [Edge(1, 2, confidence=0.6), Edge(1, 3), Edge(2, 4, confidence=0.6), Edge(3, 4)],
    )
    assert [hop.next_node for hop in path(graph, 1, 4) or []] == [3, 4]


def test_neighbourhoods_count_hops_over_edges_of_any_sort():
    assert around(office(), VM, 2) == {VM: 0, SERVER: 1, CORE: 2}


def test_articulations_agree_with_failing_every_node_in_turn():
    rng = random.Random(4)
    for _ in range(60):
        size = rng.randint(2, 14)
        kinds = {n: rng.choice(("switch", "switch", "laptop", "router")) for n in range(1, size + 1)}
        edges = [Edge(rng.randint(1, size), rng.randint(1, size)) for _ in range(rng.randint(1, 2 * size))]
        graph = Graph(kinds, edges)
        tops = roots(graph)
        slow = {node: len(cut_off(graph, [node])) for node in graph.nodes if graph.cables(node)}
        assert articulations(graph, tops) == {node: count for node, count in slow.items() if count}


def test_a_chain_of_ten_thousand_is_walked_without_recursion():
    chain = Graph({1: "router"}, [Edge(one, other) for one, other in pairwise(range(1, 10_001))])
    assert len(downstream(chain, 1)) == 9_999
    assert articulations(chain)[2] == 9_998
    assert len(path(chain, 1, 10_000) or []) == 9_999
