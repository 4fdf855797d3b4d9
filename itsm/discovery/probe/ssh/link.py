"""A connection over which commands run, whatever library carries it; and a socket that keeps a budget."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Protocol

from itsm.discovery.probe.budget import BudgetSpent, Meter


@dataclass(frozen=True, slots=True)
class Printed:
    """What one command printed; ``cut`` where a limit ended it early."""

    stdout: bytes
    stderr: bytes
    status: int | None
    cut: str = ""


class Terminal(Protocol):
    """An interactive shell."""

    def send(self, text: str) -> None:
        """Type a text. Raises Stopped(``dropped``) when the other side has gone."""

    def receive(self, seconds: float) -> bytes:
        """Return what comes within so many seconds; empty for silence. Raises Stopped(``dropped``)."""


class Link(Protocol):
    """An authenticated connection. Everything it raises is Stopped with a named reason."""

    def run(self, command: str, *, seconds: float, octets: int) -> Printed:
        """Run one command without a terminal; what goes beyond the limits is cut off."""

    def terminal(self) -> Terminal:
        """Open an interactive shell."""

    def close(self) -> None:
        """Close the connection."""


class MeteredSocket:
    """A TCP socket that charges every octet to a meter, and is at its end once the budget is spent.

    Before :attr:`opened` is set only ``handshake`` octets may come in, so that a flood before authentication
    costs next to nothing.
    """

    def __init__(self, sock: socket.socket, meter: Meter, *, handshake: int = 200_000) -> None:
        self._sock, self.meter, self._handshake = sock, meter, handshake
        self.opened = False
        self.spent: BudgetSpent | None = None

    def _charge(self, octets: int) -> None:
        try:
            self.meter.spend(octets=octets)
            if not self.opened and self.meter.octets > self._handshake:
                raise BudgetSpent("budget_bytes", f"{self.meter.octets} octets before authentication")
        except BudgetSpent as spent:
            self.spent = spent
            self._sock.close()
            raise EOFError from spent

    @property
    def _closed(self) -> bool:
        """Whether the socket is closed; paramiko looks at this attribute of sockets."""
        return self._sock.fileno() < 0

    def recv(self, size: int) -> bytes:
        """Return at most ``size`` octets. Raises EOFError once the budget is spent."""
        self._charge(0)
        data = self._sock.recv(size)
        self._charge(len(data))
        return data

    def send(self, data: bytes) -> int:
        """Send octets and return how many went. Raises EOFError once the budget is spent."""
        self._charge(len(data))
        return self._sock.send(data)

    def settimeout(self, seconds: float | None) -> None:
        """Set the time-out of the socket."""
        self._sock.settimeout(seconds)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def getpeername(self) -> object:
        """Return the address at the other end."""
        return self._sock.getpeername()
