"""Entering an asset in the register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from itsm.assets.enums import AssetKind, AssetStatus
from itsm.assets.events import AssetCreated
from itsm.assets.keys import serial_key
from itsm.assets.models import Asset, Category, CustodyPeriod, FieldChoice
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.rules.precedence import OBSERVED_FIELDS
from itsm.assets.services import catalogue, references
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Forbidden
from itsm.kernel.policy import require


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAsset:
    """What is known of a new asset. ``facts`` are further columns of :class:`Asset` by name."""

    organization_id: int
    name: str
    kind: AssetKind
    status: AssetStatus = AssetStatus.IN_STOCK
    category_id: int | None = None
    tag: str | None = None
    maker: str | None = None
    model: str | None = None
    serial: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def register_asset(actor: Actor, new: NewAsset, *, now: datetime, why: str = "") -> Asset:
    """Enter a new asset. What a person records counts as his choice; what a sweep finds does not.

    Without a tag the next of its category's sequence is taken.
    """
    require(POLICY, actor, AssetPermission.CREATE)
    if not actor.all_organizations and new.organization_id not in actor.organization_ids:
        raise Forbidden("This organization is not one of yours.")
    session = current_unit().session
    references.check_references(new.organization_id, {**new.facts, "category_id": new.category_id})
    if new.tag is not None:
        references.ensure_tag_is_free(new.organization_id, new.tag)
    category = None
    if new.category_id is None or new.tag is None:
        category = catalogue.category_for(new.organization_id, new.kind)
    asset = Asset(
        organization_id=new.organization_id,
        tag=new.tag or catalogue.free_tag(_category(new, category)),
        name=new.name,
        kind=new.kind,
        status=new.status,
        category_id=new.category_id or (category.id if category is not None else None),
        model_id=catalogue.model_id(new.maker or "Unknown", new.model, new.kind) if new.model else None,
        serial=new.serial,
        serial_key=serial_key(new.serial),
        **new.facts,
    )
    session.add(asset)
    session.flush()
    if not actor.is_house:
        remember_choices(actor, asset, chosen_fields(new), why=why)
    if asset.custodian_id or asset.location_id:
        session.add(
            CustodyPeriod(
                asset_id=asset.id, person_id=asset.custodian_id, location_id=asset.location_id, started_at=now
            )
        )
    emit(AssetCreated(at=now, actor_id=actor.user_id, asset_id=asset.id))
    return asset


def _category(new: NewAsset, found: Any) -> Any:
    from_form = new.category_id is not None
    return current_unit().session.get_one(Category, new.category_id) if from_form else found


def chosen_fields(new: NewAsset) -> list[str]:
    """Return the observable fields that somebody filled in."""
    given = {"name": new.name, "model": new.model, "manufacturer": new.maker, "serial": new.serial, **new.facts}
    return [name for name in OBSERVED_FIELDS if given.get(name)]


def remember_choices(actor: Actor, asset: Asset, fields: list[str], *, why: str = "") -> None:
    """Write down that a person decided these fields, so that no sweep changes them silently."""
    session = current_unit().session
    known = {row.field: row for row in session.query(FieldChoice).where(FieldChoice.asset_id == asset.id)}
    for name in fields:
        row = known.get(name)
        if row is None:
            session.add(FieldChoice(asset_id=asset.id, field=name, person_id=actor.person_id, why=why))
        else:
            row.person_id, row.source, row.why, row.until = actor.person_id, None, why, None
