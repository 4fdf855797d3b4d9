"""Who holds what: every change of hands or place closes one period and opens the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from itsm.assets.enums import AssetStatus
from itsm.assets.events import AssetChanged, AssetStatusChanged
from itsm.assets.models import Asset, CustodyPeriod
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.rules.lifecycle import OUT_OF_SIGHT, step, words
from itsm.assets.services.references import check_references
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, RuleBroken
from itsm.kernel.policy import require
from itsm.kernel.text import phrase


def hand(
    asset: Asset,
    *,
    person_id: int | None,
    location_id: int | None,
    now: datetime,
    expected_return_on: date | None = None,
    note: str = "",
) -> CustodyPeriod | None:
    """Set custodian and location and write the period down; None where afterwards nobody and no place has it."""
    session = current_unit().session
    wanted = select(CustodyPeriod).where(CustodyPeriod.asset_id == asset.id, CustodyPeriod.ended_at.is_(None))
    for period in session.scalars(wanted):
        period.ended_at = now
    asset.custodian_id, asset.location_id = person_id, location_id
    if person_id is None and location_id is None:
        return None
    period = CustodyPeriod(
        asset_id=asset.id,
        person_id=person_id,
        location_id=location_id,
        started_at=now,
        expected_return_on=expected_return_on,
        note=note,
    )
    session.add(period)
    return period


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """To whom or where an asset goes. At least one of person and place."""

    person_id: int | None = None
    location_id: int | None = None
    expected_return_on: date | None = None
    note: str = ""


def check_out(actor: Actor, asset: Asset, to: Handover, *, now: datetime) -> None:
    """Hand the asset to a person, or from one person to another, and put it in use.

    Raises RuleBroken for an asset that is retired, disposed or missing, Invalid for an expected return in the past.
    """
    require(POLICY, actor, AssetPermission.MOVE, asset)
    if to.person_id is None:
        raise Invalid({"person_id": "Please choose who gets it."})
    if asset.status in OUT_OF_SIGHT:
        raise RuleBroken(
            phrase(
                "An asset that is %(status)s cannot be handed out. Set it to in stock first.",
                status=words(asset.status),
            )
        )
    if to.expected_return_on is not None and to.expected_return_on < now.date():
        raise Invalid({"expected_return_on": "This day has passed."})
    place = to.location_id if to.location_id is not None else asset.location_id
    _move(actor, asset, replace(to, location_id=place), AssetStatus.IN_USE, now)


def check_in(actor: Actor, asset: Asset, to: Handover, *, now: datetime, repair: bool = False) -> None:
    """Take the asset back to a place; it is in stock again, or goes to repair. RuleBroken where nobody has it."""
    require(POLICY, actor, AssetPermission.MOVE, asset)
    if asset.custodian_id is None:
        raise RuleBroken("Nobody holds this asset, so it cannot be checked in.")
    place = to.location_id if to.location_id is not None else asset.location_id
    status = AssetStatus.IN_REPAIR if repair else AssetStatus.IN_STOCK
    _move(actor, asset, replace(to, person_id=None, location_id=place), status, now)


def _move(actor: Actor, asset: Asset, to: Handover, status: AssetStatus, now: datetime) -> None:
    check_references(asset.organization_id, {"custodian_id": to.person_id, "location_id": to.location_id})
    before = asset.status
    hand(
        asset,
        person_id=to.person_id,
        location_id=to.location_id,
        now=now,
        expected_return_on=to.expected_return_on,
        note=to.note,
    )
    asset.status = step(before, status)
    emit(AssetChanged(at=now, actor_id=actor.user_id, asset_id=asset.id, fields=("custodian_id", "location_id")))
    if status is not before:
        moved = {"before": before.value, "after": status.value}
        emit(AssetStatusChanged(at=now, actor_id=actor.user_id, asset_id=asset.id, **moved))
