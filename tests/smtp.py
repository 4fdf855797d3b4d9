"""A real SMTP server for tests: it keeps what it takes, and can be told how to misbehave."""

import asyncio
import contextlib
import email
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from itsm.demo.mailsink import AnyPortController


@dataclass(frozen=True)
class Received:
    """One mail the sink took: its envelope, and the bytes as they came over the wire."""

    sender: str
    recipients: list[str]
    source: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.source, policy=policy.default)


@dataclass
class SmtpSink:
    """What the sink received, and its answers: an address maps to the reply it gets instead of 250."""

    host: str = "127.0.0.1"
    port: int = 0
    received: list[Received] = field(default_factory=list)
    rcpt_answers: dict[str, str] = field(default_factory=dict)
    mail_answer: str | None = None
    data_answer: str | None = None
    cut_at_data: bool = False
    cut_after_data: bool = False
    pause: float = 0.0
    logins: list[tuple[str, str]] = field(default_factory=list)
    password: str = "right"

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.mail_answer:
            return self.mail_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        await asyncio.sleep(self.pause)
        if address in self.rcpt_answers:
            return self.rcpt_answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.cut_at_data:
            server.transport.abort()
            return "250 never seen"
        if self.data_answer:
            return self.data_answer
        assert isinstance(envelope.content, bytes)
        self.received.append(
            Received((envelope.mail_from or "").strip("<>"), list(envelope.rcpt_tos), envelope.content)
        )
        if self.cut_after_data:
            server.transport.abort()
        return "250 OK"

    def authenticate(self, server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == self.password, handled=False)


@contextlib.contextmanager
def running_sink(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, **options: Any
) -> Iterator[SmtpSink]:
    """Run a sink on a port of the kernel's choice until the block ends."""
    sink = SmtpSink()
    controller = AnyPortController(
        sink,
        hostname=sink.host,
        port=0,
        ssl_context=tls,
        tls_context=starttls,
        authenticator=sink.authenticate,
        auth_require_tls=False,
        **options,
    )
    controller.start()
    try:
        sink.port = controller.port
        yield sink
    finally:
        controller.stop()


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A mail server on loopback without TLS; `received` holds what it took."""
    with running_sink() as sink:
        yield sink
