"""The register's relationships as a graph: of which organizations, which types, without what has ended."""

from itsm.assets.enums import AssetKind, AssetStatus, RelationshipType
from itsm.assets.models import Relationship
from itsm.assets.queries.graph import load_graph
from itsm.assets.rules.graph import downstream
from tests.application import NOON
from tests.factories.assets import AssetFactory
from tests.factories.org import OrganizationFactory


def test_the_graph_holds_what_stands_between_live_assets_of_the_organizations(work):
    with work() as unit:
        here, there = OrganizationFactory().id, OrganizationFactory().id
        core, acc = (AssetFactory(organization_id=here, kind=AssetKind.SWITCH).id for _ in "ab")
        pc, old = (
            AssetFactory(organization_id=here).id,
            AssetFactory(organization_id=here, status=AssetStatus.RETIRED).id,
        )
        one, two = AssetFactory(organization_id=there).id, AssetFactory(organization_id=there).id

        def link(from_id, to_id, type_=RelationshipType.CONNECTED_TO, **more):
            unit.session.add(Relationship(from_id=from_id, to_id=to_id, type=type_, **more))

        link(core, acc, from_port="1", to_port="24", source="lldp", confidence=0.95)
        link(pc, acc, to_port="5", source="fdb", confidence=0.7)
        link(pc, core, RelationshipType.DEPENDS_ON, redundancy_group="core", needed=1)
        link(old, acc)
        link(core, pc, from_port="9", ended_at=NOON)
        link(one, two)
        unit.session.flush()
        graph = load_graph(unit.session, [here])
        assert graph.nodes == {core, acc, pc}
        assert graph.kinds[core] == "switch"
        assert [(e.from_id, e.to_id, e.type, e.from_port, e.to_port) for e in graph.edges] == [
            (core, acc, "connected_to", "1", "24"),
            (pc, acc, "connected_to", "", "5"),
            (pc, core, "depends_on", "", ""),
        ]
        assert set(downstream(graph, core)) >= {pc}
        cables = load_graph(unit.session, None, [RelationshipType.CONNECTED_TO])
        assert {edge.from_id for edge in cables.edges} == {core, pc, one}
        cut = load_graph(unit.session, None, limit=1)
        assert (cut.truncated, len(cut.edges)) == (True, 1)
