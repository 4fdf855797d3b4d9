"""Entering an asset in the register."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
from itsm.infra.unit import current_unit, emit, together
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
    return register_assets(actor, [new], now=now, why=why)[0]


def register_assets(actor: Actor, news: Sequence[NewAsset], *, now: datetime, why: str = "") -> list[Asset]:
    """Enter new assets, in their order, with as many statements for fifty as for one; see :func:`register_asset`."""
    require(POLICY, actor, AssetPermission.CREATE)
    for new in news:
        if not actor.all_organizations and new.organization_id not in actor.organization_ids:
            raise Forbidden("This organization is not one of yours.")
    session = current_unit().session
    for organization_id, facts in _references(news):
        references.check_references(organization_id, facts)
    for new in news:
        if new.tag is not None:
            references.ensure_tag_is_free(new.organization_id, new.tag)
    categories = [_category(new) for new in news]
    tags = _tags(news, categories)
    assets = [
        Asset(
            organization_id=new.organization_id,
            tag=tag,
            name=new.name,
            kind=new.kind,
            status=new.status,
            category_id=category.id,
            model_id=catalogue.model_id(new.maker or "Unknown", new.model, new.kind) if new.model else None,
            serial=new.serial,
            serial_key=serial_key(new.serial),
            **new.facts,
        )
        for new, category, tag in zip(news, categories, tags, strict=True)
    ]
    session.add_all(assets)
    session.flush()
    for asset, new in zip(assets, news, strict=True):
        if not actor.is_house:
            remember_choices(actor, asset, chosen_fields(new), why=why)
        if asset.custodian_id or asset.location_id:
            holder = {"person_id": asset.custodian_id, "location_id": asset.location_id}
            session.add(CustodyPeriod(asset_id=asset.id, started_at=now, **holder))
    with together():
        for asset in assets:
            emit(AssetCreated(at=now, actor_id=actor.user_id, asset_id=asset.id))
    return assets


def _references(news: Sequence[NewAsset]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield what the new assets refer to, each set of references once."""
    seen = []
    for new in news:
        facts = {name: new.facts.get(name) for name in references.OF_ORGANIZATION} | {"category_id": new.category_id}
        if (new.organization_id, facts) not in seen:
            seen.append((new.organization_id, facts))
            yield new.organization_id, facts


def _category(new: NewAsset) -> Category:
    if new.category_id is None:
        return catalogue.category_for(new.organization_id, new.kind)
    return current_unit().session.get_one(Category, new.category_id)


def _tags(news: Sequence[NewAsset], categories: Sequence[Category]) -> list[str]:
    """Return the tag of each: its own, or the next of its category."""
    wanted = Counter(category.id for new, category in zip(news, categories, strict=True) if new.tag is None)
    by_id = {category.id: category for category in categories}
    taken = {id_: iter(catalogue.free_tags(by_id[id_], wanted[id_])) for id_ in sorted(wanted)}
    return [new.tag or next(taken[category.id]) for new, category in zip(news, categories, strict=True)]


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
