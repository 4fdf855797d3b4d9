"""Finding agents: all of them, once, at the pace asked for; and which addresses may be asked at all."""

from __future__ import annotations

import asyncio
import ipaddress
import time

import pytest

from itsm.discovery.probe.find import Found, Pace, find
from itsm.discovery.probe.snmp.knock import community_knock
from itsm.discovery.probe.targets import BadTarget, expand, interleaved, parse_target, subnet_of
from tests.discovery.probe.responder import Agent, Farm, switch

ROWS = switch(1)


def search(addresses: list[str], port: int, pace: Pace) -> tuple[list[Found], float]:
    heard: list[Found] = []
    start = time.monotonic()
    count = asyncio.run(find(addresses, port, community_knock("public"), heard.append, pace=pace))
    assert count == len(heard)
    return heard, time.monotonic() - start


@pytest.mark.parametrize("rate", [None, 4_000.0])
def test_every_agent_of_a_range_is_found_once(rate: float | None) -> None:
    alive = [f"127.72.{net}.{host}" for net in range(4) for host in (0, 7, 99, 255)]
    everyone = [f"127.72.{net}.{host}" for net in range(4) for host in range(256)]
    with Farm(dict.fromkeys(alive, Agent(ROWS))) as farm:
        heard, took = search(interleaved(everyone), farm.port, Pace(rate, (0.1, 0.2), 0.3))
    assert sorted(one.address for one in heard) == sorted(alive)
    assert all(one.answered_from == one.address for one in heard)
    assert took < 10


def test_the_pace_is_kept() -> None:
    everyone = [f"127.72.9.{host}" for host in range(200)]
    heard, took = search(everyone, 9, Pace(400.0, (0.1,), 0.1))
    assert (heard, took > 0.5) == ([], True)


@pytest.mark.parametrize("rate", [None, 1_000.0])
def test_a_silent_agent_is_asked_again(rate: float | None) -> None:
    class SecondTime(Agent):
        asked = 0

        def __call__(self, data: bytes) -> bytes | None:
            self.asked += 1
            return super().__call__(data) if self.asked == 2 else None

    with Farm({"127.72.10.1": SecondTime(ROWS)}) as farm:
        heard, _ = search(["127.72.10.1"], farm.port, Pace(rate, (0.1, 0.2), 0.5))
    assert [one.address for one in heard] == ["127.72.10.1"]


@pytest.mark.parametrize(
    ("text", "first", "last", "size"),
    [
        ("10.0.0.7", "10.0.0.7", "10.0.0.7", 1),
        (" 10.0.0.9/24 ", "10.0.0.0", "10.0.0.255", 256),
        ("10.0.0.5-10.0.1.9", "10.0.0.5", "10.0.1.9", 261),
        ("10.0.0.5-9", "10.0.0.5", "10.0.0.9", 5),
        ("fd00::1-fd00::ff", "fd00::1", "fd00::ff", 255),
        ("10.0.0.0/12", "10.0.0.0", "10.15.255.255", 1 << 20),
    ],
)
def test_targets_are_read(text: str, first: str, last: str, size: int) -> None:
    target = parse_target(text)
    assert (str(target.first), str(target.last), target.size) == (first, last, size)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ten",
        "10.0.0.300",
        "10.0.0.0/33",
        "10.0.0.9-1",
        "10.0.0.1-fd00::1",
        "fd00::/64",
        "10.0.0.0/11",
        "1-2",
        "-",
        "/",
    ],
)
def test_what_is_no_target_says_why(text: str) -> None:
    with pytest.raises(BadTarget, match=r"\w"):
        parse_target(text)


def test_excluded_addresses_are_left_out_and_doubled_ones_asked_once() -> None:
    targets = [parse_target("10.0.0.0/30"), parse_target("10.0.0.2-5")]
    found = expand(targets, exclude=[ipaddress.ip_network("10.0.0.4/32")])
    assert found == ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.5"]


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "169.254.1.1", "fe80::1", "9.255.255.255-10.0.0.1", "192.0.2.1", "172.32.0.1"]
)
def test_public_and_link_local_ranges_need_permission(text: str) -> None:
    with pytest.raises(BadTarget, match="private"):
        expand([parse_target(text)])
    assert expand([parse_target(text)], allow_public=True)


@pytest.mark.parametrize("text", ["0.0.0.0", "224.0.0.1", "255.255.255.255", "ff02::1"])
def test_what_no_device_can_have_is_refused_even_with_permission(text: str) -> None:
    with pytest.raises(BadTarget, match="no device can have"):
        expand([parse_target(text)], allow_public=True)


def test_subnets_take_turns() -> None:
    order = interleaved(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.1", "fd00::1"])
    assert order == ["10.0.0.1", "10.0.1.1", "fd00::1", "10.0.0.2", "10.0.0.3"]
    assert [subnet_of(one) for one in ("10.0.0.1", "fd00::1")] == ["10.0.0", "fd00::/64"]
