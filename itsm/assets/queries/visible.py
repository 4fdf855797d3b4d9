"""Permission as a where clause: an asset that the actor may not see does not exist for him."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true

from itsm.assets.models import Asset, AssetAlias
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries.words import words_match
from itsm.assets.rules.lifecycle import ENDED
from itsm.infra.db import db
from itsm.infra.statements import me, my_organizations
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.policy import allowed


def is_staff_here(actor: Actor) -> bool:
    """Say whether the actor may look through the register, not only at what he holds."""
    return allowed(POLICY, actor, AssetPermission.LIST)


def sight(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which an asset exists for the actor."""
    if actor.is_house or (is_staff_here(actor) and actor.all_organizations):
        return true()
    if is_staff_here(actor):
        return or_(Asset.organization_id.in_(my_organizations(actor)), Asset.custodian_id == me(actor))
    return Asset.custodian_id == me(actor) if actor.person_id is not None else false()


def sight_shape(actor: Actor) -> Hashable:
    """Return what of an actor decides the shape of :func:`sight`; the rest of him are parameters."""
    return actor.is_house, is_staff_here(actor), actor.all_organizations, actor.person_id is None


def visible_assets(actor: Actor, *columns: Any) -> Select[Any]:
    """Return a select of the assets (or of some columns of them) that the actor may see."""
    return select(*(columns or (Asset,))).select_from(Asset).where(sight(actor))


def get_asset(actor: Actor, asset_id: int) -> Asset:
    """Return an asset. Raises NotFound where there is none that the actor may see."""
    found: Asset | None = db.session.scalars(visible_assets(actor).where(Asset.id == asset_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def asset_to_change(actor: Actor, asset_id: int) -> Asset:
    """Return an asset inside the open transaction, locked until it ends. Raises NotFound like `get_asset`."""
    found = assets_to_change(actor, [asset_id])
    if not found:
        raise NotFound()
    return found[0]


def assets_to_change(actor: Actor, ids: Collection[int]) -> Sequence[Asset]:
    """Return those of the assets that the actor may see, locked in the order of their ids."""
    wanted = visible_assets(actor).where(Asset.id.in_(ids)).order_by(Asset.id).with_for_update(of=Asset)
    return current_unit().session.scalars(wanted.execution_options(populate_existing=True)).all()


def find_by_tag(actor: Actor, tag: str, *, everywhere: bool = False) -> Sequence[Asset]:
    """Return the assets with this tag, or with this old tag (several only across organizations).

    ``everywhere`` looks in the actor's organizations whatever he may list: for somebody who stands before the device.
    """
    seen = sight(actor)
    if everywhere and not actor.all_organizations:
        seen = or_(seen, Asset.organization_id.in_(actor.organization_ids))
    wanted = select(Asset).where(seen)
    found = db.session.scalars(wanted.where(func.lower(Asset.tag) == tag.lower()).limit(10)).all()
    if found:
        return found
    old = select(AssetAlias.asset_id).where(func.lower(AssetAlias.alias) == tag.lower())
    return db.session.scalars(wanted.where(Asset.id.in_(old)).limit(10)).all()


def held_by(actor: Actor, person_id: int, *, limit: int = 200) -> Sequence[Asset]:
    """Return what a person holds and the actor may see, by name; what is retired or disposed is left out."""
    mine = visible_assets(actor).where(Asset.custodian_id == person_id, Asset.status.not_in(ENDED))
    return db.session.scalars(mine.order_by(Asset.name, Asset.id).limit(limit)).all()


def pick(actor: Actor, words: str, *, limit: int = 20) -> Sequence[Any]:
    """Return ``id, tag, name, kind, serial`` of the assets that match what was typed: for a picker."""
    wanted = visible_assets(actor, Asset.id, Asset.tag, Asset.name, Asset.kind, Asset.serial)
    match = words_match(db.session(), words)
    if words.strip() and match is None:
        return []
    if match is not None:
        wanted = wanted.where(match)
    return db.session.execute(
        wanted.where(Asset.status.not_in(ENDED)).order_by(Asset.name, Asset.id).limit(limit)
    ).all()


def may_read(actor: Actor, asset_id: int) -> bool:
    """Say whether an asset's documents are open to the actor: to those who may look through the register."""
    if not is_staff_here(actor):
        return False
    return db.session.scalar(visible_assets(actor, Asset.id).where(Asset.id == asset_id)) is not None
