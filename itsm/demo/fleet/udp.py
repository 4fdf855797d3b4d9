"""Answering datagrams for many addresses: a socket for each, or one for all of them.

Few devices get a socket each, so that nothing else of the machine is touched. Ten thousand share one that is
bound to every address; the kernel tells which one a datagram was sent to, and the answer leaves from there.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address
from typing import Final

Answer = Callable[[bytes, float], bytes | None]
"""Makes the answer (or None) to a datagram at a moment of the monotonic clock."""

_IP_PKTINFO: Final = 8
"""Linux; the socket module of Python 3.11 doesn't name it."""
_PACKET_INFO: Final = struct.Struct("=I4s4s")
"""Interface index, local address, destination address."""
_BATCH: Final = 64
_BUFFER: Final = 4 * 1024 * 1024
_LARGEST: Final = 65535


class UdpServer:
    """Serves a mapping of addresses to answering functions on one port, in a thread of its own.

    ``answers`` may change while serving where ``shared`` is set; else its addresses are fixed at ``start``.
    """

    def __init__(self, answers: Mapping[str, Answer], port: int, *, shared: bool = False) -> None:
        self._answers = answers
        self._shared = shared
        self.port = port
        self._sockets: list[tuple[socket.socket, str]] = []
        self._wake_read, self._wake_write = socket.socketpair()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> None:
        """Bind and begin to answer. Port 0 lets the kernel choose one; OSError where the port is taken."""
        try:
            for address in ("0.0.0.0",) if self._shared else self._answers:  # noqa: S104 - see _deliver
                self._sockets.append((self._bind(address), address))
                self.port = self._sockets[0][0].getsockname()[1]
        except OSError:
            self.stop()
            raise
        self._thread = threading.Thread(target=self._serve, name="fleet-snmp", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and give the port back. May be called twice."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._wake_write.send(b"x")
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        for opened, _address in self._sockets:
            opened.close()
        self._sockets.clear()
        self._wake_read.close()
        self._wake_write.close()

    def _bind(self, address: str) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            opened.setblocking(False)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER if self._shared else 256 * 1024)
            if self._shared:
                opened.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
                # Only the loopback interface shall reach it; without the right to say so, _deliver still drops
                # whatever wasn't sent to one of the simulated addresses.
                with contextlib.suppress(OSError):
                    opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
            opened.bind((address, self.port))
        except OSError:
            opened.close()
            raise
        return opened

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            for opened, address in self._sockets:
                selector.register(opened, selectors.EVENT_READ, address)
            while not self._stopping:
                for key, _events in selector.select():
                    if isinstance(key.fileobj, socket.socket) and key.data is not None:
                        self._drain(key.fileobj, key.data)

    def _drain(self, opened: socket.socket, address: str) -> None:
        now = time.monotonic()
        for _turn in range(_BATCH):
            try:
                if self._shared:
                    self._deliver(opened, now)
                else:
                    data, sender = opened.recvfrom(_LARGEST)
                    answer = self._answers[address](data, now)
                    if answer is not None:
                        opened.sendto(answer, sender)
            except BlockingIOError:
                return
            except OSError:
                # An answer that cannot be delivered (the asker closed its port) is the asker's loss.
                continue

    def _deliver(self, opened: socket.socket, now: float) -> None:
        data, ancillary, _flags, sender = opened.recvmsg(4096, 64)
        if not ancillary:
            return
        _index, _local, destination = _PACKET_INFO.unpack(ancillary[0][2])
        answer = self._answers.get(socket.inet_ntoa(destination))
        made = None if answer is None else answer(data, now)
        if made is not None:
            source = _PACKET_INFO.pack(0, destination, bytes(4))
            opened.sendmsg((made,), ((socket.IPPROTO_IP, _IP_PKTINFO, source),), 0, sender)


def addresses(net: str, hosts: Iterable[int]) -> list[str]:
    """Return the addresses of host numbers in a network written ``127.42.0.0/24``.

    Raises ValueError for a network outside 127.0.0.0/8, or a host number beyond it: the fleet is never to be
    reached from elsewhere.
    """
    base, _slash, bits = net.partition("/")
    first, size = int(IPv4Address(base)), 1 << (32 - int(bits or 24))
    if first >> 24 != 127 or first & (size - 1) or size > 1 << 24:
        raise ValueError(f"{net} is not a network of loopback addresses")
    found = []
    for host in hosts:
        if not 0 < host < size - 1:
            raise ValueError(f"{net} has no room for host {host}")
        found.append(str(IPv4Address(first + host)))
    return found
