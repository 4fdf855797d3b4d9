"""Workers that die, are held up, or lose their database; and what the tables say about them."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from itsm.infra.db import write_mode
from itsm.infra.jobs import queries, schema
from itsm.infra.jobs.caretaker import Caretaker
from itsm.infra.jobs.engine import Jobs
from itsm.infra.jobs.manager import LeasedJobManager
from itsm.infra.jobs.retry import ONCE, Retry
from itsm.infra.jobs.sqlite_execution import moment_text
from itsm.kernel.clock import FixedClock
from tests.infra.jobs.conftest import QUICK, Ground, until
from tests.postgres import admin_connection

ROOT = Path(__file__).resolve().parents[3]

WORKER = """
import sys, time
from itsm.infra.jobs.caretaker import Caretaker
from itsm.infra.jobs.engine import Jobs
from itsm.infra.jobs.manager import LeasedJobManager
from itsm.kernel.clock import SystemClock
jobs = Jobs(sys.argv[1], clock=SystemClock())
@jobs.task(name="hang")
def hang():
    print("started", flush=True)
    time.sleep(float(sys.argv[2]))
    print("ended", flush=True)
jobs.run_worker(None, 1, wrap=lambda call: call(), heartbeat=0.2, stalled_after=1.0, grace=10.0)
print("gone", flush=True)
"""


def outside_worker(ground: Ground, sleep: float) -> "subprocess.Popen[str]":
    """Start a worker in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, ground.url, str(sleep)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def enqueue(ground: Ground, name: str) -> int:
    """Enqueue a job without payload."""
    with ground.session() as session:
        return ground.jobs.enqueue(session, name, {}) or 0


def test_the_job_of_a_killed_worker_runs_on_another(ground: Ground) -> None:
    ground.jobs.task(name="hang", retry=Retry(first=timedelta(0)))(lambda: ground.log.append("ran"))
    number = enqueue(ground, "hang")
    with outside_worker(ground, 60) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "started\n"
        victim.kill()
    assert ground.statuses() == ["doing"]
    with ground.worker(stalled_after=2.0):
        until(lambda: ground.log == ["ran"])
        until(lambda: ground.statuses() == ["succeeded"])
    ((job_id, error),) = ground.rows("SELECT job_id, error FROM job_error")
    assert job_id == number
    assert error.startswith("The worker that ran this job stopped answering")


def test_a_job_that_takes_its_worker_down_every_time_becomes_a_dead_letter(ground: Ground) -> None:
    ground.jobs.task(name="bomb", retry=Retry(attempts=3))(lambda: None)
    with ground.session() as session:
        ground.jobs.enqueue(session, "bomb", {})
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing', attempts = 2"))
    with ground.worker(queues=["other"]):
        until(lambda: ground.statuses() == ["failed"])
    with ground.session() as session:
        (letter,) = queries.dead_letters(session)
    assert letter.attempts == 3
    assert "stopped answering" in letter.error


def test_a_job_that_is_tried_once_survives_one_killed_worker(ground: Ground) -> None:
    ground.jobs.task(name="fragile", retry=ONCE)(lambda: ground.log.append("ran"))
    with ground.session() as session:
        ground.jobs.enqueue(session, "fragile", {})
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
    with ground.worker():
        until(lambda: ground.log == ["ran"])


def test_a_worker_that_was_held_past_its_lease_registers_again(ground: Ground) -> None:
    ground.jobs.task(name="note")(lambda: ground.log.append("ran"))
    with ground.worker():
        ((first,),) = until(lambda: ground.rows("SELECT id FROM procrastinate_workers"))
        with ground.session() as session:
            session.execute(text("DELETE FROM procrastinate_workers"))
        ((second,),) = until(lambda: ground.rows("SELECT id FROM procrastinate_workers"))
        assert second > first
        enqueue(ground, "note")
        until(lambda: ground.log == ["ran"])


def test_sigterm_lets_the_running_job_end(ground: Ground) -> None:
    ground.jobs.task(name="hang")(lambda: None)
    enqueue(ground, "hang")
    with outside_worker(ground, 1.5) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "started\n"
        worker.send_signal(signal.SIGTERM)
        assert worker.stdout.read() == "ended\ngone\n"
    assert worker.returncode == 0
    assert ground.statuses() == ["succeeded"]
    assert ground.rows("SELECT count(*) FROM procrastinate_workers") == [(0,)]


def test_a_second_signal_ends_the_worker_at_once(ground: Ground) -> None:
    ground.jobs.task(name="hang")(lambda: None)
    enqueue(ground, "hang")
    with outside_worker(ground, 60) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "started\n"
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == -signal.SIGTERM


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_worker_outlives_lost_connections_and_loses_no_job(ground: Ground, postgres_url: str) -> None:
    busy = threading.Event()

    @ground.jobs.task(name="work")
    def work(n: int) -> None:
        busy.set()
        time.sleep(0.05)
        ground.log.append(n)

    name = ground.rows("SELECT current_database()")[0][0]
    with ground.worker(concurrency=2):
        for n in range(40):
            with ground.session() as session:
                ground.jobs.enqueue(session, "work", {"n": n})
        assert busy.wait(10)
        with admin_connection(postgres_url) as admin:
            for _ in range(10):
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = %s AND pid <> pg_backend_pid()",
                    (name,),
                )
                time.sleep(0.15)
        ground.engine.dispose()
        until(lambda: ground.statuses() == ["succeeded"] * 40, seconds=40)
    assert set(ground.log) == set(range(40))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_worker_waits_for_a_database_that_is_not_there_and_stops_when_told(ground: Ground) -> None:
    absent = Jobs(str(make_url(ground.url).set(database="not_there").render_as_string(False)), clock=ground.clock)
    absent.task(name="note")(lambda: None)
    with ground.worker(jobs=absent):
        time.sleep(1.0)
        begun = time.monotonic()
    assert time.monotonic() - begun < 5


def test_a_worker_waits_for_its_tables(ground: Ground) -> None:
    ground.jobs.task(name="note")(lambda: ground.log.append("ran"))
    with write_mode(), ground.engine.begin() as connection:
        schema.drop(connection)
    with ground.worker():
        time.sleep(0.7)
        with write_mode(), ground.engine.begin() as connection:
            schema.upgrade(connection)
        enqueue(ground, "note")
        until(lambda: ground.log == ["ran"], seconds=30)


def test_nobody_is_rescued_in_the_first_round_after_time_jumped(ground: Ground) -> None:
    ground.jobs.task(name="note")(lambda: None)
    enqueue(ground, "note")
    with ground.session() as session:
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
    clock = FixedClock(datetime.now(UTC))

    async def rounds() -> list[int]:
        connector = ground.jobs._connector(1)
        await connector.open_async()
        manager = LeasedJobManager(connector, knows=lambda name: True, queues=["a"], concurrency=1)
        caretaker = Caretaker(manager, ground.jobs.registry, clock=clock, stalled_after=30)
        rescued = []
        for passed in (timedelta(hours=8), timedelta(seconds=10)):
            clock.advance(passed)
            rescued.append(await caretaker.round())
        await connector.close_async()
        return rescued

    assert asyncio.run(rounds()) == [0, 1]
    assert ground.statuses() == ["todo"]


def test_finished_jobs_go_after_a_day_and_dead_letters_stay(ground: Ground) -> None:
    with ground.session() as session:
        for status in ("succeeded", "failed", "cancelled", "aborted", "todo", "succeeded"):
            session.execute(
                text(
                    f"INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('other', 't', '{status}')"
                )
            )
        hours = {
            row.id: 23 if row.id == 6 else 25 for row in session.execute(text("SELECT id FROM procrastinate_jobs"))
        }
        session.execute(text("DELETE FROM procrastinate_events"))
        for number, age in hours.items():
            at = datetime.now(UTC) - timedelta(hours=age)
            session.execute(
                text("INSERT INTO procrastinate_events (job_id, type, at) VALUES (:job, 'succeeded', :at)"),
                {"job": number, "at": moment_text(at) if ground.engine.dialect.name == "sqlite" else at},
            )

    async def purge() -> None:
        connector = ground.jobs._connector(1)
        await connector.open_async()
        manager = LeasedJobManager(connector, knows=lambda name: True, queues=["a"], concurrency=1)
        await Caretaker(manager, ground.jobs.registry, clock=ground.clock, stalled_after=30).purge()
        await connector.close_async()

    asyncio.run(purge())
    assert ground.statuses() == ["failed", "todo", "succeeded"]


def test_workers_tell_who_they_are_and_whether_they_live(ground: Ground) -> None:
    ground.jobs.task(name="a", queue="mail")(lambda: None)
    ground.jobs.task(name="b")(lambda: None)
    with ground.worker(concurrency=3):
        (state,) = until(lambda: _workers(ground))
        until(lambda: _workers(ground)[0].heartbeat_at > state.heartbeat_at)
    now = datetime.now(UTC)
    assert (state.pid, state.queues, state.concurrency) == (os.getpid(), ("default", "mail"), 3)
    assert state.running == 0
    assert state.lives(now=now) is True
    assert state.lives(now=now + timedelta(minutes=1)) is False
    assert _workers(ground) == []


def _workers(ground: Ground) -> list[queries.WorkerState]:
    with ground.session() as session:
        return queries.workers(session)


def test_depths_and_late_jobs_tell_what_waits(ground: Ground) -> None:
    ground.jobs.task(name="note")(lambda: None)
    now = datetime.now(UTC)
    with ground.session() as session:
        old = ground.jobs.enqueue(session, "note", {}, run_at=now - timedelta(hours=2))
        ground.jobs.enqueue(session, "note", {})
        ground.jobs.enqueue(session, "note", {}, run_at=now + timedelta(hours=2))
        ground.jobs.enqueue(session, "note", {}, queue="site:berlin")
    with ground.session() as session:
        moment = datetime.now(UTC) + timedelta(seconds=1)
        depths = [(d.queue, d.due, d.later, d.running, d.failed) for d in queries.queue_depths(session, now=moment)]
        (late,) = queries.late_jobs(session, now=moment, late_for=timedelta(minutes=5))
        all_late = queries.late_jobs(session, now=moment, late_for=timedelta(0))
    assert depths == [("default", 2, 1, 0, 0), ("site:berlin", 1, 0, 0, 0)]
    assert (late.id, late.task_name, late.queue) == (old, "note", "default")
    assert abs(late.due_at - (now - timedelta(hours=2))) < timedelta(milliseconds=1)
    assert [job.queue for job in all_late] == ["default", "default", "site:berlin"]


@pytest.mark.parametrize("changes", [{"concurrency": 0}, {"queues": []}, {"heartbeat": 10.0, "stalled_after": 29.0}])
def test_an_unusable_worker_is_refused(ground: Ground, changes: dict[str, object]) -> None:
    ground.jobs.task(name="note")(lambda: None)
    options = {"queues": None, "concurrency": 1, **QUICK, **changes}
    with pytest.raises(ValueError, match=r"needs at least one|three heartbeats"):
        ground.jobs.run_worker(wrap=lambda call: call(), install_signals=False, **options)  # type: ignore[arg-type]
