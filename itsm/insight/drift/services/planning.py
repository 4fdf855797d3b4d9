"""Times of maintenance and expected changes: made and ended by people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from itsm.assets.models import Asset
from itsm.assets.queries.visible import visible_assets
from itsm.infra.unit import current_unit
from itsm.insight.drift.enums import RuleKey
from itsm.insight.drift.models import ExpectedChange, MaintenanceWindow
from itsm.insight.drift.policies import POLICY, DriftPermission
from itsm.insight.drift.rules.maintenance import is_time
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, RuleBroken
from itsm.kernel.policy import require
from itsm.kernel.zones import zone_of
from itsm.org.models import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFacts:
    """What a person decides about a time of maintenance. Neither asset nor place: everything.

    Times without a zone are those of the clock in ``time_zone``.
    """

    why: str
    asset_id: int | None = None
    location_id: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    weekly: Mapping[str, Any] = field(default_factory=dict)
    time_zone: str = "UTC"


def plan_maintenance(actor: Actor, organization_id: int, facts: WindowFacts, *, now: datetime) -> MaintenanceWindow:
    """Make a time of maintenance. Raises Invalid for one that never is, or is about what the actor may not see."""
    require(POLICY, actor, DriftPermission.PLAN)
    facts = _settled(facts, now)
    if facts.asset_id is not None:
        organization_id = _asset_organization(actor, facts.asset_id)
    elif facts.location_id is not None:
        organization_id = _place_organization(actor, facts.location_id)
    window = MaintenanceWindow(
        organization_id=organization_id,
        why=facts.why,
        asset_id=facts.asset_id,
        location_id=facts.location_id,
        starts_at=facts.starts_at,
        ends_at=facts.ends_at,
        weekly=dict(facts.weekly),
        time_zone=facts.time_zone,
        by_id=actor.person_id,
    )
    current_unit().session.add(window)
    current_unit().session.flush()
    return window


def _settled(facts: WindowFacts, now: datetime) -> WindowFacts:
    """Return the facts with their times in their zone. Raises Invalid."""
    zone = zone_of(facts.time_zone)
    facts = replace(facts, starts_at=_aware(facts.starts_at, zone), ends_at=_aware(facts.ends_at, zone))
    if facts.asset_id is not None and facts.location_id is not None:
        raise Invalid({"location_id": "Choose a device or a place, not both."})
    if facts.weekly:
        if not (facts.weekly["days"] and is_time(facts.weekly["from"]) and is_time(facts.weekly["to"])):
            raise Invalid({"from": "Every week needs days, a beginning and an end such as 19:00."})
    elif facts.starts_at is None or facts.ends_at is None:
        raise Invalid({"starts_at": "Say from when until when, or on which days of the week."})
    elif facts.ends_at <= facts.starts_at or facts.ends_at <= now:
        raise Invalid({"ends_at": "The end has to come after the beginning, and after now."})
    return facts


def _aware(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.replace(tzinfo=zone) if moment is not None and moment.tzinfo is None else moment


def _asset_organization(actor: Actor, asset_id: int) -> int:
    found = current_unit().session.scalar(visible_assets(actor, Asset.organization_id).where(Asset.id == asset_id))
    if found is None:
        raise Invalid({"asset_id": "Choose a device from the list."})
    return int(found)


def _place_organization(actor: Actor, location_id: int) -> int:
    wanted = select(Location.organization_id).where(Location.id == location_id)
    if not actor.all_organizations:
        wanted = wanted.where(Location.organization_id.in_(actor.organization_ids))
    found = current_unit().session.scalar(wanted)
    if found is None:
        raise Invalid({"location_id": "Choose a place from the list."})
    return found


def end_maintenance(actor: Actor, window: MaintenanceWindow, *, now: datetime) -> None:
    """End a time of maintenance before its time. Raises RuleBroken where it has ended."""
    require(POLICY, actor, DriftPermission.PLAN, window)
    if window.ended_at is not None or (window.ends_at is not None and window.ends_at <= now):
        raise RuleBroken("This maintenance has ended already.")
    window.ended_at = now


def expect_change(
    actor: Actor, asset_id: int, *, rule_key: RuleKey | None, until_on: date, why: str, now: datetime
) -> ExpectedChange:
    """Say that an asset will change until a day. Raises Invalid for a day that is past."""
    require(POLICY, actor, DriftPermission.PLAN)
    if until_on < now.date():
        raise Invalid({"until_on": "This day is past."})
    change = ExpectedChange(
        organization_id=_asset_organization(actor, asset_id),
        asset_id=asset_id,
        rule_key=rule_key.value if rule_key is not None else "",
        until_on=until_on,
        why=why,
        by_id=actor.person_id,
    )
    current_unit().session.add(change)
    current_unit().session.flush()
    return change


def take_back(actor: Actor, change: ExpectedChange, *, now: datetime) -> None:
    """Expect a change no longer."""
    require(POLICY, actor, DriftPermission.PLAN, change)
    if change.ended_at is not None:
        raise RuleBroken("This was taken back already.")
    change.ended_at = now
