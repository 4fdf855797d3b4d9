"""Cables from the words of both ends, and hosts at their ports."""

from __future__ import annotations

from itsm.discovery.rules.topology import Heard, Link, Told, cables, placements

CORE, ACCESS, LAPTOP, PHONE = 1, 2, 3, 4


def test_a_cable_told_by_one_end_is_doubted_and_by_both_confirmed():
    one = Told(CORE, "Gi1/0/1", ACCESS, "Gi0/24", "lldp")
    assert cables([one, one]) == [Link(CORE, ACCESS, "Gi1/0/1", "Gi0/24", "lldp", 0.6)]
    other = Told(ACCESS, "GigabitEthernet0/24", CORE, "aa:bb:cc:00:00:01", "lldp")
    assert cables([other, one]) == [Link(CORE, ACCESS, "Gi1/0/1", "GigabitEthernet0/24", "lldp", 0.95)]
    assert cables([other]) == [Link(CORE, ACCESS, "aa:bb:cc:00:00:01", "GigabitEthernet0/24", "lldp", 0.6)]


def test_two_cables_between_two_switches_stay_two():
    words = [Told(CORE, f"c{n}", ACCESS, f"a{n}", "lldp") for n in (1, 2)]
    words += [Told(ACCESS, f"a{n}", CORE, f"c{n}", "cdp") for n in (2, 1)]
    assert cables(words) == [Link(CORE, ACCESS, f"c{n}", f"a{n}", "lldp", 0.95) for n in (1, 2)]


def test_nobody_is_cabled_to_himself():
    assert cables([Told(CORE, "c1", CORE, "c2", "lldp")]) == []


def test_a_host_hangs_at_the_emptiest_port_that_leads_to_no_switch():
    links = cables([Told(CORE, "c1", ACCESS, "a24", "lldp")])
    heard = [
        Heard(CORE, "c1", LAPTOP, 1),
        Heard(ACCESS, "a5", LAPTOP, 2),
        Heard(ACCESS, "a7", LAPTOP, 3),
        Heard(ACCESS, "a24", CORE, 1),
    ]
    assert placements(heard, links) == [Link(LAPTOP, ACCESS, "", "a5", "fdb", 0.7)]


def test_a_host_whose_cable_was_told_is_placed_already():
    links = cables([Told(ACCESS, "a5", PHONE, "1", "lldp")])
    heard = [Heard(ACCESS, "a5", PHONE, 2), Heard(ACCESS, "a5", LAPTOP, 2)]
    assert placements(heard, links) == [Link(LAPTOP, ACCESS, "", "a5", "fdb", 0.7)]
