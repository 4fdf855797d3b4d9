"""The tables of the job engine on both databases, for our migrations.

PostgreSQL gets the schema of the Procrastinate package unchanged; SQLite gets the same tables, indexes and
event triggers in its own dialect. Both get our own tables beside them: `job_error` (the last error of a job)
and `job_worker` (who a worker is). Moments on SQLite are text in UTC, `YYYY-MM-DD HH:MM:SS.ffffff`, so that
they sort.
"""

from typing import Final

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection

TABLES: Final = frozenset(
    {
        "procrastinate_workers",
        "procrastinate_jobs",
        "procrastinate_periodic_defers",
        "procrastinate_events",
        "job_error",
        "job_worker",
    }
)
"""The tables made here; comparing models with the database must leave them out."""

SQLITE: Final = (
    """CREATE TABLE procrastinate_workers (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        last_heartbeat TEXT NOT NULL)""",
    """CREATE TABLE procrastinate_jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue_name TEXT NOT NULL CHECK (length(queue_name) <= 128),
        task_name TEXT NOT NULL CHECK (length(task_name) <= 128),
        priority INTEGER NOT NULL DEFAULT 0,
        lock TEXT,
        queueing_lock TEXT,
        args TEXT NOT NULL DEFAULT '{}',
        status TEXT NOT NULL DEFAULT 'todo' CHECK (
            status IN ('todo', 'doing', 'succeeded', 'failed', 'cancelled', 'aborting', 'aborted')),
        scheduled_at TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        abort_requested INTEGER NOT NULL DEFAULT 0,
        worker_id INTEGER REFERENCES procrastinate_workers (id) ON DELETE SET NULL,
        CONSTRAINT check_not_todo_abort_requested CHECK (NOT (status = 'todo' AND abort_requested = 1)))""",
    """CREATE TABLE procrastinate_periodic_defers (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        task_name TEXT NOT NULL,
        defer_timestamp INTEGER,
        job_id INTEGER REFERENCES procrastinate_jobs (id) ON DELETE SET NULL,
        periodic_id TEXT NOT NULL DEFAULT '',
        CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp))""",
    """CREATE TABLE procrastinate_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        job_id INTEGER NOT NULL REFERENCES procrastinate_jobs (id) ON DELETE CASCADE,
        type TEXT NOT NULL,
        at TEXT)""",
    """CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1
        ON procrastinate_jobs (queueing_lock) WHERE status = 'todo'""",
    """CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1
        ON procrastinate_jobs (lock) WHERE status = 'doing'""",
    """CREATE INDEX procrastinate_jobs_worker_idx
        ON procrastinate_jobs (worker_id) WHERE worker_id IS NOT NULL""",
    """CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON procrastinate_jobs (queue_name, status)""",
    """CREATE INDEX procrastinate_jobs_todo_lock_idx
        ON procrastinate_jobs (lock, id) WHERE status IN ('todo', 'doing') AND lock IS NOT NULL""",
    """CREATE INDEX procrastinate_jobs_priority_idx_v1
        ON procrastinate_jobs (priority DESC, id) WHERE status = 'todo'""",
    """CREATE INDEX procrastinate_events_job_id_fkey_v1 ON procrastinate_events (job_id)""",
    """CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON procrastinate_periodic_defers (job_id)""",
    """CREATE TRIGGER procrastinate_event_of_insert AFTER INSERT ON procrastinate_jobs WHEN new.status =
    'todo' BEGIN INSERT INTO procrastinate_events (job_id, type, at) VALUES (new.id, 'deferred',
    strftime('%Y-%m-%d %H:%M:%f000', 'now')); INSERT INTO procrastinate_events (job_id, type, at) SELECT
    new.id, 'scheduled', new.scheduled_at WHERE new.scheduled_at IS NOT NULL; END""",
    """CREATE TRIGGER
    procrastinate_event_of_status AFTER UPDATE OF status ON procrastinate_jobs WHEN old.status <> new.status
    BEGIN INSERT INTO procrastinate_events (job_id, type, at) SELECT new.id, CASE WHEN old.status = 'todo' AND
    new.status = 'doing' THEN 'started' WHEN old.status = 'doing' AND new.status = 'todo' THEN
    'deferred_for_retry' WHEN old.status = 'failed' AND new.status = 'todo' THEN 'retried' WHEN old.status =
    'todo' THEN 'cancelled' ELSE new.status END, strftime('%Y-%m-%d %H:%M:%f000', 'now'); INSERT INTO
    procrastinate_events (job_id, type, at) SELECT new.id, 'scheduled', new.scheduled_at WHERE new.status =
    'todo' AND new.scheduled_at IS NOT NULL; END""",
    """CREATE TRIGGER procrastinate_event_of_abort AFTER
    UPDATE OF abort_requested ON procrastinate_jobs WHEN new.abort_requested = 1 BEGIN INSERT INTO
    procrastinate_events (job_id, type, at) VALUES (new.id, 'abort_requested', strftime('%Y-%m-%d
    %H:%M:%f000', 'now')); END""",
    """CREATE TABLE job_error ( job_id INTEGER PRIMARY KEY REFERENCES
    procrastinate_jobs (id) ON DELETE CASCADE, at TEXT NOT NULL, attempt INTEGER NOT NULL, error TEXT NOT
    NULL)""",
    """CREATE TABLE job_worker ( worker_id INTEGER PRIMARY KEY REFERENCES procrastinate_workers (id)
    ON DELETE CASCADE, host TEXT NOT NULL, pid INTEGER NOT NULL, queues TEXT NOT NULL, concurrency INTEGER NOT
    NULL, started_at TEXT NOT NULL)""",
)

POSTGRESQL_OWN: Final = (
    """CREATE TABLE job_error (
        job_id bigint PRIMARY KEY REFERENCES procrastinate_jobs (id) ON DELETE CASCADE,
        at timestamptz NOT NULL,
        attempt integer NOT NULL,
        error text NOT NULL)""",
    """CREATE TABLE job_worker (
        worker_id bigint PRIMARY KEY REFERENCES procrastinate_workers (id) ON DELETE CASCADE,
        host text NOT NULL,
        pid integer NOT NULL,
        queues text NOT NULL,
        concurrency integer NOT NULL,
        started_at timestamptz NOT NULL)""",
    # The package forgets the slots before the newest one, so a scheduler that was held up between reading the
    # clock and inserting could run an old slot a second time. Schedulers of one task therefore go one after
    # another, and a slot older than the newest known one counts as done.
    """CREATE FUNCTION job_defer_periodic(
        _queue character varying, _lock character varying, _queueing_lock character varying,
        _task_name character varying, _priority integer, _periodic_id character varying,
        _defer_timestamp bigint, _args jsonb
    ) RETURNS bigint LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended(_task_name || ' ' || _periodic_id, 7));
        IF EXISTS (
            SELECT 1 FROM procrastinate_periodic_defers
            WHERE task_name = _task_name AND periodic_id = _periodic_id AND defer_timestamp >=
            _defer_timestamp ) THEN RETURN NULL; END IF; RETURN procrastinate_defer_periodic_job_v2( _queue,
            _lock, _queueing_lock, _task_name, _priority, _periodic_id, _defer_timestamp, _args); END; $$""",
)

POSTGRESQL_DROP: Final = """
DROP TABLE IF EXISTS job_error, job_worker, procrastinate_events, procrastinate_periodic_defers,
    procrastinate_jobs, procrastinate_workers CASCADE;
DROP TYPE IF EXISTS procrastinate_job_to_defer_v1, procrastinate_job_event_type, procrastinate_job_status
    CASCADE;
DO $$
DECLARE
    _routine regprocedure;
BEGIN
    FOR _routine IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace
          AND (proname LIKE 'procrastinate\\_%' OR proname = 'job_defer_periodic')
    LOOP
        EXECUTE 'DROP FUNCTION IF EXISTS ' || _routine || ' CASCADE';
    END LOOP;
END;
$$
"""


def upgrade(connection: Connection) -> None:
    """Create the tables of the job engine in the caller's transaction."""
    if connection.dialect.name == "sqlite":
        for statement in SQLITE:
            connection.exec_driver_sql(statement)
        return
    _run_script(connection, SchemaManager.get_schema())
    for statement in POSTGRESQL_OWN:
        connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """Remove everything that `upgrade` made, with all jobs in it."""
    if connection.dialect.name == "sqlite":
        for name in ("job_worker", "job_error", "procrastinate_events", "procrastinate_periodic_defers"):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
        for name in ("procrastinate_jobs", "procrastinate_workers"):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
        return
    _run_script(connection, POSTGRESQL_DROP)


def _run_script(connection: Connection, script: str) -> None:
    """Run several statements at once: without parameters the driver uses the protocol that allows it."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(script)
    finally:
        cursor.close()
