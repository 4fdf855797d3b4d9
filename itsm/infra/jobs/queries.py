"""What the job tables say: dead letters, late jobs, depth of queues, living workers. Nothing here writes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session, scoped_session

from itsm.infra.jobs.sqlite_execution import moment_text, read_moment

Sessions = Session | scoped_session[Any]

LIMIT: Final = 100


@dataclass(frozen=True)
class DeadLetter:
    """A job that was given up. `failed_at` and `error` are of its last attempt."""

    id: int
    task_name: str
    queue: str
    payload: Mapping[str, Any]
    attempts: int
    failed_at: datetime | None
    error: str


@dataclass(frozen=True)
class LateJob:
    """A job that waits although its time has come."""

    id: int
    task_name: str
    queue: str
    due_at: datetime


@dataclass(frozen=True)
class QueueDepth:
    """How many jobs of a queue are due, wait for a later time, run, and were given up."""

    queue: str
    due: int
    later: int
    running: int
    failed: int


@dataclass(frozen=True)
class WorkerState:
    """A worker that registered and did not say goodbye. `heartbeat_at` tells whether it lives."""

    id: int
    host: str
    pid: int
    queues: tuple[str, ...]
    concurrency: int
    started_at: datetime
    heartbeat_at: datetime
    running: int

    def lives(self, *, now: datetime, stalled_after: timedelta = timedelta(seconds=30)) -> bool:
        """Tell whether the last heartbeat is younger than `stalled_after`."""
        return now - self.heartbeat_at < stalled_after


def dead_letters(
    session: Sessions, before_id: int | None = None, limit: int = 50, *, task_name: str | None = None
) -> list[DeadLetter]:
    """Return dead letters, newest first; the next page starts before the last id of this one."""
    # Two bounds in place of nulls, so that the parameters have a type on PostgreSQL.
    rows = session.execute(
        text(
            """SELECT job.id, job.task_name, job.queue_name, job.args, job.attempts, e.at, e.error
               FROM procrastinate_jobs AS job LEFT JOIN job_error AS e ON e.job_id = job.id
               WHERE job.status = 'failed' AND job.id < :before AND (:any_task OR job.task_name = :task_name)
               ORDER BY job.id DESC LIMIT :limit"""
        ),
        {
            "before": 2**62 if before_id is None else before_id,
            "any_task": task_name is None,
            "task_name": task_name or "",
            "limit": min(max(limit, 1), LIMIT),
        },
    )
    return [
        DeadLetter(
            row.id,
            row.task_name,
            row.queue_name,
            _payload(row.args),
            row.attempts,
            _moment(row.at),
            row.error or "",
        )
        for row in rows
    ]


def count_dead_letters(session: Sessions) -> int:
    """Return how many dead letters wait for a person."""
    return int(session.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")).scalar_one())


def late_jobs(session: Sessions, *, now: datetime, late_for: timedelta, limit: int = LIMIT) -> list[LateJob]:
    """Return jobs that have been due for longer than `late_for`, the longest first."""
    rows = session.execute(
        text(
            """SELECT id, task_name, queue_name, due FROM (
                   SELECT job.id, job.task_name, job.queue_name,
                          coalesce(job.scheduled_at, (
                              SELECT max(at) FROM procrastinate_events AS event
                              WHERE event.job_id = job.id
                                AND event.type IN ('deferred', 'deferred_for_retry', 'retried'))) AS due
                   FROM procrastinate_jobs AS job WHERE job.status = 'todo') AS waiting
               WHERE due < :limit_at ORDER BY due, id LIMIT :limit"""
        ),
        {"limit_at": _parameter(session, now - late_for), "limit": min(max(limit, 1), LIMIT)},
    )
    return [LateJob(row.id, row.task_name, row.queue_name, _known(row.due)) for row in rows]


def queue_depths(session: Sessions, *, now: datetime) -> list[QueueDepth]:
    """Return the depth of every queue that has unfinished or given-up jobs, by name."""
    rows = session.execute(
        text(
            """SELECT queue_name,
                      sum(CASE WHEN status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= :now)
                          THEN 1 ELSE 0 END) AS due,
                      sum(CASE WHEN status = 'todo' AND scheduled_at > :now THEN 1 ELSE 0 END) AS later,
                      sum(CASE WHEN status = 'doing' THEN 1 ELSE 0 END) AS running,
                      sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END) AS failed
               FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed')
               GROUP BY queue_name ORDER BY queue_name"""
        ),
        {"now": _parameter(session, now)},
    )
    return [QueueDepth(row.queue_name, row.due, row.later, row.running, row.failed) for row in rows]


def workers(session: Sessions) -> list[WorkerState]:
    """Return the registered workers, oldest first; dead ones stay until they are cleaned away."""
    rows = session.execute(
        text(
            """SELECT worker.id, worker.last_heartbeat, who.host, who.pid, who.queues, who.concurrency,
            who.started_at, (SELECT count(*) FROM procrastinate_jobs AS job WHERE job.worker_id = worker.id
            AND job.status = 'doing') AS running FROM procrastinate_workers AS worker JOIN job_worker AS who
            ON who.worker_id = worker.id ORDER BY worker.id"""
        )
    )
    return [
        WorkerState(
            row.id,
            row.host,
            row.pid,
            tuple(row.queues.split()),
            row.concurrency,
            _known(row.started_at),
            _known(row.last_heartbeat),
            row.running,
        )
        for row in rows
    ]


def _parameter(session: Sessions, moment: datetime) -> datetime | str:
    """Return the moment as the job tables keep it on this database."""
    return moment_text(moment) if session.get_bind().dialect.name == "sqlite" else moment


def _known(value: datetime | str) -> datetime:
    return read_moment(value) if isinstance(value, str) else value.astimezone(UTC)


def _moment(value: datetime | str | None) -> datetime | None:
    return None if value is None else _known(value)


def _payload(value: Any) -> Mapping[str, Any]:
    loaded = json.loads(value) if isinstance(value, str) else value
    return loaded if isinstance(loaded, dict) else {}
