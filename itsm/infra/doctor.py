"""Examining an installation: each check says in one sentence what it found, and what to do about it.

This module holds the frame and the checks that need nothing but the machine; what needs the database or a feature
is added by those who know it. A check never changes anything but a file of its own that it removes again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from itsm.infra.secrets import KeyRing, SecretsError, exposure
from itsm.infra.smtp import Fate, Relay, try_out

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 37, 0)
SCARCE = 1_000_000_000
TOO_SCARCE = 100_000_000
_SAFE_PRAGMAS = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}


class Level(IntEnum):
    """How a finding is meant; the largest one decides the exit status."""

    GOOD = 0
    WARNING = 1
    TROUBLE = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and what mends it (empty where all is well)."""

    level: Level
    sentence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A named question to the installation."""

    name: str
    run: Callable[[], Finding]


def good(sentence: str) -> Finding:
    """Return a finding without anything to mend."""
    return Finding(Level.GOOD, sentence)


def examine(checks: Iterable[Check]) -> list[tuple[str, Finding]]:
    """Run every check, whatever the others find; one that breaks is trouble itself."""
    return [(check.name, _found(check)) for check in checks]


def worst(findings: Iterable[tuple[str, Finding]]) -> Level:
    """Return the gravest level among the findings."""
    return max((finding.level for _, finding in findings), default=Level.GOOD)


def _found(check: Check) -> Finding:
    try:
        return check.run()
    except Exception as error:  # a doctor must finish his round
        said = str(error).strip().splitlines() or [""]
        return Finding(
            Level.TROUBLE,
            f"This could not be examined: {type(error).__name__}: {said[0][:300]}",
            "Mend what the sentence names, and run itsm doctor again.",
        )


def python_version(version: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Is this Python new enough?"""
    name = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return Finding(Level.TROUBLE, f"Python {name} is too old.", f"Install Python {oldest} or newer.")
    return good(f"Python {name}.")


def sqlite_version(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Finding:
    """Is the SQLite that Python carries new enough?"""
    name = ".".join(map(str, version))
    if version < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        return Finding(Level.TROUBLE, f"SQLite {name} is too old.", f"Use a Python with SQLite {oldest} or newer.")
    return good(f"SQLite {name}.")


def data_folder(folder: Path) -> Finding:
    """Can we write, sync and rename in the data directory, and is it closed to others?"""
    who = f"the user that runs itsm (uid {os.geteuid()})"
    if not folder.is_dir():
        return Finding(Level.TROUBLE, f"The data directory {folder} does not exist.", f"Make it, owned by {who}.")
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        sentence = f"Nothing can be written to the data directory {folder}: {error.strerror}."
        return Finding(Level.TROUBLE, sentence, f"Give the folder to {who}, or free space on its disk.")
    mode = folder.stat().st_mode & 0o777
    if mode & 0o022:
        sentence = f"Others may change the data directory {folder} (mode {mode:04o})."
        return Finding(Level.WARNING, sentence, f"Run: chmod 750 {folder}")
    return good(f"The data directory {folder} can be written.")


def free_disk(folder: Path, free: int | None = None) -> Finding:
    """Is there room for the database, files and logs?"""
    left = shutil.disk_usage(folder).free if free is None else free
    sentence = f"{left / 1e9:.1f} GB are free where {folder} lies."
    remedy = "Free space, or move the data directory to a larger disk; uploads are refused when it is full."
    if left < TOO_SCARCE:
        return Finding(Level.TROUBLE, sentence, remedy)
    return Finding(Level.WARNING, sentence, remedy) if left < SCARCE else good(sentence)


def key_file(path: Path) -> Finding:
    """Can sealed credentials be opened, by us only?"""
    if not path.exists():
        return Finding(
            Level.WARNING,
            f"There is no key file at {path} yet.",
            "It is made when the first credential is kept. If credentials were kept before, put it back from your "
            "backup.",
        )
    if exposed := exposure(path):
        return Finding(Level.TROUBLE, exposed.partition(" Run:")[0], f"Run: chmod 600 {path}")
    try:
        ring = KeyRing.from_text(path.read_text(encoding="ascii"))
    except (SecretsError, OSError, UnicodeDecodeError) as error:
        sentence = f"The key file {path} cannot be used: {error}"
        return Finding(Level.TROUBLE, sentence, "Put the key file back from your backup.")
    return good(f"The key file holds its keys; {ring.newest} seals. Keep a copy of it apart from the database.")


def sqlite_safety(ask: Callable[[str], object]) -> Finding:
    """Does a connection of ours run with what keeps acknowledged work through a power cut? `ask` reads a pragma."""
    wrong = [
        f"{name} is {found}" for name, wanted in _SAFE_PRAGMAS.items() if (found := str(ask(name)).lower()) != wanted
    ]
    if wrong:
        sentence = f"SQLite does not run as it must: {', '.join(wrong)}."
        return Finding(Level.TROUBLE, sentence, "Put the database on a local disk; network folders cannot do this.")
    return good("SQLite runs with WAL, synchronous=FULL and foreign keys.")


def mail_server(relay: Relay | None) -> Finding:
    """Does the mail server take our messages? None: no server is set."""
    if relay is None:
        return Finding(
            Level.WARNING,
            "No mail server is set: notifications stay in the application.",
            "Set ITSM_MAIL_HOST, ITSM_MAIL_PORT and ITSM_MAIL_SECURITY.",
        )
    outcome = try_out(relay)
    if outcome.fate is Fate.ACCEPTED:
        return good(f"The mail server {relay.host} port {relay.port} takes our messages.")
    sentence = f"The mail server does not take our messages: {outcome.words} ({outcome.code or 'no code'})"
    return Finding(Level.TROUBLE, sentence, "Look at the ITSM_MAIL_… settings and at the server's own log.")
