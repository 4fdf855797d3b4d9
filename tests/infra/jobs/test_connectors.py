"""One contract for both connectors: what the engine's named queries do, and that none is unknown to ours."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from procrastinate import exceptions, sql
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from itsm.infra.jobs.engine import Jobs
from itsm.infra.jobs.manager import LeasedJobManager, LeaseLost
from itsm.infra.jobs.sqlite import SqliteConnector
from itsm.infra.jobs.sqlite_queries import PACKAGE
from tests.infra.jobs.conftest import Ground

Scenario = Callable[[JobManager], Awaitable[None]]

KNOWN = {
    *(
        "defer_jobs",
        "defer_periodic_job",
        "fetch_job",
        "finish_job",
        "cancel_job",
        "get_job_status",
        "retry_job",
    ),
    *(
        "select_stalled_jobs_by_started",
        "select_stalled_jobs_by_heartbeat",
        "delete_old_jobs",
        "listen_queue",
    ),
    *("check_connection", "count_jobs_status", "list_jobs", "list_queues", "list_tasks", "list_locks"),
    *(
        "list_jobs_to_abort",
        "register_worker",
        "unregister_worker",
        "update_heartbeat",
        "prune_stalled_workers",
    ),
}


def test_the_package_has_exactly_the_queries_that_we_know() -> None:
    assert set(sql.queries) == KNOWN
    assert set(PACKAGE) == KNOWN


def play(ground: Ground, scenario: Scenario, *, leased: bool = False) -> None:
    """Run a scenario against a job manager on this database's connector."""

    async def run() -> None:
        connector = Jobs(ground.url, clock=ground.clock)._connector(1)
        await connector.open_async()
        try:
            manager = (
                LeasedJobManager(connector, knows=lambda name: name != "mystery", queues=["a"], concurrency=1)
                if leased
                else JobManager(connector)
            )
            await scenario(manager)
        finally:
            await connector.close_async()

    asyncio.run(run())


def job(**changes: Any) -> Job:
    """Return a job that is not in the database yet."""
    start: dict[str, Any] = {"queue": "a", "task_name": "t", "lock": None, "queueing_lock": None}
    return Job(**{**start, **changes})


async def fetched(manager: JobManager, worker: int, queues: list[str] | None = None) -> int | None:
    """Fetch a job and return its number."""
    found = await manager.fetch_job(queues, worker)
    return found.id if found else None


def test_a_job_comes_out_as_it_went_in(ground: Ground) -> None:
    due = datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

    async def scenario(manager: JobManager) -> None:
        entered = await manager.defer_job_async(
            job(
                task_kwargs={"a": ["ü", {"b": None}]},
                priority=3,
                lock="l",
                queueing_lock="q",
                scheduled_at=due,
            )
        )
        worker = await manager.register_worker()
        out = await manager.fetch_job(["a"], worker)
        assert out == entered.evolve(status="doing", worker_id=worker)
        assert out is not None
        assert out.scheduled_at == due

    play(ground, scenario)


def test_deferring_several_at_once_keeps_their_order_and_fails_as_one(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        made = await manager.batch_defer_jobs_async([job(priority=n) for n in range(5)])
        assert [entry.id for entry in made] == sorted(entry.id or 0 for entry in made)
        listed = list(await manager.list_jobs_async())
        assert [(entry.id, entry.priority) for entry in listed] == [(e.id, e.priority) for e in made]
        with pytest.raises(exceptions.AlreadyEnqueued):
            await manager.batch_defer_jobs_async([job(queueing_lock="x"), job(), job(queueing_lock="x")])
        assert len(list(await manager.list_jobs_async())) == 5

    play(ground, scenario)


def test_fetching_looks_at_queue_time_priority_and_locks(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        worker = await manager.register_worker()
        later = datetime.now(UTC) + timedelta(hours=1)
        made = await manager.batch_defer_jobs_async(
            [
                job(queue="b", priority=9),
                job(scheduled_at=later, priority=9),
                job(lock="one"),
                job(lock="one", priority=-1),
                job(lock="two", priority=2),
                job(),
            ]
        )
        other, _, first, second, high, plain = [entry.id for entry in made]
        assert await fetched(manager, worker, ["a"]) == high
        assert await fetched(manager, worker, ["a"]) == first
        assert await fetched(manager, worker, ["a"]) == plain
        assert await fetched(manager, worker, ["a"]) is None
        await manager.finish_job_by_id_async(first or 0, Status.SUCCEEDED, delete_job=False)
        assert await fetched(manager, worker, ["a"]) == second
        assert await fetched(manager, worker, ["nobody", "b"]) == other
        assert await fetched(manager, worker, None) is None

    play(ground, scenario)


def test_a_waiting_job_with_higher_priority_holds_its_lock(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        worker = await manager.register_worker()
        later = datetime.now(UTC) + timedelta(hours=1)
        await manager.batch_defer_jobs_async([job(lock="x"), job(lock="x", priority=1, scheduled_at=later)])
        assert await fetched(manager, worker) is None

    play(ground, scenario)


def test_finishing_counts_the_attempt_and_is_refused_twice(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        worker = await manager.register_worker()
        kept, gone = await manager.batch_defer_jobs_async([job(), job()])
        await fetched(manager, worker)
        await fetched(manager, worker)
        await manager.finish_job_by_id_async(kept.id or 0, Status.FAILED, delete_job=False)
        await manager.finish_job_by_id_async(gone.id or 0, Status.SUCCEEDED, delete_job=True)
        for number in (kept.id, gone.id):
            with pytest.raises(exceptions.ConnectorException):
                await manager.finish_job_by_id_async(number or 0, Status.SUCCEEDED, delete_job=False)
        (left,) = await manager.list_jobs_async()
        assert (left.id, left.status, left.attempts) == (kept.id, "failed", 1)
        assert await manager.get_job_status_async(kept.id or 0) == Status.FAILED

    play(ground, scenario)


def test_retrying_changes_what_is_asked_and_only_running_or_failed_jobs(ground: Ground) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)

    async def scenario(manager: JobManager) -> None:
        worker = await manager.register_worker()
        made = await manager.defer_job_async(job(lock="x"))
        with pytest.raises(exceptions.ConnectorException):
            await manager.retry_job_by_id_async(made.id or 0, at)
        await fetched(manager, worker)
        await manager.retry_job_by_id_async(made.id or 0, at, priority=4, queue="z", lock="y")
        (now,) = await manager.list_jobs_async()
        assert (now.status, now.attempts, now.scheduled_at) == ("todo", 1, at)
        assert (now.priority, now.queue, now.lock) == (4, "z", "y")

    play(ground, scenario)


def test_cancelling_ends_waiting_jobs_and_asks_running_ones(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        worker = await manager.register_worker()
        running, waiting, gone = await manager.batch_defer_jobs_async([job(), job(), job()])
        await fetched(manager, worker)
        assert await manager.cancel_job_by_id_async(running.id or 0) is False
        assert await manager.cancel_job_by_id_async(waiting.id or 0) is True
        assert await manager.cancel_job_by_id_async(gone.id or 0, delete_job=True) is True
        assert await manager.cancel_job_by_id_async(running.id or 0, abort=True) is True
        assert await manager.cancel_job_by_id_async(99_999) is False
        assert list(await manager.list_jobs_to_abort_async()) == [running.id]
        statuses = {entry.id: entry.status for entry in await manager.list_jobs_async()}
        assert statuses == {running.id: "doing", waiting.id: "cancelled"}
        await manager.retry_job_by_id_async(running.id or 0, datetime.now(UTC))
        assert await manager.get_job_status_async(running.id or 0) == Status.FAILED

    play(ground, scenario)


def test_counts_by_queue_task_and_lock(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        worker = await manager.register_worker()
        await manager.batch_defer_jobs_async(
            [job(lock="x"), job(lock="y", task_name="u"), job(queue="b"), job(queue="b", lock="x")]
        )
        await fetched(manager, worker, ["a"])

        def seen(rows: Iterable[dict[str, Any]]) -> dict[str, tuple[int, int, int]]:
            return {row["name"]: (row["jobs_count"], row["todo"], row["doing"]) for row in rows}

        queues = seen(await manager.list_queues_async())
        tasks = seen(await manager.list_tasks_async())
        locks = seen(await manager.list_locks_async())
        assert queues == {"a": (2, 1, 1), "b": (2, 2, 0)}
        assert tasks == {"t": (3, 2, 1), "u": (1, 1, 0)}
        assert locks == {"x": (2, 1, 1), "y": (1, 1, 0)}
        assert [q["name"] for q in await manager.list_queues_async(queue="b", status="todo")] == ["b"]
        rows = await manager.connector.execute_query_all_async(sql.queries["count_jobs_status"])
        assert {row["status"]: row["count"] for row in rows} == {"todo": 3, "doing": 1}
        assert await manager.check_connection_async() is True

    play(ground, scenario)


def test_events_tell_the_life_of_a_job(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        worker = await manager.register_worker()
        made = await manager.defer_job_async(job())
        await fetched(manager, worker)
        await manager.retry_job_by_id_async(made.id or 0, datetime(2020, 1, 1, tzinfo=UTC))
        await fetched(manager, worker)
        await manager.finish_job_by_id_async(made.id or 0, Status.FAILED, delete_job=False)
        await manager.retry_job_by_id_async(made.id or 0, datetime(2020, 1, 1, tzinfo=UTC))
        await manager.cancel_job_by_id_async(made.id or 0)

    play(ground, scenario)
    kinds = [row[0] for row in ground.rows("SELECT type FROM procrastinate_events ORDER BY id")]
    # The two triggers that answer one update have no order among themselves.
    assert kinds[:2] == ["deferred", "started"]
    assert set(kinds[2:4]) == {"deferred_for_retry", "scheduled"}
    assert kinds[4:6] == ["started", "failed"]
    assert set(kinds[6:8]) == {"retried", "scheduled"}
    assert kinds[8:] == ["cancelled"]


def test_workers_live_by_their_heartbeat(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        dead, alive = await manager.register_worker(), await manager.register_worker()
        first, second = await manager.batch_defer_jobs_async([job(), job()])
        assert await fetched(manager, dead) == first.id
        assert await fetched(manager, alive) == second.id
        await asyncio.sleep(0.4)
        await manager.update_heartbeat(alive)
        stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=0.3)
        assert [entry.id for entry in stalled] == [first.id]
        assert list(await manager.get_stalled_jobs(seconds_since_heartbeat=0.3, queue="b")) == []
        assert await manager.prune_stalled_workers(0.3) == [dead]
        (orphan,) = await manager.get_stalled_jobs(seconds_since_heartbeat=0.3)
        assert (orphan.id, orphan.worker_id) == (first.id, None)
        await manager.unregister_worker(alive)
        assert len(list(await manager.get_stalled_jobs(seconds_since_heartbeat=30))) == 2

    play(ground, scenario)


def test_jobs_that_started_long_ago_are_found_by_their_start(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        worker = await manager.register_worker()
        made = await manager.defer_job_async(job())
        await fetched(manager, worker)
        query = sql.queries["select_stalled_jobs_by_started"]
        found = [
            await manager.connector.execute_query_all_async(query, nb_seconds=n, queue=None, task_name=None)
            for n in (60, -60)
        ]
        assert found[0] == []
        assert [row["id"] for row in found[1]] == [made.id]
        assert abs(datetime.now(UTC) - found[1][0]["started_at"]) < timedelta(seconds=30)

    play(ground, scenario)


def test_old_finished_jobs_are_deleted_with_their_events_and_errors(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        worker = await manager.register_worker()
        made = await manager.batch_defer_jobs_async([job(), job(), job()])
        for entry, status in zip(made, (Status.SUCCEEDED, Status.FAILED), strict=False):
            await fetched(manager, worker)
            await manager.finish_job_by_id_async(entry.id or 0, status, delete_job=False)
        await manager.delete_old_jobs(1)
        assert len(list(await manager.list_jobs_async())) == 3
        await manager.delete_old_jobs(-1)
        assert [entry.status for entry in await manager.list_jobs_async()] == ["failed", "todo"]
        await manager.delete_old_jobs(-1, include_failed=True)
        assert [entry.status for entry in await manager.list_jobs_async()] == ["todo"]

    play(ground, scenario)
    assert ground.rows("SELECT DISTINCT job_id FROM procrastinate_events") == ground.rows(
        "SELECT id FROM procrastinate_jobs"
    )


def test_a_slot_of_a_schedule_is_deferred_once_and_never_after_a_later_one(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        async def defer(slot: int, periodic_id: str = "p") -> int | None:
            entry = job(task_kwargs={"timestamp": slot}, task_name="tick")
            return await manager.defer_periodic_job(entry, periodic_id, slot)

        first = await defer(60)
        assert isinstance(first, int)
        assert await defer(60) is None
        second = await defer(120)
        assert isinstance(second, int)
        assert second > first
        assert await defer(60) is None  # the package alone would run this slot a second time
        assert isinstance(await defer(60, "other"), int)

    play(ground, scenario, leased=True)
    assert ground.rows("SELECT job_id IS NOT NULL FROM procrastinate_periodic_defers") == [(True,), (True,)]


def test_a_slot_whose_queueing_lock_is_taken_is_left_open(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        entry = job(task_kwargs={"timestamp": 60}, task_name="tick", queueing_lock="tick")
        assert await manager.defer_periodic_job(entry, "p", 60) is not None
        with pytest.raises(exceptions.AlreadyEnqueued):
            await manager.defer_periodic_job(entry.evolve(task_kwargs={"timestamp": 120}), "p", 120)

    play(ground, scenario, leased=True)
    assert ground.rows("SELECT defer_timestamp FROM procrastinate_periodic_defers") == [(60,)]


def test_a_lost_lease_changes_nothing(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        slow, quick = await manager.register_worker(), await manager.register_worker()
        await manager.defer_job_async(job())
        held = await manager.fetch_job(None, slow)
        assert held is not None
        await manager.unregister_worker(slow)
        assert isinstance(manager, LeasedJobManager)
        (stalled,) = await manager.get_stalled_jobs()
        at = datetime(2020, 1, 1, tzinfo=UTC)
        assert await manager.rescue(stalled, status=Status.TODO, retry_at=at, stalled_after=30) is True
        assert await manager.rescue(stalled, status=Status.TODO, retry_at=at, stalled_after=30) is False
        again = await manager.fetch_job(None, quick)
        assert again is not None
        assert (again.id, again.attempts) == (held.id, 1)
        await manager.finish_job(held, Status.SUCCEEDED, delete_job=False)
        await manager.retry_job(held)
        assert await manager.get_job_status_async(held.id or 0) == Status.DOING
        await manager.finish_job(again, Status.SUCCEEDED, delete_job=False)
        assert await manager.get_job_status_async(held.id or 0) == Status.SUCCEEDED
        with pytest.raises(LeaseLost):
            await manager.update_heartbeat(slow)

    play(ground, scenario, leased=True)


def test_a_job_of_a_living_worker_cannot_be_rescued(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        assert isinstance(manager, LeasedJobManager)
        worker = await manager.register_worker()
        await manager.defer_job_async(job())
        held = await manager.fetch_job(None, worker)
        assert held is not None
        now = datetime.now(UTC)
        assert await manager.rescue(held, status=Status.TODO, retry_at=now, stalled_after=5) is False
        assert await manager.get_job_status_async(held.id or 0) == Status.DOING

    play(ground, scenario, leased=True)


def test_a_fetched_job_whose_answer_was_lost_goes_back_after_two_heartbeats(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        worker = await manager.register_worker()
        made = await manager.defer_job_async(job())
        query = sql.queries["fetch_job"]
        await manager.connector.execute_query_one_async(query, queues=None, worker_id=worker)
        for expected in (Status.DOING, Status.TODO):
            await manager.update_heartbeat(worker)
            assert await manager.get_job_status_async(made.id or 0) == expected

    play(ground, scenario, leased=True)


def test_a_retry_whose_queueing_lock_is_taken_leaves_the_work_to_the_waiting_job(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        worker = await manager.register_worker()
        await manager.defer_job_async(job(queueing_lock="q"))
        held = await manager.fetch_job(None, worker)
        assert held is not None
        waiting = await manager.defer_job_async(job(queueing_lock="q"))
        await manager.retry_job(held)
        statuses = {entry.id: entry.status for entry in await manager.list_jobs_async()}
        assert statuses == {held.id: "aborted", waiting.id: "todo"}

    play(ground, scenario, leased=True)


def test_errors_of_the_database_come_as_the_engine_expects_them(ground: Ground) -> None:
    async def scenario(manager: JobManager) -> None:
        with pytest.raises(exceptions.ConnectorException):
            await manager.fetch_job(None, 12_345) if await manager.defer_job_async(job()) else None
        (left,) = await manager.list_jobs_async()
        assert left.status == "todo"

    play(ground, scenario)


def test_the_sqlite_connector_serves_synchronous_callers(ground: Ground) -> None:
    connector = Jobs(ground.url, clock=ground.clock)._connector(1).get_sync_connector()
    connector.open()
    manager = JobManager(connector)
    try:
        made = manager.defer_job(job())
        assert manager.get_job_status(made.id or 0) == Status.TODO
        assert manager.check_connection() is True
        with pytest.raises(exceptions.NoResult):
            manager.get_job_status(99_999)
    finally:
        connector.close()
    if isinstance(connector, SqliteConnector):
        with pytest.raises(exceptions.AppNotOpen):
            connector.execute_query_all(sql.queries["list_jobs"])
