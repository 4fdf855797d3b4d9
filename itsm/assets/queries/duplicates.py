"""Records that may be one thing, and those that were found to be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Person
from itsm.assets.models import Asset, Distinction, MergeRecord
from itsm.assets.queries.visible import one_thing, visible_assets
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound


def merges(session: Session, asset_id: int) -> Sequence[Any]:
    """Return the merges that stand behind an asset, newest first: the record, what it absorbed, and who did it."""
    wanted = (
        select(MergeRecord, Asset.tag, Asset.name, Asset.kind, Person.name.label("person"))
        .join(Asset, Asset.id == MergeRecord.absorbed_id)
        .outerjoin(Person, Person.id == MergeRecord.person_id)
        .where(MergeRecord.survivor_id.in_(one_thing(asset_id)), MergeRecord.undone_at.is_(None))
    )
    return session.execute(wanted.order_by(MergeRecord.id.desc()).limit(50)).all()


def merge_to_undo(asset: Asset, merge_id: int) -> MergeRecord:
    """Return a merge that stands behind this asset, locked. Raises NotFound for one of another."""
    wanted = select(MergeRecord).where(MergeRecord.id == merge_id, MergeRecord.survivor_id.in_(one_thing(asset.id)))
    found = current_unit().session.scalars(wanted.with_for_update()).one_or_none()
    if found is None:
        raise NotFound()
    return found


def likely(actor: Actor, session: Session, asset: Asset, named: Collection[int]) -> Sequence[Any]:
    """Return assets that may be the same thing: those named by other rooms, and those of the same serial or name."""
    same = [Asset.name == asset.name]
    if asset.serial_key:
        same.append(Asset.serial_key == asset.serial_key)
    apart = aliased(Distinction)
    told = select(apart.id).where(
        apart.withdrawn_at.is_(None),
        or_(
            (apart.first_id == asset.id) & (apart.second_id == Asset.id),
            (apart.second_id == asset.id) & (apart.first_id == Asset.id),
        ),
    )
    wanted = (
        visible_assets(actor, Asset.id, Asset.tag, Asset.name, Asset.kind, Asset.serial, Asset.last_seen_at)
        .where(Asset.organization_id == asset.organization_id, Asset.id != asset.id)
        .where(or_(Asset.id.in_(named), *same), ~told.exists())
    )
    return session.execute(wanted.order_by(Asset.name, Asset.id).limit(20)).all()


def told_apart(session: Session, asset_id: int, other_id: int) -> Any:
    """Return who said that the two are not the same thing, when and why; None where nobody did."""
    first, second = sorted((asset_id, other_id))
    wanted = (
        select(Distinction, Person.name.label("person"))
        .outerjoin(Person, Person.id == Distinction.person_id)
        .where(Distinction.first_id == first, Distinction.second_id == second, Distinction.withdrawn_at.is_(None))
    )
    return session.execute(wanted).one_or_none()
