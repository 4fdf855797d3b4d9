"""Twenty-seven ways to misbehave over SNMP: each ends inside its budget with a name, and harms nobody beside it."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import resource
import socket
from contextlib import aclosing

import pytest

from itsm.discovery.probe.budget import Limits, Stopped
from itsm.discovery.probe.credentials import Community, UsmUser
from itsm.discovery.probe.find import Pace
from itsm.discovery.probe.snmp import ber
from itsm.discovery.probe.snmp.client import Conversation, SnmpSockets
from itsm.discovery.probe.sweep import Order, Sweep
from itsm.discovery.wire import HostReport
from tests.discovery.probe.hostile.snmp import V2C, V3, behaviours
from tests.discovery.probe.responder import Agent, Farm, switch

HERE = (ipaddress.ip_network("127.66.0.0/16"),)
LIMITS = Limits(seconds=12.0, packets=3_000, octets=3_000_000, rows=20_000, rows_per_column=5_000)
HOSTILE = {f"127.66.0.{place}": name for place, name in enumerate([*V2C, *V3], 1)}
HEALTHY = [f"127.66.{1 + place // 100}.{1 + place % 100}" for place in range(225)]
EXPECTED = {name: reasons for name, (_, reasons) in {**V2C, **V3}.items()}


async def sweep(order: Order) -> dict[str, HostReport]:
    found: dict[str, HostReport] = {}
    async with aclosing(Sweep(order).reports()) as reports:
        async for report in reports:
            assert report.address not in found
            found[report.address] = report
    return found


@pytest.fixture(scope="module")
def reports() -> dict[str, HostReport]:
    """One sweep over all of them and 225 honest ones, with a community and an SNMPv3 user."""
    made = behaviours()
    agents = {address: made[name] for address, name in HOSTILE.items()}
    agents |= {address: Agent(switch(4, name=address, serial=f"SN-{address}")) for address in HEALTHY}
    user = UsmUser("user", "someone", HERE, "SHA-256", "long enough", "AES", "long enough")
    with Farm(agents) as farm:
        order = Order(
            list(agents), (Community("community", "public", HERE), user), farm.port, limits=LIMITS,
            pace=Pace(None, (0.1, 0.2), 0.5), timeout=0.4,
        )  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = asyncio.run(asyncio.wait_for(sweep(order), 120))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 150_000, "kilobytes"
    return found


@pytest.mark.parametrize(("address", "name"), HOSTILE.items(), ids=HOSTILE.values())
def test_it_ends_inside_its_budget_with_a_name(reports: dict[str, HostReport], address: str, name: str) -> None:
    report = reports[address]
    stage = next(stage for stage in report.stages if stage.name == "snmp")
    assert stage.reason in EXPECTED[name], stage
    assert stage.milliseconds <= LIMITS.seconds * 1000 + 1500
    assert stage.packets <= LIMITS.packets + 10
    assert stage.bytes <= LIMITS.octets + 70_000
    assert report.partial is (stage.reason != "ok")
    if name in V2C and name != "a flood of noise":
        assert any(row.oid == "1.3.6.1.2.1.1.2.0" for row in report.varbinds), "what came before is kept"


def test_every_honest_agent_beside_them_is_read_whole(reports: dict[str, HostReport]) -> None:
    assert set(HEALTHY) <= set(reports)
    faults = {address: reports[address].stages for address in HEALTHY if reports[address].partial}
    assert faults == {}
    serials = {
        row.value
        for address in HEALTHY
        for row in reports[address].varbinds
        if row.oid == "1.3.6.1.2.1.47.1.1.1.1.11.1"
    }
    assert serials == {f"SN-{address}" for address in HEALTHY}
    assert {len(reports[address].varbinds) for address in HEALTHY} == {len(reports[HEALTHY[0]].varbinds)}


def test_an_agent_that_refuses_the_user_is_never_offered_the_community(reports: dict[str, HostReport]) -> None:
    for address, name in HOSTILE.items():
        if name in V3:
            assert reports[address].snmp_version is None
            assert reports[address].varbinds == ()


class _Cut:
    """A socket whose way out is gone after the first datagram."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._sent = sock, 0

    def sendto(self, data: bytes, peer: tuple[str, int]) -> int:
        self._sent += 1
        if self._sent == 2:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return self._sock.sendto(data, peer)

    def __getattr__(self, name: str) -> object:
        return getattr(self._sock, name)


def test_a_network_that_goes_away_between_two_tries_ends_one_conversation_and_no_other() -> None:
    async def asked() -> list[str]:
        async with SnmpSockets() as sockets:
            shared, reasons = sockets.for_address("127.66.9.1"), []
            shared._sock = _Cut(shared._sock)  # type: ignore[assignment]
            for _ in range(2):
                conversation = Conversation(sockets, ("127.66.9.1", 9), "public", timeout=0.1)
                with pytest.raises(Stopped) as stopped:
                    await conversation.ask(ber.GET, [ber.encode_oid("1.3.6.1.2.1.1.2.0")])
                reasons.append(stopped.value.reason)
            return reasons

    assert asyncio.run(asyncio.wait_for(asked(), 10)) == ["unreachable", "silent"]
