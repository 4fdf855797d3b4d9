"""A real SSH server for each simulated computer: one user with one key, commands from a table, nothing else."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import paramiko

from itsm.demo.fleet.console import Console
from itsm.demo.fleet.shell.machine import Output
from itsm.demo.fleet.shell.platforms import Platform

_MOST_CONNECTIONS: Final = 64
_IDLE_SECONDS: Final = 120
_CHANNEL_SUCCESS: Final = bytes((paramiko.common.MSG_CHANNEL_SUCCESS,))


@dataclass(frozen=True, slots=True)
class Door:
    """How to enter one device: its host key, who is let in, what runs, and whether it hears at all."""

    name: str
    platform: Platform
    host_key: paramiko.PKey
    user: str
    user_key: paramiko.PKey
    run: Callable[[str], Output]
    silent: Callable[[], bool]


class _Line(paramiko.Transport):  # type: ignore[misc]
    """A connection that begins to run a command only when the client has been told that it will.

    paramiko asks first and replies afterwards, from the same thread; an answer as quick as ours would overtake
    the reply and close the channel under the client's request.
    """

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self.waiting: list[threading.Thread] = []

    def begin(self, target: Callable[..., None], *given: object) -> None:
        """Let a thread run ``target`` as soon as the request that asks for it has been granted."""
        self.waiting.append(threading.Thread(target=target, args=given, name="fleet-exec", daemon=True))

    def _send_user_message(self, data: paramiko.Message) -> None:
        super()._send_user_message(data)
        if data.asbytes()[:1] == _CHANNEL_SUCCESS:
            while self.waiting:
                self.waiting.pop().start()


class _Session(paramiko.ServerInterface):  # type: ignore[misc]
    """The server's side of one connection."""

    def __init__(self, door: Door, line: _Line) -> None:
        self._door = door
        self._line = line

    def get_allowed_auths(self, username: str) -> str:
        """Offer public keys only."""
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        """Let the one user in by the one key."""
        known = username == self._door.user and key == self._door.user_key
        return int(paramiko.common.AUTH_SUCCESSFUL if known else paramiko.common.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        """Allow sessions; no forwarding of anything."""
        if kind == "session":
            return int(paramiko.common.OPEN_SUCCEEDED)
        return int(paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        """Run a command in a thread of its own, so that a slow reader doesn't stop the connection."""
        self._line.begin(self._execute, channel, command)
        return True

    def check_channel_pty_request(self, *_given: object) -> bool:
        """Grant a terminal; its size is of no interest."""
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        """Open a session at the device's prompt."""
        self._line.begin(self._talk, channel)
        return True

    def _talk(self, channel: paramiko.Channel) -> None:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException), contextlib.closing(channel):
            channel.settimeout(_IDLE_SECONDS)
            Console(channel, self._door.platform, self._door.name, self._door.run).serve()

    def _execute(self, channel: paramiko.Channel, command: bytes) -> None:
        # A client that went away has no use for the rest.
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException), contextlib.closing(channel):
            output = self._door.run(command.decode("utf-8", "replace"))
            channel.settimeout(_IDLE_SECONDS)
            channel.sendall(output.stdout.encode())
            channel.sendall_stderr(output.stderr.encode())
            channel.send_exit_status(output.status)


class SshServer:
    """Accepts connections at every door, on one port."""

    def __init__(self, doors: Mapping[str, Door], port: int) -> None:
        self._doors = doors
        self.port = port
        self._listeners: list[tuple[socket.socket, Door]] = []
        self._transports: list[_Line] = []
        self._wake_read, self._wake_write = socket.socketpair()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> None:
        """Listen at every address. Port 0 lets the kernel choose one; OSError where the port is taken."""
        try:
            for address, door in self._doors.items():
                listener = socket.create_server((address, self.port), backlog=16, reuse_port=False)
                listener.setblocking(False)
                self._listeners.append((listener, door))
                self.port = self._listeners[0][0].getsockname()[1]
        except OSError:
            self.stop()
            raise
        self._thread = threading.Thread(target=self._serve, name="fleet-ssh", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and every port. May be called twice."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._wake_write.send(b"x")
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        for listener, _door in self._listeners:
            listener.close()
        self._listeners.clear()
        for transport in self._transports:
            transport.close()
        self._transports.clear()
        self._wake_read.close()
        self._wake_write.close()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            for listener, door in self._listeners:
                selector.register(listener, selectors.EVENT_READ, door)
            while not self._stopping:
                for key, _events in selector.select():
                    if isinstance(key.data, Door) and isinstance(key.fileobj, socket.socket):
                        self._accept(key.fileobj, key.data)

    def _accept(self, listener: socket.socket, door: Door) -> None:
        try:
            connection, _sender = listener.accept()
        except OSError:
            return
        connection.setblocking(True)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transports = [transport for transport in self._transports if transport.is_active()]
        if door.silent() or len(self._transports) >= _MOST_CONNECTIONS:
            connection.close()
            return
        transport = _Line(connection)
        transport.local_version = door.platform.banner
        transport.add_server_key(door.host_key)
        try:
            transport.start_server(event=threading.Event(), server=_Session(door, transport))
        except (paramiko.SSHException, OSError, EOFError):
            transport.close()
            return
        self._transports.append(transport)
