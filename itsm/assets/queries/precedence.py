"""Whose word counts in an organization, whom people trust in single cases, and what another order would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from itsm.accounts.models import Person
from itsm.assets.models import Asset, FieldChoice, ObservedValue, Precedence
from itsm.assets.queries.visible import sight
from itsm.assets.rules.precedence import Claim, best, orders, same
from itsm.kernel.actor import Actor
from itsm.web.listing import Key, Page, fetch

MOST: Final = 2000
"""Assets that are looked at for a preview."""


def precedence_of(session: Session, organization_id: int) -> dict[str, Sequence[str]]:
    """Return the order of sources of every field that has one of its own, in one statement."""
    wanted = select(Precedence.field, Precedence.sources).where(Precedence.organization_id == organization_id)
    return {row.field: row.sources for row in session.execute(wanted)}


def rows_of(session: Session, organization_id: int) -> dict[str, Precedence]:
    """Return the rows by field."""
    wanted = select(Precedence).where(Precedence.organization_id == organization_id)
    return {row.field: row for row in session.scalars(wanted)}


def trusted(actor: Actor, session: Session, *, after: str | None = None, before: str | None = None) -> Page[Any]:
    """Return a page of the decisions to always trust a source, with whose and of what."""
    wanted = (
        select(FieldChoice.id, FieldChoice.field, FieldChoice.source, FieldChoice.why, FieldChoice.updated_at)
        .add_columns(Asset.id.label("asset_id"), Asset.name, Asset.tag, Asset.kind, Person.name.label("person"))
        .join(Asset, Asset.id == FieldChoice.asset_id)
        .outerjoin(Person, Person.id == FieldChoice.person_id)
        .where(FieldChoice.source.is_not(None), sight(actor))
    )
    return fetch(session, wanted, [Key(FieldChoice.id, "id", True)], after=after, before=before, size=30)


@dataclass(frozen=True, slots=True)
class Effect:
    """One asset whose field would be told by another source."""

    asset_id: int
    tag: str
    name: str
    kind: str
    before: str
    after: str
    source: str


def effects(
    session: Session, organization_id: int, field: str, sources: Sequence[str], settings: Mapping[str, Sequence[str]]
) -> tuple[list[Effect], bool]:
    """Return which assets another order would change, and whether more than was looked at may be concerned.

    Only assets that several sources tell of, and whose field no person decided, can change.
    """
    value = ObservedValue
    told = value.ended_at.is_(None), value.field == field
    several = (
        select(value.asset_id)
        .join(Asset, Asset.id == value.asset_id)
        .where(*told, Asset.organization_id == organization_id, Asset.merged_into_id.is_(None))
        .where(~select(FieldChoice.id).where(FieldChoice.asset_id == Asset.id, FieldChoice.field == field).exists())
        .group_by(value.asset_id)
        .having(func.count(func.distinct(value.value)) > 1)
        .order_by(value.asset_id)
        .limit(MOST + 1)
    )
    wanted = (
        select(value.source, value.value, value.confidence, Asset.id, Asset.tag, Asset.name, Asset.kind)
        .join(Asset, Asset.id == value.asset_id)
        .where(*told, value.asset_id.in_(several))
    )
    claims: dict[int, list[Claim]] = defaultdict(list)
    assets: dict[int, Any] = {}
    for row in session.execute(wanted):
        claims[row.id].append(Claim(row.source, row.value, row.confidence))
        assets[row.id] = row
    found = []
    for asset_id, said in claims.items():
        now, then = best(said, orders(settings, field)), best(said, sources)
        if now is not None and then is not None and not same(field, now.value, then.value):
            one = assets[asset_id]
            found.append(Effect(one.id, one.tag, one.name, one.kind.value, now.value, then.value, then.source))
    return sorted(found, key=lambda one: (one.name, one.asset_id))[:MOST], len(claims) > MOST
