"""Drift's jobs: what is looked at by the clock, and looks again that wait for their network."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from flask import Flask

from itsm.infra.unit import transaction
from itsm.insight.drift.services import evaluation, reprobe
from itsm.kernel.actor import Actor, Door

START: Final = "insight.reprobe_start"
DAILY: Final = "insight.drift_daily"
_LOOKS_KEPT = timedelta(days=90)


def register(app: Flask) -> None:
    """Register the tasks on the job engine."""
    jobs = app.extensions["itsm.jobs"]

    @jobs.task(name=START, queueing_lock=START)  # type: ignore[untyped-decorator]
    def start_waiting() -> None:
        begin_looks()

    @jobs.task(name=DAILY, queueing_lock=DAILY)  # type: ignore[untyped-decorator]
    def look_daily(timestamp: int = 0) -> None:
        look_by_clock()

    jobs.every_minute(_minute, name="insight.reprobe_waiting")
    jobs.periodic("41 4 * * *", DAILY)


def _minute(_slot: datetime) -> None:
    begin_looks()


def begin_looks() -> None:
    """Queue the sweeps of what waits to be looked at again."""
    with transaction(Actor.house(Door.JOB, name="Discovery")) as unit:
        reprobe.start_waiting(unit.actor, now=unit.now)


def look_by_clock() -> None:
    """Look at what only time changes."""
    with transaction(Actor.house(Door.JOB, name="Discovery")) as unit:
        evaluation.look_by_clock(unit.actor, now=unit.now)
        evaluation.forget_old_looks(unit.session, unit.now - _LOOKS_KEPT)
