"""Declared relationships between assets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from itsm.assets.enums import RelationshipType
from itsm.assets.models import Asset, Relationship
from itsm.assets.policies import POLICY, AssetPermission
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.policy import require

DECLARED = "declared"


def declare(
    actor: Actor,
    asset: Asset,
    other: Asset,
    type_: RelationshipType,
    *,
    redundancy_group: str | None = None,
    needed: int = 1,
) -> Relationship:
    """Declare how an asset stands to another; one that was ended before lives again.

    Raises Invalid for an asset and itself, and for two organizations.
    """
    require(POLICY, actor, AssetPermission.EDIT, asset)
    if asset.id == other.id:
        raise Invalid({"other_id": "Choose another asset than this one."})
    if asset.organization_id != other.organization_id:
        raise Invalid({"other_id": "Choose an asset of the same organization."})
    session = current_unit().session
    wanted = select(Relationship).where(
        Relationship.from_id == asset.id,
        Relationship.to_id == other.id,
        Relationship.type == type_,
        Relationship.from_port == "",
        Relationship.to_port == "",
    )
    row = session.scalars(wanted.with_for_update()).one_or_none()
    if row is None:
        row = Relationship(from_id=asset.id, to_id=other.id, type=type_)
        session.add(row)
    row.source, row.confidence, row.ended_at = DECLARED, 1.0, None
    row.redundancy_group, row.needed = redundancy_group or None, needed
    session.flush()
    return row


def end(actor: Actor, asset: Asset, relationship_id: int, *, now: datetime) -> None:
    """End a declared relationship of this asset. Raises NotFound for another's, or for what discovery saw."""
    require(POLICY, actor, AssetPermission.EDIT, asset)
    row = current_unit().session.get(Relationship, relationship_id)
    if row is None or asset.id not in (row.from_id, row.to_id) or row.source != DECLARED or row.ended_at:
        raise NotFound()
    row.ended_at = now
