"""How many complete inventories of a switch a second: ours, and Debian's snmpbulkwalk beside it in the same run.

    python bench/discovery_read.py [--ports 24] [--devices 200] [--plan knowledge|standard|tables]

A responder in a process of its own serves made-up switches on loopback.  ``tables`` reads what snmpbulkwalk is
given to read: system, ifTable, ifXTable, entPhysicalTable, ipAddrTable and LLDP, whole; ``standard`` the columns
of the standard plan; ``knowledge`` what a sweep really asks.  CPU is our own process's, so that the responder's
does not count; the wall clock holds both.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import shutil
import subprocess
import time

from itsm.discovery.knowledge import describe
from itsm.discovery.knowledge.plan import objects_for
from itsm.discovery.probe import standard
from itsm.discovery.probe.read import Planner, Reading, read_agent
from itsm.discovery.probe.snmp.client import Conversation, SnmpSockets
from itsm.discovery.wire import HostReport
from tests.discovery.probe.responder import Agent, Farm, switch

TREES = (
    "1.3.6.1.2.1.1", "1.3.6.1.2.1.2.2", "1.3.6.1.2.1.31.1.1", "1.3.6.1.2.1.47.1.1.1", "1.3.6.1.2.1.4.20",
    "1.0.8802.1.1.2.1.3", "1.0.8802.1.1.2.1.4",
)  # fmt: skip
COLUMNS = (
    ("1.3.6.1.2.1.2.2.1", range(1, 23)), ("1.3.6.1.2.1.31.1.1.1", range(1, 20)),
    ("1.3.6.1.2.1.47.1.1.1.1", range(2, 17)), ("1.3.6.1.2.1.4.20.1", (2, 3)),
    ("1.0.8802.1.1.2.1.3.7.1", (3,)), ("1.0.8802.1.1.2.1.4.1.1", range(4, 11)),
)  # fmt: skip
WHOLE = tuple(f"{table}.{number}" for table, numbers in COLUMNS for number in numbers)
PLANS: dict[str, Planner] = {
    "tables": lambda *_: standard.ReadPlan((), WHOLE),
    "standard": standard.objects_for,
    "knowledge": objects_for,
}


async def read_all(peers: list[tuple[str, int]], planner: Planner) -> list[Reading]:
    async with SnmpSockets() as sockets:
        gate = asyncio.Semaphore(32)

        async def one(peer: tuple[str, int]) -> Reading:
            async with gate:
                return await read_agent(Conversation(sockets, peer, "public", timeout=5), planner)

        return await asyncio.gather(*map(one, peers))


def ours(peers: list[tuple[str, int]], plan: str) -> None:
    start, cpu = time.perf_counter(), time.process_time()
    readings = asyncio.run(read_all(peers, PLANS[plan]))
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    assert {reading.stage.reason for reading in readings} == {"ok"}
    count, rows = len(peers), len(readings[0].varbinds)
    packets = readings[0].stage.packets // 2
    print(
        f"ours {plan:>10}: {rows:5} variables in {packets:3} requests; {count / cpu:6.1f} devices a second and core"
        f" ({cpu / count * 1000:.1f} ms CPU each), {count / wall:6.1f} a second by the clock"
    )
    reports = [HostReport("127.71.0.1", "2026-01-01T00:00:00+00:00", varbinds=one.varbinds) for one in readings[:20]]
    cpu = time.process_time()
    for report in reports:
        describe(report)
    print(f"     describing one of them takes {(time.process_time() - cpu) / len(reports) * 1000:.1f} ms CPU")


def net_snmp(peers: list[tuple[str, int]]) -> None:
    program = shutil.which("snmpbulkwalk")
    if program is None:
        print("snmpbulkwalk is not installed: no comparison")
        return
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = 0
    for address, port in peers:
        for tree in TREES:
            command = [program, "-v2c", "-cpublic", "-Cr25", "-Cc", "-On", "-m", "", f"{address}:{port}", tree]
            rows += subprocess.run(command, capture_output=True, check=True).stdout.count(b"\n")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall, count = time.perf_counter() - start, len(peers)
    print(
        f"snmpbulkwalk x{len(TREES)}: {rows // count:5} variables; {count / cpu:6.1f} devices a second and core"
        f" ({cpu / count * 1000:.1f} ms CPU each), {count / wall:6.1f} a second by the clock"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--ports", type=int, default=24)
    options.add_argument("--devices", type=int, default=200)
    options.add_argument("--plan", choices=PLANS, action="append")
    given = options.parse_args()
    addresses = [f"127.71.{place // 200}.{1 + place % 200}" for place in range(given.devices)]
    one = Agent(switch(given.ports))
    with Farm(dict.fromkeys(addresses, one)) as farm:
        peers = [(address, farm.port) for address in addresses]
        print(f"{given.devices} switches of {given.ports} ports, {len(one.oids)} variables each")
        for plan in given.plan or PLANS:
            ours(peers, plan)
        net_snmp(peers[:20])


if __name__ == "__main__":
    main()
