"""Mail messages made safely: whatever text comes in, the header set is the one that was meant.

Line ends and control characters of every kind become blanks before they reach a header; addresses are checked
and never taken from free text. The Message-ID comes from the caller, so that a message sent again after a
crash is the same message.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import headerregistry, policy
from email.header import Header
from email.message import EmailMessage
from typing import Any, Self

MAX_SUBJECT = 250
MAX_NAME = 100
MAX_REFERENCES = 12
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,240}@[!-;=?A-~]{1,240}>")
# Directions and joins that only serve to make a name look like another.
_DECEIVING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


class BadAddress(ValueError):
    """This is no mail address to which a message can be sent."""


class BadMessageId(ValueError):
    """The caller's Message-ID is not of the form <left@right>."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A checked mail address with the name that is shown for it."""

    address: str
    name: str = ""

    @classmethod
    def of(cls, address: str, name: str = "") -> Self:
        """Return the mailbox with a clean name; the domain in its ASCII form. Raises BadAddress."""
        local, _, domain = address.strip().rpartition("@")
        try:
            domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
        except UnicodeError:
            domain = ""
        sound = _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)
        if not sound or len(local) > 64 or len(local) + len(domain) > 253:
            raise BadAddress(f"{line(address, 80)!r} is not a mail address.")
        return cls(f"{local}@{domain}", line(name, MAX_NAME))


@dataclass(frozen=True, slots=True)
class Threading:
    """Where a message stands in its conversation; ids that are none are left out, not sent."""

    message_id: str
    in_reply_to: str = ""
    references: Sequence[str] = ()


def compose(
    *,
    sender: Mailbox,
    to: Sequence[Mailbox],
    subject: str,
    text: str,
    at: datetime,
    threading: Threading,
    html: str | None = None,
    reply_to: Mailbox | None = None,
    auto_submitted: str | None = "auto-generated",
) -> EmailMessage:
    """Return a message ready to be sent: plain text, with HTML as the alternative where given.

    `auto_submitted` is None only for what a person wrote. Raises BadMessageId; everything else is cleaned.
    """
    if not _MESSAGE_ID.fullmatch(threading.message_id):
        raise BadMessageId("A Message-ID reads <left@right>.")
    message = EmailMessage(policy=_POLICY)
    message["From"] = _shown(sender)
    message["To"] = [_shown(mailbox) for mailbox in to]
    if reply_to:
        message["Reply-To"] = _shown(reply_to)
    message["Subject"] = line(subject, MAX_SUBJECT)
    message["Date"] = at
    message["Message-ID"] = threading.message_id
    if _MESSAGE_ID.fullmatch(threading.in_reply_to):
        message["In-Reply-To"] = threading.in_reply_to
    if references := _references(threading):
        message["References"] = " ".join(references)
    if auto_submitted:
        message["Auto-Submitted"] = line(auto_submitted, 40)
        message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_sendable(text))
    if html is not None:
        message.add_alternative(_sendable(html), subtype="html")
    return message


def line(text: str, limit: int) -> str:
    """Return text as one clean line of at most `limit` characters.

    Control characters, all line ends of Unicode and deceiving marks become blanks; blanks are collapsed.
    """
    kept = (
        " "
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp", "Zs"} or character in _DECEIVING
        else character
        for character in text[: limit * 4]
    )
    cleaned = " ".join("".join(kept).split())
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1].rstrip() + "…"


class _Line(headerregistry.UnstructuredHeader, headerregistry.BaseHeader):
    """A header of free text. The standard library's folding loses blanks between encoded words."""

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {_encoded(str(self))}\r\n"


class _MessageIds(headerregistry.UnstructuredHeader, headerregistry.BaseHeader):
    """A header of message ids: folded between ids only, never encoded, however long one id is."""

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: " + "\r\n ".join(str(self).split()) + "\r\n"


class _Mailboxes(headerregistry.AddressHeader, headerregistry.BaseHeader):  # type: ignore[misc]
    """A header of mailboxes: each on a line of its own, with only the names encoded."""

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: " + ",\r\n ".join(map(_written, self.addresses)) + "\r\n"


_REGISTRY = headerregistry.HeaderRegistry()
for _name, _kind in {
    "subject": _Line,
    "from": _Mailboxes,
    "to": _Mailboxes,
    "reply-to": _Mailboxes,
    "message-id": _MessageIds,
    "in-reply-to": _MessageIds,
    "references": _MessageIds,
}.items():
    _REGISTRY.map_to_type(_name, _kind)
# Every server takes 7 bits; not every one 8.
_POLICY = policy.SMTP.clone(header_factory=_REGISTRY, cte_type="7bit")


def _encoded(text: str) -> str:
    """Return one line of text for a header, in encoded words of at most 75 characters where needed."""
    if text.isascii() and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=75, header_name="X" * 20).encode(linesep="\r\n")


def _written(address: headerregistry.Address) -> str:
    name = address.display_name
    if not name:
        return address.addr_spec
    if name.isascii() and "=?" not in name:
        quoted = name.replace("\\", r"\\").replace('"', r"\"")
        return f'"{quoted}" <{address.addr_spec}>'
    return f"{_encoded(name)}\r\n <{address.addr_spec}>"


def _shown(mailbox: Mailbox) -> headerregistry.Address:
    return headerregistry.Address(display_name=mailbox.name, addr_spec=mailbox.address)


def _references(threading: Threading) -> list[str]:
    """Return the ids of the conversation: the first and the latest ones when there are too many."""
    sound = [word for word in threading.references if _MESSAGE_ID.fullmatch(word)]
    ids = list(dict.fromkeys(sound))
    return ids if len(ids) <= MAX_REFERENCES else ids[:1] + ids[1 - MAX_REFERENCES :]


def _sendable(text: str) -> str:
    """Return text without what no mail reader can take: lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
