"""Writing jobs on the connection, and so in the transaction, of whoever enqueues them."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import psycopg
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.manager import QUEUEING_LOCK_CONSTRAINT

from itsm.infra.jobs import own_queries as own
from itsm.infra.jobs.payload import checked
from itsm.infra.jobs.registry import Task, check_name
from itsm.infra.jobs.sqlite_execution import moment_text

Row = list[Any]


def row(
    task: Task,
    payload: dict[str, Any],
    *,
    queue: str | None = None,
    run_at: datetime | None = None,
    lock: str | None = None,
    queueing_lock: str | None = None,
    priority: int | None = None,
) -> Row:
    """Return a job as :func:`write` takes it; what is left out comes from its task.

    Raises ValueError for an unusable payload or name, or a naive moment.
    """
    check_name(queue or task.queue)
    if run_at is not None and run_at.utcoffset() is None:
        raise ValueError("a job waits for a moment with a time zone")
    names = [queue or task.queue, task.name, task.priority if priority is None else priority]
    locks = [lock or task.lock, queueing_lock or task.queueing_lock]
    return [*names, *locks, checked(payload), None if run_at is None else moment_text(run_at)]


def write(connector: BaseConnector, raw: Any, jobs: Sequence[Row]) -> list[int]:
    """Write jobs on a driver's connection, in one statement; return their numbers.

    Raises AlreadyEnqueued where one with the queueing lock of one of them waits, or the driver's error.
    """
    execute = connector.get_sync_connector().execute_query_all_with_connection
    try:
        return [found["id"] for found in execute(raw, own.ENQUEUE, jobs=json.dumps(jobs))]
    except UniqueViolation as exc:
        if exc.constraint_name == QUEUEING_LOCK_CONSTRAINT:
            raise AlreadyEnqueued from exc
        raise exc.__cause__ or exc from None
    except ConnectorException as exc:
        # The driver's own error says what is wrong; the package's wrapper only that something is.
        raise exc.__cause__ or exc from None


@contextlib.contextmanager
def savepoint(raw: psycopg.Connection[Any] | sqlite3.Connection) -> Iterator[None]:
    """Keep the caller's transaction alive when the statement inside breaks a constraint."""
    raw.execute("SAVEPOINT job_enqueue")
    try:
        yield
    except BaseException:
        raw.execute("ROLLBACK TO SAVEPOINT job_enqueue")
        raw.execute("RELEASE SAVEPOINT job_enqueue")
        raise
    raw.execute("RELEASE SAVEPOINT job_enqueue")
