"""Discovery's jobs: running sweeps, and starting those that are due."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from itsm.discovery.runner import SweepRunner
from itsm.discovery.services.sweeps import TASK
from itsm.infra.jobs.registry import TaskContext
from itsm.infra.jobs.retry import Retry, RetryAfter


def register(app: Flask) -> None:
    """Register the tasks on the job engine."""
    jobs = app.extensions["itsm.jobs"]

    @jobs.task(name=TASK, pass_context=True, retry=Retry(attempts=20))  # type: ignore[untyped-decorator]
    def run_sweep(context: TaskContext, sweep_id: int) -> None:
        runner = SweepRunner(sweep_id, app.app_context, should_stop=context.should_stop)
        if not runner.run():
            raise RetryAfter(timedelta(seconds=1), "the worker is stopping; the sweep goes on where it was")
