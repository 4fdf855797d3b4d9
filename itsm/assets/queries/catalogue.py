"""Categories, makers and models, as their pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from itsm.assets.models import Asset, Category, Manufacturer, Model
from itsm.fields.models import CustomField
from itsm.kernel.actor import Actor
from itsm.web.listing import Key, Page, fetch

SUBJECT = "asset"


def categories(actor: Actor, session: Session) -> Sequence[Category]:
    """Return the categories of the actor's organizations, by name."""
    wanted = select(Category).order_by(Category.name, Category.id).limit(500)
    if not actor.all_organizations:
        wanted = wanted.where(Category.organization_id.in_(actor.organization_ids))
    return session.scalars(wanted).all()


def category_rows(actor: Actor, session: Session) -> Sequence[Any]:
    """Return ``Category, assets, fields`` of the actor's organizations: how many assets and fields of its own each
    category has (at most 1,000 are counted).
    """
    some = select(Asset.id).where(Asset.category_id == Category.id).limit(1000).correlate(Category).subquery()
    own = select(func.count()).where(CustomField.subject == SUBJECT, CustomField.scope_id == Category.id)
    wanted = select(
        Category,
        select(func.count()).select_from(some).scalar_subquery().label("assets"),
        own.correlate(Category).scalar_subquery().label("fields"),
    ).order_by(Category.name, Category.id)
    if not actor.all_organizations:
        wanted = wanted.where(Category.organization_id.in_(actor.organization_ids))
    return session.execute(wanted.limit(500)).all()


def custom_fields(actor: Actor, session: Session, category_id: int | None = None) -> Sequence[Any]:
    """Return ``CustomField, category`` of the actor's organizations; with a category, those that its assets have."""
    wanted = select(CustomField, Category.name.label("category")).outerjoin(
        Category, Category.id == CustomField.scope_id
    )
    wanted = wanted.where(CustomField.subject == SUBJECT)
    if category_id is not None:
        wanted = wanted.where(CustomField.scope_id.in_([category_id]) | CustomField.scope_id.is_(None))
    if not actor.all_organizations:
        wanted = wanted.where(CustomField.organization_id.in_(actor.organization_ids))
    return session.execute(wanted.order_by(CustomField.position, CustomField.name).limit(500)).all()


def models(session: Session, words: str, *, after: str | None = None, before: str | None = None) -> Page[Any]:
    """Return a page of models with their makers and how many assets each has (at most 1,000 are counted)."""
    some = select(Asset.id).where(Asset.model_id == Model.id).limit(1000).correlate(Model).subquery()
    number = select(func.count()).select_from(some).scalar_subquery().label("number")
    columns: list[Any] = [
        *(Model.id, Model.name, Model.kind, Model.version, Model.manufacturer_id),
        *(Model.end_of_sale_on, Model.end_of_life_on, Model.end_of_support_on),
        *(Manufacturer.name.label("maker"), number),
    ]
    wanted = select(*columns).join(Manufacturer, Manufacturer.id == Model.manufacturer_id)
    for word in words.split()[:5]:
        wanted = wanted.where(
            Model.name.icontains(word, autoescape=True) | Manufacturer.name.icontains(word, autoescape=True)
        )
    keys = [Key(Manufacturer.name, "maker"), Key(Model.name, "name"), Key(Model.id, "id")]
    return fetch(session, wanted, keys, after=after, before=before, size=50)


def siblings(session: Session, model: Model) -> list[tuple[int, str]]:
    """Return the models that this one may be merged into: of the same maker first."""
    wanted = (
        select(Model.id, Manufacturer.name.concat(" ").concat(Model.name))
        .join(Manufacturer, Manufacturer.id == Model.manufacturer_id)
        .where(Model.id != model.id)
        .order_by(Model.manufacturer_id != model.manufacturer_id, Manufacturer.name, Model.name)
    )
    return [(id_, name) for id_, name in session.execute(wanted.limit(500))]


def makers(session: Session) -> list[tuple[int, str]]:
    """Return the makers by name."""
    wanted = select(Manufacturer.id, Manufacturer.name).order_by(Manufacturer.name, Manufacturer.id).limit(1000)
    return [(id_, name) for id_, name in session.execute(wanted)]
