"""pysnmp's datagram transport with a meter before it: strangers are dropped, the others are charged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pysnmp.carrier.asyncio.dgram import udp, udp6

from itsm.discovery.probe.snmp.session import Noise


class Peer(Protocol):
    """A conversation, as far as its datagrams concern it."""

    received: int
    noise: Noise

    def charge(self, octets: int) -> bool:
        """Book a datagram; False once the budget is spent."""


class _Metering:
    """Drops datagrams from strangers and charges the others; pysnmp never raises out of it."""

    _conversation_with: Callable[[tuple[str, int]], Peer | None]
    _callback_function: Any

    def datagram_received(self, datagram: bytes, source: Any) -> None:
        """Pass a datagram on to pysnmp if its sender is being asked and may still cost something."""
        conversation = self._conversation_with((str(source[0]), int(source[1])))
        if conversation is None or not conversation.charge(len(datagram)):
            return
        conversation.received += 1
        try:
            self._callback_function(self, source, datagram)
        except Exception:
            conversation.noise.malformed += 1

    def send_message(self, message: bytes, address: Any) -> None:
        """Send a datagram, charged to the host it goes to."""
        conversation = self._conversation_with((str(address[0]), int(address[1])))
        if conversation is not None and not conversation.charge(len(message)):
            return
        super().send_message(message, address)  # type: ignore[misc]


class MeteredTransport(_Metering, udp.UdpAsyncioTransport):  # type: ignore[misc]
    """Metered UDP over IPv4."""

    def __init__(self, conversation_with: Callable[[tuple[str, int]], Peer | None]) -> None:
        super().__init__()
        self._conversation_with = conversation_with


class MeteredTransport6(_Metering, udp6.Udp6AsyncioTransport):  # type: ignore[misc]
    """Metered UDP over IPv6."""

    def __init__(self, conversation_with: Callable[[tuple[str, int]], Peer | None]) -> None:
        super().__init__()
        self._conversation_with = conversation_with
