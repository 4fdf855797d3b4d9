"""The catalogue by hand: categories and their tag sequences, models and their dates, duplicates made one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from itsm.assets.enums import AssetKind
from itsm.assets.keys import maker_key, model_key
from itsm.assets.models import Asset, Category, Manufacturer, Model
from itsm.assets.policies import POLICY, AssetPermission
from itsm.infra.unit import current_unit, record
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from itsm.kernel.policy import require
from itsm.kernel.text import phrase

CHUNK: Final = 500


def add_category(actor: Actor, organization_id: int, values: Mapping[str, Any]) -> Category:
    """Add a category. Raises Invalid for a name that is taken."""
    require(POLICY, actor, AssetPermission.CONFIGURE)
    if not actor.all_organizations and organization_id not in actor.organization_ids:
        raise Forbidden("This organization is not one of yours.")
    category = Category(organization_id=organization_id)
    _set_category(category, values)
    current_unit().session.add(category)
    current_unit().session.flush()
    return category


def edit_category(actor: Actor, category_id: int, values: Mapping[str, Any], *, version: int) -> Category:
    """Change a category; a sequence of the same form never goes back. Raises Conflict, Invalid, NotFound."""
    require(POLICY, actor, AssetPermission.CONFIGURE)
    category = current_unit().session.get(Category, category_id, with_for_update=True, populate_existing=True)
    if category is None or not (actor.all_organizations or category.organization_id in actor.organization_ids):
        raise NotFound()
    if category.version != version:
        raise Conflict((), "Somebody changed this category in the meantime. Please look again.")
    _set_category(category, values)
    return category


def _set_category(category: Category, values: Mapping[str, Any]) -> None:
    session = current_unit().session
    with session.no_autoflush:
        twin = select(Category.id).where(
            Category.organization_id == category.organization_id, Category.name == values["name"]
        )
        if session.scalar(twin.where(Category.id != (category.id or 0))) is not None:
            raise Invalid({"name": "There is a category of this name already."})
    known = category.id is not None and (category.tag_prefix, category.tag_digits) == (
        values["tag_prefix"],
        values["tag_digits"],
    )
    if known and values["next_number"] < category.next_number:
        raise Invalid(
            {"next_number": phrase("Tags up to %(number)s were given already.", number=category.next_number - 1)}
        )
    category.name, category.kind = values["name"], AssetKind(values["kind"])
    category.tag_prefix, category.tag_digits = values["tag_prefix"], values["tag_digits"]
    category.next_number = values["next_number"]


def edit_model(
    actor: Actor, model_id: int, name: str, kind: AssetKind, dates: Mapping[str, date | None], *, version: int
) -> Model:
    """Change a model's name, kind and its three dates. Raises Conflict, NotFound; Invalid for a name that is taken."""
    require(POLICY, actor, AssetPermission.CONFIGURE)
    session = current_unit().session
    model = session.get(Model, model_id, with_for_update=True, populate_existing=True)
    if model is None:
        raise NotFound()
    if model.version != version:
        raise Conflict((), "Somebody changed this model in the meantime. Please look again.")
    maker = session.get_one(Manufacturer, model.manufacturer_id)
    key = model_key(name, maker.name)
    twin = select(Model.id).where(Model.manufacturer_id == maker.id, Model.key == key, Model.id != model.id)
    if session.scalar(twin) is not None:
        raise Invalid({"name": "This maker has a model of this name already. Merge the two instead."})
    model.name, model.key, model.kind = name, key, kind
    for field in ("end_of_sale_on", "end_of_life_on", "end_of_support_on"):
        setattr(model, field, dates[field])
    return model


def rename_manufacturer(actor: Actor, maker_id: int, name: str, *, version: int) -> Manufacturer:
    """Change how a maker is written. Raises Conflict, NotFound; Invalid for a name that another maker has."""
    require(POLICY, actor, AssetPermission.CONFIGURE)
    session = current_unit().session
    maker = session.get(Manufacturer, maker_id, with_for_update=True, populate_existing=True)
    if maker is None:
        raise NotFound()
    if maker.version != version:
        raise Conflict((), "Somebody changed this maker in the meantime. Please look again.")
    key = maker_key(name)
    if session.scalar(select(Manufacturer.id).where(Manufacturer.key == key, Manufacturer.id != maker.id)) is not None:
        raise Invalid({"name": "There is a maker of this name already. Merge the two instead."})
    maker.name, maker.key = name, key
    return maker


def merge_models(actor: Actor, from_id: int, into_id: int) -> int:
    """Give all assets of one model to another and delete the first. Returns how many assets moved.

    What the surviving model lacks (dates) it takes over. Raises NotFound, Invalid for a model and itself.
    """
    require(POLICY, actor, AssetPermission.CONFIGURE)
    session = current_unit().session
    if from_id == into_id:
        raise Invalid({"into_id": "Choose another model than this one."})
    lost, kept = (session.get(Model, id_, with_for_update=True) for id_ in (from_id, into_id))
    if lost is None or kept is None:
        raise NotFound()
    for field in ("end_of_sale_on", "end_of_life_on", "end_of_support_on"):
        if getattr(kept, field) is None:
            setattr(kept, field, getattr(lost, field))
    moved = _move_assets(lost.id, kept.id)
    record("merged", "model", lost.id, label=lost.name, into=kept.id, into_name=kept.name, assets=moved)
    session.delete(lost)
    return moved


def _move_assets(from_id: int, into_id: int) -> int:
    """Give the assets over, through the session so that the journal sees every one."""
    session, moved = current_unit().session, 0
    while True:
        wanted = select(Asset).where(Asset.model_id == from_id).order_by(Asset.id).limit(CHUNK).with_for_update()
        assets = session.scalars(wanted).all()
        if not assets:
            return moved
        for asset in assets:
            asset.model_id = into_id
        session.flush()
        moved += len(assets)


def merge_manufacturers(actor: Actor, from_id: int, into_id: int) -> int:
    """Give all models of one maker to another and delete the first. Returns how many models moved.

    Models that both have become one. Raises NotFound, Invalid for a maker and itself.
    """
    require(POLICY, actor, AssetPermission.CONFIGURE)
    session = current_unit().session
    if from_id == into_id:
        raise Invalid({"into_id": "Choose another maker than this one."})
    lost, kept = (session.get(Manufacturer, id_, with_for_update=True) for id_ in (from_id, into_id))
    if lost is None or kept is None:
        raise NotFound()
    theirs = {model.key: model.id for model in session.scalars(select(Model).where(Model.manufacturer_id == kept.id))}
    models = session.scalars(select(Model).where(Model.manufacturer_id == lost.id)).all()
    for model in models:
        key = model_key(model.name, kept.name)
        if key in theirs:
            merge_models(actor, model.id, theirs[key])
        else:
            model.manufacturer_id, model.key = kept.id, key
            theirs[key] = model.id
    session.flush()
    record("merged", "manufacturer", lost.id, label=lost.name, into=kept.id, into_name=kept.name, models=len(models))
    session.delete(lost)
    return len(models)
