"""SSH through paramiko: handshake first, then the host key's judgement, and only then a credential."""

from __future__ import annotations

import io
import logging
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import paramiko
from paramiko.auth_handler import AuthOnlyHandler
from paramiko.ssh_exception import ChannelException, IncompatiblePeer

from itsm.discovery.probe.budget import Stopped
from itsm.discovery.probe.credentials import SshLogin
from itsm.discovery.probe.ssh.link import MeteredSocket, Printed, Terminal
from itsm.discovery.probe.ssh.trust import fingerprint

logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it logs what devices say, line by line, as errors
_CHUNK = 65_536
_AFTER_EXIT = 1.0
"""Seconds to wait for the end of the output after a command has told its exit status."""


class _Answers(AuthOnlyHandler):  # type: ignore[misc]
    """Hears an answer that comes before paramiko waits for it.

    paramiko sends the request first and makes the event that the answer sets afterwards; a server quick enough is
    never heard, and the login ends with a timeout though it was granted. Here the event is there all along.
    """

    def __init__(self, transport: paramiko.Transport) -> None:
        self._answered = threading.Event()
        super().__init__(transport)

    @property
    def auth_event(self) -> threading.Event:
        """The event that an answer sets."""
        return self._answered

    @auth_event.setter
    def auth_event(self, _late: threading.Event | None) -> None:
        """Keep the event that was there before the request left."""

    def send_auth_request(self, *given: Any, **named: Any) -> Any:
        """Send a request and wait for its answer."""
        self._answered.clear()
        return super().send_auth_request(*given, **named)


class _Client(paramiko.ServiceRequestingTransport):  # type: ignore[misc]
    def get_auth_handler(self) -> _Answers:
        return _Answers(self)


class ModernLink:
    """A paramiko connection; make it with :meth:`open`, then :meth:`login`."""

    def __init__(self, transport: paramiko.Transport, sock: MeteredSocket) -> None:
        self._transport, self._sock = transport, sock

    @classmethod
    def open(cls, sock: MeteredSocket, *, seconds: float) -> ModernLink:
        """Agree on algorithms. Raises Stopped: ``no_banner``, ``no_common_algorithm``, ``dropped``, ``budget_…``."""
        transport = _Client(sock)
        transport.daemon = True
        transport.banner_timeout = transport.handshake_timeout = seconds
        link = cls(transport, sock)
        try:
            transport.start_client(timeout=seconds)
        except (paramiko.SSHException, EOFError, OSError) as error:
            link.close()
            raise link.named(error, "dropped") from error
        if not transport.initial_kex_done:  # paramiko only returns when its time is up
            link.close()
            raise link.named(TimeoutError("timeout"), "dropped") if link.banner else Stopped("no_banner")
        return link

    @property
    def banner(self) -> str:
        """The server's identification line."""
        return str(self._transport.remote_version or "")[:255]

    @property
    def host_key(self) -> tuple[str, str]:
        """(algorithm, fingerprint) of the key that the server has proved to hold. Raises Stopped(``dropped``)."""
        try:
            key = self._transport.get_remote_server_key()
        except paramiko.SSHException as error:  # it hung up as soon as it had shown its key
            raise self.named(error, "dropped") from error
        return key.get_name(), fingerprint(key.asbytes())

    def named(self, error: BaseException, otherwise: str) -> Stopped:
        """Return the reason behind one of paramiko's errors."""
        text = str(error)[:200]
        if self._sock.spent is not None:
            return self._sock.spent
        if isinstance(error, IncompatiblePeer):
            return Stopped("no_common_algorithm", text)
        if "banner" in text.lower() or "protocol version" in text:
            return Stopped("no_banner", text)
        if "timeout" in text.lower() or isinstance(error, TimeoutError):
            return Stopped("budget_time", text)
        return Stopped(otherwise, text)

    def login(self, login: SshLogin, *, seconds: float) -> None:
        """Show a credential. Raises Stopped: ``auth_failed``, ``bad_key``, ``dropped``, ``budget_…``."""
        self._transport.auth_timeout = seconds
        try:
            if login.key:
                self._transport.auth_publickey(login.user, private_key(login))
            else:
                self._password(login.user, login.password or "")
        except paramiko.AuthenticationException as error:
            raise self.named(error, "auth_failed") from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self.named(error, "dropped") from error
        if not self._transport.is_authenticated():
            raise Stopped("auth_failed", "the server wants more than this credential")
        self._sock.opened = True

    def _password(self, user: str, password: str) -> None:
        """Say the password once: as such, or to the first question of a keyboard-interactive dialogue."""
        try:
            self._transport.auth_password(user, password, fallback=False)
        except paramiko.BadAuthenticationType as error:
            if "keyboard-interactive" not in error.allowed_types:
                raise paramiko.AuthenticationException("the server takes no passwords") from error
            answers = [password]

            def answer(_title: str, _text: str, questions: list[Any]) -> list[str]:
                if len(questions) > len(answers):
                    raise paramiko.AuthenticationException("the server asks for more than a password")
                return [answers.pop() for _ in questions]

            self._transport.auth_interactive(user, answer)

    def run(self, command: str, *, seconds: float, octets: int) -> Printed:
        """Run one command without a terminal; see :class:`~itsm.discovery.probe.ssh.link.Link`."""
        until = time.monotonic() + seconds
        channel = self._channel(seconds)
        try:
            channel.exec_command(command)
            return self._collect(channel, until, octets)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self.named(error, "dropped") from error
        finally:
            with suppress(EOFError, OSError):  # to say goodbye costs octets too, and the budget may be spent
                channel.close()

    def _channel(self, seconds: float) -> paramiko.Channel:
        try:
            return self._transport.open_session(timeout=seconds)
        except ChannelException as error:
            raise Stopped("no_session", str(error)[:200]) from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self.named(error, "dropped") from error

    def _collect(self, channel: paramiko.Channel, until: float, octets: int) -> Printed:
        out, err = bytearray(), bytearray()
        channel.settimeout(0.1)
        quiet_until: float | None = None
        while True:
            if time.monotonic() > until:
                return Printed(bytes(out), bytes(err), None, "budget_time")
            if channel.recv_stderr_ready():
                err += channel.recv_stderr(_CHUNK)
            try:
                piece = channel.recv(_CHUNK)
                if not piece:
                    break
                out += piece
                quiet_until = None
            except TimeoutError:
                if self._sock.spent is not None:
                    raise self._sock.spent from None
                if channel.exit_status_ready():
                    quiet_until = quiet_until or time.monotonic() + _AFTER_EXIT
                    if time.monotonic() > quiet_until:
                        break
            if len(out) + len(err) > octets:
                return Printed(bytes(out[:octets]), bytes(err[:octets]), None, "budget_bytes")
        if self._sock.spent is not None:
            raise self._sock.spent
        while channel.recv_stderr_ready() and len(err) < octets:
            err += channel.recv_stderr(_CHUNK)
        channel.status_event.wait(_AFTER_EXIT)  # the status may come behind the end of the output
        return Printed(bytes(out), bytes(err), None if channel.exit_status == -1 else int(channel.exit_status))

    def terminal(self) -> Terminal:
        """Open a shell as wide as it gets, so that lines don't wrap."""
        channel = self._channel(10)
        try:
            channel.get_pty("vt100", width=511, height=1000)
            channel.invoke_shell()
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self.named(error, "no_shell") from error
        return _ModernTerminal(channel, self)

    def close(self) -> None:
        """Close the connection and end paramiko's thread."""
        self._transport.close()
        self._sock.close()


class _ModernTerminal:
    def __init__(self, channel: paramiko.Channel, link: ModernLink) -> None:
        self._channel, self._link = channel, link

    def send(self, text: str) -> None:
        try:
            self._channel.sendall(text.encode())
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self._link.named(error, "dropped") from error

    def receive(self, seconds: float) -> bytes:
        self._channel.settimeout(max(0.01, seconds))
        try:
            data = bytes(self._channel.recv(_CHUNK))
        except TimeoutError:
            if self._link._sock.spent is not None:
                raise self._link._sock.spent from None
            return b""
        if not data:
            raise self._link.named(EOFError(), "dropped")
        return data


def private_key(login: SshLogin) -> paramiko.PKey:
    """Return a login's key. Raises Stopped(``bad_key``) for text that is no key of a kind we use."""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(login.key or ""), password=login.key_passphrase)
        except paramiko.PasswordRequiredException:
            raise Stopped("bad_key", "the key has a passphrase") from None
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise Stopped("bad_key", "not an Ed25519, ECDSA or RSA private key")


def connect(address: str, port: int, *, seconds: float) -> socket.socket:
    """Open a TCP connection. Raises Stopped: ``refused``, ``silent`` or ``unreachable``."""
    try:
        sock = socket.create_connection((address, port), timeout=seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # many small packets, each waited for
        return sock
    except ConnectionRefusedError:
        raise Stopped("refused") from None
    except TimeoutError:
        raise Stopped("silent") from None
    except OSError as error:
        raise Stopped("unreachable", error.strerror or str(error)) from error
