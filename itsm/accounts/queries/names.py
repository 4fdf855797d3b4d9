"""The names behind the ids of places, departments and cost centres."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.org.models import CostCentre, Department, Location, Organization

_NAMED: Final[dict[str, Any]] = {
    "organization_id": Organization.name,
    "department_id": Department.path,
    "location_id": Location.path,
    "cost_centre_id": CostCentre.code,
}


def names_of(session: Session, wanted: Iterable[tuple[str, Any]]) -> dict[tuple[str, int], str]:
    """Return (field, id) -> name for these pairs of a field and what it holds; a statement a sort of thing."""
    ids: dict[str, set[int]] = {}
    for name, value in wanted:
        if name in _NAMED and isinstance(value, int):
            ids.setdefault(name, set()).add(value)
    found: dict[tuple[str, int], str] = {}
    for name, these in ids.items():
        column = _NAMED[name]
        rows = session.execute(select(column.class_.id, column).where(column.class_.id.in_(these)))
        found |= {(name, id_): label for id_, label in rows}
    return found
