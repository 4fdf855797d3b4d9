"""The installation's keys at work: where they are, which columns they seal, and how they are changed.

A column is sealed by saying so: ``mapped_column(Text, info=SEALED)``. Its value is made with
``key_ring().seal(plain, place=place(row, "column"))`` and lies in the database in that form only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Column, Table, inspect, select, update
from sqlalchemy.orm import Session

from itsm.infra.db import Base, db
from itsm.infra.secrets import KeyRing, SecretsError, place_of
from itsm.infra.settings import Settings

SEALED: dict[Any, Any] = {"sealed": True}
"""Put this as ``info`` on a column that holds sealed values."""
_EXTENSION = "itsm.sealing"


@dataclass(slots=True)
class _Keeper:
    """Reads the key file when it is first needed and when it has changed since."""

    path: Path
    given: str
    ring: KeyRing | None = None
    seen: tuple[int, int] = field(default=(0, 0))

    def current(self) -> KeyRing:
        if self.given:
            self.ring = self.ring or KeyRing.from_text(self.given)
            return self.ring
        seen = _state(self.path)
        if self.ring is None or seen != self.seen:
            self.ring = KeyRing.from_file(self.path, sealed_rows_exist=lambda: sealed_rows_exist(db.session()))
            self.seen = _state(self.path)
        return self.ring


def register(app: Flask, settings: Settings) -> None:
    """Tell the application where its keys are; nothing is read or made yet."""
    app.extensions[_EXTENSION] = _Keeper(settings.sealing_key_file, settings.sealing_keys)


def key_ring() -> KeyRing:
    """Return the keys of this installation.

    The key file is made when nothing is sealed yet. Raises SecretsError where it is missing or broken.
    """
    keeper: _Keeper = current_app.extensions[_EXTENSION]
    return keeper.current()


def place(row: Any, column: str) -> str:
    """Return the place a column of a flushed row is bound to."""
    return place_of(row.__tablename__, row.id, column)


def sealed_columns() -> list[tuple[Table, Column[Any]]]:
    """Return every column that holds sealed values."""
    tables = Base.metadata.sorted_tables
    return [(table, column) for table in tables for column in table.columns if column.info.get("sealed")]


def sealed_rows_exist(session: Session) -> bool:
    """Say whether the database holds anything sealed; before the first migration it does not.

    Any other failure of the database is raised: to take it for an answer would make a key that hides a lost one.
    """
    known = inspect(session.connection())
    return any(
        known.has_table(table.name)
        and session.execute(select(column).where(column.is_not(None), column != "").limit(1)).first()
        for table, column in sealed_columns()
    )


def reseal_all(session: Session, ring: KeyRing) -> int:
    """Seal everything anew that an older key sealed; return how many. Call it inside a transaction.

    Raises SecretsError where a value does not open; then nothing is changed. Running it again is harmless.
    """
    changed = 0
    for table, column in sealed_columns():
        rows = session.execute(select(table.c.id, column).where(column.is_not(None), column != "")).all()
        for number, sealed in rows:
            if not ring.is_stale(sealed):
                continue
            fresh = ring.reseal(sealed, place=place_of(table.name, number, column.name))
            # Only where nobody entered another secret meanwhile.
            session.execute(update(table).where(table.c.id == number, column == sealed).values({column.name: fresh}))
            changed += 1
    return changed


def unopenable(session: Session, ring: KeyRing) -> list[str]:
    """Return a sentence for every sealed value that no key of ours opens."""
    found = []
    for table, column in sealed_columns():
        for number, sealed in session.execute(select(table.c.id, column).where(column.is_not(None), column != "")):
            try:
                ring.open(sealed, place=place_of(table.name, number, column.name))
            except SecretsError as error:
                found.append(str(error))
    return found


def _state(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
