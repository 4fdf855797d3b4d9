"""The network's pages: the picture and the table say the same, filters, folding, paths, strangers, tabs, their cost."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from itsm.assets.enums import AssetKind, RelationshipType
from itsm.assets.models import Address, Asset, Component, Interface, Relationship, Station
from itsm.kernel.actor import Role
from itsm.org.models import Location
from itsm.org.models.location import LocationKind
from tests.application import NOON
from tests.assets.views.test_pages import home_of, statements
from tests.factories.assets import AssetFactory
from tests.factories.org import OrganizationFactory

GBIT = 1_000_000_000


class Net:
    """A network of one organization, written as a sweep leaves it."""

    def __init__(self, session, organization_id):
        self.session, self.organization_id, self.ids = session, organization_id, {}

    def asset(self, name, kind=AssetKind.SWITCH, **more):
        made = AssetFactory(
            organization_id=self.organization_id, name=name, kind=kind, last_seen_at=NOON - timedelta(hours=1), **more
        )
        self.ids[name] = made.id
        return made.id

    def link(
        self,
        one,
        other,
        one_port="",
        other_port="",
        source="lldp",
        confidence=0.95,
        type_=RelationshipType.CONNECTED_TO,
    ):
        row = Relationship(from_id=self.ids[one], to_id=self.ids[other], type=type_, last_seen_at=NOON)
        row.from_port, row.to_port, row.source, row.confidence = one_port, other_port, source, confidence
        self.session.add(row)
        self.session.flush()

    def port(self, name, port, **more):
        self.session.add(Interface(asset_id=self.ids[name], name=port, first_seen_at=NOON, **more))

    def station(self, mac, place, port, **more):
        values = {"source": "fdb", "since_at": NOON, "last_seen_at": NOON, **more}
        here = {"organization_id": self.organization_id, "place_id": self.ids[place], "port": port}
        self.session.add(Station(mac=mac, **here, **values))


@pytest.fixture
def office(work, sign_in):
    """Give a technician's browser and the ids of an office: a firewall, two switches, three hosts, a lonely island."""
    browser = sign_in(Role.TECHNICIAN)
    with work() as unit:
        here = home_of(browser)
        site = Location(organization_id=here, kind=LocationKind.SITE, name="Leeds", path="Leeds")
        far = Location(organization_id=here, kind=LocationKind.SITE, name="York", path="York")
        unit.session.add_all([site, far])
        unit.session.flush()
        room = Location(
            organization_id=here, kind=LocationKind.ROOM, name="2.14", path="Leeds / 2.14", parent_id=site.id
        )
        unit.session.add(room)
        unit.session.flush()
        net = Net(unit.session, here)
        net.asset("fw", AssetKind.FIREWALL, location_id=site.id)
        net.asset("core", location_id=site.id)
        net.asset("acc", location_id=room.id)
        net.asset("pc", AssetKind.LAPTOP, tag="PC-1")
        net.asset("phone", AssetKind.IP_PHONE)
        net.asset("nas", AssetKind.NAS, location_id=site.id)
        net.asset("york-sw", location_id=far.id)
        net.asset("york-pc", AssetKind.LAPTOP, location_id=far.id)
        net.link("fw", "core", "lan1", "Gi1/0/1", confidence=0.6)
        net.link("core", "acc", "Gi1/0/2", "24")
        net.link("acc", "phone", "5", "eth0")
        net.link("pc", "acc", "", "5", "fdb", 0.7)
        net.link("nas", "core", "", "Gi1/0/9", "fdb", 0.7)
        net.link("york-pc", "york-sw", "", "1", "fdb", 0.7)
        net.port("core", "Gi1/0/2", speed=10 * GBIT, vlan=99)
        net.port("acc", "24", speed=GBIT, vlan=99, tagged="10,20")
        net.port("acc", "5", speed=GBIT, vlan=10)
        net.station("3c:52:82:00:00:01", "acc", "5", asset_id=net.ids["pc"], vlan=10)
        net.station("dc:a6:32:00:00:02", "acc", "7", maker="Raspberry Pi", vlan=10, told_name="<b>pi</b>")
        for name, address in (("fw", "10.1.1.1"), ("fw", "10.1.2.1"), ("pc", "10.1.1.9"), ("nas", "10.1.2.7")):
            unit.session.add(Address(asset_id=net.ids[name], address=address, first_seen_at=NOON))
        net.ids |= {"site": site.id, "york": far.id}
    browser.ids = net.ids
    return browser


def data_of(browser, **query):
    answer = browser.get("/network/map/data", query_string=query)
    assert answer.status_code == 200
    return answer.get_json()


def names(found):
    return {node["name"] for node in found["nodes"]}


def lines_in_table(text):
    return set(re.findall(r'data-line="([^"]+)"', text))


def test_picture_and_table_say_the_same(office):
    found = data_of(office)
    page = office.get("/network/map").text
    assert {edge["id"] for edge in found["edges"]} == lines_in_table(page)
    assert names(found) == {"fw", "core", "acc", "pc", "phone", "nas", "york-sw", "york-pc"}
    for name in names(found):
        assert f">{name}<" in page
    trunk = next(edge for edge in found["edges"] if edge["target_port"] == "24")
    assert (trunk["source_port"], trunk["speed"], trunk["sure"], trunk["sure_word"]) == (
        "Gi1/0/2",
        "1 Gbit/s",
        "confirmed",
        "confirmed by both ends",
    )
    sure = {edge["sure_word"] for edge in found["edges"]}
    assert sure == {"confirmed by both ends", "told by one end", "heard there"}
    core = next(node for node in found["nodes"] if node["name"] == "core")
    assert (core["state"], core["tone"], core["cuts"], core["kind_word"]) == ("seen", "good", 4, "Switch")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"q": "pc-1"}, {"pc", "acc"}),
        ({"q": "york"}, {"york-sw", "york-pc"}),
        ({"vlan": "10"}, {"acc", "pc"}),
        ({"vlan": "99"}, {"core", "acc"}),
        ({"vlan": "4096"}, {"fw", "core", "acc", "pc", "phone", "nas", "york-sw", "york-pc"}),
        ({"q": "zebra"}, set()),
    ],
)
def test_the_map_narrows(office, query, wanted):
    assert names(data_of(office, **query)) == wanted


def test_a_site_shows_what_is_in_its_rooms_and_what_has_no_place_of_its_own(office):
    assert names(data_of(office, site=office.ids["site"])) == {"fw", "core", "acc", "pc", "phone", "nas"}
    assert names(data_of(office, site=office.ids["york"])) == {"york-sw", "york-pc"}
    assert names(data_of(office, site=999_999)) == set()


def test_the_focus_counts_hops(office):
    assert names(data_of(office, focus=office.ids["acc"], hops=1)) == {"acc", "core", "pc", "phone"}
    page = office.get("/network/map", query_string={"focus": office.ids["acc"], "hops": 1}).text
    assert "Around acc" in page


def test_subnets_are_joined_by_what_routes_between_them(office):
    found = data_of(office, layer="subnets")
    assert names(found) == {"10.1.1.0/24", "10.1.2.0/24", "fw", "pc", "nas"}
    told = {(edge["says"]) for edge in found["edges"] if edge["target"] == str(office.ids["fw"])}
    assert told == {"10.1.1.1", "10.1.2.1"}
    page = office.get("/network/map?layer=subnets").text
    assert {edge["id"] for edge in found["edges"]} == lines_in_table(page)


def test_many_hosts_are_folded_until_opened_and_the_rest_is_counted(office, work):
    with work() as unit:
        net = Net(unit.session, home_of(office))
        net.ids |= office.ids
        for number in range(70):
            net.asset(f"host-{number:03}", AssetKind.WORKSTATION)
            net.link(f"host-{number:03}", "acc", "", str(number), "fdb", 0.7)
    found = data_of(office)
    assert (found["folded"], found["left_out"]) == (72, 0)
    group = next(node for node in found["nodes"] if node["kind"] == "hosts")
    assert (group["id"], group["name"]) == (f"hosts-{office.ids['acc']}", "72 devices")
    page = office.get("/network/map").text
    assert lines_in_table(page) == {edge["id"] for edge in found["edges"]}
    opened = office.get(group["open"]).text
    assert "host-042" in opened
    assert "host-042" not in page
    assert data_of(office, open="all")["folded"] == 0


def test_the_map_costs_the_same_with_more_links_and_answers_304(app, office, work):
    office.get("/network/map")
    first = statements(app, office, "/network/map")
    with work() as unit:
        net = Net(unit.session, home_of(office))
        net.ids |= office.ids
        net.asset("more", AssetKind.PRINTER)
        net.link("more", "acc", "", "9", "fdb", 0.7)
    assert statements(app, office, "/network/map") == first <= 6
    assert statements(app, office, "/network/map?vlan=10&q=pc") <= 6
    assert statements(app, office, "/network/map?layer=subnets") <= 6
    assert statements(app, office, "/network/strangers") <= 6
    sealed = office.get("/network/map/data")
    again = office.get("/network/map/data", headers={"If-None-Match": sealed.headers["ETag"]})
    assert (sealed.status_code, again.status_code) == (200, 304)


def test_a_way_is_told_hop_by_hop_or_which_end_is_known(office):
    ids = office.ids
    page = office.get(f"/network/path?from={ids['pc']}&to={ids['fw']}").text
    way = re.findall(r'class="way-node">.*?>([a-z-]+)</a>', page, re.S)
    assert way == ["pc", "acc", "core", "fw"]
    assert "The way back is the same." in page
    assert "Gi1/0/1" in page
    assert "lan1" in page
    none = office.get(f"/network/path?from={ids['pc']}&to={ids['york-pc']}").text
    assert "No known path between pc and york-pc." in none
    assert none.count("1 link is known.") == 2
    assert "one and the same" in office.get(f"/network/path?from={ids['pc']}&to={ids['pc']}").text
    assert office.get("/network/path?from=999999&to=1").status_code == 404
    by_tag = office.get("/network/path?from_tag=PC-1").text
    assert 'value="PC-1"' in by_tag
    assert office.get("/network/path?from_tag=nothing").status_code == 404


def test_strangers_are_listed_with_their_port_and_their_names_stay_text(office):
    page = office.get("/network/strangers").text
    assert "dc:a6:32:00:00:02" in page
    assert "3c:52:82:00:00:01" not in page
    assert "&lt;b&gt;pi&lt;/b&gt;" in page
    assert "Raspberry Pi" in page
    assert "dc:a6:32" not in office.get("/network/strangers?q=cisco").text
    assert "dc:a6:32" in office.get("/network/strangers", query_string={"place": office.ids["acc"]}).text
    assert office.get("/network/strangers?place=999999").status_code == 404


def test_a_switch_shows_who_is_at_each_port_and_what_hangs_on_it(office):
    page = office.get(f"/assets/{office.ids['acc']}/network").text
    row = re.search(r"<tr>(?:(?!</tr>).)*?>5(?:(?!</tr>).)*</tr>", page, re.S)
    assert row is not None
    assert {">pc<", ">phone<"} <= {part for part in (">pc<", ">phone<") if part in row[0]}
    assert "+ 10,20" in page
    assert "dc:a6:32:00:00:02" in page
    assert "2 devices would be cut off if it failed." in page
    host = office.get(f"/assets/{office.ids['pc']}/network").text
    assert "Where it is connected" in host
    assert ">acc<" in host


def test_an_access_point_lists_its_clients_and_a_hypervisor_its_machines(office, work):
    with work() as unit:
        net = Net(unit.session, home_of(office))
        net.ids |= office.ids
        ap, esx = net.asset("ap", AssetKind.ACCESS_POINT), net.asset("esx", AssetKind.HYPERVISOR)
        net.asset("web", AssetKind.VIRTUAL_MACHINE)
        net.link("web", "esx", source="guests", type_=RelationshipType.RUNS_ON)
        net.station(
            "3c:52:82:00:00:09", "ap", "", source="wireless", ssid="office", signal=-81, asset_id=net.ids["nas"]
        )
        for kind, name in (("virtual_machine", "web"), ("virtual_machine", "erp"), ("container", "cache")):
            unit.session.add(
                Component(asset_id=esx, key=f"{kind}:{name}", kind=kind, name=name, model="debian", first_seen_at=NOON)
            )
    clients = office.get(f"/assets/{ap}/clients").text
    for word in ("3c:52:82:00:00:09", "office", "-81 dBm", "weak", ">nas<"):
        assert word in clients
    software = office.get(f"/assets/{esx}/software").text
    assert "Virtual machines" in software
    assert "Containers" in software
    assert f'href="/assets/{net.ids["web"]}"' in software
    assert "erp" not in office.get(f"/assets/{esx}/hardware").text
    assert "runs on" in office.get("/network/map").text


def test_others_see_nothing_of_it(office, sign_in, work):
    with work():
        elsewhere = OrganizationFactory().id
    foreign = sign_in(Role.TECHNICIAN, organization=elsewhere)
    assert data_of(foreign)["nodes"] == []
    assert "core" not in foreign.get("/network/map").text
    assert "dc:a6:32" not in foreign.get("/network/strangers").text
    assert foreign.get(f"/network/path?from={office.ids['pc']}&to={office.ids['fw']}").status_code == 404
    for path in ("/network/map", "/network/map/data", "/network/path", "/network/strangers"):
        assert sign_in(Role.BUYER).get(path).status_code == 403
    with work() as unit:
        assert unit.session.scalar(select(Asset.id).where(Asset.name == "core")) == office.ids["core"]
