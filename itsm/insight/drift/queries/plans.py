"""What is planned: windows of maintenance that may be open, and changes that are expected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Person
from itsm.assets.models import Asset
from itsm.assets.queries import one_thing
from itsm.insight.drift.models import ExpectedChange, MaintenanceWindow
from itsm.insight.drift.queries.visible import seen_by
from itsm.insight.drift.rules.maintenance import Planned, is_on, is_within
from itsm.kernel.actor import Actor
from itsm.org.models import Location
from itsm.web import listing

__all__ = ["expected_of", "expected_page", "is_on", "is_within", "places", "windows_of", "windows_page"]


def windows_of(session: Session, organization_id: int, now: datetime, means: Mapping[int, int]) -> list[Planned]:
    """Return the maintenance windows of an organization that can be open at a moment or were lately, as values.

    ``means``: merged records, each with what stands for it.
    """
    lately = now - _LATELY
    wanted = (
        select(MaintenanceWindow, Location.path)
        .outerjoin(Location, Location.id == MaintenanceWindow.location_id)
        .where(
            MaintenanceWindow.organization_id == organization_id,
            or_(
                and_(MaintenanceWindow.ends_at.is_(None), MaintenanceWindow.ended_at.is_(None)),
                MaintenanceWindow.ends_at > lately,
            ),
        )
    )
    return [_planned(row, path, means) for row, path in session.execute(wanted)]


def _planned(row: MaintenanceWindow, path: str | None, means: Mapping[int, int]) -> Planned:
    asset_id = row.asset_id if row.asset_id is None else means.get(row.asset_id, row.asset_id)
    ends_at = min(row.ends_at, row.ended_at) if row.ends_at and row.ended_at else row.ends_at
    return Planned(asset_id, path, row.starts_at, ends_at, row.weekly, row.time_zone)


_LATELY = timedelta(days=30)
"""How long windows are remembered that have ended: a device may tell much later what was done in one."""


def expected_of(session: Session, organization_id: int, now: datetime) -> list[ExpectedChange]:
    """Return the changes that are expected at a moment."""
    wanted = select(ExpectedChange).where(
        ExpectedChange.organization_id == organization_id,
        ExpectedChange.ended_at.is_(None),
        ExpectedChange.until_on >= now.date(),
    )
    return list(session.scalars(wanted.order_by(ExpectedChange.id)))


def places(session: Session) -> dict[int, str]:
    """Return the paths of all places by id."""
    rows = session.execute(select(Location.id, Location.path))
    return {row.id: row.path for row in rows}


def visible_windows(actor: Actor) -> Select[Any]:
    """Return the maintenance windows that exist for the actor."""
    return select(MaintenanceWindow).where(seen_by(actor, MaintenanceWindow.organization_id))


def visible_expected(actor: Actor) -> Select[Any]:
    """Return the expected changes that exist for the actor."""
    return select(ExpectedChange).where(seen_by(actor, ExpectedChange.organization_id))


def windows_page(
    session: Session, actor: Actor, *, after: str | None = None, before: str | None = None
) -> listing.Page[Any]:
    """Return a page of maintenance windows, the newest first, with what each is about."""
    said = aliased(Asset)
    wanted = (
        visible_windows(actor)
        .with_only_columns(
            MaintenanceWindow.id,
            MaintenanceWindow.why,
            MaintenanceWindow.starts_at,
            MaintenanceWindow.ends_at,
            MaintenanceWindow.weekly,
            MaintenanceWindow.time_zone,
            MaintenanceWindow.ended_at,
            Asset.id.label("asset_id"),
            Asset.tag,
            Asset.name.label("asset"),
            Location.path.label("place"),
            Person.name.label("by"),
        )
        .outerjoin(said, said.id == MaintenanceWindow.asset_id)
        .outerjoin(Asset, Asset.id == func.coalesce(said.merged_into_id, said.id))
        .outerjoin(Location, Location.id == MaintenanceWindow.location_id)
        .outerjoin(Person, Person.id == MaintenanceWindow.by_id)
    )
    key = [listing.Key(MaintenanceWindow.id, "id", True)]
    return listing.fetch(session, wanted, key, after=after, before=before, size=30)


def expected_page(
    session: Session,
    actor: Actor,
    *,
    asset_id: int | None = None,
    after: str | None = None,
    before: str | None = None,
) -> listing.Page[Any]:
    """Return a page of expected changes, the newest first."""
    said = aliased(Asset)
    wanted: Any = (
        visible_expected(actor)
        .with_only_columns(
            ExpectedChange.id,
            ExpectedChange.rule_key,
            ExpectedChange.until_on,
            ExpectedChange.why,
            ExpectedChange.met_at,
            ExpectedChange.ended_at,
            Asset.id.label("asset_id"),
            Asset.tag,
            Asset.name.label("asset"),
            Asset.kind,
            Person.name.label("by"),
        )
        .join(said, said.id == ExpectedChange.asset_id)
        .join(Asset, Asset.id == func.coalesce(said.merged_into_id, said.id))
        .outerjoin(Person, Person.id == ExpectedChange.by_id)
    )
    if asset_id is not None:
        wanted = wanted.where(ExpectedChange.asset_id.in_(one_thing(asset_id)))
    key = [listing.Key(ExpectedChange.id, "id", True)]
    return listing.fetch(session, wanted, key, after=after, before=before, size=30)
