"""A sweep of the simulated company with the core of ``itsm discover scan``: is everything seen as what it is?"""

from __future__ import annotations

import asyncio
import dataclasses
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from itsm.demo.fleet import Fleet
from itsm.demo.fleet.build import packages
from itsm.demo.fleet.ports import interfaces, mac_of
from itsm.demo.fleet.secrets import COMMUNITY, SSH_USER, V3_USER
from itsm.demo.fleet.world import IDENTITY, World, mac_text
from itsm.discovery.facts import Device
from itsm.discovery.probe.credentials import SshLogin
from itsm.discovery.scan import order_from, sweep_devices

WORLD = World.larkspur()
SPEAKS_SNMP = [name for name, facts in WORLD.devices.items() if facts.get("snmp", ["v2c"])]
SPEAKS_SSH = [name for name, facts in WORLD.devices.items() if facts.get("ssh")]
ANSWERS = [name for name in WORLD.devices if name in SPEAKS_SNMP or name in SPEAKS_SSH]
BRANDS = (
    {"hp", "hewlettpackard", "hewlettpackardenterprise", "aruba", "arubanetworks", "hpe", "hpinc"},
    {"apc", "americanpowerconversion", "schneiderelectric"},
    {"ruckus", "ruckuswireless", "ruckusnetworks"},
    {"ubiquiti", "ubiquitinetworks"},
    {"axis", "axiscommunications"},
    {"snom", "snomtechnology"},
    {"zebra", "zebratechnologies"},
    {"dell", "dellinc"},
    {"lenovo"},
    {"vmware", "vmwareinc"},
    {"cisco", "ciscosystems"},
    {"brother", "brotherindustries"},
    {"eaton", "eatoncorporation"},
    {"synology"},
    {"fortinet"},
    {"mikrotik"},
    {"hwgroup"},
)


def swept(fleet: Fleet) -> dict[str, Device]:
    """Return what one sweep finds, by the device's name."""
    fingerprints = [fleet.secrets.host_key(name).fingerprint for name in SPEAKS_SSH]
    given: dict[str, Any] = {
        "port": fleet.port,
        "ssh_port": fleet.ssh_port,
        "community": (COMMUNITY,),
        "v3": (f"{V3_USER.name},SHA-256,{V3_USER.auth_password},AES-256,{V3_USER.privacy_password}",),
        "ssh": f"{SSH_USER}@",
        "key": fleet.secrets.ssh_key_file,
        "password_file": None,
        "known_host": fingerprints,
        "rate": 2000.0,
        "timeout": 1.0,
        "exclude": (),
        "allow_public": False,
        "tcp": False,
    }
    names = {address: name for name, address in fleet.addresses.items()}
    order = order_from([fleet.net], given)
    # Serial numbers and memory modules are for the superuser to see.
    credentials = tuple(
        dataclasses.replace(one, sudo=True) if isinstance(one, SshLogin) else one for one in order.credentials
    )
    devices = asyncio.run(sweep_devices(dataclasses.replace(order, credentials=credentials)))
    assert len({device.address for device in devices}) == len(devices)
    return {names[device.address]: device for device in devices}


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, Device]]:
    with tempfile.TemporaryDirectory() as folder, Fleet(Path(folder), net="127.44.0.0/24") as fleet:
        yield swept(fleet)


def plain(text: str) -> str:
    return re.sub("[^a-z0-9]", "", text.lower())


def same_brand(one: str, other: str) -> bool:
    return plain(one) == plain(other) or any({plain(one), plain(other)} <= brand for brand in BRANDS)


def test_everything_that_answers_is_found_once(found: dict[str, Device]) -> None:
    assert sorted(found) == sorted(ANSWERS)


@pytest.mark.parametrize("name", ANSWERS)
def test_identity(found: dict[str, Device], name: str) -> None:
    device, told = found[name], WORLD.told(name, over_ssh=name in SPEAKS_SSH)
    seen = {field: getattr(device, field) for field in IDENTITY}
    also = dict(WORLD[name].get("aka", {}))
    if "kernel" in WORLD[name]:
        also["version"] = [WORLD[name]["kernel"]]
    wrong = {
        field: (seen[field], told[field])
        for field in IDENTITY
        if not any(agrees(field, seen[field], right) for right in (told[field], *also.get(field, ())))
        and not (seen[field] is None and field in WORLD[name].get("optional", ()))
    }
    assert wrong == {}


def agrees(field: str, seen: str | None, told: str | None) -> bool:
    if seen is None or told is None:
        return seen is told
    if field == "vendor":
        return same_brand(seen, told)
    if field == "model":
        return plain(told) in plain(seen) or plain(seen) in plain(told)
    if field == "version":
        return told in seen or seen in told
    # A serial number that is a MAC address may be written as one.
    return plain(seen) == plain(told) if field == "serial" else seen == told


@pytest.mark.parametrize("name", SPEAKS_SNMP)
def test_name_ports_and_addresses(found: dict[str, Device], name: str) -> None:
    device = found[name]
    assert device.name == name
    expected = [
        (port.name, None if mac is None else mac_text(mac))
        for port in interfaces(WORLD, name)
        for mac in (mac_of(WORLD[name], port),)
    ]
    assert sorted(port.name for port in device.ports) == sorted(port for port, _ in expected)
    # What SNMP keeps to itself, the commands of the same switch may tell (a VLAN interface's address).
    assert {(port, mac) for port, mac in expected if mac} <= {(port.name, port.mac) for port in device.ports}
    assert WORLD.address(name) in device.ips


@pytest.mark.parametrize("name", [name for name in SPEAKS_SNMP if WORLD[name].get("lldp")])
def test_neighbours_by_lldp(found: dict[str, Device], name: str) -> None:
    expected = {
        (cable.port, cable.peer)
        for cable in WORLD.cables_of(name)
        if WORLD[cable.peer].get("lldp") and cable.port is not None
    }
    seen = {(one.port, one.host) for one in found[name].neighbours if one.protocol == "lldp"}
    assert seen == expected


@pytest.mark.parametrize("name", [name for name in SPEAKS_SNMP if WORLD[name].get("supplies")])
def test_supplies_and_pages(found: dict[str, Device], name: str) -> None:
    facts, device = WORLD[name], found[name]
    expected = {
        supply["name"]: None if supply["level"] < 0 else round(supply["level"] * 100 / supply.get("max", 100))
        for supply in facts["supplies"]
    }
    assert {supply.name: supply.level for supply in device.supplies} == expected
    assert device.page_count == facts["pages"]


@pytest.mark.parametrize("name", [name for name in SPEAKS_SNMP if WORLD[name].get("bridge")])
def test_every_host_is_seen_behind_its_port(found: dict[str, Device], name: str) -> None:
    seen = {(entry.mac, entry.port) for entry in found[name].forwarding}
    for cable in WORLD.cables_of(name):
        for reached in WORLD.behind(name, cable):
            # Stations whose address sits on another port than the first are known by that port's MAC.
            macs = {mac_text(mac) for port in interfaces(WORLD, reached) if (mac := mac_of(WORLD[reached], port))}
            macs.add(WORLD[reached]["mac"])
            assert any((mac, cable.port) in seen for mac in macs), reached


def test_a_stack_is_three_chassis_with_their_serial_numbers(found: dict[str, Device]) -> None:
    chassis = {part.serial for part in found["core-sw1"].components if part.kind == "chassis"}
    assert chassis == {"FOC2714X0K2", "FOC2714X0PD", "FOC2714X0QG"}


def test_a_wireless_laptop_is_behind_its_access_point_and_the_port_of_that(found: dict[str, Device]) -> None:
    laptop, point = WORLD["lt-farid"]["wifi"], WORLD["ap2"]["mac"]
    wireless = [entry for entry in found["wlc1"].forwarding if entry.source == "wireless"]
    assert [(entry.mac, entry.port, entry.address) for entry in wireless] == [
        (laptop, point, WORLD.address("lt-farid"))
    ]
    assert (laptop, "1") in {(entry.mac, entry.port) for entry in found["acc-sw1"].forwarding}


def test_phones_that_are_silent_are_known_by_their_switch(found: dict[str, Device]) -> None:
    phones = {one.host: one for one in found["acc-sw1"].neighbours if one.host == "ph-sales"}
    assert phones["ph-sales"].serial == "3146021083001924"
    assert phones["ph-sales"].model == "SIP-T46U"
    assert phones["ph-sales"].vendor == "Yealink"


COMPUTERS = [name for name in SPEAKS_SSH if WORLD[name]["ssh"] == "linux"]


@pytest.mark.parametrize("name", COMPUTERS)
def test_what_a_computer_tells_over_ssh(found: dict[str, Device], name: str) -> None:
    facts, device = WORLD[name], found[name]
    assert device.name == name
    assert device.system_uuid == facts["uuid"]
    assert WORLD.address(name) in device.ips
    expected = {mac_text(mac) for port in interfaces(WORLD, name) if (mac := mac_of(facts, port)) is not None}
    assert {port.mac for port in device.ports if port.mac} == expected
    installed = sum(module["size_gb"] for module in facts["memory"]) << 30
    assert device.memory_bytes is not None
    assert 0.9 * installed < device.memory_bytes <= installed
    assert sorted(device.users) == sorted(facts["users"])
    software = {(one.name, one.version) for one in device.software}
    assert {tuple(line.split()[:2]) for line in packages(WORLD, facts)} <= software
    mounts = {mount: (size, used) for mount, size, used in device.filesystems}
    for mount in facts["filesystems"]:
        assert mounts[mount["mount"]] == (mount["size_kb"] * 1024, mount["used_kb"] * 1024)


@pytest.mark.parametrize("name", COMPUTERS)
def test_parts_of_a_computer(found: dict[str, Device], name: str) -> None:
    facts = WORLD[name]
    serials = {part.serial for part in found[name].components}
    for module in facts["memory"]:
        assert module["serial"] in serials or module["serial"].startswith("0000")
    for disk in facts["disks"]:
        assert not disk["serial"] or disk["serial"] in serials


def test_a_second_sweep_sees_the_same(tmp_path: Path) -> None:
    with Fleet(tmp_path, net="127.44.1.0/24") as fleet:
        first, second = swept(fleet), swept(fleet)
    steady = ("kind", "vendor", "model", "version", "serial", "name", "ports", "ips", "components", "neighbours")
    for name, device in first.items():
        for field in steady:
            assert getattr(second[name], field) == getattr(device, field), (name, field)


def test_the_next_sweep_sees_what_happened(tmp_path: Path) -> None:
    with Fleet(tmp_path, net="127.44.2.0/24") as fleet:
        before = swept(fleet)
        fleet.silence("prn-mono")
        fleet.change("lt-amelie", "memory.1.size_gb", 32)
        fleet.change("lt-amelie", "memory.1.serial", "93C0FFFF")
        fleet.change("acc-sw2", "version", "WC.16.11.0016")
        fleet.plug("acc-sw1", "17", "02:00:5e:10:00:01")
        after = swept(fleet)
    assert set(before) - set(after) == {"prn-mono"}
    grown = (after["lt-amelie"].memory_bytes or 0) - (before["lt-amelie"].memory_bytes or 0)
    assert grown == 16 << 30
    assert "93C0FFFF" in {part.serial for part in after["lt-amelie"].components}
    assert after["acc-sw2"].version == "WC.16.11.0016"
    entries = {(one.mac, one.port) for one in after["acc-sw1"].forwarding}
    assert ("02:00:5e:10:00:01", "17") in entries
    assert "80:e8:2c:41:70:d2" in {one.mac for one in before["acc-sw1"].forwarding}
    assert "80:e8:2c:41:70:d2" not in {one.mac for one in after["acc-sw1"].forwarding}
