"""The map, its paths and ports of things that were written down twice, and of stacks."""

import pytest
from sqlalchemy import select

from itsm.assets.enums import AssetKind, RelationshipType
from itsm.assets.models import Address, Asset, MergeRecord, Relationship
from itsm.assets.services import merging
from itsm.kernel.actor import Actor
from tests.application import NOON
from tests.assets.views.test_network import GBIT, Net, data_of, names, office
from tests.assets.views.test_pages import home_of, statements

__all__ = ["office"]
HOUSE = Actor.house()


@pytest.fixture
def twice(office, work):
    """Give the office with its access switch seen a second time, with ports, a station and an address of its own."""
    with work() as unit:
        net = Net(unit.session, home_of(office))
        net.ids |= office.ids
        net.asset("acc-2", location_id=office.ids["site"])
        net.asset("cam", AssetKind.CAMERA)
        net.link("core", "acc-2", "Gi1/0/2", "24", confidence=0.6)
        net.link("cam", "acc-2", "", "9", "fdb", 0.7)
        net.port("acc-2", "9", speed=GBIT, vlan=30)
        net.port("acc-2", "7", speed=GBIT, vlan=10)
        net.station("3c:52:82:00:00:09", "acc-2", "9", asset_id=net.ids["cam"], vlan=30)
        net.station("dc:a6:32:00:00:0b", "acc-2", "11", maker="Raspberry Pi", told_name="second-pi")
        unit.session.add(Address(asset_id=net.ids["acc-2"], address="10.1.2.9", first_seen_at=NOON))
        office.ids |= net.ids
    return office


def merge(work, ids, survivor="acc", absorbed="acc-2"):
    with work() as unit:
        ends = [unit.session.get_one(Asset, ids[name]) for name in (survivor, absorbed)]
        merging.merge(HOUSE, *ends, merging.Merging(sure=True), now=NOON)


def test_two_seen_switches_are_one_node_with_the_links_of_both_and_two_again(app, twice, work):
    before = data_of(twice)
    assert "acc-2" in names(before)
    merge(work, twice.ids)
    assert statements(app, twice, "/network/map/data") <= 6
    found = data_of(twice)
    assert names(found) == names(before) - {"acc-2"}
    acc = str(twice.ids["acc"])
    trunks = [edge for edge in found["edges"] if edge["target_port"] == "24"]
    assert [(edge["target"], edge["sure"]) for edge in trunks] == [(acc, "confirmed")]
    camera = next(edge for edge in found["edges"] if edge["source"] == str(twice.ids["cam"]))
    assert (camera["target"], camera["target_port"], camera["speed"]) == (acc, "9", "1 Gbit/s")
    with work() as unit:
        row = unit.session.scalars(select(MergeRecord)).one()
        merging.undo(HOUSE, unit.session.get_one(Asset, row.survivor_id), row, now=NOON)
    again = data_of(twice)
    assert (again["nodes"], again["edges"]) == (before["nodes"], before["edges"])


def test_its_tab_path_vlan_subnet_and_strangers_are_those_of_both(twice, work):
    merge(work, twice.ids)
    acc = twice.ids["acc"]
    tab = twice.get(f"/assets/{acc}/network").text
    assert ("cam" in tab and "second-pi" in tab) or "dc:a6:32:00:00:0b" in tab
    assert names(data_of(twice, vlan="30")) == {"acc", "cam"}
    assert "acc" in names(data_of(twice, layer="subnets")) and "acc-2" not in names(data_of(twice, layer="subnets"))
    way = twice.get("/network/path", query_string={"from": twice.ids["cam"], "to": twice.ids["fw"]}).text
    assert "acc-2" not in way and f"/assets/{acc}" in way
    assert twice.get("/network/path", query_string={"from": twice.ids["acc-2"], "to": acc}).status_code == 404
    strangers = twice.get("/network/strangers", query_string={"place": acc}).text
    assert "dc:a6:32:00:00:02" in strangers and "dc:a6:32:00:00:0b" in strangers and "acc-2" not in strangers
    place = twice.get(f"/assets/{twice.ids['cam']}/network").text
    assert f"/assets/{acc}" in place


def test_a_stack_is_one_node_that_names_its_chassis(twice, work):
    with work() as unit:
        net = Net(unit.session, home_of(twice))
        net.ids |= twice.ids
        for name in ("core · 1", "core · 2"):
            net.asset(name, parent_id=twice.ids["core"])
            row = Relationship(
                from_id=net.ids[name], to_id=twice.ids["core"], type=RelationshipType.PART_OF, source="snmp"
            )
            unit.session.add(row)
        net.asset("desk", AssetKind.LAPTOP)
        net.link("desk", "core · 2", "", "Gi2/0/7", "declared")
    found = data_of(twice)
    assert not {"core · 1", "core · 2"} & names(found)
    core = next(node for node in found["nodes"] if node["name"] == "core")
    assert core["state"].endswith("core · 1, core · 2")
    desk = next(edge for edge in found["edges"] if edge["target_port"] == "Gi2/0/7")
    assert desk["target"] == str(twice.ids["core"])
