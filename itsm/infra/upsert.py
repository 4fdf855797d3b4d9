"""Inserting what may be there already, without a race, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def insert_into(session: Session, model: Any) -> Any:
    """Return an INSERT of the session's database, which can be told what to do ``on_conflict``."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(model.__table__)


def insert_missing(session: Session, model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows whose unique keys are not taken yet; the others stay as they are. One statement."""
    if not rows:
        return
    session.execute(insert_into(session, model).on_conflict_do_nothing(), list(rows))
