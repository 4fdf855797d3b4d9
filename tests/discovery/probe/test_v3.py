"""SNMPv3 against Debian's snmpd: every protocol it knows, the wrong secrets, and no step down to a community."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from itsm.discovery.probe.budget import Stopped
from itsm.discovery.probe.credentials import UsmUser
from itsm.discovery.probe.find import Found, Pace, find
from itsm.discovery.probe.read import read_agent
from itsm.discovery.probe.snmp import ber
from itsm.discovery.probe.snmp.client import Conversation, SnmpSockets
from itsm.discovery.probe.snmp.knock import engine_knock, read_engine
from itsm.discovery.probe.snmp.v3 import UsmEngine
from itsm.discovery.wire import SnmpFacts
from tests import agents

pytestmark = pytest.mark.agents
HERE = (ipaddress.ip_network("127.0.0.0/8"),)
SYS_NAME = ber.encode_oid("1.3.6.1.2.1.1.5.0")
MOVING = ("1.3.6.1.2.1.1.3", "1.3.6.1.2.1.25.1", "1.3.6.1.2.1.25.2", "1.3.6.1.2.1.1.9", "1.3.6.1.2.1.2.2.1.8")


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[agents.SnmpAgent]:
    with agents.snmpd(Path(tmp_path_factory.mktemp("snmpd"))) as running:
        yield running


def user(name: str, auth: str | None, priv: str | None, **changed: str) -> UsmUser:
    return UsmUser(
        "r", name, HERE, auth, changed.get("auth_secret", agents.AUTH_SECRET), priv,
        changed.get("priv_secret", agents.PRIV_SECRET if priv else ""),
    )  # fmt: skip


async def sys_name(agent: agents.SnmpAgent, credential: UsmUser) -> bytes:
    engine = UsmEngine(credential, seconds=0.5, attempts=2)
    try:
        answer = await engine.conversation((agent.address, agent.port)).ask(ber.GET, [SYS_NAME])
    finally:
        engine.close()
    return answer.rows[0][2]


@pytest.mark.parametrize(("name", "auth", "priv"), agents.USERS)
def test_every_protocol_that_snmpd_knows(agent: agents.SnmpAgent, name: str, auth: str, priv: str | None) -> None:
    assert asyncio.run(sys_name(agent, user(name, auth, priv))) == agents.SYS_NAME.encode()


@pytest.mark.parametrize(
    ("credential", "reasons"),
    [
        (user("nobody-here", "SHA-256", "AES"), {"auth_failed"}),
        (user("sha256aes", "SHA-256", "AES", auth_secret="not the right secret"), {"auth_failed"}),
        (user("sha256aes", "SHA-512", "AES"), {"auth_failed"}),
        (
            user("sha256aes", "SHA-256", "AES", priv_secret="not the right secret"),
            {"privacy_failed", "no_valid_answer"},
        ),
        (user("sha256only", "SHA-256", "AES"), {"auth_failed"}),
    ],
)
def test_wrong_credentials_have_a_name(agent: agents.SnmpAgent, credential: UsmUser, reasons: set[str]) -> None:
    with pytest.raises(Stopped) as stopped:
        asyncio.run(sys_name(agent, credential))
    assert stopped.value.reason in reasons


def test_the_engine_id_is_found_without_any_credential(agent: agents.SnmpAgent) -> None:
    async def discover() -> list[Found]:
        heard: list[Found] = []
        await find([agent.address], agent.port, engine_knock(), heard.append, pace=Pace(None))
        return heard

    found = asyncio.run(discover())
    assert [one.address for one in found] == [agent.address]
    engine = read_engine(found[0].data)
    assert engine is not None
    assert engine[1].hex().startswith("80001f88")  # net-snmp's enterprise, RFC 3411 format


def test_version_3_reads_the_same_inventory_as_2c(agent: agents.SnmpAgent) -> None:
    async def both() -> tuple[dict[str, str], dict[str, str]]:
        engine = UsmEngine(user("sha256aes256", "SHA-256", "AES-256"))
        try:
            async with SnmpSockets() as sockets:
                plain = Conversation(sockets, (agent.address, agent.port), agents.COMMUNITY)
                clear = await read_agent(plain)
            secret = await read_agent(engine.conversation((agent.address, agent.port)))
        finally:
            engine.close()
        assert (clear.stage.reason, secret.stage.reason) == ("ok", "ok")
        facts = [SnmpFacts.of(reading.varbinds).rows for reading in (clear, secret)]
        steady = [{k: v.value for k, v in rows.items() if not k.startswith(MOVING)} for rows in facts]
        return steady[0], steady[1]

    clear, secret = asyncio.run(both())
    assert secret == clear
    assert clear["1.3.6.1.2.1.1.5.0"] == agents.SYS_NAME
    assert clear["1.3.6.1.2.1.1.4.0"] == agents.SYS_CONTACT
    assert clear["1.3.6.1.2.1.1.6.0"] == agents.SYS_LOCATION
    system = os.uname()
    assert clear["1.3.6.1.2.1.1.1.0"] == " ".join(system)
    number = str(socket.if_nametoindex("lo"))
    assert clear[f"1.3.6.1.2.1.2.2.1.2.{number}"] == "lo"
    assert clear["1.3.6.1.2.1.4.20.1.2.127.0.0.1"] == number
    assert clear["1.3.6.1.2.1.4.20.1.3.127.0.0.1"] == "255.0.0.0"


@pytest.mark.parametrize(
    ("auth", "priv", "text"),
    [("MD5", None, "broken"), ("SHA", "DES", "broken"), ("SHA-3", None, "Unknown"), (None, "AES", "needs auth")],
)
def test_weak_and_impossible_protocols_are_refused(auth: str | None, priv: str | None, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        user("someone", auth, priv)


def test_a_credential_never_shows_its_secrets() -> None:
    shown = repr(user("someone", "SHA-256", "AES"))
    assert "someone" in shown
    assert agents.AUTH_SECRET not in shown
    assert agents.PRIV_SECRET not in shown
