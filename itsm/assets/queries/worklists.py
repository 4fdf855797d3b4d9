"""What wants a decision: things seen and not on the books, things on the books and not seen, things that came back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Person
from itsm.assets.enums import AssetStatus, Worklist
from itsm.assets.models import Address, Asset, FieldChoice, Manufacturer, Model, Resurfacing, SetAside
from itsm.assets.queries.staleness import silent
from itsm.assets.queries.visible import sight
from itsm.assets.queries.words import words_match
from itsm.assets.rules.lifecycle import ENDED
from itsm.assets.rules.staleness import NOT_BOUGHT, USUAL_DAYS
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.org.models import Location
from itsm.web.listing import Key, Page, fetch

SIZE: Final = 50
_ADDRESS: Final = (
    select(func.min(Address.address))
    .where(Address.asset_id == Asset.id, Address.gone_at.is_(None))
    .correlate(Asset)
    .scalar_subquery()
    .label("address")
)


def listed(
    actor: Actor,
    session: Session,
    worklist: Worklist,
    now: datetime,
    *,
    q: str = "",
    kind: str = "",
    aside: bool = False,
) -> Select[Any]:
    """Return the select of a worklist; ``aside`` gives what was set aside from it instead."""
    left_out = aliased(SetAside)
    holder = aliased(Person)
    wanted = (
        select(Asset.id, Asset.tag, Asset.name, Asset.kind, Asset.status, Asset.serial, _ADDRESS)
        .add_columns(Asset.first_seen_at, Asset.last_seen_at, Asset.purchased_on, Asset.created_at)
        .add_columns(Model.name.label("model"), Manufacturer.name.label("maker"), holder.name.label("custodian"))
        .add_columns(Location.path.label("location"), left_out.reason, left_out.until)
        .select_from(Asset)
        .outerjoin(Model, Model.id == Asset.model_id)
        .outerjoin(Manufacturer, Manufacturer.id == Model.manufacturer_id)
        .outerjoin(holder, holder.id == Asset.custodian_id)
        .outerjoin(Location, Location.id == Asset.location_id)
        .outerjoin(left_out, and_(left_out.asset_id == Asset.id, left_out.worklist == worklist))
        .where(sight(actor), *(_unbooked() if worklist is Worklist.UNBOOKED else _unseen(session, now)))
    )
    is_aside = and_(left_out.id.is_not(None), or_(left_out.until.is_(None), left_out.until > now.date()))
    wanted = wanted.where(is_aside if aside else or_(left_out.id.is_(None), left_out.until <= now.date()))
    if kind:
        wanted = wanted.where(Asset.kind == kind)
    match = words_match(session, q) if q else None
    return wanted.where(match) if match is not None else wanted


_BOUGHT = ("purchased_on", "order_number", "supplier", "price_minor", "owner_id")


def _unbooked() -> list[ColumnElement[bool]]:
    """Seen by a sweep; nobody entered it, says that it was bought, or answers for it."""
    by_hand = select(FieldChoice.id).where(
        FieldChoice.asset_id == Asset.id, FieldChoice.field == "name", FieldChoice.created_at == Asset.created_at
    )
    chassis, named = aliased(Asset), aliased(FieldChoice)
    entered = select(named.id).where(
        named.asset_id == chassis.id, named.field == "name", named.created_at == chassis.created_at
    )
    member = select(chassis.id).where(
        chassis.parent_id == Asset.id, chassis.merged_into_id.is_(None), chassis.status.not_in(ENDED)
    )
    bought = or_(
        *(getattr(chassis, name).is_not(None) for name in _BOUGHT), chassis.custodian_id.is_not(None), entered.exists()
    )
    # A stack is nothing that is bought: its chassis are, each with its serial number.
    of_bought = and_(member.exists(), ~member.where(~bought).exists())
    return [
        Asset.first_seen_at.is_not(None),
        Asset.status.not_in(ENDED),
        Asset.kind.not_in(NOT_BOUGHT),
        Asset.parent_id.is_(None),
        *(getattr(Asset, name).is_(None) for name in _BOUGHT),
        Asset.custodian_id.is_(None),
        ~by_hand.exists(),
        ~of_bought,
    ]


def _unseen(session: Session, now: datetime) -> list[ColumnElement[bool]]:
    """In use by the books, of a kind that answers on the network, and silent for longer than its kind may be."""
    since = func.coalesce(Asset.last_seen_at, Asset.created_at)
    return [
        Asset.status == AssetStatus.IN_USE,
        Asset.kind.in_(list(USUAL_DAYS)),
        silent(session, now, since),
    ]


def page(session: Session, wanted: Select[Any], *, after: str | None, before: str | None) -> Page[Any]:
    """Return one page of a worklist, by name."""
    keys = [Key(Asset.name, "name"), Key(Asset.id, "id")]
    return fetch(session, wanted, keys, after=after, before=before, size=SIZE)


def resurfaced(
    actor: Actor, session: Session, *, done: bool = False, after: str | None = None, before: str | None = None
) -> Page[Any]:
    """Return a page of what answered although it is retired, disposed or missing; the newest first."""
    person = aliased(Person)
    wanted = (
        select(Resurfacing.id, Resurfacing.status.label("was"), Resurfacing.address, Resurfacing.first_at)
        .add_columns(Resurfacing.last_at, Resurfacing.times, Resurfacing.acknowledged_at, Resurfacing.note)
        .add_columns(Asset.id.label("asset_id"), Asset.tag, Asset.name, Asset.kind, Asset.status, Asset.version)
        .add_columns(person.name.label("person"))
        .join(Asset, Asset.id == Resurfacing.asset_id)
        .outerjoin(person, person.id == Resurfacing.acknowledged_by_id)
        .where(sight(actor))
    )
    answered = Resurfacing.acknowledged_at
    wanted = wanted.where(answered.is_not(None) if done else answered.is_(None))
    return fetch(session, wanted, [Key(Resurfacing.id, "id", True)], after=after, before=before, size=30)


def resurfacing_to_change(actor: Actor, resurfacing_id: int) -> tuple[Resurfacing, Asset]:
    """Return an entry with its asset, locked. Raises NotFound where it does not exist for the actor."""
    wanted = (
        select(Resurfacing, Asset)
        .join(Asset, Asset.id == Resurfacing.asset_id)
        .where(Resurfacing.id == resurfacing_id, sight(actor))
    )
    found = current_unit().session.execute(wanted.with_for_update(of=Resurfacing)).one_or_none()
    if found is None:
        raise NotFound()
    return found[0], found[1]
