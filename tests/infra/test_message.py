"""Composed mail: whatever text goes in, the header set is the one that was meant."""

import email
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest

from itsm.infra.message import BadAddress, BadMessageId, Mailbox, Threading, compose, line

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DESK = Mailbox.of("desk@example.org", "Service desk")
ANA = Mailbox.of("ana@example.org", "Ana Silva")
THREAD = Threading("<entry-7@desk.example.org>")
LINE_ENDS = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\r\n\r\n",
]
PLAIN_HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
    "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
]  # fmt: skip


def made(**changes: object) -> EmailMessage:
    given = {
        "sender": DESK, "to": [ANA], "subject": "Printer", "text": "Hello", "at": NOON, "threading": THREAD
    }  # fmt: skip
    return compose(**{**given, **changes})


def sent(message: EmailMessage) -> EmailMessage:
    """Return the message as the receiving side parses its bytes."""
    return email.message_from_bytes(message.as_bytes(), policy=policy.default)


def words(part: EmailMessage) -> str:
    """Return the text of a part with the line ends that people think of."""
    return part.get_content().replace("\r\n", "\n")


def test_a_plain_message_has_exactly_its_headers() -> None:
    got = sent(made())
    assert sorted(got.keys()) == sorted(PLAIN_HEADERS)
    assert (got["From"], got["To"]) == ("Service desk <desk@example.org>", "Ana Silva <ana@example.org>")
    assert (got["Subject"], got["Message-ID"]) == ("Printer", "<entry-7@desk.example.org>")
    assert (got["Auto-Submitted"], got["Date"].datetime) == ("auto-generated", NOON)
    assert words(got) == "Hello\n"


@pytest.mark.parametrize("end", LINE_ENDS, ids=[repr(end) for end in LINE_ENDS])
def test_no_line_end_in_a_field_makes_a_header_or_a_recipient(end: str) -> None:
    attack = f"Ana{end}Bcc: victim@example.net{end}{end}<script>"
    message = made(
        sender=Mailbox.of("desk@example.org", attack),
        to=[Mailbox.of("ana@example.org", attack)],
        subject=attack,
        reply_to=Mailbox.of("desk@example.org", attack),
        auto_submitted=f"auto-replied{end}Bcc: victim@example.net",
        threading=Threading(
            "<entry-7@desk.example.org>",
            f"<a@b>{end}Bcc: v@example.net",
            [f"<c@d>{end}Bcc: v@example.net", "<e@f>"],
        ),
    )
    got = sent(message)
    assert sorted(got.keys()) == sorted([*PLAIN_HEADERS, "Reply-To", "References"])
    assert [address.addr_spec for address in got["To"].addresses] == ["ana@example.org"]
    assert [address.addr_spec for address in got["From"].addresses] == ["desk@example.org"]
    assert [address.addr_spec for address in got["Reply-To"].addresses] == ["desk@example.org"]
    assert (got["References"], got["Bcc"], got["In-Reply-To"]) == ("<e@f>", None, None)
    assert got["Subject"] == "Ana Bcc: victim@example.net <script>"
    assert words(got) == "Hello\n"


@pytest.mark.parametrize(
    "name",
    [
        "Silva, Ana",
        'Ana "the" Silva',
        "Ana <victim@example.net>",
        "a@b.c, d@e.f",
        "Zoë Müller",
        "李小龙",
        "=?utf-8?q?x?=",
        "Ana; Group: x@y.z",
        "\\",
        '"',
        "(comment)",
        "",
        " ",
        "x" * 500,
        "ü" * 500,
        "\u202egnp.exe",
        "a\ud800b",
    ],
)
def test_a_display_name_never_changes_who_gets_it(name: str) -> None:
    source = made(to=[Mailbox.of("ana@example.org", name)]).as_bytes()
    got = email.message_from_bytes(source, policy=policy.default)
    assert [address.addr_spec for address in got["To"].addresses] == ["ana@example.org"]
    # The new parser puts a blank between encoded words, which the standard forbids; the old one reads them.
    shown, address = parseaddr(email.message_from_bytes(source)["To"].replace("\r\n", ""))
    assert (str(make_header(decode_header(shown))), address) == (line(name, 100), "ana@example.org")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two   words ", "two words"),
        ("tab\tand\u00a0space", "tab and space"),
        ("\u202eevil\u202c", "evil"),
        ("x" * 251, "x" * 249 + "…"),
        ("x" * 250, "x" * 250),
        ("a\ud800b", "a b"),
        ("👩‍💻 works", "👩‍💻 works"),
        ("", ""),
    ],
)
def test_a_line_is_one_clean_line(text: str, expected: str) -> None:
    assert line(text, 250) == expected


@pytest.mark.parametrize("subject", ["Drucker kaputt: Größe ✓", "件名 " * 40, "x" * 250, "word " * 49, "a" * 80 + "é"])
def test_a_subject_of_any_script_arrives_whole(subject: str) -> None:
    source = made(subject=subject).as_bytes()
    assert email.message_from_bytes(source, policy=policy.default)["Subject"] == line(subject, 250)
    assert source.isascii()
    assert max(map(len, source.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "@",
        "a@",
        "@b",
        "a b@c",
        "a@b c",
        "a@b\nBcc: x@y",
        "a@b,c@d",
        "<a@b>",
        "a@b@c",
        "a..b@c",
        ".a@b",
        "a.@b",
        "a@-b",
        "a@b-",
        "a@b..c",
        "a@.b",
        "a" * 65 + "@b",
        "a@" + "b" * 64,
        "a@" + "b." * 130 + "c",
        "ä@b",
        "a@[127.0.0.1]",
        '"a b"@c',
        "a@b\0",
        "a@\ud800",
        "a;b@c",
        "a@b\u2028c",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        Mailbox.of(address)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        (" ana@example.org ", "ana@example.org"),
        ("o'brien+x@mail.example.org", "o'brien+x@mail.example.org"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_an_ordinary_address_is_kept(address: str, kept: str) -> None:
    assert Mailbox.of(address).address == kept


@pytest.mark.parametrize(
    "bad", ["", "x", "<x>", "<a@b", "<a@b>\r\nBcc: c@d", "<a b@c>", "<a@b@c>", "<ä@b>", "<a@b><c@d>"]
)
def test_a_message_id_is_demanded_in_form(bad: str) -> None:
    with pytest.raises(BadMessageId):
        made(threading=Threading(bad))


def test_the_same_input_makes_the_same_identity() -> None:
    assert [made()["Message-ID"] for _ in range(2)] == ["<entry-7@desk.example.org>"] * 2


def test_threading_headers_arrive_whole_however_long_an_id_is() -> None:
    ids = [f"<{'x' * size}.{size}@mail.example.org>" for size in (3, 70, 150, 230)]
    message = made(threading=Threading(ids[3], ids[2], ids))
    source = message.as_bytes()
    got = email.message_from_bytes(source, policy=policy.default)
    assert (got["Message-ID"], got["In-Reply-To"]) == (ids[3], ids[2])
    assert got["References"].split() == ids
    assert b"=?" not in source


def test_a_long_conversation_keeps_its_root_and_its_latest_ids() -> None:
    ids = [f"<{number}@x>" for number in range(500)]
    assert sent(made(threading=Threading("<new@x>", "", ids)))["References"].split() == ids[:1] + ids[-11:]


def test_html_is_the_alternative_of_the_text() -> None:
    got = sent(made(text="Grüße ✓", html="<p>Grüße ✓</p>"))
    assert got.get_content_type() == "multipart/alternative"
    assert [(part.get_content_type(), words(part)) for part in got.iter_parts()] == [
        ("text/plain", "Grüße ✓\n"),
        ("text/html", "<p>Grüße ✓</p>\n"),
    ]


@pytest.mark.parametrize("text", ["a\ud800b", "nul\0", ".\r\n.\r\n", "From here\n", "x" * 5000, "", "\r", "é" * 3000])
def test_any_text_can_be_sent(text: str) -> None:
    source = made(text=text, html=text).as_bytes()
    assert source.isascii()
    assert max(map(len, source.split(b"\r\n"))) <= 998
    body = email.message_from_bytes(source, policy=policy.default).get_body(("plain",))
    wanted = text.replace("\ud800", "?").replace("\0", "").rstrip("\r\n")
    assert words(body).rstrip("\r\n") == wanted.replace("\r\n", "\n")


def test_what_a_person_wrote_is_not_marked_as_automatic() -> None:
    got = sent(made(auto_submitted=None))
    assert (got["Auto-Submitted"], got["X-Auto-Response-Suppress"]) == (None, None)
