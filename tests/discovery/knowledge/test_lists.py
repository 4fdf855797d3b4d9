"""Ports, addresses, supplies, neighbours and forwarding from values written here by hand."""

from itsm.discovery.facts import Forwarding, Neighbour, Port, Supply
from itsm.discovery.knowledge import describe
from itsm.discovery.knowledge.plan import MAX_COLUMNS, MAX_SCALARS, objects_for, survey_next
from itsm.discovery.wire import HostReport, Varbind


def report(*rows):
    return HostReport("192.0.2.1", "2026-01-02T03:04:05+00:00", varbinds=tuple(Varbind(*row) for row in rows))


def test_ports_take_name_speed_and_vlan():
    device = describe(
        report(
            ("1.3.6.1.2.1.2.2.1.2.7", "4", "Port 7"),
            ("1.3.6.1.2.1.2.2.1.3.7", "2", "6"),
            ("1.3.6.1.2.1.2.2.1.5.7", "66", "4294967295"),
            ("1.3.6.1.2.1.2.2.1.6.7", "4x", "020000000107"),
            ("1.3.6.1.2.1.2.2.1.8.7", "2", "1"),
            ("1.3.6.1.2.1.31.1.1.1.1.7", "4", "ge-7"),
            ("1.3.6.1.2.1.31.1.1.1.15.7", "66", "10000"),
            ("1.3.6.1.2.1.17.1.4.1.2.3", "2", "7"),
            ("1.3.6.1.2.1.17.7.1.4.5.1.1.3", "66", "12"),
        )
    )
    assert device.ports == (Port("ge-7", "02:00:00:00:01:07", 10_000_000_000, 7, None, 6, None, True, 12),)


def test_addresses_of_both_families_with_loopback_last():
    device = describe(
        report(
            ("1.3.6.1.2.1.4.20.1.2.192.0.2.9", "2", "1"),
            ("1.3.6.1.2.1.4.20.1.2.127.0.0.1", "2", "2"),
            ("1.3.6.1.2.1.4.34.1.3.1.4.192.0.2.9", "2", "1"),
            ("1.3.6.1.2.1.4.34.1.3.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1", "2", "1"),
        )
    )
    assert device.ips == ("192.0.2.9", "2001:db8::1", "127.0.0.1")


def test_supplies_say_percent_only_where_it_is_known():
    base = "1.3.6.1.2.1.43.11.1.1"
    device = describe(
        report(
            (f"{base}.6.1.1", "4", "Black Toner"),
            (f"{base}.6.1.2", "4", "Waste box"),
            (f"{base}.5.1.1", "2", "3"),
            (f"{base}.5.1.2", "2", "4"),
            (f"{base}.8.1.1", "2", "2000"),
            (f"{base}.8.1.2", "2", "-2"),
            (f"{base}.9.1.1", "2", "500"),
            (f"{base}.9.1.2", "2", "-3"),
            ("1.3.6.1.2.1.43.10.2.1.4.1.1", "65", "9123"),
        )
    )
    assert device.supplies == (
        Supply("Black Toner", "toner", "black", 25),
        Supply("Waste box", "waste_toner", None, None),
    )
    assert device.page_count == 9123


def test_lldp_subtypes_decide_the_reading():
    base = "1.0.8802.1.1.2.1"
    device = describe(
        report(
            ("1.3.6.1.2.1.31.1.1.1.1.49", "4", "uplink-1"),
            (f"{base}.3.7.1.2.5", "2", "5"),
            (f"{base}.3.7.1.3.5", "4", "uplink-1"),
            (f"{base}.4.1.1.4.0.5.1", "2", "4"),
            (f"{base}.4.1.1.5.0.5.1", "4x", "02000000aa01"),
            (f"{base}.4.1.1.6.0.5.1", "2", "3"),
            (f"{base}.4.1.1.7.0.5.1", "4x", "02000000aa02"),
            (f"{base}.4.1.1.8.0.5.1", "4", "Gi0/1"),
            (f"{base}.4.1.1.9.0.5.1", "4", "far-switch"),
            (f"{base}.4.2.1.3.0.5.1.1.4.192.0.2.77", "2", "2"),
            (f"{base}.5.4795.1.3.3.1.4.0.5.1", "4", "PH0NE77"),
            (f"{base}.5.4795.1.3.3.1.6.0.5.1", "4", "T46"),
        )
    )
    assert device.neighbours == (
        Neighbour(
            "uplink-1",
            "far-switch",
            "lldp",
            chassis_id="02:00:00:00:aa:01",
            remote_port="Gi0/1",
            address="192.0.2.77",
            serial="PH0NE77",
            model="T46",
        ),
    )


def test_cdp_reads_address_and_platform():
    base = "1.3.6.1.4.1.9.9.23.1.2.1.1"
    device = describe(
        report(
            ("1.3.6.1.2.1.31.1.1.1.1.3", "4", "Gi1/0/3"),
            (f"{base}.4.3.1", "4x", "c0000205"),
            (f"{base}.5.3.1", "4", "Version 1.2"),
            (f"{base}.6.3.1", "4", "attic"),
            (f"{base}.7.3.1", "4", "Fa0"),
            (f"{base}.8.3.1", "4", "AIR-77"),
        )
    )
    assert device.neighbours == (
        Neighbour(
            "Gi1/0/3",
            "attic",
            "cdp",
            remote_port="Fa0",
            address="192.0.2.5",
            platform="AIR-77",
            version="Version 1.2",
        ),
    )


def test_forwarding_knows_port_vlan_and_address():
    device = describe(
        report(
            ("1.3.6.1.2.1.31.1.1.1.1.30", "4", "p30"),
            ("1.3.6.1.2.1.17.1.4.1.2.4", "2", "30"),
            ("1.3.6.1.2.1.17.7.1.2.2.1.2.20.2.0.0.0.9.9", "2", "4"),
            ("1.3.6.1.2.1.4.22.1.2.30.192.0.2.8", "4x", "020000000909"),
        )
    )
    assert device.forwarding == (
        Forwarding("02:00:00:00:09:09", "fdb", "p30", 20),
        Forwarding("02:00:00:00:09:09", "arp", "p30", None, "192.0.2.8"),
    )


def test_the_plan_is_bounded_for_every_enterprise_we_know():
    for number in (9, 11, 674, 2011, 318, 8072, 2021, 99999):
        plan = objects_for(f"1.3.6.1.4.1.{number}.1.1", "Linux box", ())
        assert len(plan.scalars) <= MAX_SCALARS
        assert len(plan.columns) <= MAX_COLUMNS
        assert "1.3.6.1.2.1.1.1.0" in plan.scalars
        assert "1.3.6.1.2.1.47.1.1.1.1.11" in plan.columns


def test_the_survey_leaps_over_a_whole_enterprise_and_ends():
    assert survey_next("1.3.6.1.4.1.2021.4.3.0") == "1.3.6.1.4.1.2022"
    assert survey_next("1.3.6.1.6.3.1.1.6.1.0") is None


def test_wireless_clients_are_behind_their_access_point():
    base, index = "1.3.6.1.4.1.14179.2.1.4.1", "0.27.33.0.0.7"
    device = describe(
        report(
            (f"{base}.1.{index}", "4x", "001b21000007"),
            (f"{base}.2.{index}", "64", "192.0.2.44"),
            (f"{base}.4.{index}", "4x", "00254500a0b0"),
        )
    )
    assert device.forwarding == (Forwarding("00:1b:21:00:00:07", "wireless", "00:25:45:00:a0:b0", None, "192.0.2.44"),)
    assert f"{base}.4" in objects_for("1.3.6.1.4.1.14179.1.1.4.3", "Cisco Controller").columns
