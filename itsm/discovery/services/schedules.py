"""Schedules of sweeps: made, changed and removed by administrators; when they come due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from cronsim import CronSim, CronSimError
from sqlalchemy import select

from itsm.discovery.models import Network, Schedule
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.services.networks import check_name, check_version
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.kernel.zones import zone_of


def save_schedule(
    actor: Actor,
    schedule: Schedule | None,
    organization_id: int,
    columns: Mapping[str, Any],
    *,
    now: datetime,
    version: int | None = None,
) -> Schedule:
    """Make or change a schedule. Raises Invalid for a cron line or time zone that is none."""
    require(POLICY, actor, DiscoveryPermission.CONFIGURE, schedule)
    check_name(Schedule, schedule, organization_id, columns["name"])
    following = next_time(columns["cron"], columns["time_zone"], now)
    session = current_unit().session
    owned = select(Network.id).where(Network.id.in_(columns["network_ids"]), Network.organization_id == organization_id)
    values = dict(columns, network_ids=sorted(session.scalars(owned)))
    if not values["network_ids"]:
        raise Invalid({"network_ids": "Please choose at least one network."})
    if schedule is None:
        schedule = Schedule(organization_id=organization_id, **values)
        session.add(schedule)
    else:
        check_version(schedule, version)
        for name, value in values.items():
            setattr(schedule, name, value)
    schedule.next_at = following if schedule.enabled else None
    schedule.waiting = []
    session.flush()
    return schedule


def remove_schedule(actor: Actor, schedule: Schedule) -> None:
    """Forget a schedule. The sweeps that it started stay."""
    require(POLICY, actor, DiscoveryPermission.CONFIGURE, schedule)
    current_unit().session.delete(schedule)


def next_time(cron: str, time_zone: str, now: datetime) -> datetime:
    """Return the next moment of a five-field cron line in a time zone, in UTC. Raises Invalid for what is neither."""
    return next_times(cron, time_zone, now, most=1)[0]


def next_times(cron: str, time_zone: str, now: datetime, *, most: int) -> list[datetime]:
    """Return the next moments of a cron line, as :func:`next_time` does."""
    zone = zone_of(time_zone)
    try:
        if len(cron.split()) != 5:
            raise CronSimError("five fields")
        found = [moment.astimezone(now.tzinfo) for moment in islice(CronSim(cron, now.astimezone(zone)), most)]
    except CronSimError as error:
        raise Invalid({"cron": "Please write five fields: minute hour day month weekday, e.g. 30 2 * * *"}) from error
    if not found:
        raise Invalid({"cron": "This day never comes."})
    return found
