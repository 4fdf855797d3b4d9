"""Everything that is asked of one address, made into one report."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from itsm.discovery.probe.budget import Meter
from itsm.discovery.probe.certificate import read_certificate
from itsm.discovery.probe.credentials import Community, SnmpCredential, SshLogin, UsmUser
from itsm.discovery.probe.order import Order
from itsm.discovery.probe.reach import open_ports, ping
from itsm.discovery.probe.read import Reading, read_agent
from itsm.discovery.probe.snmp.client import Conversation, SnmpSockets
from itsm.discovery.probe.snmp.session import Session
from itsm.discovery.probe.ssh.session import SshOrder, SshReading, read_ssh
from itsm.discovery.probe.ssh.trust import AccountGuard, Pins
from itsm.discovery.wire import HostReport, Stage

if TYPE_CHECKING:
    from itsm.discovery.probe.snmp.v3 import UsmEngine


@dataclass(frozen=True, slots=True)
class Agent:
    """An SNMP agent that has shown itself, and to what."""

    version: str
    engine_id: str | None
    answered_from: str
    community: str | None = field(default=None, repr=False)
    """The community that it answered to."""


@dataclass(slots=True)
class Tools:
    """What the conversations of one sweep share: sockets and gates. An asynchronous context."""

    sockets: SnmpSockets
    connects: asyncio.Semaphore
    ssh: SshOrder
    threads: ThreadPoolExecutor
    engines: dict[UsmUser, UsmEngine] = field(default_factory=dict)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @classmethod
    def of(cls, order: Order) -> Tools:
        """Return the tools that an order needs; sockets open and threads start when first used."""
        pins, guard = Pins(order.pins, order.host_pins), order.guard or AccountGuard()
        ssh = SshOrder(order.ssh_port, pins, guard, only=order.ssh_only)
        threads = ThreadPoolExecutor(order.ssh_at_once, thread_name_prefix="ssh")
        return cls(SnmpSockets(), asyncio.Semaphore(256), ssh, threads)

    def engine(self, user: UsmUser, *, seconds: float) -> UsmEngine:
        """Return the one SNMPv3 engine of a user, made when first needed."""
        if user not in self.engines:
            from itsm.discovery.probe.snmp.v3 import UsmEngine  # pysnmp is 30 MiB and half a second of start

            self.engines[user] = UsmEngine(user, seconds=seconds)
            self.stack.callback(self.engines[user].close)
        return self.engines[user]

    async def __aenter__(self) -> Self:
        await self.stack.enter_async_context(self.sockets)
        self.stack.callback(self.threads.shutdown, wait=False, cancel_futures=True)
        self.stack.callback(self.ssh.cancelled.set)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stack.aclose()


class HostReader:
    """Reads one address after the other with the tools of a sweep."""

    def __init__(self, order: Order, tools: Tools) -> None:
        self.order, self.tools = order, tools

    async def read(
        self, address: str, agent: Agent | None, snmp: Sequence[SnmpCredential], logins: Sequence[SshLogin]
    ) -> HostReport | None:
        """Ask one address everything it may be asked; None where nothing at all shows."""
        report = HostReport(address, datetime.now(UTC).isoformat(timespec="seconds"))
        parts = _Parts(report)
        if agent is not None:
            await _named("snmp", self._snmp(address, agent, snmp, parts), parts)
        else:
            await _named("tcp", self._look(address, parts), parts)
        if logins:
            await _named("ssh", self._ssh(address, logins, parts), parts)
        if self.order.tls_port is not None and parts.spoke:
            await _named("tls", self._certificate(address, self.order.tls_port, parts), parts)
        return parts.whole(silence_too=self.order.silence_too)

    async def _certificate(self, address: str, port: int, parts: _Parts) -> None:
        """Look at the certificate of a device that said something already."""
        wait = max(2.0, self.order.timeout)
        parts.certificate, stage = await read_certificate(address, port, seconds=wait, gate=self.tools.connects)
        if stage is not None:
            parts.stages.append(stage)

    async def _ssh(self, address: str, logins: Sequence[SshLogin], parts: _Parts) -> None:
        """Read over SSH where the port is open; the handshake happens even if no host key is approved yet."""
        port, wait = self.order.ssh_port, max(2.0, self.order.timeout)
        if not await open_ports(address, [port], seconds=wait, gate=self.tools.connects):
            return
        loop = asyncio.get_running_loop()
        parts.ssh = await loop.run_in_executor(self.tools.threads, read_ssh, address, logins, self.tools.ssh)
        parts.stages.append(parts.ssh.stage)
        parts.open_ports.append(port)

    async def _snmp(self, address: str, agent: Agent, credentials: Iterable[SnmpCredential], parts: _Parts) -> None:
        parts.engine_id = agent.engine_id
        if agent.answered_from != address:
            parts.stages.append(Stage("find", "other_source", detail=f"answered from {agent.answered_from}"))
        meter = Meter(self.order.limits)
        for credential in [one for one in credentials if _speaks(one, agent)][: self.order.most_credentials]:
            reading = await self._read_with(address, credential, meter)
            parts.take(reading, credential)
            if reading.varbinds:
                return

    async def _read_with(self, address: str, credential: SnmpCredential, meter: Meter) -> Reading:
        if isinstance(credential, UsmUser):
            engine = self.tools.engine(credential, seconds=self.order.timeout)
            peer = (address, self.order.snmp_port)

            def in_context(vlan: int) -> Session:
                return engine.conversation(peer, context=f"vlan-{vlan}", meter=meter)

            return await read_agent(engine.conversation(peer, meter=meter), self.order.planner, in_context)

        def conversation(suffix: str = "") -> Conversation:
            return Conversation(
                self.tools.sockets,
                (address, self.order.snmp_port),
                credential.secret + suffix,
                version=credential.version,
                timeout=self.order.timeout,
                meter=meter,
            )

        return await read_agent(conversation(), self.order.planner, lambda vlan: conversation(f"@{vlan}"))

    async def _look(self, address: str, parts: _Parts) -> None:
        wait = self.order.timeout

        async def echo() -> None:
            if self.order.ping:
                parts.stages.append(await ping(address, seconds=wait))

        async def knocks() -> None:
            parts.open_ports += await open_ports(address, self.order.tcp_ports, seconds=wait, gate=self.tools.connects)

        await asyncio.gather(echo(), knocks())


async def _named(stage: str, step: Coroutine[None, None, None], parts: _Parts) -> None:
    """Wait for one step; whatever a library trips over in hostile octets ends this step only, and by a name.

    Without it the report of the host would be lost, and with it one of the sweep's places.
    """
    try:
        await step
    except Exception as error:
        parts.stages.append(Stage(stage, "malformed", detail=f"{type(error).__name__}: {error}"[:300]))
        parts.cut = True


def _speaks(credential: SnmpCredential, agent: Agent) -> bool:
    """Tell whether a credential is what the agent showed itself to: no other community is tried on it."""
    if isinstance(credential, UsmUser):
        return agent.version == "3"
    return (credential.version, credential.secret) == (agent.version, agent.community)


@dataclass(slots=True)
class _Parts:
    """A report in the making."""

    base: HostReport
    stages: list[Stage] = field(default_factory=list)
    reading: Reading | None = None
    snmp_version: str | None = None
    credential: str | None = None
    engine_id: str | None = None
    open_ports: list[int] = field(default_factory=list)
    ssh: SshReading | None = None
    certificate: str | None = None
    cut: bool = False

    @property
    def spoke(self) -> bool:
        """Say whether the device said anything, by SNMP or SSH."""
        return self.reading is not None or self.ssh is not None

    def take(self, reading: Reading, credential: SnmpCredential) -> None:
        """Add what an SNMP conversation brought."""
        self.stages.append(reading.stage)
        self.cut = self.cut or reading.partial
        if reading.varbinds:
            self.reading = reading
            self.credential = credential.reference
            self.snmp_version = credential.version if isinstance(credential, Community) else "3"

    def whole(self, *, silence_too: bool = False) -> HostReport | None:
        """Return the report, or None where nothing showed itself and silence is no answer."""
        alive = any(stage.name == "ping" and stage.reason == "ok" for stage in self.stages)
        spoke = any(stage.name != "ping" for stage in self.stages)
        if not (alive or spoke or self.open_ports or silence_too):
            return None
        return HostReport(
            address=self.base.address,
            taken_at=self.base.taken_at,
            stages=tuple(self.stages),
            snmp_version=self.snmp_version,
            engine_id=self.engine_id,
            varbinds=self.reading.varbinds if self.reading else (),
            outputs=tuple(self.ssh.outputs) if self.ssh else (),
            host_keys=self.ssh.host_keys if self.ssh else (),
            ssh_banner=self.ssh.banner if self.ssh else None,
            open_ports=tuple(dict.fromkeys(self.open_ports)),
            certificate=self.certificate,
            credential=self.credential or (self.ssh.credential if self.ssh else None),
            partial=self.cut or bool(self.ssh and self.ssh.partial),
        )
