"""The demo's mail catcher: a real SMTP server that keeps what it is sent and delivers nothing.

Each mail is one file in a folder laid out like a maildir (``tmp`` while written, ``new`` when whole), its
envelope in two headers before it. Only the newest mails are kept.
"""

import asyncio
import email
import itertools
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from itsm.infra.message import line

KEEP = 200
MAX_BYTES = 10_000_000
_KEY = re.compile(r"\d{13}-\d{1,10}-\d{1,10}")
_TO = "X-Envelope-To"
_serial = itertools.count()


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """One mail as a list shows it; `key` finds it again."""

    key: str
    at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str


class MailFolder:
    """The caught mails under one folder; written by the server, read by the page."""

    def __init__(self, root: Path, *, keep: int = KEEP) -> None:
        """Use the folder, making it when absent; `keep` is how many mails stay."""
        self.root, self.keep = root, keep
        for name in ("tmp", "new"):
            (root / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    def add(self, sender: str, recipients: list[str], content: bytes) -> str:
        """Keep a mail durably and return its key; the oldest ones beyond the bound are removed."""
        key = f"{time.time_ns() // 1_000_000:013d}-{os.getpid()}-{next(_serial)}"
        envelope = f"Return-Path: <{line(sender, 320)}>\r\n" + "".join(
            f"{_TO}: {line(recipient, 320)}\r\n" for recipient in recipients
        )
        draft = self.root / "tmp" / key
        with draft.open("wb") as file:
            file.write(envelope.encode("ascii", "replace") + content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._new / key)
        for old in self._keys()[self.keep :]:
            (self._new / old).unlink(missing_ok=True)
        return key

    def latest(self, limit: int = 50) -> list[CaughtMail]:
        """Return the newest mails first."""
        return list(itertools.islice(self._summaries(), limit))

    def read(self, key: str) -> EmailMessage | None:
        """Return one whole mail, or None when it is not (or no longer) there."""
        content = self.source(key)
        return None if content is None else email.message_from_bytes(content, policy=policy.default)

    def source(self, key: str) -> bytes | None:
        """Return the bytes of one mail as they were caught, the envelope's headers before them."""
        if not _KEY.fullmatch(key):
            return None
        try:
            return (self._new / key).read_bytes()
        except FileNotFoundError:
            return None

    def clear(self) -> None:
        """Remove every caught mail."""
        for key in self._keys():
            (self._new / key).unlink(missing_ok=True)

    @property
    def _new(self) -> Path:
        return self.root / "new"

    def _keys(self) -> list[str]:
        names = (path.name for path in self._new.iterdir())
        return sorted((name for name in names if _KEY.fullmatch(name)), key=_order, reverse=True)

    def _summaries(self) -> Iterator[CaughtMail]:
        for key in self._keys():
            mail = self.read(key)
            if mail is None:
                continue
            yield CaughtMail(
                key=key,
                at=datetime.fromtimestamp(int(key[:13]) / 1000, UTC),
                sender=_header(mail, "Return-Path").strip("<>"),
                recipients=tuple(line(str(value), 320) for value in mail.get_all(_TO, [])),
                subject=_header(mail, "Subject"),
            )


class _Catcher:
    """aiosmtpd's handler: every mail goes to the folder."""

    def __init__(self, folder: MailFolder) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.folder.add(envelope.mail_from or "", envelope.rcpt_tos, content)
        return "250 Caught; nobody will receive it"


class AnyPortController(Controller):
    """aiosmtpd's server in a thread, also on a port of the kernel's choice (0)."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)  # noqa: S101 - it has started
        self.port = int(self.server.sockets[0].getsockname()[1])
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def catching(folder: MailFolder, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Run the mail catcher in a thread until the block ends; yields the port it listens on."""
    controller = AnyPortController(_Catcher(folder), hostname=host, port=port, data_size_limit=MAX_BYTES)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def _order(key: str) -> tuple[int, ...]:
    return tuple(int(part) for part in key.split("-"))


def _header(mail: EmailMessage, name: str) -> str:
    """Return a header as one line; a broken one as far as it can be read."""
    try:
        return line(str(mail.get(name, "")), 250)
    except (ValueError, IndexError, AttributeError, LookupError):
        return "(unreadable)"
