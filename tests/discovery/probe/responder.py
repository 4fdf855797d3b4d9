"""A small SNMP v1/v2c responder for tests and benchmarks: sorted rows in, answers out; it shares no code with ours.

``python -m tests.discovery.probe.responder`` is what ``bench/discovery_read.py`` runs in a process of its own.
"""

from __future__ import annotations

import bisect
import os
import selectors
import signal
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TextIO

GET, GETNEXT, RESPONSE, GETBULK = 0xA0, 0xA1, 0xA2, 0xA5
Oid = tuple[int, ...]
Value = tuple[int, bytes]
"""(BER tag, contents octets)."""


def tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def integer(number: int, tag: int = 2) -> bytes:
    return tlv(tag, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def oid_octets(oid: Oid) -> bytes:
    out = bytearray()
    for arc in (oid[0] * 40 + oid[1], *oid[2:]):
        part = [arc & 127]
        while arc := arc >> 7:
            part.append(arc & 127 | 128)
        out += bytes(reversed(part))
    return bytes(out)


def bind(oid: Oid, value: Value) -> bytes:
    return tlv(0x30, tlv(6, oid_octets(oid)) + tlv(*value))


def parse_oid(octets: bytes) -> Oid:
    arcs, arc = [], 0
    for octet in octets:
        arc = arc << 7 | octet & 127
        if octet < 128:
            arcs.append(arc)
            arc = 0
    head = min(arcs[0] // 40, 2)
    return (head, arcs[0] - head * 40, *arcs[1:])


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 128:
        count = size & 127
        size, at = int.from_bytes(data[at : at + count], "big"), at + count
    return tag, data[at : at + size], at + size


class Request(NamedTuple):
    """A request as it came: ``first`` and ``second`` are the numbers behind the request id."""

    version: int
    community: bytes
    pdu: int
    request_id: bytes
    first: int
    second: int
    oids: list[Oid]


def parse(data: bytes) -> Request:
    """Read a v1 or v2c request; raises IndexError or ValueError for anything else."""
    _, data, _ = _element(data, 0)
    _, version, at = _element(data, 0)
    _, community, at = _element(data, at)
    if version not in (b"\x00", b"\x01"):
        raise ValueError("another version")
    pdu, body, _ = _element(data, at)
    _, number, at = _element(body, 0)
    _, first, at = _element(body, at)
    _, second, at = _element(body, at)
    _, listed, _ = _element(body, at)
    oids, at = [], 0
    while at < len(listed):
        _, row, at = _element(listed, at)
        oids.append(parse_oid(_element(row, 0)[1]))
    return Request(
        int.from_bytes(version, "big"), community, pdu, number,
        int.from_bytes(first, "big", signed=True), int.from_bytes(second, "big", signed=True), oids,
    )  # fmt: skip


def response(request: Request, binds: Iterable[bytes], *, status: int = 0, position: int = 0) -> bytes:
    """Answer a request with ready bindings."""
    body = tlv(2, request.request_id) + integer(status) + integer(position) + tlv(0x30, b"".join(binds))
    return tlv(0x30, integer(request.version) + tlv(4, request.community) + tlv(RESPONSE, body))


class Agent:
    """An honest agent over a fixed set of rows. ``community`` None takes any."""

    def __init__(self, rows: Mapping[Oid, Value], *, community: bytes | None = b"public", limit: int = 1_400) -> None:
        self.oids = sorted(rows)
        self.binds = [bind(oid, rows[oid]) for oid in self.oids]
        self.rows, self.community, self.limit = rows, community, limit

    def __call__(self, data: bytes) -> bytes | None:
        """Answer one datagram, or None to stay silent."""
        try:
            request = parse(data)
        except (IndexError, ValueError):
            return None
        if self.community is not None and request.community != self.community:
            return None
        return self.answer(request)

    def answer(self, request: Request) -> bytes | None:
        if request.pdu == GET:
            return response(request, [bind(oid, self.rows.get(oid, (0x80, b""))) for oid in request.oids])
        if request.pdu == GETNEXT:
            return response(request, [self.next(oid) for oid in request.oids])
        if request.pdu != GETBULK or request.version == 0:
            return None
        places = [bisect.bisect_right(self.oids, oid) for oid in request.oids]
        binds: list[bytes] = []
        size = 0
        for row in range(min(request.second, 200)):
            for place in places:
                at = place + row
                one = self.binds[at] if at < len(self.oids) else bind(self.oids[-1], (0x82, b""))
                size += len(one)
                if binds and size > self.limit - 60:
                    return response(request, binds)
                binds.append(one)
        return response(request, binds)

    def next(self, oid: Oid) -> bytes:
        at = bisect.bisect_right(self.oids, oid)
        return self.binds[at] if at < len(self.oids) else bind(oid, (0x82, b""))


Behaviour = Callable[[bytes], "bytes | Iterable[bytes] | None"]


class Farm:
    """Many agents in a process of their own: each on an address of its own, all on one port. A context manager.

    ``log`` gathers whatever the agents hear, an ``address\\thex`` line for each datagram.
    """

    def __init__(self, agents: Mapping[str, Behaviour], *, log: Path | None = None) -> None:
        self.port, self.log = 0, log
        self._agents = agents
        self._sockets: dict[str, socket.socket] = {}
        for address in agents:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            sock.setblocking(False)
            sock.bind((address, self.port))
            self.port = sock.getsockname()[1]
            self._sockets[address] = sock
        self._child = 0

    def serve(self) -> None:
        """Answer for ever."""
        selector = selectors.DefaultSelector()
        for address, sock in self._sockets.items():
            selector.register(sock, selectors.EVENT_READ, address)
        log = self.log.open("a") if self.log else None
        while True:
            for key, _ in selector.select():
                self._answer(key.fileobj, key.data, log)  # type: ignore[arg-type]
            if log:
                log.flush()

    def _answer(self, sock: socket.socket, address: str, log: TextIO | None) -> None:
        behaviour = self._agents[address]
        for _ in range(64):
            try:
                data, peer = sock.recvfrom(65_535)
            except OSError:
                return
            if log:
                log.write(f"{address}\t{data.hex()}\n")
            if hasattr(behaviour, "peer"):
                behaviour.peer = peer
            try:
                out = behaviour(data)
                for one in [out] if isinstance(out, bytes) else out or ():
                    sock.sendto(one, peer)
            except (IndexError, ValueError, OSError):
                continue  # not for this agent, or nobody listens any more

    def __enter__(self) -> Farm:
        self._child = os.fork()
        if self._child == 0:
            try:
                self.serve()
            finally:
                os._exit(1)
        for sock in self._sockets.values():
            sock.close()
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)

    def heard(self) -> dict[str, list[bytes]]:
        """Return what the agents have heard so far, by address."""
        found: dict[str, list[bytes]] = {address: [] for address in self._agents}
        for line in self.log.read_text().splitlines() if self.log and self.log.exists() else ():
            address, _, octets = line.partition("\t")
            found[address].append(bytes.fromhex(octets))
        return found


def text(words: str) -> Value:
    return 4, words.encode()


def number(value: int, tag: int = 2) -> Value:
    return tag, integer(value)[2:]


def switch(ports: int = 24, *, name: str = "switch", serial: str = "SN-0001") -> dict[Oid, Value]:
    """The rows of an ordinary switch: system, interfaces, ENTITY, addresses, LLDP, forwarding."""
    rows: dict[Oid, Value] = {}

    def put(prefix: str, value: Value) -> None:
        rows[tuple(map(int, prefix.split(".")))] = value

    put("1.3.6.1.2.1.1.1.0", text("Example switch, version 7.2.1"))
    put("1.3.6.1.2.1.1.2.0", (6, oid_octets((1, 3, 6, 1, 4, 1, 99999, 1, 24))))
    put("1.3.6.1.2.1.1.3.0", number(123_456, 0x43))
    put("1.3.6.1.2.1.1.5.0", text(name))
    for port in range(1, ports + 1):
        mac = bytes((0x00, 0x1B, 0x21, 0x10, len(name), port))
        columns: dict[int, Value] = {
            1: number(port), 2: text(f"GigabitEthernet1/0/{port}"), 3: number(6), 4: number(1500),
            5: number(1_000_000_000, 0x42), 6: (4, mac), 7: number(1), 8: number(1 + port % 2),
            **{column: number(10_000 * port + column, 0x41) for column in range(10, 22)},
        }  # fmt: skip
        for column, value in columns.items():
            put(f"1.3.6.1.2.1.2.2.1.{column}.{port}", value)
        wide = {column: number(2**40 + port, 0x46) for column in range(6, 14)}
        for column, value in {
            **wide,
            1: text(f"Gi1/0/{port}"),
            15: number(1000, 0x42),
            18: text(f"room {port}"),
        }.items():
            put(f"1.3.6.1.2.1.31.1.1.1.{column}.{port}", value)
        put(f"1.3.6.1.2.1.17.1.4.1.2.{port}", number(port))
        put(f"1.0.8802.1.1.2.1.3.7.1.3.{port}", text(f"Gi1/0/{port}"))
        entity = {2: text("Gigabit port"), 4: number(1), 5: number(10), 6: number(port), 7: text(f"port {port}")}
        for column, value in entity.items():
            put(f"1.3.6.1.2.1.47.1.1.1.1.{column}.{1000 + port}", value)
    chassis = {2: text("Example 24 ports"), 4: number(0), 5: number(3), 11: text(serial), 13: text("EX-24")}
    for column, value in chassis.items():
        put(f"1.3.6.1.2.1.47.1.1.1.1.{column}.1", value)
    put("1.3.6.1.2.1.4.20.1.2.10.0.0.1", number(1))
    put("1.3.6.1.2.1.4.20.1.3.10.0.0.1", (0x40, bytes((255, 255, 255, 0))))
    for column, value in {4: number(4), 5: (4, b"\x00\x1b\x21\x99\x00\x01"), 7: text("Gi0/1"), 9: text("core")}.items():
        put(f"1.0.8802.1.1.2.1.4.1.1.{column}.0.24.1", value)
    return rows
