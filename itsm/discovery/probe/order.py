"""What a sweep is asked to do, how far it is, and what it would send to whom."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from itsm.discovery.probe import standard
from itsm.discovery.probe.budget import Limits
from itsm.discovery.probe.credentials import Community, Credential, SshLogin, UsmUser, for_address, logins_for
from itsm.discovery.probe.find import Pace
from itsm.discovery.probe.read import Planner
from itsm.discovery.probe.ssh.trust import AccountGuard
from itsm.discovery.probe.steps import Step, StepKind

TLS_PORT: Final = 443
"""Where a certificate is looked at, in networks where that is wanted."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to sweep and how. ``addresses`` come from :func:`~itsm.discovery.probe.targets.expand`."""

    addresses: Sequence[str]
    credentials: tuple[Credential, ...] = ()
    snmp_port: int = 161
    ssh_port: int = 22
    planner: Planner = standard.objects_for
    limits: Limits = field(default_factory=Limits)
    pace: Pace = field(default_factory=Pace)
    timeout: float = 1.0
    """Seconds to wait for an answer before the question is repeated."""
    at_once: int = 128
    at_once_per_subnet: int = 64
    ssh_at_once: int = 16
    most_credentials: int = 4
    """SNMP credentials, and likewise SSH logins, that are tried at one address."""
    guard: AccountGuard | None = None
    """Counts refused passwords over several orders; None: over this one only."""
    pins: frozenset[str] = frozenset()
    """Fingerprints (``SHA256:…``) of host keys that may be shown a credential."""
    host_pins: dict[str, frozenset[str]] = field(default_factory=dict)
    """Fingerprints approved for one address; where given, any other key there is a changed key."""
    tcp_ports: tuple[int, ...] = ()
    """Ports tried by TCP connect where SNMP stays silent."""
    ping: bool = False
    silence_too: bool = False
    """Report also an address where nothing shows: then how each step ended is the answer."""
    tls_port: int | None = None
    """The port whose certificate is looked at where a device answered; None: none is."""
    ssh_only: frozenset[str] = frozenset()
    """Kinds of commands (see :mod:`~itsm.discovery.probe.ssh.commands`) to limit SSH to; empty for all."""


@dataclass(slots=True)
class Progress:
    """How far a sweep is. ``reasons`` counts how conversations ended."""

    total: int
    asked: int = 0
    found: int = 0
    read: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Seconds since the sweep began."""
        return time.monotonic() - self.started


@dataclass(frozen=True, slots=True)
class Intention:
    """One line of a dry run: what would be sent to whom, with which credential."""

    address: str
    step: Step
    credential: str | None


def dry_run(order: Order) -> Iterator[Intention]:
    """Yield what a sweep would send to whom, in order, without sending anything."""
    snmp = [one for one in order.credentials if isinstance(one, Community | UsmUser)]
    logins = [one for one in order.credentials if isinstance(one, SshLogin)]
    everywhere = list(_without_credentials(order))
    for address in order.addresses:
        tried = for_address(snmp, address)
        if any(isinstance(one, UsmUser) for one in tried):
            yield Intention(address, Step(StepKind.ENGINE, order.snmp_port), None)
        for one in tried[: order.most_credentials]:
            version = one.version if isinstance(one, Community) else "3"
            yield Intention(address, Step(StepKind.SNMP, order.snmp_port, version), one.reference)
        for login in logins_for(logins, address)[: order.most_credentials]:
            yield Intention(address, _sign_in(order, login), login.reference)
        for step in everywhere:
            yield Intention(address, step, None)


def _sign_in(order: Order, login: SshLogin) -> Step:
    if login.key:
        return Step(StepKind.SSH_KEY, order.ssh_port)
    if order.guard is not None and order.guard.blocked(login.reference):
        return Step(StepKind.SSH_HELD)
    return Step(StepKind.SSH_PASSWORD, order.ssh_port)


def _without_credentials(order: Order) -> Iterator[Step]:
    for port in order.tcp_ports:
        yield Step(StepKind.CONNECT, port)
    if order.tls_port is not None:
        yield Step(StepKind.TLS, order.tls_port)
    if order.ping:
        yield Step(StepKind.PING)
