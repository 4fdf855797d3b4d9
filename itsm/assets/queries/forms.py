"""What the forms of the register offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.orm import Session

from itsm.accounts.models import Person
from itsm.assets.models import Asset, Category, Manufacturer, Model
from itsm.infra.db import db
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.numbers import whole_number
from itsm.org.models import CostCentre, Department, Location, Organization

MOST = 500
Pairs = list[tuple[Any, str]]


def home(actor: Actor, wanted: str | None) -> int:
    """Return the organization in which the actor enters something: the one he names, else the person's own.

    Raises NotFound where there is none that exists for him.
    """
    mine = select(Organization.id).order_by(Organization.id)
    if not actor.all_organizations:
        mine = mine.where(Organization.id.in_(actor.organization_ids))
    if (number := whole_number(wanted)) is not None:
        found = db.session.scalar(mine.where(Organization.id == number))
    else:
        own = select(Person.organization_id).where(Person.id == actor.person_id)
        found = db.session.scalar(own) or db.session.scalar(mine.limit(1))
    if found is None:
        raise NotFound()
    return int(found)


def model_names(session: Session, asset: Asset) -> tuple[str, str]:
    """Return the names of the asset's maker and model; empty where it has none."""
    wanted = select(Manufacturer.name, Model.name).join(Model, Model.manufacturer_id == Manufacturer.id)
    found = session.execute(wanted.where(Model.id == asset.model_id)).one_or_none()
    return (found[0], found[1]) if found else ("", "")


def options(actor: Actor, session: Session, organization_id: int, values: Mapping[str, Any]) -> dict[str, Pairs]:
    """Return what the selects of the form offer, in two statements; of people only those chosen now."""
    chosen = (whole_number(values.get(name)) for name in ("custodian_id", "owner_id"))
    people = [number for number in chosen if number is not None]
    parts = [
        _part("category_id", Category.id, Category.name, Category.organization_id == organization_id),
        _part("department_id", Department.id, Department.path, Department.organization_id == organization_id),
        _part(
            "cost_centre_id",
            CostCentre.id,
            CostCentre.code.concat(" ").concat(CostCentre.name),
            CostCentre.organization_id == organization_id,
        ),
        _part("location_id", Location.id, Location.path, Location.organization_id == organization_id),
        _part("people", Person.id, Person.name, Person.id.in_(people), Person.organization_id == organization_id),
        _part("maker", Manufacturer.id, Manufacturer.name),
        _part("model", Model.id, Model.name),
        _part("organization_id", Organization.id, Organization.name, *_mine(actor)),
    ]
    found: dict[str, Pairs] = {
        name: []
        for name in (
            *("category_id", "department_id", "cost_centre_id", "location_id"),
            *("people", "maker", "model", "organization_id"),
        )
    }
    for what, id_, label in session.execute(union_all(*parts)):
        found[what].append((id_, label))
    for pairs in found.values():
        pairs.sort(key=lambda pair: pair[1].casefold())
    return found


def _mine(actor: Actor) -> list[Any]:
    return [] if actor.all_organizations else [Organization.id.in_(actor.organization_ids)]


def _part(what: str, id_: Any, label: Any, *where: Any) -> Select[Any]:
    some = select(id_.label("id"), label.label("label")).where(*where).order_by(label).limit(MOST).subquery()
    return select(literal(what).label("what"), some.c.id, some.c.label)


_NAMED: dict[str, Any] = {
    "custodian_id": Person.name,
    "owner_id": Person.name,
    "department_id": Department.path,
    "cost_centre_id": CostCentre.name,
    "location_id": Location.path,
    "category_id": Category.name,
}


def labels_of(session: Session, wanted: Sequence[tuple[str, Any]]) -> dict[tuple[str, str], str]:
    """Return the words for ids that stand in form fields: (field, text of the id) -> name."""
    found: dict[tuple[str, str], str] = {}
    for name, value in wanted:
        column, number = _NAMED.get(name), whole_number(value)
        if column is not None and number is not None:
            label = session.scalar(select(column).where(column.class_.id == number))
            if label is not None:
                found[name, str(value)] = label
    return found


def people_named(actor: Actor, session: Session, words: str, *, limit: int = 20) -> Sequence[Any]:
    """Return ``id, name, email`` of people of the actor's organizations whose name or address begins with the words."""
    wanted = select(Person.id, Person.name, Person.email).where(Person.left_on.is_(None))
    if not actor.all_organizations:
        wanted = wanted.where(Person.organization_id.in_(actor.organization_ids))
    for word in words.split()[:5]:
        wanted = wanted.where(
            Person.name.icontains(word, autoescape=True) | Person.email.istartswith(word, autoescape=True)
        )
    return session.execute(wanted.order_by(Person.name, Person.id).limit(limit)).all()
