"""Errands: one narrow question, inside the borders of the order that it narrows."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import pytest

from itsm.discovery.probe.credentials import Community, SshLogin
from itsm.discovery.probe.errand import LIMITS, MOST, Errand, Way, narrowed
from itsm.discovery.probe.order import Order
from itsm.discovery.probe.ssh.trust import AccountGuard
from itsm.discovery.probe.sweep import Sweep
from itsm.discovery.wire import HostReport

HERE = (ipaddress.ip_network("127.0.0.0/8"),)
PUBLIC = Community("community", "public", HERE)
LOGINS = tuple(SshLogin(f"login {n}", "audit", HERE, password="secret") for n in range(3))
GUARD = AccountGuard()
WIDE = Order(["127.66.0.1"], (PUBLIC, *LOGINS), ping=True, tcp_ports=(22,), tls_port=443, guard=GUARD)


def visit(order: Order) -> list[HostReport]:
    async def all_of_them() -> list[HostReport]:
        return [report async for report in Sweep(order).reports()]

    return asyncio.run(asyncio.wait_for(all_of_them(), 30))


def test_an_errand_asks_what_it_says_and_nothing_else() -> None:
    assert narrowed(WIDE, Errand(Way.WHOLE)) is WIDE
    reach = narrowed(WIDE, Errand(Way.REACH, ports=(22, 80)))
    assert (reach.credentials, reach.ping, reach.tcp_ports, reach.tls_port) == ((), True, (22, 80), None)
    snmp = narrowed(WIDE, Errand(Way.SNMP, objects=("1.3.6.1.2.1.1.3.0",)))
    assert (snmp.credentials, snmp.ping, snmp.tcp_ports, snmp.tls_port) == ((PUBLIC,), False, (), None)
    assert snmp.planner(None, None, ()).scalars == ("1.3.6.1.2.1.1.3.0",)
    shell = narrowed(WIDE, Errand(Way.SSH))
    assert (shell.credentials, shell.ssh_only) == (LOGINS[:2], frozenset({"nothing"}))
    for one in (reach, snmp, shell):
        assert (one.limits, one.guard, one.addresses) == (LIMITS, GUARD, WIDE.addresses)


def test_reaching_tells_of_silence_too_and_sends_no_credential() -> None:
    with socket.create_server(("127.66.0.2", 0)) as listening:
        ports = (listening.getsockname()[1], 1)
        order = narrowed(Order(["127.66.0.2"], (PUBLIC,)), Errand(Way.REACH, ports=ports))
        [report] = visit(order)
        assert report.open_ports == (ports[0],)
        [stage] = report.stages
        assert stage.name == "ping" and stage.reason in ("ok", "not_allowed")
    [silent] = visit(narrowed(Order(["127.66.0.3"]), Errand(Way.REACH, ports=(1,))))
    assert (silent.open_ports, [stage.name for stage in silent.stages]) == ((), ["ping"])


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"way": "format", "objects": [], "kinds": [], "ports": []},
        {"way": "reach", "objects": [], "kinds": [], "ports": ["x"]},
        {"way": "reach", "objects": [], "kinds": None, "ports": []},
        {"way": "reach", "objects": [], "kinds": [], "ports": list(range(MOST + 1))},
    ],
)
def test_what_is_no_errand_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Errand.from_json(data)
    whole = Errand(Way.SNMP, ("1.3.6.1",), ("uptime",), (22,))
    assert Errand.from_json(whole.to_json()) == whole
