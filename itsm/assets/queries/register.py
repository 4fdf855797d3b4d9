"""The list of assets: one statement a page, one for all choices of the filters, one for what waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Person
from itsm.assets.enums import AssetStatus, DisagreementState
from itsm.assets.models import Address, Asset, AssetView, Category, Disagreement, Manufacturer, Model
from itsm.assets.queries.staleness import silent
from itsm.assets.queries.visible import sight, sight_shape, visible_assets
from itsm.assets.queries.wish import ANY, LIVE, Wish
from itsm.assets.queries.words import words_match
from itsm.assets.rules.lifecycle import ENDED
from itsm.infra.db import BigInt
from itsm.infra.statements import kept, me, my_organizations, of, run
from itsm.kernel.actor import Actor
from itsm.org.models import Department, Location
from itsm.web.listing import Key, Page, fetch

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
CAP: Final = 99
MOST_CHOICES: Final = 300
MOST_VIEWS: Final = 30


def conditions(actor: Actor, wish: Wish, session: Session, now: datetime) -> list[ColumnElement[bool]]:
    """Return what an asset must fulfil to be in the list."""
    found: list[ColumnElement[bool]] = [sight(actor)]
    if wish.status == LIVE:
        found.append(Asset.status.not_in(ENDED))
    elif wish.status != ANY:
        found.append(Asset.status == AssetStatus(wish.status))
    if wish.kind:
        found.append(Asset.kind == wish.kind)
    for name, column in _EQUAL.items():
        value = getattr(wish, name)
        if value is not None:
            found.append(column == value)
    if wish.location is not None:
        found.append(Asset.location_id.in_(_below(Location, wish.location)))
    if wish.department is not None:
        found.append(Asset.department_id.in_(_below(Department, wish.department)))
    if wish.flag:
        found.append(_flagged(wish.flag, session, now))
    if wish.q:
        match = words_match(session, wish.q)
        if match is not None:
            found.append(match)
    return found


_EQUAL: Final[dict[str, Any]] = {
    "category": Asset.category_id,
    "model": Asset.model_id,
    "custodian": Asset.custodian_id,
}


def _below(model: Any, top_id: int) -> Select[Any]:
    """Return the ids of a place or department and of all that lies in it."""
    top = aliased(model)
    inside = func.substr(model.path, 1, func.length(top.path) + 3) == top.path.concat(" / ")
    return (
        select(model.id)
        .join(top, and_(top.id == top_id, top.organization_id == model.organization_id))
        .where(or_(model.id == top.id, inside))
    )


def _flagged(flag: str, session: Session, now: datetime) -> ColumnElement[bool]:
    if flag == "disagreement":
        return Asset.open_disagreements > 0
    if flag == "stale":
        return silent(session, now)
    if flag == "fresh":
        return Asset.first_seen_at >= now - timedelta(days=7)
    if flag == "never":
        return Asset.last_seen_at.is_(None)
    if flag == "warranty":
        return Asset.warranty_until.between(now.date(), now.date() + timedelta(days=90))
    return and_(Asset.custodian_id.is_(None), Asset.status == AssetStatus.IN_USE)


def rows(columns: Sequence[str]) -> list[Any]:
    """Return what a row of the list holds; what no chosen column shows is not read."""
    found: list[Any] = [Asset.id, Asset.tag, Asset.name, Asset.kind, Asset.status, Asset.open_disagreements]
    found += [column for name in columns for column in _COLUMNS.get(name, ())]
    return found


FIRST: Final = func.coalesce(Asset.first_seen_at, LONG_AGO).label("first_at")
SEEN: Final = func.coalesce(Asset.last_seen_at, LONG_AGO).label("seen_at")
_ADDRESS: Final = (
    select(func.min(Address.address))
    .where(Address.asset_id == Asset.id, Address.gone_at.is_(None))
    .correlate(Asset)
    .scalar_subquery()
    .label("address")
)
_COLUMNS: Final[dict[str, tuple[Any, ...]]] = {
    "model": (Model.name.label("model"), Manufacturer.name.label("maker")),
    "serial": (Asset.serial,),
    "custodian": (Person.name.label("custodian"), Asset.custodian_id),
    "location": (Location.path.label("location"),),
    "department": (Department.path.label("department"),),
    "category": (Category.name.label("category"),),
    "address": (_ADDRESS,),
    "os": (Asset.os_name, Asset.os_version),
    "warranty": (Asset.warranty_until,),
    "first": (Asset.first_seen_at,),
    "seen": (Asset.last_seen_at,),
    "updated": (Asset.updated_at,),
}
_JOINS: Final[dict[str, tuple[tuple[Any, Any], ...]]] = {
    "model": ((Model, Model.id == Asset.model_id), (Manufacturer, Manufacturer.id == Model.manufacturer_id)),
    "custodian": ((Person, Person.id == Asset.custodian_id),),
    "location": ((Location, Location.id == Asset.location_id),),
    "department": ((Department, Department.id == Asset.department_id),),
    "category": ((Category, Category.id == Asset.category_id),),
}


def statement(actor: Actor, wish: Wish, session: Session, now: datetime, *more: Any) -> Select[Any]:
    """Return the select of the list's rows, in no order yet."""
    wanted = select(*rows(wish.columns), *more).select_from(Asset)
    for name in wish.columns:
        for model, on in _JOINS.get(name, ()):
            wanted = wanted.outerjoin(model, on)
    return wanted.where(*conditions(actor, wish, session, now))


def order(wish: Wish) -> list[Key]:
    """Return the sort keys of a wish, ending in a unique one."""
    choices: dict[str, tuple[Any, str]] = {
        "name": (Asset.name, "name"),
        "tag": (Asset.tag, "tag"),
        "status": (Asset.status, "status"),
        "updated": (Asset.updated_at, "updated_at"),
        "first": (FIRST, "first_at"),
        "seen": (SEEN, "seen_at"),
    }
    column, label = choices[wish.sort]
    return [Key(column, label, wish.down), Key(Asset.id, "id", wish.down)]


def page(
    actor: Actor, wish: Wish, session: Session, now: datetime, *, after: str | None = None, before: str | None = None
) -> Page[Any]:
    """Return one page of the list."""
    keys = order(wish)
    sorted_by: dict[str, Any] = {"seen": SEEN, "first": FIRST, "updated": Asset.updated_at}
    extra = [sorted_by[wish.sort]] if wish.sort in sorted_by else []
    extra = [] if wish.sort == "updated" and "updated" in wish.columns else extra
    keep: dict[str, Any] = {}
    if not (wish.q or wish.flag):  # what depends on the moment or on the words is another statement each time
        keep = {"shape": ("assets", sight_shape(actor), wish), "given": of(actor)}
    return fetch(
        session, lambda: statement(actor, wish, session, now, *extra), keys, after=after, before=before, **keep
    )


def count(actor: Actor, wish: Wish, session: Session, now: datetime, *, most: int = 1000) -> int:
    """Return how many assets a wish finds, counting to ``most`` at the furthest."""
    some = select(Asset.id).where(*conditions(actor, wish, session, now)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _waiting(actor: Actor) -> Select[Any]:
    """Return how many disagreements wait for a decision, counting to 99 at the furthest."""
    wanted = visible_assets(actor, Disagreement.id).join(Disagreement, Disagreement.asset_id == Asset.id)
    some = wanted.where(Disagreement.state == DisagreementState.OPEN).limit(CAP).subquery()
    line: list[Any] = [literal("waiting", String), func.count(), literal("", String)]
    return select(*line).select_from(some)


@dataclass(slots=True)
class Choices:
    """What the filters offer, as (id, label) pairs, and the saved views (id, own, name, query)."""

    categories: list[tuple[int, str]] = field(default_factory=list)
    locations: list[tuple[int, str]] = field(default_factory=list)
    departments: list[tuple[int, str]] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    """Labels of what is chosen but not offered: ``model``, ``custodian``."""
    waiting: int = 0
    """Disagreements that nobody decided, at most 99."""
    views: list[tuple[int, bool, str, dict[str, Any]]] = field(default_factory=list)


def choices(actor: Actor, wish: Wish, session: Session) -> Choices:
    """Return all choices of the filters in one statement, and the saved views in another."""
    wanted = kept(("asset choices", sight_shape(actor)), lambda: _choices(actor))
    given = {**of(actor), "model": wish.model, "custodian": wish.custodian}
    found = Choices()
    lists = {"category": found.categories, "location": found.locations, "department": found.departments}
    for what, id_, label in run(session, wanted, given):
        if what in lists:
            lists[what].append((id_, label))
        elif what == "waiting":
            found.waiting = id_
        else:
            found.named[what] = label
    for pairs in lists.values():
        pairs.sort(key=lambda pair: pair[1].casefold())
    for id_, owner_id, name, query in run(session, kept("asset views", lambda: _views(actor)), of(actor)):
        found.views.append((id_, owner_id is not None, name, query))
    return found


def _views(actor: Actor) -> Select[Any]:
    mine = or_(AssetView.owner_id == me(actor), AssetView.owner_id.is_(None))
    wanted: Any = select(AssetView.id, AssetView.owner_id, AssetView.name, AssetView.query).where(mine)
    saved: Select[Any] = wanted.order_by(AssetView.name, AssetView.id).limit(2 * MOST_VIEWS)
    return saved


def _choices(actor: Actor) -> CompoundSelect[Any]:
    model, custodian = bindparam("model", type_=BigInt), bindparam("custodian", type_=BigInt)
    return union_all(
        _part("category", Category.id, Category.name, _mine(actor, Category)),
        _part("location", Location.id, Location.path, _mine(actor, Location)),
        _part("department", Department.id, Department.path, _mine(actor, Department)),
        _part("model", Model.id, Model.name, [Model.id == model]),
        _part("custodian", Person.id, Person.name, [Person.id == custodian, *_mine(actor, Person)]),
        _waiting(actor),
    )


def _mine(actor: Actor, model: Any) -> list[ColumnElement[bool]]:
    return [] if actor.all_organizations else [model.organization_id.in_(my_organizations(actor))]


def _part(what: str, id_: Any, label: Any, where: list[ColumnElement[bool]]) -> Select[Any]:
    some = select(id_.label("id"), label.label("label")).where(*where).order_by(label).limit(MOST_CHOICES).subquery()
    return select(literal(what, String).label("what"), some.c.id, some.c.label)
