"""Witnesses outside the database: the head of the journal, appended to a file from time to time.

Whoever can rewrite the database could cut the journal's end off and adjust its head; he would have to rewrite this
file too (and whatever
it was copied to).
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.infra.journal.model import JournalHead

FILE = "journal-heads.txt"


def testify(session: Session, folder: Path, *, now: datetime) -> bool:
    """Append ``moment sequence hash`` to the witness file, flushed to disk, when the head has moved. Say whether it
    had."""
    head = session.execute(select(JournalHead.sequence, JournalHead.hash)).one_or_none()
    if head is None:
        return False
    known = read(folder)
    if known and known[-1] == (head.sequence, head.hash):
        return False
    with (folder / FILE).open("a", encoding="ascii") as file:
        file.write(f"{now.isoformat()} {head.sequence} {head.hash}\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def read(folder: Path) -> list[tuple[int, str]]:
    """Return the (sequence, hash) pairs of the witness file; lines that were cut short are left out."""
    file = folder / FILE
    if not file.is_file():
        return []
    found = []
    for line in file.read_text(encoding="ascii", errors="replace").splitlines():
        parts = line.split(" ")
        if len(parts) == 3 and parts[1].isdigit() and len(parts[2]) == 64:
            found.append((int(parts[1]), parts[2]))
    return found
