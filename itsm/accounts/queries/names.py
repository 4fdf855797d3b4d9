"""The names behind the ids of places, departments and cost centres."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy.orm import Session

from itsm.infra.journal.names import names_behind
from itsm.org.models import CostCentre, Department, Location, Organization

_NAMED: Final[dict[str, Any]] = {
    "organization_id": Organization.name,
    "department_id": Department.path,
    "location_id": Location.path,
    "cost_centre_id": CostCentre.code,
}


def names_of(session: Session, wanted: Iterable[tuple[str, Any]]) -> dict[tuple[str, int], str]:
    """Return (field, id) -> name for these pairs of a field and what it holds; a statement a sort of thing."""
    return names_behind(session, wanted, _NAMED)
