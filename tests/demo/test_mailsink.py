"""The demo's mail catcher keeps what it is sent, bounded, and shows it safely."""

import smtplib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from itsm.demo.mailsink import MAX_BYTES, MailFolder, catching
from itsm.infra.message import Mailbox, Threading, compose
from itsm.infra.smtp import Fate, Relay, Security, send

MAIL = b"Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe?=\r\nFrom: a@example.org\r\n\r\nHello\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return MailFolder(tmp_path / "mail", keep=5)


def test_a_delivered_mail_is_listed_and_read(folder: MailFolder) -> None:
    message = compose(
        sender=Mailbox.of("desk@example.org", "Service desk"),
        to=[Mailbox.of("ana@example.org", "Ana")],
        subject="Größe ✓",
        text="Hello",
        at=datetime(2026, 11, 23, tzinfo=UTC),
        threading=Threading("<1@desk.example.org>"),
    )
    started = datetime.now(UTC)
    with catching(folder) as port:
        [outcome] = send(
            Relay("127.0.0.1", port, Security.NONE),
            message,
            sender="bounce@example.org",
            recipients=["ana@example.org"],
        )
    assert (outcome.fate, outcome.words) == (Fate.ACCEPTED, "Caught; nobody will receive it")
    [caught] = folder.latest()
    assert (caught.sender, caught.recipients) == ("bounce@example.org", ("ana@example.org",))
    assert caught.subject == "Größe ✓"
    assert abs((caught.at - started).total_seconds()) < 30
    assert folder.read(caught.key).get_content().rstrip() == "Hello"


def test_the_newest_come_first_and_the_oldest_go(folder: MailFolder) -> None:
    keys = [folder.add("a@b", [f"{number}@example.org"], MAIL) for number in range(8)]
    assert [mail.key for mail in folder.latest()] == keys[:2:-1]
    assert [mail.recipients for mail in folder.latest(2)] == [("7@example.org",), ("6@example.org",)]
    assert folder.read(keys[0]) is None
    assert list((folder.root / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    "key", ["", "..", "../../etc/passwd", "x", "1732" * 3 + "1-1-1\n", "/etc/passwd", "1" * 13 + "-1-1"]
)
def test_only_keys_of_mails_are_read(folder: MailFolder, key: str) -> None:
    assert (folder.read(key), folder.source(key)) == (None, None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\xff\xfe",
        b"Subject: =?x-unknown?b?////?=\r\n\r\n",
        b"Subject: " + b"=?utf-8?q?" * 2000 + b"\r\n\r\nx",
        b"\r\n\r\n",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\nx",
        b"From: <<<>>>,;:@\r\nTo: :;\r\n\r\nx",
    ],
)
def test_odd_mails_are_kept_and_listed(folder: MailFolder, content: bytes) -> None:
    key = folder.add("", ["ana@example.org"], content)
    assert [mail.key for mail in folder.latest()] == [key]
    assert folder.source(key).endswith(content)


def test_an_envelope_with_line_ends_makes_no_header(folder: MailFolder) -> None:
    key = folder.add("a@b\r\nX-Bad: 1", ["c@d\nX-Bad: 2"], MAIL)
    assert folder.read(key)["X-Bad"] is None


def test_a_mail_that_is_too_large_is_refused_by_the_server(folder: MailFolder) -> None:
    with catching(folder) as port, smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        with pytest.raises(smtplib.SMTPException) as caught:
            client.sendmail("a@example.org", ["b@example.org"], b"x" * (MAX_BYTES + 1))
        assert "552" in str(caught.value)
    assert folder.latest() == []


def test_all_can_be_cleared(folder: MailFolder) -> None:
    folder.add("", ["a@b"], MAIL)
    folder.clear()
    assert folder.latest() == []
