"""The fleet answers SNMP to pysnmp and to net-snmp, in three versions."""

from __future__ import annotations

import shutil

import pytest

from itsm.demo.fleet import Fleet
from tests.demo.fleet.asking import NETSNMP_V2C, NETSNMP_V3, ask, community, netsnmp, v3_user

SYS_DESCR, SYS_OBJECT, SYS_NAME = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.5.0"
ENT_SERIAL = "1.3.6.1.2.1.47.1.1.1.1.11"
with_netsnmp = pytest.mark.skipif(shutil.which("snmpbulkwalk") is None, reason="net-snmp is not installed")


def at(fleet: Fleet, name: str) -> tuple[str, int]:
    return fleet.addresses[name], fleet.port


def test_version_2c_by_pysnmp(fleet: Fleet) -> None:
    found = ask(*at(fleet, "acc-sw1"), community(), SYS_DESCR, SYS_OBJECT, SYS_NAME, f"{ENT_SERIAL}.1")
    assert found == {
        SYS_DESCR: "Aruba JL256A 2930F-48G-PoE+-4SFP+ Switch, revision WC.16.11.0012, ROM WC.16.01.0010",
        SYS_OBJECT: "1.3.6.1.4.1.11.2.3.7.11.181.20",
        SYS_NAME: "acc-sw1",
        f"{ENT_SERIAL}.1": "CN91HKW05T",
    }


def test_version_3_by_pysnmp(fleet: Fleet) -> None:
    found = ask(*at(fleet, "fw1"), v3_user(), SYS_NAME, "1.3.6.1.4.1.12356.100.1.1.1.0")
    assert found == {SYS_NAME: "fw1", "1.3.6.1.4.1.12356.100.1.1.1.0": "FGT60FTK21064173"}


def test_a_wrong_version_3_password_is_told(fleet: Fleet) -> None:
    assert ask(*at(fleet, "fw1"), v3_user(auth="not-the-password")) == "Wrong SNMP PDU digest"


def test_a_version_3_device_is_silent_to_communities(fleet: Fleet) -> None:
    assert ask(*at(fleet, "fw1"), community(), SYS_NAME, timeout=0.3) == "No SNMP response received before timeout"


def test_a_wrong_community_is_met_with_silence(fleet: Fleet) -> None:
    said = ask(*at(fleet, "acc-sw1"), community("public"), SYS_NAME, timeout=0.3)
    assert said == "No SNMP response received before timeout"


def test_version_1_and_what_it_cannot_carry(fleet: Fleet) -> None:
    assert ask(*at(fleet, "prn-mono"), community(v1=True), SYS_NAME) == {SYS_NAME: "prn-mono"}
    octets_64 = "1.3.6.1.2.1.31.1.1.1.6.1"
    assert ask(*at(fleet, "prn-mono"), community(v1=True), octets_64) == "noSuchName"
    assert ask(*at(fleet, "env1"), community(), SYS_NAME, timeout=0.3) == "No SNMP response received before timeout"


@with_netsnmp
@pytest.mark.parametrize("how", [NETSNMP_V2C, NETSNMP_V3], ids=["v2c", "v3"])
def test_a_whole_walk_by_netsnmp(fleet: Fleet, how: tuple[str, ...]) -> None:
    lines = netsnmp("snmpbulkwalk", how, *at(fleet, "core-sw1"), ENT_SERIAL)
    serials = [line.split('"')[1] for line in lines if '""' not in line]
    assert serials == [
        "FOC2714X0K2", "ART2703F1K8", "ART2703F1LC", "FJZ26481WQ2", "FOC2714X0PD", "ART2703F1P4", "FJZ26481WR9",
        "FOC2714X0QG", "ART2703F1Q7",
    ]  # fmt: skip


@with_netsnmp
def test_getnext_sees_the_same_as_getbulk(fleet: Fleet) -> None:
    table = "1.3.6.1.2.1.31.1.1.1.1"
    by_bulk = netsnmp("snmpbulkwalk", NETSNMP_V2C, *at(fleet, "core-sw1"), table)
    by_next = netsnmp("snmpwalk", NETSNMP_V2C, *at(fleet, "core-sw1"), table)
    assert by_bulk == by_next
    assert len(by_bulk) == 85
    assert by_bulk[0] == f'.{table}.101 = STRING: "Gi1/0/1"'


@with_netsnmp
def test_every_device_can_be_walked_to_its_end(fleet: Fleet) -> None:
    for name, facts in fleet.world.devices.items():
        spoken = facts.get("snmp", ["v2c"])
        if not spoken:
            continue
        how = NETSNMP_V3 if spoken == ["v3"] else NETSNMP_V2C if "v2c" in spoken else ("-v1", "-c", "larkspur-ro")
        lines = netsnmp("snmpwalk" if "-v1" in how else "snmpbulkwalk", how, *at(fleet, name), "1")
        assert f'.1.3.6.1.2.1.1.5.0 = STRING: "{name}"' in lines
        assert len(lines) > 30, name
        assert "No more variables left" in lines[-1] or "End of MIB" in lines[-1], (name, lines[-1])


@with_netsnmp
def test_set_is_refused(fleet: Fleet) -> None:
    address, port = at(fleet, "acc-sw1")
    lines = netsnmp("snmpset", NETSNMP_V2C, address, port, SYS_NAME, "s", "owned")
    assert "notWritable" in "\n".join(lines)
    assert ask(address, port, community(), SYS_NAME) == {SYS_NAME: "acc-sw1"}


def test_missing_objects_and_missing_instances_are_told_apart(fleet: Fleet) -> None:
    found = ask(*at(fleet, "acc-sw1"), community(), "1.3.6.1.2.1.1.5.7", "1.3.6.1.2.1.99.0")
    assert found == {
        "1.3.6.1.2.1.1.5.7": "No Such Instance currently exists at this OID",
        "1.3.6.1.2.1.99.0": "No Such Object currently exists at this OID",
    }
