"""Find the agents of a range: one socket, one request encoded once, paced, with two rounds of repetition.

The number inside the request is the address's place in the list, so that an answer which comes from another
address (a router's other interface) still says which question it answers.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from itsm.discovery.probe.pacing import SubnetPace
from itsm.discovery.probe.snmp.client import RECEIVE_BUFFER
from itsm.discovery.probe.snmp.knock import Knock
from itsm.discovery.probe.targets import subnet_of

MOST_AT_ONCE: Final = 1 << 17
"""Addresses in one call: the number carries the place in 17 bits and a random salt in the other 14."""
_BURST: Final = 128
_DRAIN: Final = 2_048
"""Datagrams that are taken before the loop turns to something else."""
_HEARD: Final = 0.4
_AFTER_LAST: Final = 0.1
"""Without a pace: seconds for which an address is heard after its first question at least, and all after the last."""
_LARGEST: Final = 65_535
_NUMBER: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast: ``rate`` new addresses a second (None = as fast as the machine), and when to ask again.

    ``subnet_rate`` bounds the questions a second into one subnet, repetitions counted (None = no bound of its own).
    ``again_after`` are the seconds after the first question at which a silent address is asked once more;
    ``linger`` is how long to listen after the last question.
    """

    rate: float | None = 2_000.0
    again_after: tuple[float, ...] = (0.4, 1.0)
    linger: float = 0.6
    subnet_rate: float | None = None


class Found(NamedTuple):
    """An agent: the address that was asked, the one that answered, and the answer itself."""

    address: str
    answered_from: str
    data: bytes


class _Search:
    """One search under way: where each round stands, who has answered."""

    def __init__(self, addresses: Sequence[str], port: int, knock: Knock, on_found: Callable[[Found], None]) -> None:
        self.peers = [(address, port) for address in addresses]
        self.answered = bytearray(len(addresses))
        self.knock, self.port, self.on_found = knock, port, on_found
        self.salt = secrets.randbits(14) << 17
        self.packet = bytearray(knock.template)
        self.buffer = bytearray(_LARGEST)
        self.asked = 0
        self.on_asked: Callable[[int], None] = lambda _: None
        self.is_spared: Callable[[str], bool] | None = None
        self.subnet_pace: SubnetPace | None = None
        self.subnets: list[str] = []
        family = socket.AF_INET6 if addresses and ":" in addresses[0] else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.sock.setblocking(False)

    def keep_to(self, subnet_pace: SubnetPace) -> None:
        """Let no subnet get more questions than this allows."""
        self.subnet_pace = subnet_pace
        self.subnets = [subnet_of(address) for address, _ in self.peers]

    def send(self, begin: int, end: int) -> int:
        """Ask the addresses from place ``begin`` up to ``end`` that have not answered yet and are not spared.

        Returns the place that was reached: short of ``end`` where the next one's subnet has to wait.
        """
        packet, at, salt, answered, peers = self.packet, self.knock.at, self.salt, self.answered, self.peers
        sendto, number, is_spared = self.sock.sendto, _NUMBER.pack_into, self.is_spared
        subnet_pace, subnets, now = self.subnet_pace, self.subnets, time.monotonic()
        for place in range(begin, end):
            if answered[place] or (is_spared is not None and is_spared(peers[place][0])):
                continue
            if subnet_pace is not None and not subnet_pace.take(subnets[place], now):
                end = place
                break
            number(packet, at, salt | place)
            try:
                sendto(packet, peers[place])
            except OSError:
                continue  # a full buffer or an unreachable network is silence; the next round asks again
        if end > self.asked:
            self.asked = end
            self.on_asked(end)
        return end

    def drain(self) -> None:
        """Take the answers that have come; of a flood so many at a time."""
        receive, buffer, count = self.sock.recvfrom_into, self.buffer, len(self.peers)
        for _ in range(_DRAIN):
            try:
                size, source = receive(buffer)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue
            data = bytes(buffer[:size])
            number = self.knock.number(data)
            if number is None or number & ~0x1FFFF != self.salt or source[1] != self.port:
                continue
            place = number & 0x1FFFF
            if place < count and not self.answered[place]:
                self.answered[place] = 1
                self.on_found(Found(self.peers[place][0], source[0], data))


async def find(
    addresses: Sequence[str],
    port: int,
    knock: Knock,
    on_found: Callable[[Found], None],
    *,
    pace: Pace | None = None,
    on_asked: Callable[[int], None] | None = None,
    is_spared: Callable[[str], bool] | None = None,
    subnet_pace: SubnetPace | None = None,
) -> int:
    """Ask every address (all of one family) and call ``on_found`` once for each that answers.

    ``on_asked`` hears how many addresses have been asked at least once, as that grows. ``is_spared``
    is asked before each packet: an address that it names gets none. ``subnet_pace`` is shared by the searches of a
    sweep; without it the pace's own bound holds for this search.

    Returns how many did.  Give the addresses :func:`~itsm.discovery.probe.targets.interleaved`, so that the
    pace is spread over the subnets.  Raises ValueError for more than 2**17 addresses.
    """
    if len(addresses) > MOST_AT_ONCE:
        raise ValueError(f"{len(addresses)} addresses are too many for one search")
    if not addresses:
        return 0
    pace = pace or Pace()
    search = _Search(addresses, port, knock, on_found)
    search.on_asked = on_asked or search.on_asked
    search.is_spared = is_spared
    if pace.subnet_rate is not None:
        search.keep_to(subnet_pace or SubnetPace(pace.subnet_rate))
    loop = asyncio.get_running_loop()
    loop.add_reader(search.sock.fileno(), search.drain)
    try:
        is_free = pace.rate is None and pace.subnet_rate is None
        await (_unpaced(search, pace) if is_free else _paced(search, pace))
    finally:
        loop.remove_reader(search.sock.fileno())
        search.sock.close()
    return sum(search.answered)


async def _unpaced(search: _Search, pace: Pace) -> None:
    """Round after round; short pauses only, since every pause comes on top.

    A repetition that brings nobody new says that nothing gets lost here. Then it is the last one, and the time that it
    took was listening to the questions before it.
    """
    since = time.monotonic()
    for turn in range(1 + len(pace.again_after)):
        before = sum(search.answered)
        for begin in range(0, len(search.peers), _BURST):
            search.send(begin, min(begin + _BURST, len(search.peers)))
            search.drain()
            await asyncio.sleep(0)
        if 0 < turn < len(pace.again_after):
            await asyncio.sleep(0.05)
            search.drain()
            if sum(search.answered) == before:
                break
        since = time.monotonic()
    await _listen(search, max(_AFTER_LAST, min(pace.linger, _HEARD) - (time.monotonic() - since)))


async def _paced(search: _Search, pace: Pace) -> None:
    """New addresses at the pace; the repetitions trail behind, so that they cost no time of their own.

    A repetition follows the question itself, which may have had to wait for its subnet, by its delay at least.
    """
    count, rate = len(search.peers), pace.rate
    delays = (0.0, *pace.again_after)
    places = [0] * len(delays)
    due = [0] * len(delays)
    waiting: list[deque[tuple[float, int]]] = [deque() for _ in delays]
    start = time.monotonic()
    while places[-1] < count:
        now = time.monotonic() - start
        due[0] = count if rate is None else min(count, int(now * rate) + 1)
        for turn in range(len(delays)):
            while waiting[turn] and waiting[turn][0][0] <= now:
                due[turn] = waiting[turn].popleft()[1]
            until = min(due[turn], places[turn] + 4 * _BURST)
            if until > places[turn]:
                places[turn] = search.send(places[turn], until)
        for turn, delay in enumerate(pace.again_after, 1):
            waiting[turn].append((now + delay, places[0]))
        search.drain()
        await asyncio.sleep(0.005)
    await _listen(search, pace.linger)


async def _listen(search: _Search, seconds: float) -> None:
    if not all(search.answered):
        await asyncio.sleep(seconds)
    search.drain()
