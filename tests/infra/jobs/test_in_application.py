"""The job engine inside the application: its transactions, its contexts, its read-only reads."""

import sqlite3
from datetime import timedelta

import pytest
from flask import Flask
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import text

from itsm.cli.processes import in_context
from itsm.infra.bus import DELIVER
from itsm.infra.db import db
from itsm.infra.jobs import letters, queries
from itsm.infra.jobs.engine import Jobs
from itsm.infra.unit import clock, transaction
from itsm.kernel.actor import Actor, Door

LETTER = {"subscriber": "of a newer version", "event": "thing.done", "data": {}, "delivery_id": "d1"}


@pytest.fixture
def jobs(app: Flask) -> Jobs:
    """Return the application's job engine."""
    found = app.extensions["itsm.jobs"]
    assert isinstance(found, Jobs)
    return found


def test_a_fact_for_a_subscriber_nobody_knows_waits_with_its_reason_and_can_be_discarded(
    app: Flask, jobs: Jobs
) -> None:
    with app.app_context(), transaction(Actor.house(Door.CLI)) as unit:
        number = jobs.enqueue(unit.session, DELIVER, LETTER) or 0
    jobs.run_due(wrap=in_context(app), queues=["default"])
    with app.app_context():
        row = db.session.execute(text("SELECT status, attempts FROM procrastinate_jobs WHERE id = :id"), {"id": number})
        assert tuple(row.one()) == ("todo", 1)
        db.session.remove()
        with transaction(Actor.house(Door.CLI)) as unit:
            unit.session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL, attempts = 5"))
    jobs.run_due(wrap=in_context(app), queues=["default"])
    with app.app_context(), transaction(Actor.house(Door.CLI)) as unit:
        (letter,) = queries.dead_letters(db.session)
        assert (letter.id, letter.task_name, letter.attempts) == (number, DELIVER, 6)
        assert letter.payload == LETTER
        assert "LookupError" in letter.error
        assert letters.discard(unit.session, letter.id) is True
    with app.app_context():
        assert queries.count_dead_letters(db.session) == 0
        db.session.remove()


def test_a_rolled_back_unit_of_work_leaves_no_job(app: Flask, jobs: Jobs) -> None:
    with app.app_context(), pytest.raises(KeyError), transaction(Actor.house(Door.CLI)) as unit:
        jobs.enqueue(unit.session, DELIVER, LETTER, run_at=unit.now + timedelta(hours=1))
        raise KeyError
    with app.app_context():
        assert queries.queue_depths(db.session, now=clock().now()) == []
        db.session.remove()


def test_outside_a_unit_of_work_the_database_refuses_a_job(app: Flask, jobs: Jobs) -> None:
    with app.app_context():
        with pytest.raises((sqlite3.OperationalError, ReadOnlySqlTransaction), match=r"read-?only"):
            jobs.enqueue(db.session, DELIVER, LETTER)
        db.session.remove()
