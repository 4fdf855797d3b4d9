"""Schedules: each slot once, however many workers run; ticks that fail do not pile up. On both databases."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from itsm.infra.jobs import queries
from itsm.infra.jobs.registry import TaskNotRegistered
from tests.infra.jobs.conftest import Ground, until

EVERY_SECOND = "* * * * * *"


def test_two_schedulers_enqueue_each_slot_once_and_skip_none(ground: Ground) -> None:
    ground.jobs.task(name="beat")(lambda timestamp: ground.log.append(timestamp))
    ground.jobs.periodic(EVERY_SECOND, "beat")
    with ground.worker(), ground.worker():
        until(lambda: len(ground.log) >= 4)
    first, last = min(ground.log), max(ground.log)
    assert sorted(ground.log) == list(range(first, last + 1))
    assert abs(last - time.time()) < 30


def test_a_slot_missed_while_nobody_ran_is_made_up_for_once(ground: Ground) -> None:
    ground.jobs.task(name="hourly")(lambda timestamp: ground.log.append(timestamp))
    past = datetime.now(UTC) - timedelta(minutes=2)
    ground.jobs.periodic(f"{past.minute} * * * *", "hourly")
    with ground.worker():
        until(lambda: ground.log)
    with ground.worker():
        time.sleep(0.5)
    assert ground.log == [int(past.replace(second=0, microsecond=0).timestamp())]


def test_a_long_job_makes_the_next_slots_wait_and_they_become_one(ground: Ground) -> None:
    running = threading.Event()

    def long(timestamp: int) -> None:
        assert not running.is_set()
        running.set()
        time.sleep(2.2)
        ground.log.append(timestamp)
        running.clear()

    ground.jobs.task(name="long", lock="long", queueing_lock="long")(long)
    ground.jobs.periodic(EVERY_SECOND, "long")
    with ground.worker(concurrency=4):
        until(lambda: len(ground.log) == 2)
        waiting = ground.rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
    assert waiting[0][0] <= 1
    assert len(set(ground.log)) == len(ground.log)


def test_only_a_registered_task_can_be_scheduled(ground: Ground) -> None:
    with pytest.raises(TaskNotRegistered):
        ground.jobs.periodic("* * * * *", "nobody")


def test_a_tick_is_called_once_a_minute_with_its_slot(ground: Ground) -> None:
    ground.jobs.every_minute(ground.log.append, name="tick.test")
    before = datetime.now(UTC).replace(second=0, microsecond=0)
    with ground.worker(), ground.worker():
        until(lambda: ground.log)
        time.sleep(0.3)
    after = datetime.now(UTC).replace(second=0, microsecond=0)
    assert before <= ground.log[0] <= after
    assert len(ground.log) == len(set(ground.log)) <= 2


def test_a_failing_tick_keeps_one_dead_letter_and_goes_on(ground: Ground) -> None:
    def fails(slot: datetime) -> None:
        ground.log.append(slot)
        raise RuntimeError(f"call {len(ground.log)}")

    ground.jobs.every_minute(fails, name="tick.test")
    with ground.worker():
        for n in (1, 2, 3):
            with ground.session() as session:
                ground.jobs.enqueue(session, "tick.test", {"timestamp": 60 * n})
            until(lambda n=n: len(ground.log) >= n)
            until(lambda: "todo" not in ground.statuses() and "doing" not in ground.statuses())
    with ground.session() as session:
        found = queries.dead_letters(session)
        assert len(found) == 1
        assert found[0].error.startswith(f"RuntimeError: call {len(ground.log)}")
        session.execute(text("DELETE FROM procrastinate_jobs"))
