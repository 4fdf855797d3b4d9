"""Nineteen ways to misbehave over SSH: each ends inside its budget with a name while honest hosts are read."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from itsm.discovery.probe.budget import BudgetSpent, Limits, Meter
from itsm.discovery.probe.credentials import SshLogin
from itsm.discovery.probe.ssh.link import MeteredSocket
from itsm.discovery.probe.ssh.modern import ModernLink, connect
from itsm.discovery.probe.ssh.session import SshOrder, SshReading, read_ssh
from itsm.discovery.probe.ssh.trust import AccountGuard, Pins
from tests.discovery.probe.hostile.ssh import PASSWORD, RAW, SERVERS, USER, SshFarm

HERE = (ipaddress.ip_network("127.67.0.0/16"),)
NAMES = [*RAW, *SERVERS]
LIMITS = Limits(seconds=15.0, octets=6_000_000)
LOGIN = SshLogin("audit account", USER, HERE, password=PASSWORD)
EXPECTED = {name: RAW[name][1] if name in RAW else SERVERS[name][2] for name in NAMES}


def order(farm: SshFarm, pins: Pins) -> SshOrder:
    return SshOrder(farm.port, pins, AccountGuard(50), LIMITS, seconds=6.0, command_seconds=3.0)


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshFarm]:
    with SshFarm(NAMES, Path(tmp_path_factory.mktemp("farm"))) as running:
        yield running


@pytest.fixture(scope="module")
def readings(farm: SshFarm) -> dict[str, tuple[SshReading, float]]:
    """All of them at once, as a sweep does."""
    pinned = order(farm, Pins(frozenset({farm.fingerprint})))

    def read(name: str) -> tuple[SshReading, float]:
        start = time.monotonic()
        return read_ssh(farm.address[name], [LOGIN], pinned), time.monotonic() - start

    with ThreadPoolExecutor(8) as pool:
        return dict(zip(NAMES, pool.map(read, NAMES), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_it_ends_inside_its_budget_with_a_name(readings: dict[str, tuple[SshReading, float]], name: str) -> None:
    reading, seconds = readings[name]
    assert reading.stage.reason in EXPECTED[name], reading.stage
    assert seconds <= LIMITS.seconds + 5
    assert reading.stage.bytes <= LIMITS.octets + 200_000
    assert sum(len(output.stdout) for output in reading.outputs) <= 2 * LIMITS.octets


def test_an_honest_unix_beside_them_is_read(readings: dict[str, tuple[SshReading, float]]) -> None:
    reading, _ = readings["honest Unix"]
    assert {output.stdout for output in reading.outputs} == {"NAME=Honest\n"}
    assert not reading.partial


def test_an_honest_switch_is_read_through_its_pager(readings: dict[str, tuple[SshReading, float]]) -> None:
    reading, _ = readings["honest switch"]
    outputs = {output.kind: output.stdout for output in reading.outputs}
    assert set(outputs) == {"cisco_ios/show_version", "cisco_ios/show_inventory", "cisco_ios/show_interfaces"}
    assert outputs["cisco_ios/show_version"].startswith("Cisco IOS Software, C2960X")
    assert "SN: FOC1234X0YZ" in outputs["cisco_ios/show_inventory"]
    lines = outputs["cisco_ios/show_interfaces"].splitlines()
    assert lines == [f"GigabitEthernet1/0/{port} is up, line protocol is up" for port in range(1, 60)]


def test_a_prompt_inside_an_output_does_not_end_it(readings: dict[str, tuple[SshReading, float]]) -> None:
    reading, _ = readings["prompt imitation"]
    version = next(output for output in reading.outputs if output.kind == "cisco_ios/show_version")
    assert version.stdout.endswith("Confirm?")


def test_nothing_is_ever_typed_at_a_prompt_for_a_password(farm: SshFarm, readings: object) -> None:
    asked = [
        one["password"] for one in farm.heard() if one["server"] == "password asked for ever" and "password" in one
    ]
    assert asked == [PASSWORD]


def test_a_stranger_and_a_changed_key_learn_neither_user_nor_password(farm: SshFarm, readings: object) -> None:
    before = len(farm.heard())
    address = farm.address["honest Unix"]
    for pins, reason in (
        (Pins(), "host_key_unknown"),
        (Pins(frozenset({farm.fingerprint}), {address: frozenset({"SHA256:other"})}), "host_key_changed"),
    ):
        reading = read_ssh(address, [LOGIN], order(farm, pins))
        assert (reading.stage.reason, reading.host_keys[0][1]) == (reason, farm.fingerprint)
    assert len(farm.heard()) == before


def test_a_budget_that_ends_with_a_question_is_named_though_nobody_can_say_goodbye(farm: SshFarm) -> None:
    meter = Meter(LIMITS)
    link = ModernLink.open(
        MeteredSocket(connect(farm.address["honest Unix"], farm.port, seconds=6.0), meter), seconds=6.0
    )
    try:
        link.login(LOGIN, seconds=6.0)
        assert link.run("true", seconds=3.0, octets=1_000).status == 0
        meter.limits = replace(LIMITS, octets=meter.octets + 200)  # a channel still opens, the question is too much
        with pytest.raises(BudgetSpent, match=r"^budget_bytes"):
            link.run("x" * 300, seconds=3.0, octets=1_000)
    finally:
        link.close()


def test_a_fault_of_a_library_ends_one_conversation_with_a_name(farm: SshFarm, monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(*_: object, **__: object) -> None:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")  # what paramiko's thread hands on

    monkeypatch.setattr(ModernLink, "login", trip)
    reading = read_ssh(farm.address["honest Unix"], [LOGIN], order(farm, Pins(frozenset({farm.fingerprint}))))
    assert reading.stage.reason == "malformed"
    assert reading.stage.detail.startswith("UnicodeDecodeError")
