"""A survey of a network of which some things were written down twice."""

from datetime import timedelta

from sqlalchemy import select

from itsm.assets.enums import AssetKind, AssetStatus, RelationshipType, Worklist
from itsm.assets.models import Asset, MergeRecord, Relationship
from itsm.assets.queries.worklists import listed
from itsm.assets.services import merging
from itsm.discovery import queries
from itsm.discovery.enums import SweepState
from itsm.discovery.models import Sweep
from itsm.discovery.rules.topology import Link
from itsm.discovery.services import topology
from itsm.discovery.services.survey import survey
from itsm.kernel.actor import Actor
from tests.application import NOON, only
from tests.discovery.services.test_intake import report, take
from tests.discovery.services.test_stacks import S1, S2, stack
from tests.factories.assets import AssetFactory
from tests.factories.discovery import NetworkFactory

HOUSE = Actor.house()
LATER = NOON + timedelta(days=1)


def test_a_link_of_both_records_goes_along_and_ends_once_for_both(work):
    with work() as unit:
        network = NetworkFactory()
        here = network.organization_id
        core, one, other = (
            AssetFactory(organization_id=here, name=name, kind=AssetKind.SWITCH) for name in ("core", "sw", "sw again")
        )
        for end in (one, other):
            link = Relationship(from_id=core.id, to_id=end.id, type=RelationshipType.CONNECTED_TO, source="lldp")
            link.from_port, link.to_port, link.confidence = "Gi1", "24", 0.6
            unit.session.add(link)
        unit.session.flush()
        merging.merge(HOUSE, one, other, merging.Merging(sure=True), now=NOON)
        found = survey(unit.session, here, now=NOON)
        found.seen_at = {core.id: LATER, one.id: LATER}
        found.cables = [Link(core.id, one.id, "Gi1", "24", "lldp", 0.9)]
        topology.write(here, found, now=LATER)
        unit.session.expire_all()
        rows = unit.session.scalars(select(Relationship).order_by(Relationship.id)).all()
        assert [(row.to_id, row.last_seen_at, row.ended_at) for row in rows] == [
            (one.id, LATER, None),
            (other.id, LATER, None),
        ]
        found.cables = []
        topology.write(here, found, now=LATER)
        assert {row.ended_at for row in rows} == {LATER}


def test_what_a_sweep_came_to_leads_to_the_survivor_and_back(work):
    with work() as unit:
        network = NetworkFactory()
        sweep = Sweep(
            organization_id=network.organization_id, network_ids=[network.id], progress={}, state=SweepState.FINISHED
        )
        unit.session.add(sweep)
        unit.session.flush()
        take(network, report(), report(address="10.0.0.2", serial=None, name="b", macs=()), sweep_id=sweep.id)
        ends = {row.name: row for row in unit.session.scalars(select(Asset))}
        merging.merge(HOUSE, ends["sw-1"], ends["b"], merging.Merging(sure=True), now=NOON)

        def shown():
            rows = queries.outcomes(unit.session, sweep.id, None, after=None, before=None).rows
            return {row.address: row.asset_id for row in rows}

        assert set(shown().values()) == {ends["sw-1"].id}
        row = only(unit.session.scalars(select(MergeRecord)))
        merging.undo(HOUSE, ends["sw-1"], row, now=LATER)
        assert shown() == {"10.0.0.1": ends["sw-1"].id, "10.0.0.2": ends["b"].id}


def test_a_chassis_that_was_bought_and_merged_is_seen_with_its_stack(work):
    with work() as unit:
        network = NetworkFactory()
        take(network, stack(S1, S2))
        member = only(unit.session.scalars(select(Asset).where(Asset.serial == S2)))
        bought = AssetFactory(
            organization_id=network.organization_id, name="spare", kind=AssetKind.SWITCH, serial="F0C2714X0PD",
            status=AssetStatus.IN_USE, supplier="Bechtle",
        )  # fmt: skip
        merging.merge(HOUSE, bought, member, merging.Merging(sure=True), now=NOON)
        take(network, stack(S1, S2), at=LATER)
        unit.session.expire_all()
        assert unit.session.get_one(Asset, bought.id).last_seen_at == LATER


def test_a_stack_of_bought_chassis_is_on_the_books(work):
    with work() as unit:
        network = NetworkFactory()
        take(network, stack(S1, S2))
        unbooked = listed(HOUSE, unit.session, Worklist.UNBOOKED, NOON)
        assert [row.name for row in unit.session.execute(unbooked)] == ["core"]
        for row in unit.session.scalars(select(Asset).where(Asset.serial.is_not(None))):
            row.supplier = "Bechtle"
        unit.session.flush()
        assert unit.session.execute(unbooked).all() == []
