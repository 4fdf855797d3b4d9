"""What attachments do by the clock: sweep out what nobody claimed, then the files that no row refers to."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from itsm.attachments import queries
from itsm.attachments.services import previews, uploads
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor

FILES_WAIT = timedelta(days=1)
"""Longer than any transaction and any upload: a younger file may have a row that is about to be committed."""


def register(app: Flask) -> None:
    """Register the sweeping task."""
    jobs = app.extensions["itsm.jobs"]

    @jobs.task(name="attachments.sweep_out", queueing_lock="attachments.sweep_out")  # type: ignore[untyped-decorator]
    def sweep_out(timestamp: int = 0) -> None:
        sweep()

    jobs.periodic("41 3 * * *", "attachments.sweep_out")


def sweep() -> list[str]:
    """Delete rows first, files after the commit; return the names of the files deleted."""
    with transaction(Actor.house()) as unit:
        uploads.sweep_out(now=unit.now)
    names = queries.stored_names()
    gone = uploads.file_store().collect(names.__contains__, older_than=FILES_WAIT)
    previews.forget(gone)
    return gone
