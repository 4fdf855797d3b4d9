"""People and things for pickers: found while one types, never more than a screenful, never beyond what one may see."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Person, RoleGrant, UserAccount
from itsm.assets.enums import AssetStatus
from itsm.assets.models import Asset, Manufacturer, Model
from itsm.kernel.actor import Actor, Role
from itsm.tickets.models import Ticket
from itsm.tickets.queries.visible import is_visible

MOST = 20
TECHNICIANS = 500


def technicians_for(session: Session, organization_id: int) -> list[tuple[int, str]]:
    """Return who can work on tickets of an organization, as (person id, name)."""
    wanted = (
        select(Person.id, Person.name)
        .join(UserAccount, UserAccount.person_id == Person.id)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(RoleGrant.role.in_([Role.TECHNICIAN, Role.ADMINISTRATOR]))
        .where(or_(RoleGrant.organization_id.is_(None), RoleGrant.organization_id == organization_id))
        .where(UserAccount.disabled_at.is_(None), Person.left_on.is_(None))
        .distinct()
        .order_by(Person.name, Person.id)
        .limit(TECHNICIANS)
    )
    return [(id_, name) for id_, name in session.execute(wanted)]


def people_named(session: Session, actor: Actor, q: str) -> list[Any]:
    """Return people whose name, mail address or employee number holds what was typed: (id, name, email)."""
    wanted = select(Person.id, Person.name, Person.email).where(Person.left_on.is_(None))
    if not actor.all_organizations:
        wanted = wanted.where(Person.organization_id.in_(actor.organization_ids))
    if q:
        typed = _inside(q)
        wanted = wanted.where(
            or_(
                func.lower(Person.name).like(typed, escape="\\"),
                Person.email.like(typed, escape="\\"),
                Person.employee_number == q,
            )
        )
    return list(session.execute(wanted.order_by(Person.name, Person.id).limit(MOST)))


def assets_named(session: Session, actor: Actor, q: str, custodian_id: int | None) -> list[Any]:
    """Return assets by tag, name or serial: (id, tag, name, kind). The custodian's come first, or alone without q."""
    wanted = select(Asset.id, Asset.tag, Asset.name, Asset.kind).where(Asset.merged_into_id.is_(None))
    if not actor.all_organizations:
        wanted = wanted.where(Asset.organization_id.in_(actor.organization_ids))
    if q:
        typed = _inside(q)
        wanted = wanted.where(
            or_(
                func.lower(Asset.tag).like(typed, escape="\\"),
                func.lower(Asset.name).like(typed, escape="\\"),
                func.lower(Asset.serial).like(typed, escape="\\"),
            )
        )
    elif custodian_id is not None:
        wanted = wanted.where(Asset.custodian_id == custodian_id)
    return list(session.execute(wanted.order_by(Asset.name, Asset.id).limit(MOST)))


def tickets_named(session: Session, actor: Actor, matching: Any) -> list[Any]:
    """Return tickets that a condition matches, newest first: (number, title, category)."""
    wanted = select(Ticket.number, Ticket.title, Ticket.category).where(is_visible(actor), *matching)
    return list(session.execute(wanted.order_by(Ticket.last_activity_at.desc(), Ticket.id.desc()).limit(MOST)))


def _inside(q: str) -> str:
    """Return a LIKE pattern that finds the text anywhere, its own wildcards harmless."""
    plain = q.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain[:80]}%"


def visible_among(session: Session, actor: Actor, person_ids: list[int]) -> list[int]:
    """Return which of these people exist for the actor."""
    wanted = select(Person.id).where(Person.id.in_(person_ids))
    if not actor.all_organizations:
        wanted = wanted.where(Person.organization_id.in_(actor.organization_ids))
    return list(session.scalars(wanted))


def assets_among(session: Session, actor: Actor, asset_ids: list[int]) -> list[Any]:
    """Return which of these assets exist for the actor: (id, tag, name)."""
    wanted = select(Asset.id, Asset.tag, Asset.name).where(Asset.id.in_(asset_ids), Asset.merged_into_id.is_(None))
    if not actor.all_organizations:
        wanted = wanted.where(Asset.organization_id.in_(actor.organization_ids))
    return list(session.execute(wanted))


def things_of(session: Session, actor: Actor) -> list[Any]:
    """Return what the actor holds: (id, tag, name, kind, status, model, manufacturer, last seen, warranty)."""
    wanted = (
        select(Asset.id, Asset.tag, Asset.name, Asset.kind, Asset.status, Asset.warranty_until)
        .add_columns(Model.name.label("model"), Manufacturer.name.label("manufacturer"))
        .outerjoin(Model, Model.id == Asset.model_id)
        .outerjoin(Manufacturer, Manufacturer.id == Model.manufacturer_id)
        .where(Asset.custodian_id == (actor.person_id or -1), Asset.merged_into_id.is_(None))
        .where(Asset.status.not_in([AssetStatus.RETIRED, AssetStatus.DISPOSED]))
        .order_by(Asset.name, Asset.id)
        .limit(200)
    )
    return list(session.execute(wanted))


def things_called(things: list[Any], q: str) -> list[Any]:
    """Return those of a person's things that hold every word of ``q`` in their name, tag, maker or model."""
    words = q.casefold().split()
    texts = ((row, f"{row.name} {row.tag} {row.manufacturer or ''} {row.model or ''}".casefold()) for row in things)
    return [row for row, text in texts if all(word in text for word in words)]


def thing_with_tag(session: Session, actor: Actor, tag: str) -> Any:
    """Return the asset under a tag that somebody read on it (id, tag, name, kind), or None.

    Anybody may name a thing of his own organization by its tag: he stands before it.
    """
    said = aliased(Asset)
    wanted = select(Asset.id, Asset.tag, Asset.name, Asset.kind)
    wanted = wanted.join(said, func.coalesce(said.merged_into_id, said.id) == Asset.id).where(said.tag == tag)
    if not actor.all_organizations:
        wanted = wanted.where(Asset.organization_id.in_(actor.organization_ids))
    return session.execute(wanted.order_by(Asset.id).limit(1)).one_or_none()


def has_open_work(session: Session, actor: Actor) -> bool:
    """Say whether a ticket that is open is assigned to this person."""
    wanted = select(Ticket.id).where(Ticket.assignee_id == actor.person_id, Ticket.is_open).limit(1)
    return session.scalar(wanted) is not None
