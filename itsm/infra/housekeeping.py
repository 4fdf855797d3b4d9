"""What the house does for itself by the clock: witness the journal, sweep out what has expired."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import text

from itsm.infra.db import db
from itsm.infra.journal import witness
from itsm.infra.settings import Settings
from itsm.infra.unit import clock, transaction
from itsm.kernel.actor import Actor

KEYS_LAST = timedelta(days=7)


def register(app: Flask) -> None:
    """Register the house's own periodic tasks on the job engine."""
    jobs = app.extensions["itsm.jobs"]
    settings: Settings = app.extensions["itsm.settings"]

    @jobs.task(name="journal.witness", queueing_lock="journal.witness")  # type: ignore[untyped-decorator]
    def witness_journal(timestamp: int = 0) -> None:
        witness.testify(db.session(), settings.data_dir, now=clock().now())

    @jobs.task(name="house.sweep_out", queueing_lock="house.sweep_out")  # type: ignore[untyped-decorator]
    def sweep_out(timestamp: int = 0) -> None:
        with transaction(Actor.house()) as unit:
            unit.session.execute(text("DELETE FROM idempotency_key WHERE at < :old"), {"old": unit.now - KEYS_LAST})

    jobs.periodic("*/10 * * * *", "journal.witness")
    jobs.periodic("17 3 * * *", "house.sweep_out")
