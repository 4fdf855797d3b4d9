"""The job of this part: looking at a device."""

from __future__ import annotations

from flask import Flask

from itsm.infra.jobs.retry import Retry
from itsm.insight.causes import examining
from itsm.insight.causes.services.looks import TASK


def register(app: Flask) -> None:
    """Register the task on the job engine."""
    jobs = app.extensions["itsm.jobs"]

    @jobs.task(name=TASK, retry=Retry(attempts=3), priority=10)  # type: ignore[untyped-decorator]
    def look(look_id: int) -> None:
        """Look at one device."""
        examining.run(look_id)
