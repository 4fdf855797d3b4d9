"""Who else is affected: the tickets of a day, what their devices share, and how common that is in the register.

Three statements. Everything is counted among what the actor sees, in the ticket's organization.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    distinct,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Person
from itsm.assets.enums import AssetKind, RelationshipType
from itsm.assets.models import Asset, Model, Relationship, SoftwareInstallation, SoftwareProduct
from itsm.assets.queries.visible import one_thing, sight
from itsm.assets.rules.lifecycle import ENDED
from itsm.insight.causes.enums import Sort
from itsm.insight.causes.queries.subject import Subject
from itsm.insight.causes.rules.commons import Case, Common, Counted, Crowd, Trait, commons, span_of, traits_of
from itsm.kernel.actor import Actor
from itsm.org.models import Location
from itsm.tickets.enums import LinkKind, StateCategory
from itsm.tickets.models import Link, Ticket
from itsm.tickets.queries import is_visible

MOST_TICKETS: Final = 300
NEWEST_SOFTWARE: Final = 60
"""Programs that are looked at: the newest on the device. What has been there for years breaks nothing today."""
_NETWORK: Final = (
    AssetKind.SWITCH,
    AssetKind.ROUTER,
    AssetKind.FIREWALL,
    AssetKind.ACCESS_POINT,
    AssetKind.WIRELESS_CONTROLLER,
    AssetKind.LOAD_BALANCER,
)
"""What stands beside or above a switch and does not hang on it."""
_HUBS: Final = {AssetKind.SWITCH: Sort.SWITCH, AssetKind.ACCESS_POINT: Sort.ACCESS_POINT}


class Found:
    """What was found, and in which tickets it was looked for."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self.since, self.until = since, until
        self.cases: list[Case] = []
        self.commons: list[Common] = []


def commons_of(session: Session, actor: Actor, subject: Subject, now: datetime) -> Found:
    """Return what the tickets of a day have in common with this one."""
    ticket, asset = subject.ticket, subject.asset
    found = Found(*span_of(ticket.created_at, now))
    if asset is None:
        return found
    rows = list(session.execute(_tickets(actor, ticket, found.since, found.until)))
    models = {row.model_id: row.model or "" for row in rows}
    found.cases = [_case(row) for row in rows]
    here = next((case for case in found.cases if case.ticket_id == ticket.id), None)
    others = {case.asset_id for case in found.cases} - {asset.id}
    if here is None or not others:
        return found
    traits = {case.asset_id: traits_of(case, models.get(case.model_id, "")) for case in found.cases}
    for device, trait, name in _hubs(session, actor, others | {asset.id}):
        traits[device][trait] = name
    crowd = Crowd(here, found.cases, traits)
    shared = crowd.shared()
    counted = _count(session, actor, asset, others, crowd, shared)
    found.commons = commons(crowd, shared, counted)
    return found


def _case(row: Any) -> Case:
    values = row._asdict()
    values.pop("model")
    return Case(**values | {"category": row.category.value})


def _tickets(actor: Actor, ticket: Ticket, since: datetime, until: datetime) -> Any:
    """Return the select of the tickets of a day that name a device; incidents made of others are left out."""
    parent, named = aliased(Ticket), aliased(Asset)
    number = (
        select(func.min(parent.number))
        .join(Link, and_(Link.from_id == parent.id, Link.kind == LinkKind.PARENT_OF))
        .where(Link.to_id == Ticket.id, parent.is_open)
        .scalar_subquery()
    )
    is_parent = exists().where(Link.from_id == Ticket.id, Link.kind == LinkKind.PARENT_OF)
    gone = (StateCategory.CANCELLED, StateCategory.MERGED)
    wanted: Any = (
        select(
            Ticket.id.label("ticket_id"),
            Ticket.number,
            Ticket.title,
            Ticket.category,
            Person.name.label("requester"),
            Ticket.created_at.label("at"),
            Asset.id.label("asset_id"),
            Asset.name.label("asset"),
            Asset.model_id,
            Asset.firmware,
            Asset.os_name,
            Asset.os_version,
            Location.path.label("place"),
            number.label("parent"),
            Model.name.label("model"),
        )
        .join(named, named.id == Ticket.asset_id)
        .join(Asset, and_(Asset.id == func.coalesce(named.merged_into_id, named.id), sight(actor)))
        .join(Person, Person.id == Ticket.requester_id)
        .outerjoin(Location, Location.id == Asset.location_id)
        .outerjoin(Model, Model.id == Asset.model_id)
    )
    day = or_(Ticket.created_at.between(since, until), Ticket.id == ticket.id)
    wanted = wanted.where(is_visible(actor), Ticket.organization_id == ticket.organization_id, day, ~is_parent)
    wanted = wanted.where(Ticket.category.not_in(gone))
    return wanted.order_by(Ticket.last_activity_at.desc(), Ticket.id.desc()).limit(MOST_TICKETS)


def _hubs(session: Session, actor: Actor, devices: Collection[int]) -> list[tuple[int, Trait, str]]:
    """Return the switches and access points that devices hang on."""
    found = []
    near, far = aliased(Asset), aliased(Asset)
    device = func.coalesce(near.merged_into_id, near.id)
    for here, there in ((Relationship.from_id, Relationship.to_id), (Relationship.to_id, Relationship.from_id)):
        found.append(
            select(device.label("device"), Asset.id, Asset.name, Asset.kind)
            .select_from(Relationship)
            .join(near, near.id == here)
            .join(far, far.id == there)
            .join(Asset, Asset.id == func.coalesce(far.merged_into_id, far.id))
            .where(or_(near.id.in_(devices), near.merged_into_id.in_(devices)))
            .where(Asset.kind.in_(list(_HUBS)), *_live_links(), sight(actor))
        )
    rows = session.execute(union_all(*found).limit(4 * MOST_TICKETS))
    return [(row.device, Trait(_HUBS[AssetKind(row.kind)], str(row.id)), row.name) for row in rows]


def _live_links() -> tuple[ColumnElement[bool], ...]:
    return Relationship.type == RelationshipType.CONNECTED_TO, Relationship.ended_at.is_(None)


def _count(
    session: Session, actor: Actor, asset: Asset, others: set[int], crowd: Crowd, shared: dict[Trait, list[Case]]
) -> dict[Trait, Counted]:
    """Count in the register what is shared, and find shared software: one statement.

    Each is counted among the devices of which the same is known at all: a monitor without a system says nothing.
    """
    known = (sight(actor), Asset.organization_id == asset.organization_id, Asset.status.not_in(ENDED))
    parts = [part for trait in shared if (part := _counting(trait, known)) is not None]
    parts.append(select(_software(asset, others, known).subquery()))
    counted: dict[Trait, Counted] = {}
    rows = list(session.execute(union_all(*parts)))
    for row in rows:
        trait = Trait(Sort(row.sort), row.key)
        counted[trait] = Counted(row.marked, row.total, row.people)
        if trait.sort is Sort.SOFTWARE:
            _add_software(crowd, shared, trait, row)
    return counted


def _add_software(crowd: Crowd, shared: dict[Trait, list[Case]], trait: Trait, row: Any) -> None:
    having = {int(text) for text in row.devices.split(",")} | {crowd.here.asset_id}
    shared[trait] = [case for case in crowd.cases if case.asset_id in having]
    crowd.known[Sort.SOFTWARE] = [case for case in crowd.cases if case.os_name]
    mine: Any = crowd.traits[crowd.here.asset_id]
    mine[trait] = row.name


_Known = tuple[ColumnElement[bool], ...]


def _counting(trait: Trait, known: _Known) -> Any:
    if trait.sort in (Sort.SWITCH, Sort.ACCESS_POINT):
        return _hub_count(trait, known)
    base: dict[Sort, ColumnElement[bool]] = {
        Sort.MODEL: Asset.model_id.is_not(None),
        Sort.FIRMWARE: and_(Asset.model_id.is_not(None), Asset.firmware.is_not(None)),
        Sort.OS: Asset.os_name.is_not(None),
        Sort.SITE: Asset.location_id.is_not(None),
    }
    total = select(func.count(Asset.id)).where(*known, base[trait.sort]).scalar_subquery()
    model_id, _colon, firmware = trait.key.partition(":")
    has: dict[Sort, Any] = {
        Sort.MODEL: lambda: Asset.model_id == int(trait.key),
        Sort.FIRMWARE: lambda: and_(Asset.model_id == int(model_id), Asset.firmware == firmware),
        Sort.OS: lambda: func.trim(Asset.os_name + " " + func.coalesce(Asset.os_version, "")) == trait.key,
        Sort.SITE: lambda: Asset.location_id.in_(_inside(trait.key)),
    }
    wanted = _row(trait, func.count(Asset.id), total, func.count(distinct(Asset.custodian_id)))
    return wanted.select_from(Asset).where(*known, has[trait.sort]())


def _inside(path: str) -> Select[Any]:
    prefix = f"{path} / "
    here = or_(Location.path == path, func.substr(Location.path, 1, len(prefix)) == prefix)
    return select(Location.id).where(here)


def _hub_count(trait: Trait, known: _Known) -> Any:
    """Count who hangs on a switch, among all who hang on one of its kind."""
    kind = next(kind for kind, sort in _HUBS.items() if sort is trait.sort)
    hub, near, far = aliased(Asset), aliased(Asset), aliased(Asset)
    ends = ((Relationship.from_id, Relationship.to_id), (Relationship.to_id, Relationship.from_id))
    hanging = union_all(
        *(
            select(Asset.id.label("device"), Asset.custodian_id, hub.id.label("hub"))
            .select_from(Relationship)
            .join(near, near.id == here)
            .join(far, far.id == there)
            .join(Asset, Asset.id == func.coalesce(near.merged_into_id, near.id))
            .join(hub, hub.id == func.coalesce(far.merged_into_id, far.id))
            .where(*known, hub.kind == kind, Asset.kind.not_in(_NETWORK), *_live_links())
            for here, there in ends
        )
    )
    total = select(func.count(distinct(hanging.subquery().c.device))).scalar_subquery()
    mine = hanging.subquery()
    wanted = _row(trait, func.count(distinct(mine.c.device)), total, func.count(distinct(mine.c.custodian_id)))
    return wanted.select_from(mine).where(mine.c.hub == int(trait.key))


def _row(trait: Trait, marked: Any, total: Any, people: Any) -> Any:
    return select(
        literal(trait.sort.value).label("sort"),
        literal(trait.key).label("key"),
        cast(null(), Text).label("name"),
        cast(null(), Text).label("devices"),
        cast(marked, BigInteger).label("marked"),
        cast(total, BigInteger).label("total"),
        cast(people, BigInteger).label("people"),
    )


def _software(asset: Asset, others: Collection[int], known: _Known) -> Select[Any]:
    """Find which of the newest programs of a device are in the same version on others with tickets."""
    one, other, every = SoftwareInstallation, aliased(SoftwareInstallation), aliased(SoftwareInstallation)
    holds, has = aliased(Asset), aliased(Asset)
    root = func.coalesce(has.merged_into_id, has.id)
    mine = (
        select(one.product_id, one.version, one.first_seen_at)
        .where(one.asset_id.in_(one_thing(asset.id)), one.gone_at.is_(None))
        .order_by(one.first_seen_at.desc(), one.id.desc())
        .limit(NEWEST_SOFTWARE)
        .subquery()
    )
    same = and_(other.product_id == mine.c.product_id, other.version == mine.c.version, other.gone_at.is_(None))
    having = (
        select(func.count(distinct(Asset.id)), func.count(distinct(Asset.custodian_id)))
        .join(holds, func.coalesce(holds.merged_into_id, holds.id) == Asset.id)
        .join(every, every.asset_id == holds.id)
        .where(every.product_id == mine.c.product_id, every.version == mine.c.version, every.gone_at.is_(None), *known)
        .correlate(mine)
    )
    total = select(func.count(Asset.id)).where(*known, Asset.os_name.is_not(None)).scalar_subquery()
    words = func.trim(SoftwareProduct.name + " " + mine.c.version)
    return (
        select(
            literal(Sort.SOFTWARE.value).label("sort"),
            (cast(mine.c.product_id, Text) + ":" + mine.c.version).label("key"),
            words.label("name"),
            func.aggregate_strings(cast(root, Text), ",").label("devices"),
            having.with_only_columns(func.count(distinct(Asset.id))).scalar_subquery().label("marked"),
            total.label("total"),
            having.with_only_columns(func.count(distinct(Asset.custodian_id))).scalar_subquery().label("people"),
        )
        .select_from(mine)
        .join(other, same)
        .join(has, has.id == other.asset_id)
        .join(SoftwareProduct, SoftwareProduct.id == mine.c.product_id)
        .where(or_(has.id.in_(others), has.merged_into_id.in_(others)))
        .group_by(mine.c.product_id, mine.c.version, mine.c.first_seen_at, SoftwareProduct.name)
        .order_by(mine.c.first_seen_at.desc(), SoftwareProduct.name)
        .limit(20)
    )
