"""What an asset may refer to, and which tags are free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from itsm.accounts.models import Person
from itsm.assets.models import Asset, AssetAlias, Category
from itsm.infra.unit import current_unit
from itsm.kernel.errors import Invalid
from itsm.org.models import CostCentre, Department, Location

OF_ORGANIZATION: Final[Mapping[str, Any]] = {
    "custodian_id": Person,
    "owner_id": Person,
    "department_id": Department,
    "cost_centre_id": CostCentre,
    "location_id": Location,
    "category_id": Category,
}
"""What of an asset refers to something of its organization."""


def check_references(organization_id: int, changes: Mapping[str, Any]) -> None:
    """Raise Invalid where a person, place, department, cost centre or category is of another organization."""
    errors: dict[str, str] = {}
    for name, model in OF_ORGANIZATION.items():
        value = changes.get(name)
        if value is not None:
            row = current_unit().session.get(model, value)
            if row is None or row.organization_id != organization_id:
                errors[name] = "Please choose one of the values offered."
    if errors:
        raise Invalid(errors)


def ensure_tag_is_free(organization_id: int, tag: str, *, but: int | None = None) -> None:
    """Raise Invalid where another asset of the organization has this tag now or had it before."""
    session = current_unit().session
    taken = select(Asset.id).where(Asset.organization_id == organization_id, Asset.tag == tag, Asset.id != (but or 0))
    old = select(AssetAlias.asset_id).where(AssetAlias.organization_id == organization_id, AssetAlias.alias == tag)
    if session.scalar(taken) is not None or session.scalar(old.where(AssetAlias.asset_id != (but or 0))) is not None:
        raise Invalid({"tag": "Another asset has this tag, or had it before."})
