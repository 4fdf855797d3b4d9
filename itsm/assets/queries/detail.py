"""One asset: its names, its parts, who held it, what happened to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Person
from itsm.assets.enums import DisagreementState
from itsm.assets.models import (
    Address,
    Asset,
    Category,
    Component,
    CustodyPeriod,
    Disagreement,
    FieldChoice,
    Interface,
    Manufacturer,
    Model,
    ObservedValue,
    Relationship,
    SoftwareInstallation,
    SoftwareProduct,
)
from itsm.assets.queries.visible import one_thing, visible_assets
from itsm.assets.rules.moments import FIELDS
from itsm.infra.journal import JournalRow
from itsm.infra.journal.names import kept_in, names_behind
from itsm.kernel.actor import Actor
from itsm.org.models import CostCentre, Department, Location, Organization

MOST_PARTS = 2000


def names(session: Session, asset: Asset) -> Any:
    """Return the names behind an asset's ids, in one statement."""
    holder, owner, inside = aliased(Person), aliased(Person), aliased(Asset)
    wanted = (
        select(
            holder.name.label("custodian"),
            holder.email.label("custodian_email"),
            owner.name.label("owner"),
            Department.path.label("department"),
            CostCentre.code.concat(" ").concat(CostCentre.name).label("cost_centre"),
            Location.path.label("location"),
            Category.name.label("category"),
            Model.name.label("model"),
            Model.end_of_support_on,
            Model.end_of_life_on,
            Manufacturer.name.label("maker"),
            Organization.name.label("organization"),
            inside.name.label("parent"),
        )
        .select_from(Asset)
        .join(Organization, Organization.id == Asset.organization_id)
        .outerjoin(holder, holder.id == Asset.custodian_id)
        .outerjoin(owner, owner.id == Asset.owner_id)
        .outerjoin(Department, Department.id == Asset.department_id)
        .outerjoin(CostCentre, CostCentre.id == Asset.cost_centre_id)
        .outerjoin(Location, Location.id == Asset.location_id)
        .outerjoin(Category, Category.id == Asset.category_id)
        .outerjoin(Model, Model.id == Asset.model_id)
        .outerjoin(Manufacturer, Manufacturer.id == Model.manufacturer_id)
        .outerjoin(inside, inside.id == Asset.parent_id)
    )
    return session.execute(wanted.where(Asset.id == asset.id)).one()


@dataclass(slots=True)
class Known:
    """Why the fields are what they are: what each source says now, who decided, what is contradicted."""

    observed: dict[str, list[ObservedValue]] = field(default_factory=dict)
    choices: dict[str, tuple[FieldChoice, str | None]] = field(default_factory=dict)
    """field -> (choice, name of the person who made it)"""
    open: list[Disagreement] = field(default_factory=list)


def known(session: Session, asset: Asset) -> Known:
    """Return the evidence of an asset's fields, in three statements."""
    found = Known()
    values = select(ObservedValue).where(
        ObservedValue.asset_id.in_(one_thing(asset.id)), ObservedValue.ended_at.is_(None)
    )
    for value in session.scalars(values.order_by(ObservedValue.last_seen_at.desc()).limit(200)):
        found.observed.setdefault(value.field, []).append(value)
    chosen = select(FieldChoice, Person.name).outerjoin(Person, Person.id == FieldChoice.person_id)
    for choice, name in session.execute(chosen.where(FieldChoice.asset_id == asset.id)):
        found.choices[choice.field] = (choice, name)
    unsettled = select(Disagreement).where(
        Disagreement.asset_id == asset.id, Disagreement.state == DisagreementState.OPEN
    )
    found.open.extend(session.scalars(unsettled.order_by(Disagreement.id)))
    return found


def moments(known: Known) -> dict[str, datetime]:
    """Return when a device says that its configuration was changed: running, startup, and of its hardware."""
    told = {name: [row.value for row in known.observed.get(name, ())] for name in FIELDS}
    return {name: datetime.fromisoformat(max(values)) for name, values in told.items() if values}


@dataclass(frozen=True, slots=True)
class Running:
    """What was last seen to run on a device, or who was signed in there, and when that was."""

    names: list[str]
    at: datetime


def running(known: Known, field: str) -> Running | None:
    """Return the newest word on ``services`` or ``users``, or None where no sweep could tell."""
    newest = next(iter(known.observed.get(field, ())), None)
    return Running(newest.value.splitlines(), newest.last_seen_at) if newest is not None else None


def present(session: Session, model: Any, asset_id: int, key: Callable[[Any], Any], *order: Any) -> Sequence[Any]:
    """Return the parts of one sort, also those that a merged record has; those that are gone come last."""
    gone = case((model.gone_at.is_(None), 0), else_=1)
    wanted = select(model).where(model.asset_id.in_(one_thing(asset_id))).order_by(gone, *order, model.id)
    return once_each(session.scalars(wanted.limit(MOST_PARTS)), asset_id, key)


def once_each(rows: Iterable[Any], asset_id: int, key: Callable[[Any], Any]) -> list[Any]:
    """Return rows of an asset and of what was merged into it, one a key: what is there before what is gone, its own
    before another's."""
    found: dict[Any, Any] = {}
    for row in rows:
        other = found.get(key(row))
        if other is None or _place(row, asset_id) < _place(other, asset_id):
            found[key(row)] = row
    return list(found.values())


def _place(row: Any, asset_id: int) -> tuple[bool, bool]:
    return row.gone_at is not None, row.asset_id != asset_id


def interfaces(session: Session, asset_id: int) -> Sequence[Interface]:
    """Return the ports, in the device's own order."""
    return present(session, Interface, asset_id, lambda row: row.name, Interface.number, Interface.name)


def addresses(session: Session, asset_id: int) -> Sequence[Address]:
    """Return the IP addresses."""
    return present(session, Address, asset_id, lambda row: row.address, Address.address)


def components(session: Session, asset_id: int) -> Sequence[Component]:
    """Return the components."""
    return present(session, Component, asset_id, lambda row: row.key, Component.kind, Component.slot, Component.name)


def software(session: Session, asset_id: int, words: str = "") -> Sequence[Any]:
    """Return ``product, publisher, title, version, first_seen_at, gone_at``, by name."""
    wanted = (
        select(
            SoftwareInstallation.id,
            SoftwareInstallation.asset_id,
            SoftwareProduct.id.label("product_id"),
            SoftwareProduct.name.label("product"),
            SoftwareProduct.publisher,
            SoftwareInstallation.title,
            SoftwareInstallation.version,
            SoftwareInstallation.first_seen_at,
            SoftwareInstallation.gone_at,
        )
        .join(SoftwareProduct, SoftwareProduct.id == SoftwareInstallation.product_id)
        .where(SoftwareInstallation.asset_id.in_(one_thing(asset_id)))
    )
    if words:
        wanted = wanted.where(SoftwareProduct.name.icontains(words, autoescape=True))
    rows = session.execute(wanted.order_by(SoftwareProduct.name, SoftwareInstallation.id).limit(MOST_PARTS))
    return once_each(rows, asset_id, lambda row: (row.product_id, row.version))


def relationships(actor: Actor, session: Session, asset_id: int) -> Sequence[Any]:
    """Return how the asset stands to others that the actor may see: ``relationship``, ``outward`` and the other."""
    other = aliased(Asset, visible_assets(actor).subquery())
    end, ids = aliased(Asset), one_thing(asset_id)
    here = or_(Relationship.from_id.in_(ids), Relationship.to_id.in_(ids))
    outward = Relationship.from_id.in_(ids)
    far = case((outward, Relationship.to_id), else_=Relationship.from_id)
    wanted = (
        select(
            Relationship,
            outward.label("outward"),
            other.id.label("other_id"),
            other.name.label("other"),
            other.tag.label("other_tag"),
            other.kind.label("other_kind"),
        )
        .select_from(Relationship)
        .join(end, end.id == far)
        .join(other, other.id == func.coalesce(end.merged_into_id, end.id))
        .where(here, Relationship.ended_at.is_(None), other.id != asset_id)
    )
    rows = session.execute(wanted.order_by(Relationship.type, other.name, Relationship.id).limit(MOST_PARTS))
    found: dict[Any, Any] = {}
    for row in rows:
        one = row.Relationship
        found.setdefault((one.type, row.outward, row.other_id, one.from_port, one.to_port), row)
    return list(found.values())


def custody(session: Session, asset_id: int) -> Sequence[Any]:
    """Return ``period, person, location`` of the last hundred custody periods, the present one first."""
    wanted = (
        select(CustodyPeriod, Person.name.label("person"), Location.path.label("location"))
        .outerjoin(Person, Person.id == CustodyPeriod.person_id)
        .outerjoin(Location, Location.id == CustodyPeriod.location_id)
        .where(CustodyPeriod.asset_id.in_(one_thing(asset_id)))
    )
    newest = CustodyPeriod.started_at.desc(), CustodyPeriod.id.desc()
    return session.execute(wanted.order_by(*newest).limit(100)).all()


def history(
    session: Session, asset_id: int, *, before: int | None = None, size: int = 50, also: Sequence[int] = ()
) -> Sequence[JournalRow]:
    """Return what was done to the asset (and to records that are part of it: ``also``), newest first."""
    ids = [str(one) for one in (asset_id, *also)]
    wanted = select(JournalRow).where(JournalRow.subject_type == "asset", JournalRow.subject_id.in_(ids))
    if before is not None:
        wanted = wanted.where(JournalRow.sequence < before)
    return session.scalars(wanted.order_by(JournalRow.sequence.desc()).limit(size + 1)).all()


def changes_of(session: Session, subject: str, subject_id: int, size: int = 10) -> Sequence[JournalRow]:
    """Return the newest journal lines about one thing."""
    wanted = select(JournalRow).where(JournalRow.subject_type == subject, JournalRow.subject_id == str(subject_id))
    return session.scalars(wanted.order_by(JournalRow.sequence.desc()).limit(size)).all()


_LABELS: dict[str, Any] = {
    "custodian_id": Person.name,
    "owner_id": Person.name,
    "department_id": Department.path,
    "cost_centre_id": CostCentre.name,
    "location_id": Location.path,
    "category_id": Category.name,
    "model_id": Model.name,
    "parent_id": Asset.name,
    "organization_id": Organization.name,
}


def labels(session: Session, rows: Sequence[JournalRow]) -> dict[tuple[str, int], str]:
    """Return the names behind the ids that journal rows mention: (field, id) -> name; a statement a sort of thing."""
    return names_behind(session, kept_in(rows), _LABELS)
