"""What answers the worklists: setting aside, acknowledging, and the days after which silence is news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select

from itsm.assets.enums import AssetKind, AssetStatus, Worklist
from itsm.assets.events import SeenAfterRetirement
from itsm.assets.models import Asset, Resurfacing, SetAside, StaleRule
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import assets_to_change
from itsm.assets.rules import staleness
from itsm.assets.services import editing
from itsm.infra.unit import current_unit, record
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Invalid, RuleBroken
from itsm.kernel.policy import require
from itsm.kernel.text import phrase

MOST = 200


def note_resurfacing(event: SeenAfterRetirement) -> None:
    """Keep one open entry an asset that answers although it should not, and write it down once: subscribed inline."""
    session = current_unit().session
    standing = select(Resurfacing).where(Resurfacing.asset_id == event.asset_id, Resurfacing.acknowledged_at.is_(None))
    row = session.scalars(standing).first()
    if row is not None:
        row.last_at, row.times = event.at, row.times + 1
        row.address = event.address or row.address
        return
    asset = session.get_one(Asset, event.asset_id)
    row = Resurfacing(asset_id=asset.id, status=asset.status, address=event.address, times=1)
    row.first_at = row.last_at = event.at
    session.add(row)
    record("resurfaced", "asset", asset.id, status=asset.status.value, address=event.address)


def acknowledge(
    actor: Actor, row: Resurfacing, asset: Asset, *, note: str, status: AssetStatus | None = None, now: datetime
) -> None:
    """Say what it was, and perhaps that it is back: only a person sets the status. Raises RuleBroken when answered."""
    require(POLICY, actor, AssetPermission.EDIT, asset)
    if row.acknowledged_at is not None:
        raise RuleBroken("Somebody answered this already.")
    if not note:
        raise Invalid({"note": "Please say what it was: this is kept for the auditor."})
    if status is not None:
        editing.change_status(actor, asset, status, now=now)
    row.acknowledged_at, row.acknowledged_by_id, row.note = now, actor.person_id, note
    record("resurfacing_acknowledged", "asset", asset.id, note=note, address=row.address)


def set_aside(
    actor: Actor, ids: Sequence[int], worklist: Worklist, *, reason: str, until: date | None, now: datetime
) -> int:
    """Leave assets out of a worklist until a day, or for good; return how many. Raises Invalid without a reason."""
    require(POLICY, actor, AssetPermission.DECIDE)
    if not reason:
        raise Invalid({"reason": "Please say why."})
    if until is not None and until <= now.date():
        raise Invalid({"until": "This day has passed."})
    session, number = current_unit().session, 0
    for asset in _chosen(actor, ids):
        require(POLICY, actor, AssetPermission.DECIDE, asset)
        wanted = select(SetAside).where(SetAside.asset_id == asset.id, SetAside.worklist == worklist)
        row = session.scalars(wanted).one_or_none()
        if row is None:
            row = SetAside(asset_id=asset.id, worklist=worklist)
            session.add(row)
        row.reason, row.until, row.person_id = reason, until, actor.person_id
        number += 1
    return number


def bring_back(actor: Actor, ids: Sequence[int], worklist: Worklist) -> int:
    """Put assets that were set aside back into a worklist; return how many."""
    require(POLICY, actor, AssetPermission.DECIDE)
    session, number = current_unit().session, 0
    mine = {asset.id: asset for asset in _chosen(actor, ids)}
    wanted = select(SetAside).where(SetAside.asset_id.in_(mine), SetAside.worklist == worklist)
    for row in session.scalars(wanted).all():
        require(POLICY, actor, AssetPermission.DECIDE, mine[row.asset_id])
        session.delete(row)
        number += 1
    return number


def mark_missing(actor: Actor, ids: Sequence[int], *, now: datetime) -> int:
    """Say that assets cannot be found; return how many. One that may not become missing is left as it is."""
    require(POLICY, actor, AssetPermission.DECIDE)
    number = 0
    for asset in _chosen(actor, ids):
        if asset.status is AssetStatus.IN_USE:
            editing.change_status(actor, asset, AssetStatus.MISSING, now=now)
            number += 1
    return number


def adopt(actor: Actor, ids: Sequence[int], *, owner_id: int | None, now: datetime) -> int:
    """Let somebody answer for assets; return how many were changed."""
    require(POLICY, actor, AssetPermission.EDIT)
    if owner_id is None:
        raise Invalid({"owner_id": "Please choose who answers for them."})
    number = 0
    for asset in _chosen(actor, ids):
        number += bool(editing.edit(actor, asset, {"owner_id": owner_id}, version=asset.version, now=now))
    return number


def _chosen(actor: Actor, ids: Sequence[int]) -> Sequence[Asset]:
    if not 1 <= len(set(ids)) <= MOST:
        raise Invalid({"ids": phrase("Select between 1 and %(most)s assets.", most=MOST)})
    return assets_to_change(actor, set(ids))


def save_days(
    actor: Actor, organization_id: int, days: Mapping[AssetKind, int], *, versions: Mapping[AssetKind, int]
) -> int:
    """Set after how many days each kind is stale; return how many changed. The usual number needs no row.

    ``versions`` are those of the rows that were shown (0: none). Raises Conflict where somebody changed one since.
    """
    require(POLICY, actor, AssetPermission.CONFIGURE)
    wrong = [kind for kind, number in days.items() if not staleness.FEWEST <= number <= staleness.MOST]
    if wrong:
        raise Invalid({f"days_{kind.value}": "Between 1 and 3,650 days, please." for kind in wrong})
    session, changed = current_unit().session, 0
    rows = select(StaleRule).where(StaleRule.organization_id == organization_id).with_for_update()
    known = {row.kind: row for row in session.scalars(rows)}
    for kind, number in days.items():
        row = known.get(kind)
        if number == (row.days if row is not None else staleness.USUAL_DAYS[kind]):
            continue
        if versions.get(kind, 0) != (row.version if row is not None else 0):
            raise Conflict((), "Somebody changed these days in the meantime. Please look again.")
        if row is None:
            session.add(StaleRule(organization_id=organization_id, kind=kind, days=number))
        else:
            row.days = number
        changed += 1
    return changed
