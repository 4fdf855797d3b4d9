"""The names behind the ids that the journal keeps, for histories that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session


def kept_in(rows: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Yield every (field, value) that lines of the journal mention, before and after."""
    for row in rows:
        for side in ("before", "after"):
            yield from ((row.detail or {}).get(side) or {}).items()


def names_behind(
    session: Session, kept: Iterable[tuple[str, Any]], columns: Mapping[str, Any]
) -> dict[tuple[str, int], str]:
    """Return (field, id) -> name for pairs of a field and what it holds; a statement a sort of thing.

    ``columns`` says which column names what a field refers to; fields that are not in it are passed over.
    """
    wanted: dict[Any, set[int]] = {}
    for name, value in kept:
        if name in columns and isinstance(value, int):
            wanted.setdefault(columns[name], set()).add(value)
    found: dict[tuple[str, int], str] = {}
    for column, ids in wanted.items():
        fields = [name for name, one in columns.items() if one is column]
        for id_, label in session.execute(select(column.class_.id, column).where(column.class_.id.in_(ids))):
            found.update({(name, id_): label for name in fields})
    return found
