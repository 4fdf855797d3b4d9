"""The fleet: every device of the company, answering on an address of its own, and the strings to pull."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from itsm.demo.fleet import ber
from itsm.demo.fleet.agent import V1, V2C, Agent
from itsm.demo.fleet.build import template
from itsm.demo.fleet.secrets import COMMUNITY, SSH_USER, V3_USER, Secrets
from itsm.demo.fleet.shell.machine import Machine, Output
from itsm.demo.fleet.shell.platforms import PLATFORMS
from itsm.demo.fleet.ssh import Door, SshServer
from itsm.demo.fleet.udp import Answer, UdpServer, addresses
from itsm.demo.fleet.usm import Engine
from itsm.demo.fleet.world import World, mac_number, mac_octets

_VERSIONS: Final = {"v1": V1, "v2c": V2C}
_NET_SNMP: Final = 8072
_MAC_FORMAT: Final = b"\x03"
_DAY: Final = 86400.0
DEFAULT_NET: Final = "127.42.0.0/24"
DEFAULT_PORT: Final = 1161
DEFAULT_SSH_PORT: Final = 2222


class Fleet:
    """All devices of the demonstration company on loopback addresses. Use as a context manager, or start and stop.

    ``folder`` keeps its keys. Ports of 0 are chosen by the kernel; ``port`` and ``ssh_port`` tell them after
    ``start``. Every method may be called from any thread.
    """

    def __init__(
        self,
        folder: Path,
        *,
        net: str = DEFAULT_NET,
        port: int = 0,
        ssh_port: int = 0,
        world: World | None = None,
    ) -> None:
        self.world: Final = world or World.larkspur()
        self.secrets: Final = Secrets(folder)
        self.net: Final = net
        hosts = [int(facts["host"]) for facts in self.world.devices.values()]
        self.addresses: Final[dict[str, str]] = dict(zip(self.world.devices, addresses(net, hosts), strict=True))
        self._wanted = (port, ssh_port)
        self._agents: Final[dict[str, Agent]] = {}
        self._silent: Final[set[str]] = set()
        self._udp: UdpServer | None = None
        self._ssh: SshServer | None = None
        self._lock: Final = threading.RLock()

    def __enter__(self) -> Fleet:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self.stop()

    @property
    def port(self) -> int:
        """The UDP port that all devices answer SNMP on."""
        return self._udp.port if self._udp else self._wanted[0]

    @property
    def ssh_port(self) -> int:
        """The TCP port that all computers answer SSH on."""
        return self._ssh.port if self._ssh else self._wanted[1]

    def start(self) -> None:
        """Bind and answer. OSError where a port is taken; RuntimeError where it runs already."""
        with self._lock:
            if self._udp is not None:
                raise RuntimeError("the fleet runs already")
            self.secrets.prepare()
            boots, now = self.secrets.next_boot(), time.monotonic()
            answers: dict[str, Answer] = {}
            for name, address in self.addresses.items():
                agent = self._agents[name] = self._agent(name, boots=boots, now=now)
                if agent.versions or agent.engine:
                    answers[address] = agent.answer
            doors = {
                self.addresses[name]: self._door(name) for name, facts in self.world.devices.items() if facts.get("ssh")
            }
            udp, ssh = UdpServer(answers, self._wanted[0]), SshServer(doors, self._wanted[1])
            udp.start()
            try:
                ssh.start()
            except OSError:
                udp.stop()
                raise
            self._udp, self._ssh = udp, ssh

    def stop(self) -> None:
        """Stop answering and give the ports back. May be called twice."""
        with self._lock:
            for server in (self._udp, self._ssh):
                if server is not None:
                    server.stop()
            self._udp = self._ssh = None

    def silence(self, name: str) -> None:
        """Switch a device off: it hears nothing, and its neighbours forget it. KeyError for an unknown name."""
        self._switch(name, off=True)

    def wake(self, name: str) -> None:
        """Switch a device on again; it has booted just now."""
        self._switch(name, off=False)

    def change(self, name: str, path: str, value: object) -> None:
        """Change a fact of a device, see :meth:`World.change`; it and all that know of it answer accordingly.

        Nothing is changed where the device could not be built with the new fact: ValueError tells why.
        """
        with self._lock:
            before = self.world.snapshot(name)
            self.world.change(name, path, value)
            try:
                self._rebuild(self.world.devices)
            except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
                self.world.restore(name, before)
                raise ValueError(f"{name} cannot have {path} = {value!r}: {error!r}") from error

    def plug(self, switch: str, port: str, mac: str | None) -> None:
        """Plug an unknown device, known by its MAC only, into a port of a switch; None pulls it out."""
        if mac is not None:
            mac = mac_octets(mac_number(mac)).hex(":")
        self.change(switch, f"plugged.{port}", mac)

    def _switch(self, name: str, *, off: bool) -> None:
        with self._lock:
            self.world[name]["off"] = off
            (self._silent.add if off else self._silent.discard)(name)
            agent = self._agents.get(name)
            if agent is not None:
                agent.silent = off
                if not off:
                    agent.started = time.monotonic()
            self._rebuild(self.world.devices)

    def _rebuild(self, names: Iterable[str]) -> None:
        """Build the templates anew, all before any is used."""
        fresh = {name: template(self.world, name) for name in names if name in self._agents}
        for name, made in fresh.items():
            made.prove(self._agents[name], time.monotonic())
        for name, made in fresh.items():
            agent, facts = self._agents[name], self.world[name]
            agent.template, agent.serial, agent.mac = made, facts["serial"], mac_number(facts["mac"])

    def _agent(self, name: str, *, boots: int, now: float) -> Agent:
        facts = self.world[name]
        spoken = facts.get("snmp", ["v2c"])
        mac = mac_number(facts["mac"])
        engine = None
        if "v3" in spoken:
            engine = Engine(engine_id(facts["oid"], mac), V3_USER, boots=boots, started=now)
        agent = Agent(
            name,
            serial=facts["serial"],
            mac=mac,
            started=now - _DAY * facts.get("days_up", 3 + mac % 190),
            template=template(self.world, name),
            community=COMMUNITY.encode(),
            versions=frozenset(_VERSIONS[version] for version in spoken if version in _VERSIONS),
            engine=engine,
        )
        agent.silent = name in self._silent
        return agent

    def _door(self, name: str) -> Door:
        platform = PLATFORMS[self.world[name]["ssh"]]

        def execute(line: str) -> Output:
            with self._lock:
                agent = self._agents[name]
                return platform.run(Machine(self.world, name, time.monotonic() - agent.started), line)

        return Door(
            name=name,
            platform=platform,
            host_key=self.secrets.host_key(name),
            user=SSH_USER,
            user_key=self.secrets.inventory_key(),
            run=execute,
            silent=lambda: name in self._silent,
        )


def engine_id(object_id: str, mac: int) -> bytes:
    """Return an SNMPv3 engine id (RFC 3411): the maker's enterprise number and the MAC address."""
    enterprise = _NET_SNMP
    with contextlib.suppress(IndexError, ValueError):
        enterprise = ber.arcs_of(object_id)[6]
    return (enterprise | 0x80000000).to_bytes(4, "big") + _MAC_FORMAT + mac_octets(mac)
