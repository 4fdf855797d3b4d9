"""Reading columns from agents with limits of their own: old, small, broken at GETBULK, lossy; the rows are the same."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from itsm.discovery.probe import standard
from itsm.discovery.probe.budget import Limits, Meter
from itsm.discovery.probe.read import Reading, read_agent
from itsm.discovery.probe.snmp.client import Conversation, SnmpSockets
from itsm.discovery.wire import SnmpFacts
from tests.discovery.probe.corpora import recordings
from tests.discovery.probe.responder import (
    GET,
    GETBULK,
    GETNEXT,
    Agent,
    Behaviour,
    Farm,
    Oid,
    Request,
    Value,
    bind,
    number,
    oid_octets,
    parse,
    response,
    switch,
    text,
)  # fmt: skip

ADDRESS = "127.70.0.1"


def read(agent: Behaviour, *, version: str = "2c", limits: Limits | None = None, seconds: float = 0.3) -> Reading:
    """Read one agent over a real socket."""

    async def run(port: int) -> Reading:
        async with SnmpSockets() as sockets:
            meter = Meter(limits or Limits(seconds=30))

            def talk(suffix: str = "") -> Conversation:
                community = "public" + suffix
                return Conversation(sockets, (ADDRESS, port), community, version=version, timeout=seconds, meter=meter)

            return await read_agent(talk(), vlan_sessions=lambda vlan: talk(f"@{vlan}"))

    with Farm({ADDRESS: agent}) as farm:
        return asyncio.run(run(farm.port))


def wanted(rows: dict[Oid, Value]) -> set[str]:
    """The rows that the standard plan asks for."""
    plan = standard.objects_for(None, None)
    columns = tuple(column + "." for column in plan.columns)
    scalars = {*standard.SYSTEM, *plan.scalars}
    names = (".".join(map(str, oid)) for oid in rows)
    return {name for name in names if name in scalars or name.startswith(columns)}


ROWS = switch(24)
EXPECTED = wanted(ROWS)


class Version1(Agent):
    """Knows no GETBULK and answers noSuchName for the whole request."""

    def answer(self, request: Request) -> bytes | None:
        if request.pdu == GETBULK or request.version != 0:
            return None
        for place, oid in enumerate(request.oids, 1):
            missing = oid not in self.rows if request.pdu == GET else oid >= self.oids[-1]
            if missing:
                return response(request, [bind(oid, (5, b"")) for oid in request.oids], status=2, position=place)
        return super().answer(request)


class NoBulk(Agent):
    """Drops every GETBULK, as some printers do."""

    def answer(self, request: Request) -> bytes | None:
        return None if request.pdu == GETBULK else super().answer(request)


class TenRepetitions(Agent):
    """Drops requests for more than ten repetitions."""

    def answer(self, request: Request) -> bytes | None:
        return None if request.pdu == GETBULK and request.second > 10 else super().answer(request)


class FewNames(Agent):
    """Answers tooBig to more than four names."""

    def answer(self, request: Request) -> bytes | None:
        return response(request, [], status=1) if len(request.oids) > 4 else super().answer(request)


class PoisonColumn(Agent):
    """Never answers a request that touches ifDescr."""

    def answer(self, request: Request) -> bytes | None:
        poison = (1, 3, 6, 1, 2, 1, 2, 2, 1, 2)
        return None if any(oid[:10] == poison for oid in request.oids) else super().answer(request)


class Lossy(Agent):
    """Loses one request in ten."""

    random = random.Random(7)

    def answer(self, request: Request) -> bytes | None:
        return None if self.random.random() < 0.1 else super().answer(request)


class Unordered(Agent):
    """Sends the rows of ifDescr out of order, once each."""

    def __init__(self, rows: dict[Oid, Value]) -> None:
        super().__init__(rows)
        order = [5, 1, 9, 2, 24, 3]
        self.after = dict(zip([0, *order], [*order, 0], strict=True))

    def answer(self, request: Request) -> bytes | None:
        column = (1, 3, 6, 1, 2, 1, 2, 2, 1, 2)
        if request.pdu != GETNEXT and request.pdu != GETBULK:
            return super().answer(request)
        binds = []
        for oid in request.oids:
            if oid[:10] != column:
                binds.append(self.next(oid))
                continue
            following = self.after[oid[10] if len(oid) > 10 else 0]
            ended = self.next((*column, 10_000))
            binds.append(bind((*column, following), text(f"p{following}")) if following else ended)
        return response(request, binds)


@pytest.mark.parametrize(
    "agent", [Agent(ROWS), Agent(ROWS, limit=500), NoBulk(ROWS), TenRepetitions(ROWS), FewNames(ROWS), Lossy(ROWS)],
    ids=["ordinary", "small answers", "no GETBULK", "ten repetitions", "four names", "lossy"],
)  # fmt: skip
def test_an_agent_with_limits_gives_the_same_rows(agent: Agent) -> None:
    reading = read(agent)
    assert (reading.stage.reason, reading.partial) == ("ok", False)
    assert {row.oid for row in reading.varbinds} == EXPECTED


def test_an_ordinary_switch_costs_few_requests() -> None:
    reading = read(Agent(ROWS))
    assert reading.stage.packets / 2 <= 30


def test_version_1_gives_the_same_rows_but_those_it_cannot_carry() -> None:
    reading = read(Version1(ROWS), version="1")
    assert (reading.stage.reason, reading.partial) == ("ok", False)
    assert {row.oid for row in reading.varbinds} == EXPECTED


def test_a_column_that_kills_every_request_costs_only_itself() -> None:
    reading = read(PoisonColumn(ROWS), seconds=0.1)
    assert reading.partial
    assert reading.stage.reason == "silent"
    poison = {oid for oid in EXPECTED if oid.startswith("1.3.6.1.2.1.2.2.1.2.")}
    assert {row.oid for row in reading.varbinds} == EXPECTED - poison


def test_rows_out_of_order_are_read_to_their_end() -> None:
    facts = SnmpFacts.of(read(Unordered(ROWS)).varbinds)
    names = facts.texts("1.3.6.1.2.1.2.2.1.2")
    assert names == {str(index): f"p{index}" for index in (5, 1, 9, 2, 24, 3)}


def test_the_forwarding_tables_of_a_cisco_are_read_vlan_by_vlan() -> None:
    rows = switch(2)
    rows[(1, 3, 6, 1, 2, 1, 1, 2, 0)] = (6, oid_octets((1, 3, 6, 1, 4, 1, 9, 1, 1)))
    for vlan in (1, 20, 1002):
        rows[(1, 3, 6, 1, 4, 1, 9, 9, 46, 1, 3, 1, 1, 2, 1, vlan)] = number(1)
    tables = {b"public@1": (0, 27, 33, 4, 5, 1), b"public@20": (0, 27, 33, 4, 5, 2)}

    class Cisco(Agent):
        def __call__(self, data: bytes) -> bytes | None:
            for community, last in tables.items():
                if parse(data).community == community:
                    mac = last
                    one = {
                        (1, 3, 6, 1, 2, 1, 17, 4, 3, 1, 2, *mac): number(7),
                        (1, 3, 6, 1, 2, 1, 17, 1, 4, 1, 2, 7): number(10107),
                    }
                    return Agent(one, community=None)(data)
            return super().__call__(data)

    facts = SnmpFacts.of(read(Cisco(rows)).varbinds)
    ports = {index: row.value for index, row in facts.column("1.3.6.1.2.1.17.7.1.2.2.1.2")}
    assert ports == {"1.0.27.33.4.5.1": "7", "20.0.27.33.4.5.2": "7"}
    assert facts.number("1.3.6.1.2.1.17.1.4.1.2.7") == 10107


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(packets=20), "budget_packets"),
        (Limits(octets=3_000), "budget_bytes"),
        (Limits(rows=50), "budget_rows"),
        (Limits(rows_per_column=3), "budget_rows"),
    ],
)
def test_a_spent_budget_has_a_name_and_keeps_what_came(limits: Limits, reason: str) -> None:
    reading = read(Agent(ROWS), limits=limits)
    assert (reading.stage.reason, reading.partial) == (reason, True)
    assert "1.3.6.1.2.1.1.1.0" in {row.oid for row in reading.varbinds}


def recorded(path: Path) -> dict[Oid, Value]:
    """The rows of a recording that have a value which SNMP can carry."""
    rows: dict[Oid, Value] = {}
    for line in path.read_text("utf-8", "surrogateescape").splitlines():
        parts = line.split("|", 2)
        if len(parts) != 3:
            continue
        try:
            oid = tuple(map(int, parts[0].strip(".").split(".")))
            if parts[1] == "4":
                rows[oid] = (4, parts[2].encode("utf-8", "surrogateescape"))
            elif parts[1] == "4x":
                rows[oid] = (4, bytes.fromhex(parts[2]))
            elif parts[1] in ("2", "65", "66", "67", "70"):
                rows[oid] = number(int(parts[2]), {"2": 2, "65": 65, "66": 66, "67": 67, "70": 70}[parts[1]])
        except ValueError:
            continue
    return rows


@pytest.mark.parametrize("path", recordings(every=40), ids=lambda path: path.stem)
def test_a_recording_is_read_whole(path: Path) -> None:
    rows = recorded(path)
    reading = read(Agent(rows), limits=Limits(seconds=60, octets=1 << 30, packets=50_000, rows=200_000))
    assert reading.stage.reason == "ok"
    assert {row.oid for row in reading.varbinds} == wanted(rows)
