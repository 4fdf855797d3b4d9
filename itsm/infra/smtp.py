"""Sending one message through a real SMTP server, and saying for each recipient what became of it.

Nothing is retried here: the job engine does that, with the same message. A refusal that may pass (4xx, a
broken connection, time) is kept apart from one that will not (5xx).
"""

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum

from itsm.infra.message import BadAddress, Mailbox, line
from itsm.infra.secrets import Secret


class Security(StrEnum):
    """How the connection is protected; there is no falling back from one to another."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Fate(StrEnum):
    """What became of a message for one recipient."""

    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class Relay:
    """The mail server that takes our messages. `timeout` is for a whole delivery, in seconds."""

    host: str
    port: int = 587
    security: Security = Security.STARTTLS
    username: str = ""
    password: Secret = Secret("")
    timeout: float = 30.0
    hello: str = ""
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer for one recipient: its fate, the server's code (0: none came) and words on one line."""

    recipient: str
    fate: Fate
    code: int
    words: str


class _EndedError(Exception):
    """The delivery ended for all recipients that are still open."""

    def __init__(self, fate: Fate, code: int, words: str) -> None:
        super().__init__(words)
        self.fate, self.code, self.words = fate, code, line(words, 300)


def send(relay: Relay, message: EmailMessage, *, sender: str, recipients: Sequence[str]) -> list[Outcome]:
    """Deliver a message to an envelope and return one outcome a recipient, in their order.

    An empty `sender` is the null return path. Never raises for what the network or the server does. When the
    connection breaks after the whole message was sent, the recipients are TEMPORARY: the server may have
    taken it, and the stable Message-ID lets the receiving side drop the second copy. What goes wrong before
    the envelope (name, certificate, sign-in) is a matter of our settings and therefore TEMPORARY as well: the
    mail waits until they are mended.
    """
    settled: dict[str, Outcome] = {}
    wanted = [recipient for recipient in dict.fromkeys(recipients) if _is_sendable(recipient, settled)]
    try:
        if wanted:
            with _connected(relay) as server:
                _deliver(server, message, sender, wanted, settled)
    except _EndedError as end:
        _settle(settled, wanted, end.fate, end.code, end.words)
    return [settled[recipient] for recipient in recipients]


def try_out(relay: Relay) -> Outcome:
    """Connect, protect and sign in as a delivery would, but send nothing."""
    try:
        with _connected(relay):
            return Outcome("", Fate.ACCEPTED, 250, "The mail server is ready to take our messages.")
    except _EndedError as end:
        return Outcome("", end.fate, end.code, end.words)


def _deliver(
    server: smtplib.SMTP, message: EmailMessage, sender: str, wanted: list[str], settled: dict[str, Outcome]
) -> None:
    body = message.as_bytes(policy=message.policy.clone(cte_type="7bit", linesep="\r\n"))
    size = [f"size={len(body)}"] if server.has_extn("size") else []
    _demand(*server.mail(sender, size))
    for recipient in wanted:
        code, words = server.rcpt(recipient)
        if code == 421:
            _demand(code, words)
        if code not in {250, 251}:
            _settle(settled, [recipient], _fate(code), code, _text(words))
    if all(recipient in settled for recipient in wanted):
        return
    try:
        code, words = server.data(body)
    except smtplib.SMTPDataError as error:
        _demand(error.smtp_code, error.smtp_error)
    else:
        _settle(settled, wanted, _fate(code), code, _text(words))


@contextlib.contextmanager
def _connected(relay: Relay) -> Iterator[smtplib.SMTP]:
    """Yield a protected, signed-in connection; every failure of network and server becomes _EndedError."""
    if relay.security is Security.NONE and relay.username and not _is_own_machine(relay.host):
        raise _EndedError(Fate.TEMPORARY, 0, "A password is not sent over an unprotected connection.")
    client = _Client(relay)
    alarm = threading.Timer(relay.timeout, client.abort)
    alarm.daemon = True
    alarm.start()
    try:
        client.begin()
        yield client
        with contextlib.suppress(smtplib.SMTPException, OSError):
            client.quit()
    except ssl.SSLCertVerificationError as error:
        words = f"The certificate of {relay.host} is not trusted: {error.verify_message}"
        raise _EndedError(Fate.TEMPORARY, 0, words) from error
    except smtplib.SMTPResponseException as error:
        if client.aborted:
            raise _EndedError(Fate.TEMPORARY, 0, f"{relay.host} port {relay.port}: it took too long") from error
        raise _EndedError(Fate.TEMPORARY, error.smtp_code, _text(error.smtp_error)) from error
    except (smtplib.SMTPException, OSError, ValueError) as error:
        words = "it took too long" if client.aborted else str(error) or "the connection broke"
        raise _EndedError(Fate.TEMPORARY, 0, f"{relay.host} port {relay.port}: {words}") from error
    finally:
        alarm.cancel()
        client.close()


class _Client(smtplib.SMTP):
    """smtplib's client with both kinds of TLS, and an end that another thread can call."""

    def __init__(self, relay: Relay) -> None:
        super().__init__(local_hostname=relay.hello or None, timeout=relay.timeout)
        self.relay, self.aborted = relay, False
        self.context = ssl.create_default_context(cafile=relay.ca_file)
        # Both ways into TLS check the certificate against this name.
        self._host = relay.host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        if self.relay.security is not Security.TLS:
            return plain
        try:
            return self.context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def begin(self) -> None:
        """Open, greet, protect and sign in; raises what smtplib raises."""
        code, words = self.connect(self.relay.host, self.relay.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)
        self.ehlo_or_helo_if_needed()
        if self.relay.security is Security.STARTTLS:
            self.starttls(context=self.context)
            self.ehlo_or_helo_if_needed()
        if self.relay.username:
            self.login(self.relay.username, self.relay.password.reveal())

    def abort(self) -> None:
        """Break the connection under a call that waits, so that it ends with an error."""
        self.aborted = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown(), which would pull the TLS state from under the waiting thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _demand(code: int, words: bytes | str) -> None:
    if code != 250:
        raise _EndedError(_fate(code), code, _text(words))


def _fate(code: int) -> Fate:
    if code == 250:
        return Fate.ACCEPTED
    # A demand to sign in is a matter of our settings, not of the message.
    return Fate.PERMANENT if 500 <= code < 600 and code not in {530, 534, 535, 538} else Fate.TEMPORARY


def _settle(settled: dict[str, Outcome], recipients: list[str], fate: Fate, code: int, words: str) -> None:
    for recipient in recipients:
        settled.setdefault(recipient, Outcome(recipient, fate, code, words))


def _is_sendable(recipient: str, settled: dict[str, Outcome]) -> bool:
    """Tell whether the address can stand in an SMTP command; settle it as PERMANENT if not."""
    try:
        if Mailbox.of(recipient).address == recipient:
            return True
    except BadAddress:
        pass
    _settle(settled, [recipient], Fate.PERMANENT, 0, "This is not a mail address.")
    return False


def _is_own_machine(host: str) -> bool:
    return host in {"localhost", "127.0.0.1", "::1"}


def _text(words: bytes | str) -> str:
    return line(words.decode("utf-8", "replace") if isinstance(words, bytes) else words, 300)
