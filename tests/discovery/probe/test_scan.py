"""``scan`` as a person runs it, against real agents: what it prints, and what it refuses."""

from __future__ import annotations

import json
import platform
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from itsm.discovery.scan import PRINTED, order_from, scan
from tests import agents


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[agents.SnmpAgent]:
    with agents.snmpd(Path(tmp_path_factory.mktemp("snmpd"))) as running:
        yield running


def run(*arguments: str, **env: str) -> list[dict[str, object]]:
    done = CliRunner().invoke(scan, [*arguments, "--json", "--rate", "0"], env=env, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.agents
@pytest.mark.parametrize(
    "opening",
    [
        {"ITSM_COMMUNITY": agents.COMMUNITY},
        {"ITSM_SNMP_V3": f"sha1aes,SHA,{agents.AUTH_SECRET},AES,{agents.PRIV_SECRET}"},
        {"ITSM_SNMP_V3": f"sha256aes256,SHA-256,{agents.AUTH_SECRET},AES-256,{agents.PRIV_SECRET}"},
    ],
    ids=["v2c", "v3 SHA AES", "v3 SHA-256 AES-256"],
)
def test_snmpd_is_scanned_field_by_field(agent: agents.SnmpAgent, opening: dict[str, str]) -> None:
    [device] = run("127.0.0.1", "--port", str(agent.port), **opening)
    assert tuple(device) == PRINTED
    assert (device["address"], device["name"]) == ("127.0.0.1", agents.SYS_NAME)
    names = {port["name"] for port in device["ports"]}  # type: ignore[attr-defined]
    assert names == {name for _, name in socket.if_nameindex()}
    loopback = [port for port in device["ports"] if port["name"] == "lo"]  # type: ignore[attr-defined]
    assert [(port["mac"], port["type"], port["oper_up"]) for port in loopback] == [(None, 24, True)]
    assert device["version"] is None or platform.release().startswith(str(device["version"]).split("-")[0])


@pytest.mark.agents
def test_the_same_agent_at_two_addresses_is_printed_once(tmp_path: Path) -> None:
    with agents.snmpd(tmp_path) as one:
        devices = run("127.0.0.1-3", "--port", str(one.port), "--community", agents.COMMUNITY)
    assert [device["address"] for device in devices] == ["127.0.0.1"]


@pytest.mark.agents
def test_a_wrong_community_finds_nothing(agent: agents.SnmpAgent) -> None:
    assert run("127.0.0.1", "--port", str(agent.port), "--community", "wrong", "--timeout", "0.2") == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["8.8.8.8"], "not a private range"),
        (["169.254.0.0/24"], "not a private range"),
        (["224.0.0.1"], "no device can have"),
        (["10.0.0.0/8"], "at most 1,048,576"),
        (["10.0.0.x"], "not an IP address"),
        (["10.0.0.9-10.0.0.1"], "lower to a higher"),
        (["127.0.0.1", "--v3", "u,SHA,short"], "at least 8 characters"),
        (["127.0.0.1", "--v3", "u,MD5,long enough"], "MD5 is broken"),
        (["127.0.0.1", "--ssh", "audit@"], "--key FILE"),
    ],
)
def test_what_cannot_be_swept_is_refused_with_a_sentence(arguments: list[str], sentence: str) -> None:
    done = CliRunner().invoke(scan, arguments)
    assert done.exit_code == 2
    assert sentence in done.output


def test_a_dry_run_says_what_would_be_sent_to_whom_and_sends_nothing() -> None:
    done = CliRunner().invoke(
        scan,
        ["10.9.8.0/30", "--exclude", "10.9.8.0", "--community", "secret", "--v3", "u,SHA-256,long enough", "--dry-run"],
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert {address for address, _, _ in lines} == {"10.9.8.1", "10.9.8.2", "10.9.8.3"}
    assert [(step, credential) for address, step, credential in lines if address == "10.9.8.1"] == [
        ("snmp 3 engine discovery to UDP 161", "-"),
        ("snmp 3 to UDP 161", "v3 user 1"),
        ("snmp 2c to UDP 161", "community 1"),
        ("snmp 1 to UDP 161", "community 1"),
    ]
    assert "secret" not in done.output
    assert done.stderr == (
        "It would ask at most 2,000 addresses a second, and at most 400 questions a second in one subnet.\n"
    )


@pytest.mark.parametrize("option", ["--rate", "--subnet-rate", "--timeout"])
@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_number_that_is_none_is_refused(option: str, value: str) -> None:
    done = CliRunner().invoke(scan, ["10.9.8.1", option, value, "--dry-run"])
    assert (done.exit_code, "is not in the range" in done.output or "is no number" in done.output) == (2, True)


@pytest.mark.parametrize(
    ("given", "pace"),
    [
        ([], (2_000.0, 400.0)),
        (["--rate", "0"], (None, None)),
        (["--rate", "0", "--subnet-rate", "50"], (None, 50.0)),
        (["--subnet-rate", "0"], (2_000.0, None)),
    ],
)
def test_how_fast_is_for_the_person_to_say(given: list[str], pace: tuple[float | None, float | None]) -> None:
    context = scan.make_context("scan", ["10.9.8.0/30", *given])
    order = order_from(context.params.pop("targets"), context.params)
    assert (order.pace.rate, order.pace.subnet_rate) == pace


@pytest.mark.agents
def test_a_machine_is_scanned_over_ssh_only_with_its_key_pinned(tmp_path: Path) -> None:
    with agents.sshd(tmp_path) as server:
        given = ["127.0.0.1", "--ssh-port", str(server.port), "--ssh", f"{server.user}@"]
        given += ["--key", str(tmp_path / "user_key")]
        told = CliRunner().invoke(scan, [*given, "--json", "--rate", "0"])
        stranger = json.loads(told.stdout)
        assert told.stderr.strip() == (
            f"127.0.0.1: ssh: host_key_unknown (shows {server.fingerprint});"
            f" once you have made sure: --known-host {server.fingerprint}"
        )
        [device] = run(*given, "--known-host", server.fingerprint)
    assert (stranger["name"], stranger["version"], stranger["software"]) == (None, None, [])
    assert (device["address"], device["name"]) == ("127.0.0.1", platform.node())
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    assert device["version"] == release["VERSION"].strip('"')
    assert {port["name"] for port in device["ports"]} == {name for _, name in socket.if_nameindex()}  # type: ignore[attr-defined]
    assert "openssh-server" in {one["name"] for one in device["software"]}  # type: ignore[attr-defined]
