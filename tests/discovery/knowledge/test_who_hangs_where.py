"""What tells who hangs where: tagged VLANs, aggregates, capabilities, wireless clients and guests."""

from __future__ import annotations

from itsm.discovery.facts import Forwarding, Guest
from itsm.discovery.knowledge import describe
from itsm.discovery.knowledge.plan import objects_for
from itsm.discovery.wire import CommandOutput, HostReport, Varbind

IF, BRIDGE, LLDP = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.17", "1.0.8802.1.1.2.1"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"


def device(*rows, outputs=()):
    binds = tuple(Varbind(*row) for row in rows)
    return describe(HostReport("10.0.0.1", "2026-01-01T00:00:00+00:00", varbinds=binds, outputs=outputs))


def ports(*names):
    return [(f"{IF}.2.{number}", "4", name) for number, name in enumerate(names, 1)]


def test_a_vlan_that_leaves_a_port_untagged_is_not_tagged_there():
    found = device(
        *ports("1", "2", "3"),
        *((f"{BRIDGE}.1.4.1.2.{n}", "2", str(n)) for n in (1, 2, 3)),
        (f"{BRIDGE}.7.1.4.5.1.1.1", "66", "10"),
        (f"{BRIDGE}.7.1.4.3.1.2.10", "4x", "e0"),
        (f"{BRIDGE}.7.1.4.3.1.4.10", "4x", "80"),
        (f"{BRIDGE}.7.1.4.3.1.2.20", "4x", "20"),
        (f"{BRIDGE}.7.1.4.3.1.2.9999", "4x", "ff"),
    )
    assert [(port.vlan, port.tagged) for port in found.ports] == [(10, ()), (None, (10,)), (None, (10, 20))]


def test_members_of_an_aggregate_name_it_and_others_name_none():
    aggregate = "1.2.840.10006.300.43.1.2.1.1.13"
    found = device(
        *ports("Gi1", "Gi2", "Po1"),
        *((f"{aggregate}.{port}", "2", of) for port, of in ((1, "3"), (2, "0"), (3, "3"))),
    )
    assert [port.lag for port in found.ports] == ["Po1", None, None]


def test_a_neighbour_says_whether_others_are_reached_through_it():
    def bridges(capabilities):
        rows = [(f"{LLDP}.4.1.1.9.0.1.1", "4", "far"), (f"{LLDP}.4.1.1.7.0.1.1", "4", "24")]
        rows += [(f"{LLDP}.4.1.1.12.0.1.1", "4x", capabilities)] if capabilities else []
        (neighbour,) = device(*ports("1"), *rows).neighbours
        return neighbour.bridges

    assert (bridges("28"), bridges("20"), bridges("24"), bridges("30"), bridges("01"), bridges(None)) == (
        True,
        True,
        False,
        False,
        False,
        None,
    )


def test_wireless_clients_stand_in_values_or_in_the_index():
    base = "1.3.6.1.4.1.14179.2.1"
    index = "60.82.130.0.0.9"
    assert device(
        (SYS_OBJECT_ID, "6", "1.3.6.1.4.1.14179.1.1.4.3"),
        (f"{base}.4.1.1.{index}", "4x", "3c5282000009"),
        (f"{base}.4.1.2.{index}", "64", "10.0.0.9"),
        (f"{base}.4.1.4.{index}", "4x", "0011220033aa"),
        (f"{base}.4.1.7.{index}", "4", "office"),
        (f"{base}.6.1.1.{index}", "2", "-61"),
    ).forwarding == (
        Forwarding("3c:52:82:00:00:09", "wireless", "00:11:22:00:33:aa", address="10.0.0.9", ssid="office", signal=-61),
    )
    table = "1.3.6.1.4.1.12356.101.14.5.1"
    assert device(
        (SYS_OBJECT_ID, "6", "1.3.6.1.4.1.12356.101.1.641"),
        (f"{table}.2.1.9.6.{index}", "4", "office"),
        (f"{table}.3.1.9.6.{index}", "4", "FP221E01"),
        (f"{table}.7.1.9.6.{index}", "4x", "0a000009"),
        (f"{table}.12.1.9.6.{index}", "2", "40"),
    ).forwarding == (Forwarding("3c:52:82:00:00:09", "wireless", "FP221E01", address="10.0.0.9", ssid="office"),)
    assert f"{table}.12" in objects_for("1.3.6.1.4.1.12356.101.1.641", "").columns


def test_machines_told_by_snmp_and_by_commands_are_one_each():
    uuid = "564d2c1e-77a0-41b3-9e5d-0c84f1a2b6d7"
    table = "1.3.6.1.4.1.6876.2"
    told = ("World ID: 1001", "UUID: 56 4d 2c 1e 77 a0 41 b3-9e 5d 0c 84 f1 a2 b6 d7", "Display Name: srv-web")
    listed = "srv-web\n" + "".join(f"   {line}\n" for line in told)
    found = device(
        (SYS_OBJECT_ID, "6", "1.3.6.1.4.1.6876.4.1"),
        (f"{table}.1.1.2.1", "4", "srv-web"),
        (f"{table}.1.1.4.1", "4", "debian12_64Guest"),
        (f"{table}.1.1.6.1", "4", "poweredOn"),
        (f"{table}.1.1.10.1", "4", uuid),
        (f"{table}.4.1.7.1.4000", "4x", "000c29000001"),
        (f"{table}.1.1.2.2", "4", "srv-erp"),
        outputs=(CommandOutput("esxcli vm process list", "esxcli-vms", listed, status=0),),
    )
    assert found.guests == (
        Guest("srv-web", uuid, "running", "debian12_64Guest", ("00:0c:29:00:00:01",)),
        Guest("srv-erp"),
    )


def test_containers_are_listed_with_their_image():
    listed = '{"ID":"1f2e","Names":"cache","Image":"redis:7","State":"running"}\n'
    found = device(outputs=(CommandOutput("docker ps -a", "docker-ps", listed, status=0),))
    assert [(one.name, one.system, one.state) for one in found.containers] == [("cache", "redis:7", "running")]
