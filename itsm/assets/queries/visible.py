"""Permission as a where clause: an asset that the actor may not see does not exist for him."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

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
    """Return the condition under which an asset exists for the actor. One that another stands for exists for nobody."""
    return and_(Asset.merged_into_id.is_(None), _of_his(actor))


def _of_his(actor: Actor) -> ColumnElement[bool]:
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


def one_thing(asset_id: int) -> Select[Any]:
    """Return the ids under which an asset is written down: its own, and those of the records merged into it."""
    return select(Asset.id).where(or_(Asset.id == asset_id, Asset.merged_into_id == asset_id))


def root_of(column: Any) -> Select[Any]:
    """Return, as a correlated select, the id of the asset that stands for the one in ``column``."""
    said = aliased(Asset)
    return select(func.coalesce(said.merged_into_id, said.id)).where(said.id == column)


def merged_into(session: Session, survivor_ids: Collection[int]) -> dict[int, int]:
    """Return the records that were merged into these assets, each with the asset that stands for it."""
    rows = select(Asset.id, Asset.merged_into_id).where(Asset.merged_into_id.in_(survivor_ids))
    return {absorbed: root for absorbed, root in session.execute(rows) if root is not None}


def all_merged(session: Session, organization_id: int) -> dict[int, int]:
    """Return every merged record of an organization with the asset that stands for it."""
    rows = select(Asset.id, Asset.merged_into_id).where(
        Asset.organization_id == organization_id, Asset.merged_into_id.is_not(None)
    )
    return {absorbed: root for absorbed, root in session.execute(rows) if root is not None}


def survivor_of(actor: Actor, asset_id: int) -> int | None:
    """Return the id of the asset that stands for a merged one, where the actor may see it; None for any other."""
    said = aliased(Asset)
    wanted = visible_assets(actor, Asset.id).join(said, said.merged_into_id == Asset.id).where(said.id == asset_id)
    found: int | None = db.session.scalar(wanted)
    return found


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
        mine = Asset.organization_id.in_(actor.organization_ids)
        seen = or_(seen, and_(Asset.merged_into_id.is_(None), mine))
    wanted = select(Asset).where(seen)
    found = db.session.scalars(wanted.where(func.lower(Asset.tag) == tag.lower()).limit(10)).all()
    if found:
        return found
    old = select(root_of(AssetAlias.asset_id).scalar_subquery()).where(func.lower(AssetAlias.alias) == tag.lower())
    said = aliased(Asset)
    merged = select(said.merged_into_id).where(func.lower(said.tag) == tag.lower(), said.merged_into_id.is_not(None))
    return db.session.scalars(wanted.where(or_(Asset.id.in_(old), Asset.id.in_(merged))).limit(10)).all()


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
