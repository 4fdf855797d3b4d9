"""Finding agents: all of them, once, at the pace asked for; and which addresses may be asked at all."""

from __future__ import annotations

import asyncio
import ipaddress
import select
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

import pytest

from itsm.discovery.probe.find import Found, Pace, _Search, find
from itsm.discovery.probe.snmp.knock import community_knock
from itsm.discovery.probe.targets import BadTarget, expand, interleaved, parse_target, subnet_of
from tests.discovery.probe.responder import Agent, Farm, switch

ROWS = switch(1)


class Listener:
    """Hears what is sent to any loopback address and answers nothing; a thread of its own."""

    def __init__(self, hear: Callable[[str, bytes], None]) -> None:
        self._hear = hear
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO: to which address it was sent
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._sock.bind(("", 0))
        self._sock.settimeout(0.1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def _listen(self) -> None:
        while not self._stop.is_set():
            with suppress(TimeoutError):
                data, control, _, _ = self._sock.recvmsg(2048, 256)
                self._hear(socket.inet_ntoa(control[0][2][8:12]), data)

    def __enter__(self) -> int:
        self._thread.start()
        return int(self._sock.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._sock.close()


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


def heard_by_subnet(everyone: list[str], pace: Pace, stall: float = 0.0) -> tuple[dict[str, list[float]], float]:
    """Return when packets came, by subnet, and how long the search took; ``stall`` blocks the loop once."""
    came: dict[str, list[float]] = defaultdict(list)

    def hear(address: str, _data: bytes) -> None:
        came[subnet_of(address)].append(time.monotonic())

    with Listener(hear) as port:

        async def searched() -> None:
            asyncio.get_running_loop().call_later(0.2, time.sleep, stall)
            await find(everyone, port, community_knock("public"), lambda _: None, pace=pace)

        start = time.monotonic()
        asyncio.run(searched())
        took = time.monotonic() - start
        time.sleep(0.05)
    return came, took


@pytest.mark.parametrize(("rate", "stall"), [(2_000.0, 0.0), (None, 0.0), (2_000.0, 0.4)])
def test_no_subnet_gets_more_questions_than_it_may_repetitions_counted(rate: float | None, stall: float) -> None:
    everyone = interleaved(f"127.72.{net}.{host}" for net in (20, 21) for host in range(60))
    came, took = heard_by_subnet(everyone, Pace(rate, (0.1, 0.2), 0.1, subnet_rate=120.0), stall)
    assert {subnet: len(times) for subnet, times in came.items()} == {"127.72.20": 180, "127.72.21": 180}
    for times in came.values():
        for begin, first in enumerate(times):
            within = sum(1 for one in times[begin:] if one < first + 0.5)
            assert within <= 60 + 8, (within, begin)  # half a second, and what leaves together
    assert 1.3 < took < 4


def test_a_repetition_follows_its_question_although_that_had_to_wait() -> None:
    everyone = [f"127.72.22.{host}" for host in range(30)]
    asked: dict[str, list[float]] = defaultdict(list)
    with Listener(lambda address, _: asked[address].append(time.monotonic())) as port:
        pace = Pace(None, (0.2,), 0.1, subnet_rate=100.0)
        asyncio.run(find(everyone, port, community_knock("public"), lambda _: None, pace=pace))
        time.sleep(0.05)
    assert {len(times) for times in asked.values()} == {2} and len(asked) == 30
    assert min(second - first for first, second in asked.values()) > 0.18


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


def test_a_flood_of_answers_keeps_no_loop_from_its_other_work() -> None:
    async def flooded() -> bool:
        search = _Search(["127.72.30.1"], 9, community_knock("public"), lambda _: None)
        try:
            search.sock.bind(("127.0.0.1", 0))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for _ in range(3_000):
                    sender.sendto(b"0", search.sock.getsockname())
            search.drain()
            return bool(select.select([search.sock], [], [], 0)[0])
        finally:
            search.sock.close()

    assert asyncio.run(flooded())
