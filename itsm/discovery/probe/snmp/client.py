"""SNMP v1 and v2c over one UDP socket per address family, shared by all conversations of a sweep.

An answer counts only when source address, source port and request id are those of the request under way.
Everything else is noise: it is charged to the host that sent it and helps to name a failure.
"""

from __future__ import annotations

import asyncio
import heapq
import ipaddress
import os
import socket
from array import array
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from itsm.discovery.probe.budget import BudgetSpent, Limits, Meter, Stopped
from itsm.discovery.probe.snmp import ber
from itsm.discovery.probe.snmp.session import Answer, Noise

RECEIVE_BUFFER: Final = 4 << 20
_DRAIN: Final = 512
_TICK: Final = 0.02
_LARGEST: Final = 65_535


def _numbers() -> Iterator[int]:
    """Yield request ids that nobody can guess; a thousand at a time are asked of the system, at the price of one."""
    while True:
        yield from (number & 0x7FFFFFFF for number in array("I", os.urandom(4_096)))


class Conversation:
    """A v1 or v2c conversation with one agent; see :class:`~itsm.discovery.probe.snmp.session.Session`."""

    __slots__ = (
        "_attempts", "_head", "_packet", "_pdu", "_request_id", "_round_trip", "_sent_at", "_socket",
        "_tries", "_wait", "_waiting", "bulk", "meter", "noise", "peer", "timeout", "version",
    )  # fmt: skip

    def __init__(
        self,
        sockets: SnmpSockets,
        peer: tuple[str, int],
        community: str,
        *,
        version: str = "2c",
        timeout: float = 1.0,
        attempts: int = 3,
        meter: Meter | None = None,
    ) -> None:
        number = {"1": ber.VERSION_1, "2c": ber.VERSION_2C}[version]
        self._head = ber.message_head(number, community.encode("utf-8", "surrogateescape"))
        self._socket = sockets.for_address(peer[0])
        self._waiting: asyncio.Future[Answer] | None = None
        self._request_id = self._pdu = 0
        self._packet = b""
        self._attempts, self._tries = attempts, 0
        self._wait = self._sent_at = 0.0
        self._round_trip: float | None = None
        self.peer, self.version, self.timeout = peer, version, timeout
        self.bulk = version != "1"
        self.meter = meter or Meter(Limits())
        self.noise = Noise()

    async def ask(self, pdu: int, names: list[bytes], *, repetitions: int = 0, patient: bool = True) -> Answer:
        """Send one request, repeat it while nothing comes, and return the answer. Raises Stopped."""
        if self._waiting is not None:
            raise RuntimeError("a conversation has one request under way at a time")
        self._pdu = pdu
        self._request_id = next(self._socket.numbers)
        self._packet = ber.encode_request(self._head, pdu, self._request_id, names, repetitions=repetitions)
        self._tries = self._attempts if patient else 1
        expected = None if self._round_trip is None else max(0.25, 6 * self._round_trip)
        self._wait = self.timeout if expected is None else min(expected, self.timeout)
        self._waiting = self._socket.loop.create_future()
        self._socket.enter(self._request_id, self)
        try:
            self.send()
            return await self._waiting
        finally:
            self._socket.leave(self._request_id, self)
            self._waiting = None

    def send(self) -> None:
        """Send (again) the request under way and set its deadline."""
        self._tries -= 1
        self.meter.spend(packets=1, octets=len(self._packet))
        self._sent_at = self._socket.loop.time()
        self._socket.send(self._packet, self.peer)
        self._socket.wake_at(self._sent_at + min(self._wait, max(0.0, self.meter.remaining)), self._request_id)
        self._wait = min(2 * self._wait, 2 * self.timeout)

    def expired(self) -> None:
        """Send again, or end the wait when there was enough of it. Called by the socket at the deadline."""
        if self._waiting is None or self._waiting.done():
            return
        try:
            self.meter.check_time()
            if self._tries > 0:
                self.send()
                return
        except Stopped as stopped:  # the budget is spent, or there is no way there any more
            self._waiting.set_exception(stopped)
            return
        self._waiting.set_exception(Stopped(self.noise.reason(), self._noise_detail()))

    def heard(self, data: bytes) -> None:
        """Take a datagram that came from this agent's address and port."""
        try:
            self.meter.spend(packets=1, octets=len(data))
        except BudgetSpent as spent:
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_exception(spent)
            return
        try:
            message = ber.decode_message(data)
        except ber.Malformed:
            self.noise.malformed += 1
            self.expired()  # ask again at once: what is broken won't get better by waiting
            return
        if self._waiting is None or self._waiting.done() or message.request_id != self._request_id:
            self.noise.stray += 1
            return
        if message.pdu != ber.RESPONSE:
            self.noise.malformed += 1
            return
        taken = self._socket.loop.time() - self._sent_at
        self._round_trip = taken if self._round_trip is None else 0.7 * self._round_trip + 0.3 * taken
        self._waiting.set_result(Answer(message.status, message.position, message.rows, len(data)))

    def _noise_detail(self) -> str:
        if self.noise.malformed:
            return f"{self.noise.malformed} datagrams were not SNMP answers"
        if self.noise.stray:
            return f"{self.noise.stray} answers carried a request id that was not asked"
        return "answers came from " + ", ".join(sorted(self.noise.elsewhere)[:3]) if self.noise.elsewhere else ""


class _FamilySocket:
    """The socket of one address family: sends, sorts what comes in, and keeps the deadlines."""

    def __init__(self, family: socket.AddressFamily) -> None:
        self.loop = asyncio.get_running_loop()
        self._sock = socket.socket(family, socket.SOCK_DGRAM)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._sock.setblocking(False)
        self._sock.bind(("" if family == socket.AF_INET else "::", 0))
        self._buffer = bytearray(_LARGEST)
        self.numbers = _numbers()
        self._by_id: dict[int, Conversation] = {}
        self._by_source: dict[tuple[str, int], Conversation] = {}
        self._deadlines: list[tuple[float, int]] = []
        self._timer: asyncio.TimerHandle | None = None
        self.loop.add_reader(self._sock.fileno(), self._drain)

    def enter(self, request_id: int, conversation: Conversation) -> None:
        """Expect answers for ``conversation``."""
        self._by_id[request_id] = conversation
        self._by_source[conversation.peer] = conversation

    def leave(self, request_id: int, conversation: Conversation) -> None:
        """Expect no answers any more."""
        self._by_id.pop(request_id, None)
        if self._by_source.get(conversation.peer) is conversation:
            del self._by_source[conversation.peer]

    def send(self, packet: bytes, peer: tuple[str, int]) -> None:
        """Send a datagram; one that the kernel refuses now is as good as one that got lost."""
        try:
            self._sock.sendto(packet, peer)
        except OSError as error:
            if isinstance(error, BlockingIOError | InterruptedError | ConnectionRefusedError):
                return
            raise Stopped("unreachable", error.strerror or str(error)) from error

    def wake_at(self, when: float, request_id: int) -> None:
        """Call the conversation's ``expired`` at ``when`` (loop time) if it still waits for that request."""
        heapq.heappush(self._deadlines, (when, request_id))
        if self._timer is None:
            self._timer = self.loop.call_later(_TICK, self._expire)

    def _expire(self) -> None:
        now, self._timer = self.loop.time(), None
        while self._deadlines and self._deadlines[0][0] <= now:
            _, request_id = heapq.heappop(self._deadlines)
            conversation = self._by_id.get(request_id)
            if conversation is not None:
                conversation.expired()
        if self._deadlines and self._timer is None:
            self._timer = self.loop.call_later(_TICK, self._expire)

    def _drain(self) -> None:
        for _ in range(_DRAIN):
            try:
                size, source = self._sock.recvfrom_into(self._buffer)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue
            data = bytes(self._buffer[:size])
            conversation = self._by_source.get(source[:2])
            if conversation is not None:
                conversation.heard(data)
                continue
            meant = self._by_id.get(ber.peek_request_id(data) or 0)
            if meant is not None and len(meant.noise.elsewhere) < 8:
                meant.noise.elsewhere.add(source[0])

    def close(self) -> None:
        """Close the socket; conversations under way stay unanswered."""
        self.loop.remove_reader(self._sock.fileno())
        self._sock.close()
        if self._timer is not None:
            self._timer.cancel()


class SnmpSockets:
    """The UDP sockets of a sweep, opened when first needed: ``async with SnmpSockets() as sockets``."""

    def __init__(self) -> None:
        self._open: dict[int, _FamilySocket] = {}

    def for_address(self, address: str) -> _FamilySocket:
        """Return the socket for an address's family. Raises ValueError for what is no address."""
        version = ipaddress.ip_address(address).version
        if version not in self._open:
            self._open[version] = _FamilySocket(socket.AF_INET if version == 4 else socket.AF_INET6)
        return self._open[version]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for opened in self._open.values():
            opened.close()
        self._open.clear()
