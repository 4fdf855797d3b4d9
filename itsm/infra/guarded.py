"""Network connections that go only where they may, and end when their time is over."""

import socket
import ssl
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore

from itsm.infra.addresses import Network, is_allowed, parse


class DestinationForbiddenError(Exception):
    """The name leads to an address that may not be connected to."""


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to checked addresses only; a name is resolved once and not again after the check."""

    def __init__(self, allowed: Sequence[Network], deadline: float) -> None:
        """Take the inner networks that are allowed, and the `time.monotonic()` when all must be over."""
        self._allowed, self._deadline, self._plain = allowed, deadline, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; raises DestinationForbiddenError if any is inside."""
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._checked(host, port):
            try:
                left = _left(self._deadline, httpcore.ConnectTimeout)
                return _GuardedStream(self._plain.connect_tcp(address, port, left), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _checked(self, host: str, port: int) -> list[str]:
        found = _resolved(host, port, _left(self._deadline, httpcore.ConnectTimeout))
        for text in found:
            if not is_allowed(parse(text), self._allowed):
                raise DestinationForbiddenError(text)
        return found


class _GuardedStream(httpcore.NetworkStream):
    """A connection whose every step ends at the deadline of the whole call, however slowly bytes drip."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, httpcore.ConnectTimeout)
        return _GuardedStream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(deadline: float, overdue: type[Exception]) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise overdue("the time for the whole call is over")
    return left


def _resolved(host: str, port: int, timeout: float) -> list[str]:
    """Return the addresses of a name in the resolver's order.

    The system's resolver has no time-out of its own that we could set, so it runs in a thread that is left
    behind when it takes too long.
    """
    found: list[str] = []
    failure: list[Exception] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            failure.append(error)
        else:
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(timeout)
    if thread.is_alive():
        raise httpcore.ConnectTimeout(f"the name {host} took too long to resolve")
    if failure:
        raise httpcore.ConnectError(f"the name {host} does not resolve")
    return found
