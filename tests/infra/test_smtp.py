"""Delivery to a real SMTP server: what became of the message for each recipient, whatever the server does."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from itsm.infra.message import Mailbox, Threading, compose
from itsm.infra.secrets import Secret
from itsm.infra.smtp import Fate, Outcome, Relay, Security, send, try_out
from tests.infra.certificates import make_certificate, server_context
from tests.infra.servers import free_port
from tests.smtp import SmtpSink, running_sink

SENDER, ANA, BEN = "desk@example.org", "ana@example.org", "ben@example.org"


@pytest.fixture
def message() -> EmailMessage:
    return compose(
        sender=Mailbox.of(SENDER, "Service desk"),
        to=[Mailbox.of(ANA, "Ana")],
        subject="Größe",
        text=".\nA line with a dot alone above.\nGrüße",
        html="<p>Grüße</p>",
        at=datetime(2026, 11, 23, tzinfo=UTC),
        threading=Threading("<entry-7@desk.example.org>"),
    )


def relay_to(sink: SmtpSink, **changes: object) -> Relay:
    return Relay(**{"host": sink.host, "port": sink.port, "security": Security.NONE, "timeout": 5.0, **changes})


def fates(outcomes: list[Outcome]) -> list[tuple[str, Fate, int]]:
    return [(outcome.recipient, outcome.fate, outcome.code) for outcome in outcomes]


def test_a_message_arrives_as_it_was_made(smtp_sink: SmtpSink, message: EmailMessage) -> None:
    outcomes = send(relay_to(smtp_sink), message, sender=SENDER, recipients=[ANA, BEN])
    assert fates(outcomes) == [(ANA, Fate.ACCEPTED, 250), (BEN, Fate.ACCEPTED, 250)]
    [got] = smtp_sink.received
    assert (got.sender, got.recipients) == (SENDER, [ANA, BEN])
    assert got.source == message.as_bytes()
    assert (
        got.message.get_body(("plain",)).get_content().replace("\r", "") == ".\nA line with a dot alone above.\nGrüße\n"
    )


def test_the_null_return_path_is_empty(smtp_sink: SmtpSink, message: EmailMessage) -> None:
    assert fates(send(relay_to(smtp_sink), message, sender="", recipients=[ANA])) == [(ANA, Fate.ACCEPTED, 250)]
    assert smtp_sink.received[0].sender == ""


def test_a_recipient_named_twice_gets_one_mail(smtp_sink: SmtpSink, message: EmailMessage) -> None:
    outcomes = send(relay_to(smtp_sink), message, sender=SENDER, recipients=[ANA, ANA])
    assert fates(outcomes) == [(ANA, Fate.ACCEPTED, 250)] * 2
    assert smtp_sink.received[0].recipients == [ANA]


def test_each_recipient_has_its_own_fate(smtp_sink: SmtpSink, message: EmailMessage) -> None:
    smtp_sink.rcpt_answers = {
        "gone@example.org": "550 5.1.1 No such person",
        "full@example.org": "452 4.2.2 Mailbox full",
        "gray@example.org": "451 4.7.1 Come back later",
    }
    outcomes = send(
        relay_to(smtp_sink),
        message,
        sender=SENDER,
        recipients=["gone@example.org", ANA, "full@example.org", "gray@example.org"],
    )
    assert outcomes == [
        Outcome("gone@example.org", Fate.PERMANENT, 550, "5.1.1 No such person"),
        Outcome(ANA, Fate.ACCEPTED, 250, "OK"),
        Outcome("full@example.org", Fate.TEMPORARY, 452, "4.2.2 Mailbox full"),
        Outcome("gray@example.org", Fate.TEMPORARY, 451, "4.7.1 Come back later"),
    ]
    assert smtp_sink.received[0].recipients == [ANA]


def test_with_no_recipient_left_nothing_is_sent(smtp_sink: SmtpSink, message: EmailMessage) -> None:
    smtp_sink.rcpt_answers = {ANA: "550 No"}
    assert fates(send(relay_to(smtp_sink), message, sender=SENDER, recipients=[ANA])) == [(ANA, Fate.PERMANENT, 550)]
    assert smtp_sink.received == []


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        ("451 4.3.0 Try later", Fate.TEMPORARY),
        ("552 5.3.4 Too big", Fate.PERMANENT),
        ("554 5.7.1 Spam", Fate.PERMANENT),
        ("530 5.7.0 Sign in first", Fate.TEMPORARY),
    ],
)
@pytest.mark.parametrize("where", ["mail_answer", "data_answer"])
def test_a_refusal_of_the_whole_message_counts_for_all(
    smtp_sink: SmtpSink, message: EmailMessage, where: str, answer: str, fate: Fate
) -> None:
    setattr(smtp_sink, where, answer)
    smtp_sink.rcpt_answers = {"gone@example.org": "550 No"} if where == "data_answer" else {}
    outcomes = send(relay_to(smtp_sink), message, sender=SENDER, recipients=[ANA, BEN])
    assert fates(outcomes) == [(ANA, fate, int(answer[:3])), (BEN, fate, int(answer[:3]))]
    assert smtp_sink.received == []


def test_a_refused_recipient_stays_refused_when_the_rest_fails(smtp_sink: SmtpSink, message: EmailMessage) -> None:
    smtp_sink.rcpt_answers, smtp_sink.cut_at_data = {BEN: "550 No"}, True
    outcomes = send(relay_to(smtp_sink), message, sender=SENDER, recipients=[ANA, BEN])
    assert fates(outcomes) == [(ANA, Fate.TEMPORARY, 0), (BEN, Fate.PERMANENT, 550)]


def test_a_cut_before_the_last_answer_is_retried_with_the_same_identity(
    smtp_sink: SmtpSink, message: EmailMessage
) -> None:
    smtp_sink.cut_after_data = True
    assert fates(send(relay_to(smtp_sink), message, sender=SENDER, recipients=[ANA])) == [(ANA, Fate.TEMPORARY, 0)]
    smtp_sink.cut_after_data = False
    assert fates(send(relay_to(smtp_sink), message, sender=SENDER, recipients=[ANA])) == [(ANA, Fate.ACCEPTED, 250)]
    assert [got.message["Message-ID"] for got in smtp_sink.received] == ["<entry-7@desk.example.org>"] * 2


def test_a_slow_server_ends_at_the_time_out(smtp_sink: SmtpSink, message: EmailMessage) -> None:
    smtp_sink.pause = 3.0
    started = time.monotonic()
    outcomes = send(relay_to(smtp_sink, timeout=0.5), message, sender=SENDER, recipients=[ANA])
    assert fates(outcomes) == [(ANA, Fate.TEMPORARY, 0)]
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "ana",
        "ana@example.org\r\nRCPT TO:<victim@example.net>",
        "<ana@example.org>",
        "a b@c",
        "ä@example.org",
        "a@b\0",
        "ana@example.org> SIZE=1",
        " ana@example.org",
    ],
)
def test_what_is_no_address_never_reaches_the_wire(smtp_sink: SmtpSink, message: EmailMessage, recipient: str) -> None:
    outcomes = send(relay_to(smtp_sink), message, sender=SENDER, recipients=[recipient, ANA])
    assert fates(outcomes) == [(recipient, Fate.PERMANENT, 0), (ANA, Fate.ACCEPTED, 250)]
    assert smtp_sink.received[0].recipients == [ANA]


def test_nobody_listening_is_temporary(message: EmailMessage) -> None:
    relay = Relay("127.0.0.1", free_port(), Security.NONE, timeout=2.0)
    [outcome] = send(relay, message, sender=SENDER, recipients=[ANA])
    assert (outcome.fate, outcome.code) == (Fate.TEMPORARY, 0)
    assert outcome.words.startswith(f"127.0.0.1 port {relay.port}: ")
    relay = Relay("no-such-host.invalid", 25, Security.NONE, timeout=2.0)
    assert fates(send(relay, message, sender=SENDER, recipients=[ANA])) == [(ANA, Fate.TEMPORARY, 0)]


@contextmanager
def scripted(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Run a server that says what a mail server would not."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                peer, _ = listening.accept()
                with peer:
                    talk(peer)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def drip(peer: socket.socket) -> None:
    for _ in range(200):
        peer.sendall(b"2")
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        (lambda peer: peer.sendall(b"554 5.3.2 Not today\r\n"), 554),
        (lambda peer: peer.sendall(b"421 Too busy\r\n"), 421),
        (lambda peer: None, 0),
        (lambda peer: peer.sendall(b"SSH-2.0-OpenSSH\r\n"), -1),
        (lambda peer: peer.sendall(b"\xff" * 100_000), 500),
        (lambda peer: peer.sendall(b"220-more\r\n" * 3), 220),
        (drip, 0),
    ],
    ids=["refused", "busy", "hung up", "other protocol", "endless line", "cut greeting", "drip"],
)
def test_a_server_that_is_none_is_temporary_and_ends_in_time(
    message: EmailMessage, talk: Callable[[socket.socket], None], code: int
) -> None:
    with scripted(talk) as port:
        started = time.monotonic()
        [outcome] = send(Relay("127.0.0.1", port, Security.NONE, timeout=1.0), message, sender=SENDER, recipients=[ANA])
        assert time.monotonic() - started < 3
    assert outcome.fate is Fate.TEMPORARY
    assert outcome.code in {code, 0}


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path, "127.0.0.1")


@pytest.mark.parametrize("kind", [Security.STARTTLS, Security.TLS])
def test_both_kinds_of_tls_deliver_and_sign_in(message: EmailMessage, certificate: Path, kind: Security) -> None:
    with running_sink(**{kind.value: server_context(certificate)}) as sink:
        relay = relay_to(sink, security=kind, ca_file=str(certificate), username="desk", password=Secret("right"))
        assert fates(send(relay, message, sender=SENDER, recipients=[ANA])) == [(ANA, Fate.ACCEPTED, 250)]
        assert sink.logins == [("desk", "right")]
        assert len(sink.received) == 1


@pytest.mark.parametrize("kind", [Security.STARTTLS, Security.TLS])
def test_an_untrusted_certificate_stops_before_any_secret(
    message: EmailMessage, certificate: Path, kind: Security
) -> None:
    with running_sink(**{kind.value: server_context(certificate)}) as sink:
        relay = relay_to(sink, security=kind, username="desk", password=Secret("right"))
        [outcome] = send(relay, message, sender=SENDER, recipients=[ANA])
        assert outcome.fate is Fate.TEMPORARY
        assert outcome.words.startswith("The certificate of 127.0.0.1 is not trusted")
        assert (sink.logins, sink.received) == ([], [])


def test_a_server_without_starttls_gets_nothing(smtp_sink: SmtpSink, message: EmailMessage) -> None:
    relay = relay_to(smtp_sink, security=Security.STARTTLS, username="desk", password=Secret("right"))
    [outcome] = send(relay, message, sender=SENDER, recipients=[ANA])
    assert (outcome.fate, "STARTTLS" in outcome.words) == (Fate.TEMPORARY, True)
    assert (smtp_sink.logins, smtp_sink.received) == ([], [])


def test_a_password_does_not_leave_the_machine_unprotected(message: EmailMessage) -> None:
    relay = Relay("mail.example.org", 25, Security.NONE, username="desk", password=Secret("x"))
    [outcome] = send(relay, message, sender=SENDER, recipients=[ANA])
    assert outcome == Outcome(ANA, Fate.TEMPORARY, 0, "A password is not sent over an unprotected connection.")


def test_a_wrong_password_keeps_the_mail_waiting(smtp_sink: SmtpSink, message: EmailMessage) -> None:
    relay = relay_to(smtp_sink, username="desk", password=Secret("wrong"))
    assert fates(send(relay, message, sender=SENDER, recipients=[ANA])) == [(ANA, Fate.TEMPORARY, 535)]
    assert "wrong" not in repr(relay)
    assert smtp_sink.received == []


def test_trying_out_sends_nothing(smtp_sink: SmtpSink) -> None:
    assert try_out(relay_to(smtp_sink)).fate is Fate.ACCEPTED
    assert try_out(relay_to(smtp_sink, username="desk", password=Secret("wrong"))).code == 535
    assert smtp_sink.received == []
