"""From what devices tell of others to links and places: phones, access points, aggregates, hubs, stale words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from itsm.assets.enums import AssetKind, RelationshipType
from itsm.assets.models import Asset, Relationship, Station
from itsm.assets.services import parts
from itsm.discovery.enums import KeyStrength
from itsm.discovery.facts import Device, Forwarding, Guest, Neighbour, Port
from itsm.discovery.models import AssetKey, Sighting
from itsm.discovery.services import topology
from itsm.discovery.services.survey import survey
from itsm.discovery.services.tellings import Word, note
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from tests.application import NOON, only
from tests.factories.assets import AssetFactory
from tests.factories.org import OrganizationFactory

HOUSE = Actor.house()


def mac(number: int) -> str:
    return f"3c:52:82:00:00:{number:02x}"


class Office:
    """An organization whose devices are entered and speak; ``draw`` is the end of a sweep."""

    def __init__(self) -> None:
        self.organization_id = OrganizationFactory().id
        self.ids: dict[str, int] = {}

    def enter(self, name: str, kind: AssetKind, *macs: str, address: str | None = None, uuid: str | None = None) -> int:
        asset = AssetFactory(organization_id=self.organization_id, name=name, kind=kind)
        keys = [("mac", one) for one in macs] + [("name", name)]
        keys += [("address", address)] if address else []
        keys += [("uuid", uuid)] if uuid else []
        for key, value in keys:
            current_unit().session.add(
                AssetKey(
                    organization_id=self.organization_id,
                    asset_id=asset.id,
                    kind=key,
                    value=value,
                    strength=KeyStrength.MEDIUM,
                    last_seen_at=NOON,
                )
            )
        self.ids[name] = asset.id
        return asset.id

    def say(self, name: str, *, at=NOON, whole=True, ports=(), **lists) -> None:
        session = current_unit().session
        sighting = Sighting(
            address="10.0.0.1", content_hash=name, wire=1, raw=b"", taken_at=at, last_seen_at=at, times_seen=1
        )
        session.add(sighting)
        session.flush()
        device = replace(Device("10.0.0.1"), ports=tuple(ports), **lists)
        if ports:
            rows = [{"name": port.name, "mac": port.mac, "alias": port.alias} for port in ports]
            parts.sync_interfaces(HOUSE, session.get_one(Asset, self.ids[name]), rows, now=at)
        note(self.organization_id, [Word(self.ids[name], sighting.id, device, whole)], now=at)

    def draw(self, *, now=NOON) -> dict[tuple[str, str], tuple[str, str, str, float]]:
        """Return {(from, to): (from port, to port, source, confidence)} of the links that stand."""
        session = current_unit().session
        topology.write(self.organization_id, survey(session, self.organization_id, now=now), now=now)
        names = {id_: name for name, id_ in self.ids.items()}
        rows = session.scalars(select(Relationship).where(Relationship.ended_at.is_(None)))
        return {
            (names[r.from_id], names[r.to_id]): (r.from_port, r.to_port, r.source, r.confidence) for r in rows.unique()
        }

    def station(self, mac_: str) -> Station:
        rows = select(Station).where(Station.mac == mac_).execution_options(populate_existing=True)
        return only(current_unit().session.scalars(rows))


def fdb(port: str, *macs: str, vlan: int | None = None) -> tuple[Forwarding, ...]:
    return tuple(Forwarding(one, "fdb", port, vlan) for one in macs)


def lldp(
    port: str, chassis: str | None = None, host: str | None = None, remote: str | None = None, **more
) -> Neighbour:
    return Neighbour(port, host, "lldp", chassis_id=chassis, remote_port=remote, **more)


CORE, ACC, PC, PHONE, AP, STRANGER, NAS = (mac(n) for n in range(1, 8))


@pytest.fixture
def office(work):
    with work():
        here = Office()
        here.enter("core", AssetKind.SWITCH, CORE)
        here.enter("acc", AssetKind.SWITCH, ACC)
        here.enter("pc", AssetKind.LAPTOP, PC)
        yield here


def test_ports_told_in_two_spellings_are_one_confirmed_cable_under_the_registers_names(office):
    office.say(
        "core", ports=[Port("Gi1/0/1")], neighbours=(lldp("GigabitEthernet1/0/1", ACC, "acc", "bridge1/ether24"),)
    )
    office.say(
        "acc", ports=[Port("ether24", mac(99))], neighbours=(lldp("ether24", None, "core.office.example", "Gi1/0/1"),)
    )
    assert office.draw() == {("core", "acc"): ("Gi1/0/1", "ether24", "lldp", 0.95)}


def test_a_far_port_told_by_its_mac_gets_its_name(office):
    office.say("core", neighbours=(lldp("1", ACC, "acc", mac(99)),))
    office.say("acc", ports=[Port("ether24", mac(99))])
    assert office.draw() == {("core", "acc"): ("1", "ether24", "lldp", 0.6)}


def test_a_phone_and_the_computer_behind_it_share_a_port_and_the_uplink_places_nobody(office):
    office.enter("phone", AssetKind.IP_PHONE, PHONE)
    office.say("core", neighbours=(lldp("1", ACC, "acc", "24"),), forwarding=fdb("1", ACC, PC, PHONE, STRANGER))
    office.say(
        "acc",
        neighbours=(lldp("5", PHONE, "phone", "eth0", bridges=False),),
        forwarding=(*fdb("24", CORE, NAS), *fdb("5", PC, PHONE, vlan=10), *fdb("6", STRANGER)),
    )
    links = office.draw()
    assert links[("acc", "phone")] == ("5", "eth0", "lldp", 0.6)
    assert links[("pc", "acc")] == ("", "5", "fdb", 0.7)
    pc, stranger = office.station(PC), office.station(STRANGER)
    assert (pc.place_id, pc.port, pc.vlan, pc.asset_id) == (office.ids["acc"], "5", 10, office.ids["pc"])
    assert (stranger.place_id, stranger.port, stranger.asset_id) == (office.ids["acc"], "6", None)
    stations = current_unit().session.scalars(select(Station.mac)).all()
    assert NAS not in stations  # heard at the uplink only: it hangs elsewhere


def test_an_aggregate_is_an_uplink_where_its_members_are(office):
    bundle = [Port("Gi1/0/1", lag="Po1"), Port("Gi1/0/2", lag="Po1"), Port("Po1")]
    cables = tuple(lldp(f"Gi1/0/{n}", ACC, "acc", str(n)) for n in (1, 2))
    office.say("core", ports=bundle, neighbours=cables, forwarding=fdb("Po1", PC))
    office.say("acc", forwarding=fdb("9", PC, STRANGER, NAS))
    links = office.draw()
    assert links[("pc", "acc")] == ("", "9", "fdb", 0.7)


def test_what_is_heard_behind_an_access_point_hangs_on_it_and_its_own_word_beats_that(office):
    office.enter("ap", AssetKind.ACCESS_POINT, AP)
    office.say("acc", forwarding=fdb("7", AP, PC))
    assert office.draw()[("pc", "ap")] == ("", "", "fdb", 0.5)
    radio = AP[:-1] + "f"
    client = Forwarding(PC, "wireless", radio, address="10.0.0.9", ssid="office", signal=-61)
    office.enter("wlc", AssetKind.WIRELESS_CONTROLLER)
    office.say("wlc", forwarding=(client,))
    links = office.draw(now=NOON + timedelta(hours=1))
    assert links[("pc", "ap")] == ("", "", "wireless", 0.8)
    pc = office.station(PC)
    assert (pc.place_id, pc.source, pc.ssid, pc.signal, pc.address) == (
        office.ids["ap"],
        "wireless",
        "office",
        -61,
        "10.0.0.9",
    )


def test_a_hub_is_a_port_with_several_and_a_router_beside_them_makes_them_doubtful(office):
    office.enter("router", AssetKind.ROUTER, NAS)
    office.say("acc", forwarding=(*fdb("3", PC, STRANGER, mac(40)), *fdb("4", NAS, mac(41))))
    links = office.draw()
    assert links[("pc", "acc")] == ("", "3", "fdb", 0.7)
    assert links[("router", "acc")] == ("", "4", "fdb", 0.7)
    assert office.station(mac(41)).confidence == 0.4


def test_a_host_known_by_its_address_only_is_found_through_arp(office):
    office.enter("plotter", AssetKind.PRINTER, address="10.0.0.77")
    office.enter("fw", AssetKind.FIREWALL, mac(50))
    arp = Forwarding(STRANGER, "arp", address="10.0.0.77")
    proxied = tuple(Forwarding(mac(60), "arp", address=f"10.9.0.{n}") for n in range(9))
    office.say("fw", forwarding=(arp, *proxied))
    office.say("acc", forwarding=fdb("8", STRANGER))
    assert office.draw()[("plotter", "acc")] == ("", "8", "fdb", 0.7)
    assert office.station(STRANGER).address == "10.0.0.77"


def test_the_younger_of_two_claims_counts_and_a_host_that_is_off_keeps_its_port(office):
    later = NOON + timedelta(days=3)
    office.say("core", forwarding=fdb("2", PC))
    assert office.draw()[("pc", "core")] == ("", "2", "fdb", 0.7)
    office.say("acc", at=later, forwarding=fdb("9", PC, STRANGER, NAS))
    assert office.draw(now=later) == {("pc", "acc"): ("", "9", "fdb", 0.7)}
    assert office.station(PC).since_at == later
    office.say("acc", at=later, forwarding=fdb("9", NAS))
    office.say("core", at=later)
    assert office.draw(now=later) == {("pc", "acc"): ("", "9", "fdb", 0.7)}
    forgotten = later + timedelta(days=91)
    office.say("acc", at=forgotten)
    assert office.draw(now=forgotten) == {}


def test_a_cable_ends_when_an_end_stops_telling_but_not_after_a_partial_reading(office):
    office.say("core", neighbours=(lldp("1", ACC, "acc", "24"),))
    office.say("acc", neighbours=(lldp("24", CORE, "core", "1"),))
    assert office.draw()[("core", "acc")][3] == 0.95
    office.say("core", whole=False)
    assert office.draw()[("core", "acc")][3] == 0.95
    office.say("core")
    assert office.draw()[("core", "acc")] == ("1", "24", "lldp", 0.6)
    office.say("acc")
    assert office.draw() == {}


def test_silent_bridges_are_linked_by_hearing_one_another(office):
    office.say("core", forwarding=fdb("1", ACC))
    office.say("acc", forwarding=fdb("24", CORE))
    assert office.draw() == {("core", "acc"): ("1", "24", "fdb", 0.5)}
    office.say("core", forwarding=fdb("1", PC))
    assert ("core", "acc") not in office.draw()


def test_who_announces_himself_and_is_in_no_register_is_named(office):
    office.say("acc", neighbours=(lldp("12", STRANGER, "SIP-T46U", None, model="T46U", bridges=False),))
    assert office.draw() == {}
    stranger = office.station(STRANGER)
    assert (stranger.port, stranger.source, stranger.told_name, stranger.told_model) == (
        "12",
        "lldp",
        "SIP-T46U",
        "T46U",
    )


def test_machines_run_on_their_hypervisor_by_uuid_in_either_order_by_mac_or_by_name(office):
    office.enter("esx", AssetKind.HYPERVISOR)
    office.enter("web", AssetKind.VIRTUAL_MACHINE, uuid="1e2c4d56-a077-b341-9e5d-0c84f1a2b6d7")
    office.enter("db", AssetKind.VIRTUAL_MACHINE, mac(70))
    office.enter("erp", AssetKind.VIRTUAL_MACHINE)
    guests = (
        Guest("vm-1", "564d2c1e-77a0-41b3-9e5d-0c84f1a2b6d7"),
        Guest("vm-2", macs=(mac(70),)),
        Guest("ERP.office.example"),
        Guest("pc"),
    )
    office.say("esx", guests=guests)
    links = office.draw()
    assert {name: links[name, "esx"][3] for name in ("web", "db", "erp")} == {"web": 0.95, "db": 0.9, "erp": 0.6}
    assert ("pc", "esx") not in links  # a laptop of the same name is no machine
    types = set(current_unit().session.scalars(select(Relationship.type)))
    assert types == {RelationshipType.RUNS_ON}
    office.say("esx", guests=guests[:1])
    assert set(office.draw()) == {("web", "esx")}


def test_words_older_than_a_month_are_forgotten_and_a_second_drawing_changes_nothing(office):
    office.say("core", neighbours=(lldp("1", ACC, "acc", "24"),), forwarding=fdb("3", STRANGER))
    first = office.draw()
    rows = {(s.id, s.mac, s.since_at) for s in current_unit().session.scalars(select(Station))}
    assert office.draw(now=NOON + timedelta(days=2)) == first
    assert {(s.id, s.mac, s.since_at) for s in current_unit().session.scalars(select(Station))} == rows
    late = NOON + timedelta(days=40)
    office.say("acc", at=late)
    assert office.draw(now=late) == {}
