"""Cables from the words of both ends, hosts at their ports, and bridges that keep silent."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce

import pytest

from itsm.discovery.rules.port_names import PortNames, canonical, same_port
from itsm.discovery.rules.topology import Heard, Lead, Leads, Link, Told, better, cables, inferred, lead_of, placement
from tests.application import NOON

CORE, ACCESS, LAPTOP, PHONE, AP, ROUTER = range(1, 7)


def test_a_cable_told_by_one_end_is_doubted_and_by_both_confirmed():
    one = Told(CORE, "Gi1/0/1", ACCESS, "Gi0/24", "lldp")
    assert cables([one, one]) == [Link(CORE, ACCESS, "Gi1/0/1", "Gi0/24", "lldp", 0.6)]
    other = Told(ACCESS, "GigabitEthernet0/24", CORE, "aa:bb:cc:00:00:01", "lldp")
    assert cables([other, one]) == [Link(CORE, ACCESS, "Gi1/0/1", "GigabitEthernet0/24", "lldp", 0.95)]
    assert cables([other]) == [Link(CORE, ACCESS, "aa:bb:cc:00:00:01", "GigabitEthernet0/24", "lldp", 0.6)]


def test_two_cables_between_two_switches_stay_two_in_any_spelling():
    words = [Told(CORE, f"Gi1/0/{n}", ACCESS, f"ether{n}", "lldp") for n in (1, 2)]
    words += [Told(ACCESS, f"bridge1/ether{n}", CORE, f"GigabitEthernet1/0/{n}", "cdp") for n in (2, 1)]
    assert cables(words) == [Link(CORE, ACCESS, f"Gi1/0/{n}", f"bridge1/ether{n}", "lldp", 0.95) for n in (1, 2)]


def test_one_cable_told_by_two_protocols_is_one():
    words = [Told(CORE, "Gi1/0/1", ACCESS, "Gi0/24", protocol) for protocol in ("cdp", "lldp")]
    assert cables(words) == [Link(CORE, ACCESS, "Gi1/0/1", "Gi0/24", "lldp", 0.6)]


def test_nobody_is_cabled_to_himself():
    assert cables([Told(CORE, "c1", CORE, "c2", "lldp")]) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Gi1/0/8", "GigabitEthernet1/0/8"),
        ("Te1/1/1", "TenGigabitEthernet1/1/1"),
        ("Twe1/0/1", "TwentyFiveGigE1/0/1"),
        ("Po1", "Port-channel1"),
        ("bridge1/ether2", "ether2"),
        ("Port 8", "8"),
        ("Port: 8", "port8"),
        ("ge-0/0/1.0", "ge-0/0/1"),
        ("Ethernet 1/2", "Eth1/2"),
        ("AA-BB-CC-00-00-01", "aabb.cc00.0001"),
        ("  eth0 ", "ETH0"),
    ],
)
def test_spellings_of_one_port(one, other):
    assert same_port(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Gi1/0/8", "Gi1/0/80"), ("Gi1/0/8", "Te1/0/8"), ("ge-0/0/1", "xe-0/0/1"), ("", ""), ("1/1", "1/11"), ("A1", "1")],
)
def test_different_ports_stay_different(one, other):
    assert not same_port(one, other)


def test_hostile_port_names_are_bounded():
    assert len(canonical("x" * 100_000)) == 200


def test_a_port_is_found_by_name_alias_and_mac_but_not_by_what_two_share():
    names = PortNames()
    names.add("Gi1/0/1", "aa:bb:cc:00:00:01", "to roof")
    names.add("Gi1/0/2", "aa:bb:cc:00:00:02", "spare")
    names.add("Gi1/0/3", "aa:bb:cc:00:00:02", "spare")
    assert names.find("GigabitEthernet1/0/1") == names.find("AA:BB:CC:00:00:01") == names.find("To roof") == "Gi1/0/1"
    assert names.find("spare") is names.find("aa:bb:cc:00:00:02") is names.find("nothing") is None


# ------------------------------------------------------------------------------------------------ hosts
KINDS = {CORE: "switch", ACCESS: "switch", LAPTOP: "laptop", PHONE: "ip_phone", AP: "access_point", ROUTER: "router"}


def test_where_a_port_leads():
    tellers = {CORE, ACCESS}
    assert lead_of([LAPTOP, PHONE], KINDS, tellers) == Lead()
    assert lead_of([LAPTOP, CORE], KINDS, tellers) == Lead(Leads.ONWARD, CORE)
    assert lead_of([LAPTOP, AP], KINDS, tellers) == Lead(Leads.OUT_OF_SIGHT, AP)
    assert lead_of([AP, ROUTER], KINDS, tellers) == Lead(Leads.MIXED, ROUTER)
    assert lead_of([ACCESS], KINDS, {CORE}) == Lead(Leads.OUT_OF_SIGHT, ACCESS)


def placed(*words: Heard) -> Link | None:
    best = reduce(better, words, None)
    assert best is not None
    return placement(LAPTOP, best)


def test_a_host_hangs_at_the_emptiest_port_that_leads_to_no_bridge():
    uplink = Heard(CORE, "c1", 1, NOON, Lead(Leads.ONWARD, ACCESS))
    assert placed(uplink, Heard(ACCESS, "a7", 3, NOON), Heard(ACCESS, "a5", 2, NOON)) == Link(
        LAPTOP, ACCESS, "", "a5", "fdb", 0.7
    )
    assert placed(uplink) is None


def test_a_host_behind_an_access_point_hangs_on_it_and_one_beside_a_router_is_doubted():
    assert placed(Heard(ACCESS, "a1", 9, NOON, Lead(Leads.OUT_OF_SIGHT, AP))) == Link(LAPTOP, AP, "", "", "fdb", 0.5)
    assert placed(Heard(ACCESS, "a1", 3, NOON, Lead(Leads.MIXED, ROUTER))) == Link(LAPTOP, ACCESS, "", "a1", "fdb", 0.4)
    assert placement(ROUTER, Heard(ACCESS, "a1", 1, NOON, Lead(Leads.MIXED, ROUTER))) == Link(
        ROUTER, ACCESS, "", "a1", "fdb", 0.7
    )


def test_a_port_with_a_crowd_places_nobody():
    assert placed(Heard(ACCESS, "a1", 65, NOON)) is None


def test_of_two_switches_that_claim_one_mac_the_younger_word_counts_then_the_emptier_port():
    stale = Heard(ACCESS, "a5", 1, NOON - timedelta(days=3))
    fresh = Heard(CORE, "c9", 4, NOON)
    assert better(stale, fresh) == better(fresh, stale) == fresh
    loop = Heard(ACCESS, "a6", 4, NOON - timedelta(minutes=5))
    assert better(loop, fresh) == better(fresh, loop) == fresh  # as full: the lower id, on every sweep alike


# ------------------------------------------------------------------------------------------------ silent bridges
def test_two_bridges_that_hear_one_another_are_neighbours_unless_a_third_is_between():
    # 1 - 2 - 3 in a row, and 4 on 2
    hears = {
        1: {"up": {2, 3, 4}},
        2: {"a": {1}, "b": {3}, "c": {4}},
        3: {"x": {1, 2, 4}},
        4: {"y": {1, 2, 3}},
    }
    assert inferred(hears, set()) == [
        Link(1, 2, "up", "a", "fdb", 0.5),
        Link(2, 3, "b", "x", "fdb", 0.5),
        Link(2, 4, "c", "y", "fdb", 0.5),
    ]
    assert inferred(hears, {(2, "a")}) == [Link(2, 3, "b", "x", "fdb", 0.5), Link(2, 4, "c", "y", "fdb", 0.5)]


def test_a_loop_infers_nothing():
    assert inferred({1: {"a": {2}, "b": {2}}, 2: {"x": {1}}}, set()) == []
