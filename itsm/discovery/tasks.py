"""Discovery's jobs: running sweeps, and starting those that are due."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from itsm.discovery import probe_tasks
from itsm.discovery.enums import SweepReason
from itsm.discovery.models import Network, Schedule
from itsm.discovery.runner import SweepRunner
from itsm.discovery.services import parts
from itsm.discovery.services.schedules import next_time
from itsm.discovery.services.sweeps import TASK, Why, queue_sweep
from itsm.infra.jobs.registry import TaskContext
from itsm.infra.jobs.retry import Retry, RetryAfter
from itsm.infra.unit import current_unit, transaction
from itsm.kernel.actor import Actor, Door
from itsm.kernel.errors import Invalid, RuleBroken


def register(app: Flask) -> None:
    """Register the tasks on the job engine."""
    jobs = app.extensions["itsm.jobs"]

    @jobs.task(name=TASK, pass_context=True, retry=Retry(attempts=20))  # type: ignore[untyped-decorator]
    def run_sweep(context: TaskContext, sweep_id: int) -> None:
        runner = SweepRunner(sweep_id, app.app_context, should_stop=context.should_stop)
        if not runner.run():
            raise RetryAfter(timedelta(seconds=1), "the worker is stopping; the sweep goes on where it was")

    jobs.every_minute(start_due_sweeps, name="discovery.schedules")
    probe_tasks.register(jobs)


def start_due_sweeps(slot: datetime) -> None:
    """Queue a sweep for each schedule that is due. One whose networks are being swept waits for its next time."""
    actor = Actor.house(Door.JOB, name="schedule")
    with transaction(actor) as unit:
        due = select(Schedule).where(Schedule.enabled, Schedule.next_at <= unit.now).with_for_update(skip_locked=True)
        for schedule in unit.session.scalars(due).all():
            slot_at = schedule.next_at
            networks = parts.takes_orders(unit.session, _due_networks(schedule))
            ready = [network for network in networks if network.is_open(unit.now)]
            _wait(schedule, [network for network in networks if network not in ready], unit.now)
            if not ready:
                continue
            with suppress(RuleBroken, Invalid):
                why = Why.of(SweepReason.SCHEDULE, name=schedule.name)
                sweep = queue_sweep(actor, ready, now=unit.now, why=why, schedule_id=schedule.id, slot_at=slot_at)
                schedule.last_sweep_id = sweep.id


def _due_networks(schedule: Schedule) -> Sequence[Network]:
    """Return the networks that are due: those that waited for their window, or all of them at the schedule's time."""
    assert schedule.next_at is not None  # noqa: S101 - only such schedules are due
    by_the_clock = next_time(schedule.cron, schedule.time_zone, schedule.next_at - timedelta(seconds=1))
    ids = schedule.network_ids if by_the_clock == schedule.next_at or not schedule.waiting else schedule.waiting
    return current_unit().session.scalars(select(Network).where(Network.id.in_(ids), Network.enabled)).all()


def _wait(schedule: Schedule, closed: Sequence[Network], now: datetime) -> None:
    """Note what waits for a window, and when to look again: at the schedule's time or as soon as a window opens."""
    schedule.waiting = [network.id for network in closed]
    openings = [opening for network in closed if (opening := network.opens_at(now)) is not None]
    schedule.next_at = min([next_time(schedule.cron, schedule.time_zone, now), *openings])
