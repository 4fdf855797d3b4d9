"""Editing an asset: what a person writes counts as his choice, and no sweep changes it silently."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from itsm.assets.enums import AssetKind, AssetStatus
from itsm.assets.events import AssetChanged, AssetStatusChanged
from itsm.assets.keys import serial_key
from itsm.assets.models import Asset, AssetAlias, Manufacturer, Model
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.rules.lifecycle import step
from itsm.assets.rules.precedence import OBSERVED_FIELDS
from itsm.assets.services import catalogue, custody
from itsm.assets.services.references import check_references, ensure_tag_is_free
from itsm.assets.services.registration import remember_choices
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.policy import require

MONEY: Final = frozenset({"supplier", "order_number", "purchased_on", "price_minor", "currency", "warranty_until"})
PLAIN: Final = frozenset(
    {"name", "kind", "category_id", "serial", "owner_id", "department_id", "cost_centre_id", "notes", "custom"}
)
PLACES: Final = frozenset({"custodian_id", "location_id"})
EDITABLE: Final = MONEY | PLAIN | PLACES | {"tag", "maker", "model"}
"""What can be edited. ``maker`` and ``model`` are names; they lead to the catalogue's rows."""


def edit(
    actor: Actor, asset: Asset, values: Mapping[str, Any], *, version: int, now: datetime, why: str = ""
) -> list[str]:
    """Set recorded fields to new values and return the names of those that changed.

    Raises Conflict where the asset is not at ``version`` any more, Forbidden for money without the right to it, Invalid
    for what belongs to another organization or a tag that is taken.
    """
    require(POLICY, actor, AssetPermission.EDIT, asset)
    if version != asset.version:
        raise Conflict(version=asset.version)
    changes = changed_fields(asset, values)
    if not changes:
        return []
    if changes.keys() & MONEY:
        require(POLICY, actor, AssetPermission.EDIT_MONEY, asset)
    check_references(asset.organization_id, changes)
    if "tag" in changes:
        retag(asset, changes["tag"])
    _apply(actor, asset, changes, now=now)
    remember_choices(actor, asset, [_OBSERVED.get(name, name) for name in changes if _is_observed(name)], why=why)
    emit(AssetChanged(at=now, actor_id=actor.user_id, asset_id=asset.id, fields=tuple(sorted(changes))))
    return sorted(changes)


_OBSERVED: Final = {"maker": "manufacturer"}


def _is_observed(name: str) -> bool:
    return _OBSERVED.get(name, name) in OBSERVED_FIELDS


def changed_fields(asset: Asset, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the values that differ from what is recorded. Raises Invalid for unknown fields."""
    unknown = set(values) - EDITABLE
    if unknown:
        raise Invalid(dict.fromkeys(unknown, "This cannot be edited."))
    recorded = {name: getattr(asset, name) for name in values if name not in ("maker", "model")}
    if {"maker", "model"} & set(values):
        recorded["maker"], recorded["model"] = model_names(asset)
    return {name: value for name, value in values.items() if value != recorded[name]}


def model_names(asset: Asset) -> tuple[str, str]:
    """Return the names of the asset's maker and model; empty where it has none."""
    if asset.model_id is None:
        return "", ""
    wanted = (
        select(Manufacturer.name, Model.name)
        .join(Model, Model.manufacturer_id == Manufacturer.id)
        .where(Model.id == asset.model_id)
    )
    maker, model = current_unit().session.execute(wanted).one()
    return maker, model


def retag(asset: Asset, tag: str) -> None:
    """Give the asset another tag; the old one keeps leading to it. Raises Invalid for a tag that is taken."""
    session = current_unit().session
    if not tag:
        raise Invalid({"tag": "Please fill this in."})
    ensure_tag_is_free(asset.organization_id, tag, but=asset.id)
    session.add(AssetAlias(organization_id=asset.organization_id, alias=asset.tag, asset_id=asset.id))
    back = select(AssetAlias).where(AssetAlias.organization_id == asset.organization_id, AssetAlias.alias == tag)
    for own in session.scalars(back.where(AssetAlias.asset_id == asset.id)):
        session.delete(own)
    asset.tag = tag


def _apply(actor: Actor, asset: Asset, changes: Mapping[str, Any], *, now: datetime) -> None:
    if "kind" in changes:
        asset.kind = AssetKind(changes["kind"])
    if changes.keys() & {"maker", "model"}:
        maker, model = model_names(asset)
        maker, model = changes.get("maker", maker), changes.get("model", model)
        asset.model_id = catalogue.model_id(maker or "Unknown", model, asset.kind) if model else None
    for name in changes.keys() & (MONEY | PLAIN - {"kind"}):
        setattr(asset, name, changes[name])
    if "serial" in changes:
        asset.serial_key = serial_key(asset.serial)
    if changes.keys() & PLACES:
        place = {name: changes.get(name, getattr(asset, name)) for name in PLACES}
        custody.hand(asset, person_id=place["custodian_id"], location_id=place["location_id"], now=now)


def change_status(actor: Actor, asset: Asset, status: AssetStatus, *, now: datetime) -> Asset:
    """Move the asset along its life. Raises RuleBroken for a step that the life cycle does not have."""
    require(POLICY, actor, AssetPermission.EDIT, asset)
    set_status(actor, asset, step(asset.status, status), now=now)
    return asset


def set_status(actor: Actor, asset: Asset, status: AssetStatus, *, now: datetime) -> None:
    """Set the status and tell it; what asks for rights and rules has done so."""
    before = asset.status
    if status is before:
        return
    asset.status = status
    emit(AssetStatusChanged(at=now, actor_id=actor.user_id, asset_id=asset.id, before=before.value, after=status.value))
