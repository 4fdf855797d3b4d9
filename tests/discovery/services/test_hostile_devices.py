"""A device may say what it likes: it becomes an asset as far as it goes, and its neighbours in the batch are taken in."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from itsm.assets.models import Asset
from itsm.discovery.models import Network, Sighting
from itsm.discovery.services.intake import Intake
from itsm.discovery.wire import CommandOutput, HostReport, Stage, Varbind
from itsm.kernel.actor import Actor
from tests.discovery.services.test_intake import report
from tests.factories.discovery import NetworkFactory

BAD, HUGE = "a\x00b\ud800c\u202e" + "x" * 5_000, 10**40
STORAGE, INTERFACE, ENTITY = "1.3.6.1.2.1.25.2.3.1", "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.47.1.1.1.1"


def printed(kind: str, told: object, status: int = 0) -> CommandOutput:
    return CommandOutput(kind, kind, told if isinstance(told, str) else json.dumps(told), "", status)


def shell(*outputs: CommandOutput) -> HostReport:
    system = printed("uname", "Linux h1 6.1.0-1-amd64 #1 SMP x86_64 GNU/Linux\n")
    first = (system, printed("hostname", "h1\n"), printed("who", BAD, 2**63 - 1))
    return HostReport("10.0.0.7", "2026-11-23T12:00:00+00:00", (Stage("ssh", "ok"),), outputs=(*first, *outputs))


def agent(*rows: tuple[str, str, str]) -> HostReport:
    named = (("1.3.6.1.2.1.1.5.0", "4", "sw-9"), ("1.3.6.1.2.1.1.1.0", "4", "Cisco IOS Software, C2960"))
    varbinds = tuple(Varbind(*row) for row in (*named, *rows))
    return HostReport("10.0.0.7", "2026-11-23T12:00:00+00:00", (Stage("snmp", "ok"),), "2c", varbinds=varbinds)


HEX, MOST, LEAST = BAD.encode("utf-8", "surrogatepass").hex(), str(2**63 - 1), str(-(2**63))
PORT = {
    "ifname": BAD, "address": "3c:52:82:00:00:0a", "ifindex": HUGE, "mtu": HUGE, "operstate": BAD,
    "addr_info": [{"family": "inet", "local": "10.0.0.7", "prefixlen": 24, "label": BAD}],
}  # fmt: skip
DISKS = [
    {"name": BAD, "model": BAD, "serial": BAD, "vendor": BAD, "size": HUGE, "type": "disk"},
    {"name": "sdb", "model": "B", "serial": "S2", "size": -HUGE, "type": "disk"},
]
PROCESSOR = [{"field": "Model name:", "data": BAD}, {"field": "CPU(s):", "data": "9" * 40}]
HEAD = "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
HEARD = {"chassis": {BAD: {"id": {"type": "mac", "value": BAD}, "descr": BAD}}, "port": {"id": {"value": BAD}}}
DEVICES = {
    "an interface": shell(printed("ip-addr", [PORT])),
    "a disk": shell(printed("lsblk", {"blockdevices": DISKS})),
    "a processor": shell(printed("lscpu", {"lscpu": PROCESSOR})),
    "memory": shell(printed("proc-meminfo", f"MemTotal: {HUGE} kB\n"), printed("free", f"Mem: {HUGE} 1 1\n")),
    "a filesystem": shell(printed("df", f"{HEAD}/dev/sda1 {HUGE} {HUGE} 5 9% /\n")),
    "a container": shell(printed("docker-ps", {"Names": BAD, "Image": BAD, "State": BAD, "ID": BAD})),
    "neighbours": shell(printed("lldpctl-json", {"lldp": {"interface": [{"eth0": HEARD}]}})),
    "storage by SNMP": agent(
        (f"{STORAGE}.2.1", "6", "1.3.6.1.2.1.25.2.1.4"), (f"{STORAGE}.3.1", "4", "/"), (f"{STORAGE}.4.1", "2", MOST),
        (f"{STORAGE}.5.1", "2", MOST), (f"{STORAGE}.6.1", "2", LEAST), ("1.3.6.1.2.1.25.2.2.0", "2", MOST),
    ),
    "interfaces by SNMP": agent(
        (f"{INTERFACE}.2.4294967295", "4x", HEX), (f"{INTERFACE}.5.4294967295", "2", MOST),
        (f"{INTERFACE}.6.4294967295", "4x", "3c528200000b"), (f"{INTERFACE}.3.4294967295", "2", LEAST),
        ("1.3.6.1.2.1.31.1.1.1.15.4294967295", "66", MOST), ("1.3.6.1.2.1.17.1.4.1.2.1", "2", "4294967295"),
        ("1.3.6.1.2.1.17.7.1.4.5.1.1.1", "66", str(2**63)),
        ("1.3.6.1.2.1.17.7.1.2.2.1.2.4294967295.60.82.130.0.0.12", "2", "1"),
    ),
    "parts by SNMP": agent(
        (f"{ENTITY}.5.1", "2", "3"), (f"{ENTITY}.11.1", "4x", HEX), (f"{ENTITY}.13.1", "4", "C2960" * 999),
        (f"{ENTITY}.4.1", "2", MOST), (f"{ENTITY}.6.1", "2", MOST), (f"{ENTITY}.5.4294967295", "2", "9"),
    ),
    "supplies by SNMP": agent(
        ("1.3.6.1.2.1.43.11.1.1.6.1.1", "4", "Black"), ("1.3.6.1.2.1.43.11.1.1.8.1.1", "2", MOST),
        ("1.3.6.1.2.1.43.11.1.1.9.1.1", "2", MOST), ("1.3.6.1.2.1.43.10.2.1.4.1.1", "65", str(2**64)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_what_a_device_says_keeps_no_batch_from_being_taken_in(work, reading, device):
    with work() as unit:
        network_id = NetworkFactory(ranges=["10.0.0.0/24"]).id
    for _ in range(2):  # when it is new, and when it is known
        with work() as unit:
            intake = Intake(Actor.house(), unit.session.get_one(Network, network_id), None)
            intake.take(intake.prepare([device, report(address="10.0.0.5")]), now=unit.now)
    with reading() as session:
        seen = session.scalars(select(Sighting)).all()
        assert {row.address for row in seen} == {"10.0.0.5", "10.0.0.7"}
        names = session.scalars(select(Asset.name)).all()
        assert names and all("\x00" not in name for name in names)
