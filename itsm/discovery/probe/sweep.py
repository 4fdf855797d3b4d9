"""Sweep many addresses in one event loop: find, read, and hand out each report as soon as it is whole.

Order at every address: SNMPv3 before anything in clear text; a credential is tried only inside its networks;
an agent that refuses our SNMPv3 credentials is never offered a community instead.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final

from itsm.discovery.probe.credentials import Community, SshLogin, UsmUser, for_address, logins_for
from itsm.discovery.probe.find import Found, find
from itsm.discovery.probe.host import Agent, HostReader, Tools
from itsm.discovery.probe.order import Intention, Order, Progress, dry_run
from itsm.discovery.probe.pacing import SubnetPace
from itsm.discovery.probe.snmp.knock import Knock, community_knock, engine_knock, read_engine
from itsm.discovery.probe.targets import Gathered, Network, in_networks, interleaved, subnet_of
from itsm.discovery.wire import HostReport

__all__ = ["Intention", "Order", "Progress", "Sweep", "dry_run"]
_CHUNK: Final = 1 << 16


class Sweep:
    """One run over an :class:`Order`: ``async for report in Sweep(order).reports()``."""

    def __init__(self, order: Order, on_progress: Callable[[Progress], None] | None = None) -> None:
        self.order = order
        self.progress = Progress(len(order.addresses))
        self._on_progress = on_progress or (lambda _: None)
        self._snmp = [one for one in order.credentials if isinstance(one, Community | UsmUser)]
        self._logins = [one for one in order.credentials if isinstance(one, SshLogin)]
        self._ready: asyncio.Queue[HostReport | None] = asyncio.Queue()
        self._gate = asyncio.Semaphore(order.at_once)
        self._looking = asyncio.Semaphore(4 * order.at_once)
        """For addresses where SNMP is silent: they cost waiting, not work."""
        self._subnets: dict[str, asyncio.Semaphore] = {}
        self._subnet_pace = SubnetPace(order.pace.subnet_rate)
        self._places = asyncio.Semaphore(4 * order.at_once)
        """One for each host between found and handed out: a slow taker slows the sweep, not the memory."""
        self._reading: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None
        """What went wrong on our side while an address was read: told at the end, since the others are worth having."""
        self._finished = 0
        """Addresses of which every question has been sent."""
        self._finding: asyncio.Task[int] | None = None
        self._cancelled = False
        self._spared: Gathered | None = None

    def spare(self, networks: Iterable[Network]) -> None:
        """Leave more addresses alone from now on: who was not asked yet is not, and who answered is not read."""
        self._spared = Gathered(networks)

    def _is_spared(self, address: str) -> bool:
        return self._spared is not None and self._spared.holds(address)

    def cancel(self) -> None:
        """Ask nobody any more and end the conversations under way; reports that are whole still come out."""
        self._cancelled = True
        for task in (*self._reading, *([self._finding] if self._finding else ())):
            task.cancel()

    async def reports(self) -> AsyncGenerator[HostReport, None]:
        """Yield the report of every address that showed itself, as they become whole."""
        async with Tools.of(self.order) as tools:
            run = asyncio.create_task(self._run(HostReader(self.order, tools)))
            try:
                while (report := await self._ready.get()) is not None:
                    self._places.release()
                    yield report
                await run
            finally:
                self.cancel()
                run.cancel()
                with suppress(asyncio.CancelledError):
                    await run
                await asyncio.gather(*self._reading, return_exceptions=True)

    async def _run(self, reader: HostReader) -> None:
        try:
            for begin in range(0, len(self.order.addresses), _CHUNK):
                if self._cancelled:
                    break
                await self._sweep_chunk(interleaved(self.order.addresses[begin : begin + _CHUNK]), reader)
            while self._reading:
                await asyncio.wait(self._reading)
            if self._fault is not None:
                raise self._fault
        finally:
            self._ready.put_nowait(None)

    async def _sweep_chunk(self, addresses: list[str], reader: HostReader) -> None:
        heard: dict[str, Agent] = {}
        shown: Counter[str] = Counter()
        for knock, networks, community in self._knocks():
            asked = [one for one in addresses if one not in heard and in_networks(one, networks)]
            if knock.version != "3":
                asked = [one for one in asked if shown[one] < self.order.most_credentials]
                shown.update(asked)
            await self._knock(asked, (knock, community), heard, reader)
            if self._cancelled:
                return
        self._finished += len(addresses)
        self.progress.asked = self._finished
        self._on_progress(self.progress)
        for address in addresses:
            if address not in heard and self._is_worth_a_look(address):
                await self._start(address, None, reader)

    def _knocks(self) -> Iterator[tuple[Knock, list[Network], str | None]]:
        """Yield the questions in order of safety, with the networks in which each may be asked, and its community."""
        users = [network for one in self._snmp if isinstance(one, UsmUser) for network in one.networks]
        if users:
            yield engine_knock(), users, None
        communities: dict[tuple[int, str, str], list[Network]] = {}
        for one in self._snmp:
            if isinstance(one, Community):
                communities.setdefault((one.rank, one.version, one.secret), []).extend(one.networks)
        for (_, version, secret), networks in sorted(communities.items(), key=lambda item: item[0][0]):
            yield community_knock(secret, version), networks, secret

    async def _knock(
        self, asked: list[str], question: tuple[Knock, str | None], heard: dict[str, Agent], reader: HostReader
    ) -> None:
        """Ask some addresses one question and begin to read who answers."""
        knock, community = question
        found: asyncio.Queue[Found] = asyncio.Queue()

        async def begin_reading() -> None:
            while True:
                one = await found.get()
                engine = read_engine(one.data) if knock.version == "3" else None
                agent = Agent(knock.version, engine[1].hex() if engine else None, one.answered_from, community)
                heard[one.address] = agent
                self.progress.found += 1
                self._on_progress(self.progress)
                await self._start(one.address, agent, reader)
                found.task_done()

        starter = asyncio.create_task(begin_reading())
        try:
            for family in (4, 6):
                some = [one for one in asked if (":" in one) == (family == 6)]
                searching = find(
                    some,
                    self.order.snmp_port,
                    knock,
                    found.put_nowait,
                    pace=self.order.pace,
                    on_asked=self._count_from(self._finished),
                    is_spared=self._is_spared,
                    subnet_pace=self._subnet_pace,
                )
                self._finding = asyncio.create_task(searching)
                await asyncio.wait([self._finding])
                if self._cancelled:
                    return
                self._finding.result()
            started = asyncio.create_task(found.join())
            await asyncio.wait({started, starter}, return_when=asyncio.FIRST_COMPLETED)
            if starter.done():  # a fault of ours; nobody would ever begin to read the others
                started.cancel()
                starter.result()
        finally:
            starter.cancel()
            with suppress(asyncio.CancelledError):
                await starter

    def _count_from(self, base: int) -> Callable[[int], None]:
        """Return what keeps the count of addresses asked during a search; later questions don't turn it back."""

        def count(asked: int) -> None:
            self.progress.asked = max(self.progress.asked, base + asked)
            self._on_progress(self.progress)

        return count

    def _is_worth_a_look(self, address: str) -> bool:
        return bool(self.order.tcp_ports or self.order.ping or logins_for(self._logins, address))

    async def _start(self, address: str, agent: Agent | None, reader: HostReader) -> None:
        if self._cancelled:
            return
        await self._places.acquire()
        if self._cancelled:
            return
        task = asyncio.create_task(self._read(address, agent, reader))
        self._reading.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Hear that an address was dealt with; one whose report was not handed out gives its place back."""
        self._reading.discard(task)
        if task.cancelled():
            self._places.release()
        elif (fault := task.exception()) is not None:
            self._fault = self._fault or fault
            self._places.release()

    async def _read(self, address: str, agent: Agent | None, reader: HostReader) -> None:
        name = subnet_of(address)
        subnet = self._subnets.setdefault(name, asyncio.Semaphore(self.order.at_once_per_subnet))
        async with subnet, self._looking if agent is None else self._gate:
            if agent is None:
                await self._subnet_pace.turn(name)
            tried = for_address(self._snmp, address)
            logins = logins_for(self._logins, address)[: self.order.most_credentials]
            report = None if self._is_spared(address) else await reader.read(address, agent, tried, logins)
        if report is None:
            self._places.release()
            return
        self.progress.read += 1
        self.progress.reasons.update(f"{stage.name}:{stage.reason}" for stage in report.stages)
        self._on_progress(self.progress)
        self._ready.put_nowait(report)
