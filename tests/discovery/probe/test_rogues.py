"""Sixty-four rogue hosts write down every octet that a sweep sends them: what they may learn, and what never."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from itsm.discovery.probe.budget import Limits
from itsm.discovery.probe.credentials import Community, SshLogin, UsmUser
from itsm.discovery.probe.find import Pace
from itsm.discovery.probe.sweep import Order, Sweep, dry_run
from itsm.discovery.wire import HostReport
from tests.discovery.probe.hostile.snmp import report
from tests.discovery.probe.hostile.ssh import SshFarm
from tests.discovery.probe.responder import Agent, Farm, switch

INSIDE = ipaddress.ip_network("127.69.1.0/24")
OUTSIDE = ipaddress.ip_network("127.69.0.0/24")
OPEN = Community("open", "c0mmunity-for-inside", (INSIDE,))
SECOND = Community("second", "c0mmunity-for-a-few", (ipaddress.ip_network("127.69.1.0/28"),))
USER = UsmUser("user", "usm-user", (INSIDE,), "SHA-256", "authentication secret", "AES-256", "privacy secret")
LOGIN = SshLogin("login", "ssh-user", (ipaddress.ip_network("127.69.0.0/16"),), password="ssh password")
SECRETS = [b"authentication secret", b"privacy secret", b"ssh password"]
ROGUES = [f"127.69.{net}.{host}" for net in (0, 1) for host in range(1, 33)]


class Rogue(Agent):
    """Takes any community, and plays an SNMPv3 agent that wants to see more."""

    def __init__(self, *, version_3: bool) -> None:
        super().__init__(switch(2), community=None)
        self.version_3 = version_3

    def __call__(self, data: bytes) -> bytes | None:
        if b"\x02\x01\x03" in data[:8]:
            return report(data, b"\x80\x00\x1f\x88\x80rogue", 1, 1) if self.version_3 else None
        return super().__call__(data)


@dataclass
class Outcome:
    heard: dict[str, list[bytes]]
    typed: list[dict[str, str]]
    reports: dict[str, HostReport]


async def sweep(order: Order) -> dict[str, HostReport]:
    found = {}
    async with aclosing(Sweep(order).reports()) as reports:
        async for one in reports:
            found[one.address] = one
    return found


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    folder = Path(tmp_path_factory.mktemp("rogues"))
    rogues = {address: Rogue(version_3=int(address.split(".")[3]) % 2 == 0) for address in ROGUES}
    shells = SshFarm([f"honest Unix/{address}" for address in ROGUES], folder, addresses=ROGUES)
    with Farm(rogues, log=folder / "snmp") as farm, shells:
        order = Order(
            ROGUES, (OPEN, SECOND, USER, LOGIN), farm.port, shells.port, limits=Limits(seconds=5),
            pace=Pace(None, (0.1,), 0.3), timeout=0.3, most_credentials=2,
        )  # fmt: skip
        reports = asyncio.run(asyncio.wait_for(sweep(order), 60))
        yield Outcome(farm.heard(), shells.heard(), reports)


def test_outside_its_networks_no_credential_shows_at_all(outcome: Outcome) -> None:
    names = [b"c0mmunity-for-inside", b"c0mmunity-for-a-few", b"usm-user", *SECRETS]
    outside = [octets for address in ROGUES[:32] for octets in outcome.heard[address]]
    assert [name for name in names if any(name in octets for octets in outside)] == []
    assert outside == []


def test_a_community_reaches_only_its_own_networks(outcome: Outcome) -> None:
    knew = {address for address in ROGUES if any(b"c0mmunity-for-a-few" in one for one in outcome.heard[address])}
    assert knew <= {address for address in ROGUES if ipaddress.ip_address(address) in SECOND.networks[0]}


def test_passwords_never_show_anywhere(outcome: Outcome) -> None:
    everything = [octets for heard in outcome.heard.values() for octets in heard]
    assert len(everything) > 100
    assert [secret for secret in SECRETS if any(secret in octets for octets in everything)] == []


def test_who_plays_version_3_is_never_shown_a_community(outcome: Outcome) -> None:
    for address in ROGUES[32:]:
        heard = b"".join(outcome.heard[address])
        if int(address.split(".")[3]) % 2 == 0:
            assert b"c0mmunity" not in heard
            assert outcome.reports[address].snmp_version is None
        else:
            assert outcome.reports[address].snmp_version == "2c"


def test_a_stranger_at_the_ssh_port_learns_neither_user_nor_password(outcome: Outcome) -> None:
    assert outcome.typed == []
    reasons = {stage.reason for one in outcome.reports.values() for stage in one.stages if stage.name == "ssh"}
    assert (set(outcome.reports), reasons) == (set(ROGUES), {"host_key_unknown"})


def test_no_host_sees_more_credentials_than_configured(outcome: Outcome) -> None:
    for address in ROGUES:
        heard = b"".join(outcome.heard[address])
        seen = [name for name in (b"c0mmunity-for-inside", b"c0mmunity-for-a-few", b"usm-user") if name in heard]
        assert len(seen) <= 2, (address, seen)


def test_a_dry_run_tells_the_same_and_sends_nothing() -> None:
    order = Order(["127.69.0.5", "127.69.1.5"], (OPEN, SECOND, USER, LOGIN), 161, 22, most_credentials=2)
    told = [(one.address, str(one.step).split(" to ")[0], one.credential) for one in dry_run(order)]
    assert told == [
        ("127.69.0.5", "ssh password", "login"),
        ("127.69.1.5", "snmp 3 engine discovery", None),
        ("127.69.1.5", "snmp 3", "user"),
        ("127.69.1.5", "snmp 2c", "open"),
        ("127.69.1.5", "ssh password", "login"),
    ]
