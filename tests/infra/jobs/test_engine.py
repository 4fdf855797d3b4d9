"""Enqueueing in the caller's transaction and running jobs, on both databases."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from itsm.infra.jobs.engine import Jobs
from itsm.infra.jobs.registry import TaskContext, TaskNotRegistered
from tests.infra.jobs.conftest import Ground, until


def listed(ground: Ground, **options: Any) -> None:
    """Register a task that writes down what it was called with."""
    ground.jobs.task(name="note", **options)(lambda **payload: ground.log.append(payload))


def test_a_job_exists_when_its_transaction_commits_and_never_otherwise(ground: Ground) -> None:
    listed(ground)
    with ground.session() as session:
        session.execute(text("INSERT INTO effect VALUES ('kept')"))
        number = ground.jobs.enqueue(session, "note", {"n": 1})
    with pytest.raises(RuntimeError), ground.session() as session:
        session.execute(text("INSERT INTO effect VALUES ('lost')"))
        ground.jobs.enqueue(session, "note", {"n": 2})
        raise RuntimeError
    assert ground.rows("SELECT id, task_name, status, queue_name FROM procrastinate_jobs") == [
        (number, "note", "todo", "default")
    ]
    assert ground.rows("SELECT name FROM effect") == [("kept",)]


def test_many_jobs_of_a_task_are_written_together_in_their_order_or_not_at_all(ground: Ground) -> None:
    listed(ground, queue="mail", priority=3, lock="one at a time")
    payloads = [{"n": n, "text": 'ü "\\" {,}'} for n in range(12)]
    with ground.session() as session:
        ground.jobs.enqueue_all(session, "note", [])
        ground.jobs.enqueue_all(session, "note", payloads)
    with pytest.raises(RuntimeError), ground.session() as session:
        ground.jobs.enqueue_all(session, "note", payloads)
        raise RuntimeError
    rows = ground.rows("SELECT queue_name, priority, lock, queueing_lock, scheduled_at FROM procrastinate_jobs")
    assert rows == [("mail", 3, "one at a time", None, None)] * 12
    ground.jobs.run_due(wrap=lambda call: call())
    assert ground.log == payloads


def test_jobs_of_which_only_one_may_wait_are_not_written_together(ground: Ground) -> None:
    listed(ground, queueing_lock="q")
    with ground.session() as session, pytest.raises(ValueError, match="only one of them may wait"):
        ground.jobs.enqueue_all(session, "note", [{}, {}])
    assert ground.rows("SELECT id FROM procrastinate_jobs") == []


def test_a_worker_calls_the_task_with_its_payload_as_it_was(ground: Ground) -> None:
    listed(ground)
    payload = {"text": "Zürich \\u0000 “quoted” %s", "list": [1, 2.5, None, True], "nested": {"a": {"b": []}}}
    with ground.session() as session:
        ground.jobs.enqueue(session, "note", payload)
    with ground.worker():
        until(lambda: ground.statuses() == ["succeeded"])
    assert ground.log == [payload]


@pytest.mark.parametrize("same_process", [True, False])
def test_a_job_starts_at_once_when_it_is_committed(ground: Ground, same_process: bool) -> None:
    """Without waiting for the next poll; also when the committing engine shares only the database."""
    listed(ground)
    jobs = ground.jobs if same_process else Jobs(ground.url, clock=ground.clock)
    if not same_process:
        jobs.task(name="note")(lambda n: None)
    with ground.worker(poll=60.0):
        until(lambda: ground.rows("SELECT 1 FROM job_worker"))
        # A worker that is still starting may miss one call, which is what polling is for; it does not miss them all.
        for n in range(10):
            with ground.session() as session:
                jobs.enqueue(session, "note", {"n": n})
            time.sleep(0.2)
        until(lambda: len(ground.log) == 10)


def test_running_what_is_due_takes_what_the_jobs_enqueue_and_leaves_the_rest(ground: Ground) -> None:
    listed(ground)

    @ground.jobs.task(name="parent")
    def parent() -> None:
        with ground.session() as session:
            ground.jobs.enqueue(session, "note", {"n": "child"})
        ground.log.append("parent")

    @ground.jobs.task(name="broken")
    def broken() -> None:
        ground.log.append("broken")
        raise RuntimeError

    later = datetime.now(UTC) + timedelta(hours=1)
    with ground.session() as session:
        ground.jobs.enqueue(session, "broken", {})
        ground.jobs.enqueue(session, "parent", {})
        ground.jobs.enqueue(session, "note", {"n": "later"}, run_at=later)
    ground.jobs.run_due(wrap=lambda call: call())
    assert ground.log == ["broken", "parent", {"n": "child"}]
    assert ground.statuses() == ["todo", "succeeded", "todo", "succeeded"]
    ground.jobs.run_due(wrap=lambda call: call())
    assert len(ground.log) == 3


def test_a_job_for_later_waits_for_its_time(ground: Ground) -> None:
    listed(ground)
    now = datetime.now(UTC)
    with ground.session() as session:
        ground.jobs.enqueue(session, "note", {"n": "tomorrow"}, run_at=now + timedelta(days=1))
        ground.jobs.enqueue(session, "note", {"n": "soon"}, run_at=now + timedelta(seconds=0.7))
        ground.jobs.enqueue(session, "note", {"n": "past"}, run_at=now - timedelta(hours=1))
    with ground.worker(concurrency=1):
        until(lambda: len(ground.log) == 2)
    assert datetime.now(UTC) - now > timedelta(seconds=0.7)
    assert ground.log == [{"n": "past"}, {"n": "soon"}]


def test_higher_priority_goes_first_then_age(ground: Ground) -> None:
    listed(ground)
    with ground.session() as session:
        for n, priority in enumerate([0, 5, 0, 5, -1]):
            ground.jobs.enqueue(session, "note", {"n": n}, priority=priority)
    with ground.worker(concurrency=1):
        until(lambda: len(ground.log) == 5)
    assert [entry["n"] for entry in ground.log] == [1, 3, 0, 2, 4]


def test_a_taken_queueing_lock_answers_none_and_leaves_the_transaction_whole(ground: Ground) -> None:
    listed(ground)
    with ground.session() as session:
        first = ground.jobs.enqueue(session, "note", {"n": 1}, queueing_lock="sync 7")
    with ground.session() as session:
        session.execute(text("INSERT INTO effect VALUES ('before')"))
        second = ground.jobs.enqueue(session, "note", {"n": 2}, queueing_lock="sync 7")
        session.execute(text("INSERT INTO effect VALUES ('after')"))
        third = ground.jobs.enqueue(session, "note", {"n": 3}, queueing_lock="sync 8")
    assert (first is not None, second, third is not None) == (True, None, True)
    assert ground.rows("SELECT name FROM effect ORDER BY name") == [("after",), ("before",)]
    assert len(ground.statuses()) == 2


def test_jobs_with_one_lock_never_run_at_the_same_time_and_keep_their_order(ground: Ground) -> None:
    running = threading.Semaphore(1)

    @ground.jobs.task(name="careful", lock="ticket 9")
    def careful(n: int) -> None:
        assert running.acquire(blocking=False)
        threading.Event().wait(0.05)
        ground.log.append(n)
        running.release()

    with ground.session() as session:
        for n in range(6):
            ground.jobs.enqueue(session, "careful", {"n": n})
    with ground.worker(concurrency=4):
        until(lambda: ground.statuses() == ["succeeded"] * 6)
    assert ground.log == list(range(6))


def test_a_queue_named_at_enqueueing_waits_for_a_worker_of_that_queue(ground: Ground) -> None:
    listed(ground)
    with ground.session() as session:
        ground.jobs.enqueue(session, "note", {"n": "berlin"}, queue="site:berlin")
        ground.jobs.enqueue(session, "note", {"n": "here"})
    with ground.worker():
        until(lambda: ground.statuses() == ["todo", "succeeded"])
    with ground.worker(queues=["site:berlin"], caretaker=False):
        until(lambda: ground.statuses() == ["succeeded", "succeeded"])
    assert ground.log == [{"n": "here"}, {"n": "berlin"}]


def test_tasks_run_inside_wrap_in_as_many_threads_as_asked(ground: Ground) -> None:
    meeting = threading.Barrier(8)
    local = threading.local()

    @ground.jobs.task(name="meet")
    def meet() -> None:
        meeting.wait(timeout=10)  # breaks unless eight run at once
        ground.log.append(local.inside)

    def wrap(call: Any) -> Any:
        local.inside = True
        try:
            return call()
        finally:
            del local.inside

    with ground.session() as session:
        for _ in range(8):
            ground.jobs.enqueue(session, "meet", {})
    with ground.worker(concurrency=8, wrap=wrap):
        until(lambda: ground.statuses() == ["succeeded"] * 8)
    assert ground.log == [True] * 8


def test_a_task_may_ask_for_its_context(ground: Ground) -> None:
    @ground.jobs.task(name="curious", pass_context=True)
    def curious(context: TaskContext, *, context_name: str) -> None:
        ground.log.append((context.job_id, context.attempt, context.should_stop(), context_name))

    with ground.session() as session:
        number = ground.jobs.enqueue(session, "curious", {"context_name": "x"})
    with ground.worker():
        until(lambda: ground.statuses() == ["succeeded"])
    assert ground.log == [(number, 1, False, "x")]


def test_stopping_waits_for_running_jobs_and_starts_no_new_ones(ground: Ground) -> None:
    started, go = threading.Event(), threading.Event()

    @ground.jobs.task(name="slow")
    def slow(n: int) -> None:
        started.set()
        go.wait(10)
        ground.log.append(n)

    with ground.session() as session:
        for n in range(3):
            ground.jobs.enqueue(session, "slow", {"n": n})
    with ground.worker(concurrency=1) as stop:
        assert started.wait(10)
        stop.set()
        threading.Timer(0.5, go.set).start()
    assert ground.log == [0]
    assert ground.statuses() == ["succeeded", "todo", "todo"]
    assert ground.rows("SELECT count(*) FROM procrastinate_workers") == [(0,)]


def test_a_long_task_is_told_to_stop_after_the_grace_and_its_job_runs_again(ground: Ground) -> None:
    started = threading.Event()

    @ground.jobs.task(name="long", pass_context=True)
    def long(context: TaskContext) -> None:
        if context.attempt > 1:
            ground.log.append("again")
            return
        started.set()
        until(context.should_stop)
        raise RuntimeError("stopped half-way")

    with ground.session() as session:
        ground.jobs.enqueue(session, "long", {})
    with ground.worker(grace=0.2) as stop:
        assert started.wait(10)
        stop.set()
    assert ground.statuses() == ["todo"]
    with ground.session() as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
    with ground.worker():
        until(lambda: ground.log == ["again"])


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"at": datetime(2026, 1, 1)}, "must be JSON"),
        ({"n": float("nan")}, "must be JSON"),
        ({"s": "x" * 70_000}, "may hold 65536 characters"),
        ({"s": "a\x00b"}, "NUL"),
        ({1: "x"}, "text keys"),
        ({"t": (1, 2)}, "text keys and lists"),
    ],
)
def test_an_unusable_payload_is_refused_before_it_touches_the_transaction(
    ground: Ground, payload: dict[Any, Any], message: str
) -> None:
    listed(ground)
    with ground.session() as session:
        with pytest.raises(ValueError, match=message):
            ground.jobs.enqueue(session, "note", payload)
        ground.jobs.enqueue(session, "note", {"n": 1})
    assert len(ground.statuses()) == 1


def test_a_task_that_is_not_registered_cannot_be_enqueued(ground: Ground) -> None:
    with ground.session() as session, pytest.raises(TaskNotRegistered):
        ground.jobs.enqueue(session, "nobody", {})


def test_a_name_is_registered_once(ground: Ground) -> None:
    listed(ground)
    with pytest.raises(ValueError, match="registered already"):
        listed(ground)
