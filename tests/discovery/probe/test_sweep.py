"""A sweep as a whole: it streams, it reports progress, it can be cancelled, and versions come in their order."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from itsm.discovery.probe.budget import Limits
from itsm.discovery.probe.credentials import Community, UsmUser, for_address
from itsm.discovery.probe.find import Pace
from itsm.discovery.probe.reach import open_ports, ping
from itsm.discovery.probe.sweep import Order, Progress, Sweep
from itsm.discovery.wire import HostReport
from tests import agents
from tests.discovery.probe.responder import GETBULK, Agent, Farm, Request, switch

HERE = (ipaddress.ip_network("127.0.0.0/8"),)
PUBLIC = Community("public", "public", HERE)
OLD = Community("public", "public", HERE, "1")
QUICK = Pace(None, (0.1,), 0.3)


async def collect(order: Order, seen: list[Progress] | None = None) -> list[HostReport]:
    progress = seen.append if seen is not None else None
    async with aclosing(Sweep(order, progress).reports()) as reports:
        return [report async for report in reports]


def addresses(count: int, net: int) -> list[str]:
    return [f"127.{net}.{place // 200}.{1 + place % 200}" for place in range(count)]


class OnlyVersion1(Agent):
    def answer(self, request: Request) -> bytes | None:
        return None if request.version != 0 or request.pdu == GETBULK else super().answer(request)


def test_progress_counts_what_happened_and_reports_round_trip() -> None:
    alive = addresses(30, 73)
    silent = [address.replace("127.73.0.", "127.73.9.") for address in alive]
    seen: list[Progress] = []
    with Farm(dict.fromkeys(alive, Agent(switch(4)))) as farm:
        order = Order(alive + silent, (PUBLIC,), farm.port, pace=QUICK)
        reports = asyncio.run(collect(order, seen))
    assert sorted(report.address for report in reports) == sorted(alive)
    last = seen[-1]
    assert (last.total, last.asked, last.found, last.read) == (60, 60, 30, 30)
    assert dict(last.reasons) == {"snmp:ok": 30}
    assert all(HostReport.from_json(report.to_json()) == report for report in reports)
    assert {(report.snmp_version, report.credential, report.partial) for report in reports} == {("2c", "public", False)}


def test_a_library_that_trips_over_one_host_costs_neither_its_report_nor_a_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alive = addresses(60, 73)

    async def trip(*_: object) -> None:
        raise IndexError("index out of range")

    monkeypatch.setattr("itsm.discovery.probe.host.read_agent", trip)
    with Farm(dict.fromkeys(alive, Agent(switch(4)))) as farm:
        order = Order(alive, (PUBLIC,), farm.port, pace=QUICK, at_once=4)
        reports = asyncio.run(asyncio.wait_for(collect(order), 60))
    assert sorted(report.address for report in reports) == sorted(alive)
    assert {(report.stages[-1].reason, report.stages[-1].detail, report.partial) for report in reports} == {
        ("malformed", "IndexError: index out of range", True)
    }


def test_the_count_of_addresses_grows_while_the_search_goes_on() -> None:
    counts: list[int] = []

    async def watch() -> None:
        order = Order(addresses(300, 79), (PUBLIC, OLD), 9, pace=Pace(1_000.0, (0.05,), 0.05))
        async with aclosing(Sweep(order, lambda progress: counts.append(progress.asked)).reports()) as reports:
            assert [report async for report in reports] == []

    asyncio.run(watch())
    assert counts == sorted(counts)
    assert len(set(counts)) > 10
    assert counts[-1] == 300


def test_an_agent_that_only_speaks_version_1_is_read_with_it() -> None:
    with Farm({"127.74.0.1": OnlyVersion1(switch(4)), "127.74.0.2": Agent(switch(4))}) as farm:
        order = Order(["127.74.0.1", "127.74.0.2"], (OLD, PUBLIC), farm.port, pace=QUICK)
        reports = {report.address: report for report in asyncio.run(collect(order))}
    assert {address: report.snmp_version for address, report in reports.items()} == {
        "127.74.0.1": "1", "127.74.0.2": "2c",
    }  # fmt: skip
    assert {len(report.varbinds) for report in reports.values()} == {len(reports["127.74.0.2"].varbinds)}


def test_an_agent_is_shown_no_other_community_once_it_has_answered_to_one(tmp_path: Path) -> None:
    first, second = (Community(name, name, HERE) for name in ("first-one", "second-one"))
    with Farm({"127.74.1.1": Agent(switch(2), community=b"first-one")}, log=tmp_path / "heard") as farm:
        [report] = asyncio.run(collect(Order(["127.74.1.1"], (second, first), farm.port, pace=QUICK)))
        heard = farm.heard()["127.74.1.1"]
    assert (report.credential, report.partial) == ("first-one", False)
    assert [octets for octets in heard[4:] if b"second-one" in octets] == []


def test_a_cancelled_sweep_ends_at_once_and_leaves_nothing_behind() -> None:
    class Never(Agent):
        def answer(self, request: Request) -> bytes | None:
            return None if request.pdu == GETBULK else super().answer(request)

    alive = addresses(300, 75)

    async def cut(order: Order) -> tuple[int, float]:
        sweep, count = Sweep(order), 0
        async with aclosing(sweep.reports()) as reports:
            async for _ in reports:
                count += 1
                if count == 3:
                    start = time.monotonic()
                    sweep.cancel()
                    break
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert left == []
        return count, time.monotonic() - start

    mixed = {address: (Never if place % 2 else Agent)(switch(4)) for place, address in enumerate(alive)}
    with Farm(mixed) as farm:
        order = Order(alive, (PUBLIC,), farm.port, pace=QUICK, limits=Limits(seconds=30), timeout=2)
        count, took = asyncio.run(cut(order))
    assert (count, took < 3) == (3, True)


def test_cancelling_stops_the_search_too() -> None:
    async def cut() -> tuple[int, float]:
        sweep = Sweep(Order(addresses(4_000, 78), (PUBLIC,), 9, pace=Pace(100.0)))
        asyncio.get_running_loop().call_later(0.3, sweep.cancel)
        start = time.monotonic()
        async with aclosing(sweep.reports()) as reports:
            count = len([report async for report in reports])
        return count, time.monotonic() - start

    count, took = asyncio.run(cut())
    assert (count, took < 2) == (0, True)


def test_a_slow_taker_slows_the_sweep_and_not_the_memory() -> None:
    alive = addresses(120, 76)

    async def sip(order: Order) -> tuple[int, int]:
        sweep, most, count = Sweep(order), 0, 0
        async with aclosing(sweep.reports()) as reports:
            async for _ in reports:
                count += 1
                await asyncio.sleep(0.005)
                most = max(most, sweep.progress.read - count)
        return count, most

    with Farm(dict.fromkeys(alive, Agent(switch(2)))) as farm:
        order = Order(alive, (PUBLIC,), farm.port, pace=QUICK, at_once=4)
        count, most = asyncio.run(sip(order))
    assert count == 120
    assert most <= 4 * 4


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[agents.SnmpAgent]:
    with agents.snmpd(Path(tmp_path_factory.mktemp("snmpd"))) as running:
        yield running


def usm(name: str, secret: str = agents.AUTH_SECRET) -> UsmUser:
    return UsmUser(name, name, HERE, "SHA-256", secret, "AES-256", agents.PRIV_SECRET)


@pytest.mark.agents
def test_version_3_comes_first_and_is_never_stepped_down_from(agent: agents.SnmpAgent) -> None:
    known = Community("community", agents.COMMUNITY, HERE)
    for user, version, reasons in (
        (usm("sha256aes256"), "3", ["ok"]),
        (usm("sha256aes256", "not the right secret"), None, ["auth_failed"]),
    ):
        order = Order([agent.address], (known, user), agent.port, pace=QUICK)
        [report] = asyncio.run(collect(order))
        assert (report.snmp_version, [stage.reason for stage in report.stages]) == (version, reasons)
        assert (report.engine_id or "").startswith("80001f88")


def test_credentials_are_tried_safest_first_and_only_inside_their_networks() -> None:
    inside = (ipaddress.ip_network("10.1.0.0/16"),)
    weak = UsmUser("weak", "weak", inside, "SHA", "long enough")
    strong = UsmUser("strong", "strong", inside, "SHA-256", "long enough", "AES", "long enough")
    old, new = Community("old", "c", inside, "1"), Community("new", "c", inside)
    everything = [old, new, weak, strong]
    assert [one.reference for one in for_address(everything, "10.1.2.3")] == ["strong", "weak", "new", "old"]
    assert for_address(everything, "10.2.2.3") == []
    assert for_address(everything, "fd00::1") == []


def test_open_ports_are_told_from_closed_ones() -> None:
    async def look(ports: list[int]) -> list[int]:
        return await open_ports("127.0.0.1", ports, seconds=1, gate=asyncio.Semaphore(4))

    closed = agents.free_port(socket.SOCK_STREAM)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert asyncio.run(look([closed, port])) == [port]


def test_ping_answers_or_says_that_it_may_not() -> None:
    stage = asyncio.run(ping("127.0.0.1", seconds=1))
    allowed = Path("/proc/sys/net/ipv4/ping_group_range").read_text().split()
    assert (stage.name, stage.packets) == ("ping", 1)
    assert stage.reason == "ok" if int(allowed[0]) <= int(allowed[1]) else stage.reason in ("ok", "not_allowed")


def test_a_silent_host_with_an_open_port_is_reported() -> None:
    with socket.create_server(("127.77.0.1", 0)) as server:
        port = server.getsockname()[1]
        order = Order(["127.77.0.1", "127.77.0.2"], (PUBLIC,), 9, pace=QUICK, tcp_ports=(port,), timeout=0.3)
        reports = asyncio.run(collect(order))
    assert [(report.address, report.open_ports) for report in reports] == [("127.77.0.1", (port,))]


def test_knocks_at_silent_addresses_keep_to_the_pace_of_their_subnet() -> None:
    some = addresses(100, 130)
    order = Order(some, (), 9, pace=Pace(None, (), 0.0, subnet_rate=50.0), tcp_ports=(1,), timeout=0.3)
    start = time.monotonic()
    assert asyncio.run(collect(order)) == []
    assert 0.5 < time.monotonic() - start < 5


def test_a_cancelled_sweep_ends_although_every_place_is_taken_by_silent_addresses() -> None:
    pace = Pace(None, (), 0.0, subnet_rate=2.0)
    sweep = Sweep(Order(addresses(100, 130), (), 9, pace=pace, tcp_ports=(1,), at_once=2))

    async def cancelled() -> list[HostReport]:
        asyncio.get_running_loop().call_later(0.3, sweep.cancel)
        return [report async for report in sweep.reports()]

    assert asyncio.run(asyncio.wait_for(cancelled(), 10)) == []


@pytest.mark.parametrize("at", ["found", "read"])
def test_a_fault_of_ours_is_told_and_neither_vanishes_nor_hangs(at: str) -> None:
    def tell(progress: Progress) -> None:
        if getattr(progress, at):
            raise BrokenPipeError("nobody reads")

    alive = addresses(20, 73)
    with Farm(dict.fromkeys(alive, Agent(switch(1)))) as farm:
        sweep = Sweep(Order(alive, (PUBLIC,), farm.port, pace=QUICK, at_once=2), tell)

        async def swept() -> list[HostReport]:
            return [report async for report in sweep.reports()]

        with pytest.raises(BrokenPipeError):
            asyncio.run(asyncio.wait_for(swept(), 15))
