"""What the pages of the organisation read; 1,000 rows of each at most."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.kernel.actor import Actor
from itsm.org.models import CostCentre, Department, Location, Organization

MOST = 1000


def organizations(session: Session, actor: Actor) -> list[Any]:
    """Return the organizations that exist for the actor: (id, name, version)."""
    wanted = select(Organization.id, Organization.name, Organization.version).order_by(Organization.name)
    if not actor.all_organizations:
        wanted = wanted.where(Organization.id.in_(actor.organization_ids))
    return list(session.execute(wanted.limit(MOST)))


def rows(session: Session, actor: Actor, model: Any) -> list[Any]:
    """Return places, departments or cost centres with their organization's name, in the order of their paths."""
    order = model.code if model is CostCentre else model.path
    columns = [model.id, model.organization_id, model.name, model.version, Organization.name.label("organization")]
    columns += [CostCentre.code] if model is CostCentre else [model.parent_id, model.path]
    columns += [Location.kind, Location.time_zone] if model is Location else []
    wanted = select(*columns).join(Organization, Organization.id == model.organization_id)
    if not actor.all_organizations:
        wanted = wanted.where(model.organization_id.in_(actor.organization_ids))
    return list(session.execute(wanted.order_by(Organization.name, order).limit(MOST)))


MODELS: dict[str, Any] = {"locations": Location, "departments": Department, "cost-centres": CostCentre}
