"""Queries of our own beside the package's, in both dialects.

They exist where the package is not strict enough for us: a worker that was held up past its lease must not
finish or retry a job that somebody else runs by now, an old slot of a schedule must not run again, and the
last error is kept; and where it takes long: it enqueues jobs as an array of rows, whose quotation marks cost
more than the statement. Each is keyed by a name; PostgreSQL's text is what the job manager passes to either
connector.
"""

from typing import Final

from itsm.infra.jobs.sqlite_queries import PACKAGE, Statement

FINISH: Final = """
UPDATE procrastinate_jobs
SET status = %(status)s::procrastinate_job_status, abort_requested = false, attempts = attempts + 1
WHERE id = %(job_id)s AND status = 'doing' AND worker_id = %(worker_id)s
RETURNING id"""

RETRY: Final = """
UPDATE procrastinate_jobs
SET status = (CASE WHEN abort_requested THEN 'aborted' ELSE 'todo' END)::procrastinate_job_status,
    abort_requested = false, attempts = attempts + 1, scheduled_at = %(retry_at)s
WHERE id = %(job_id)s AND status = 'doing' AND worker_id = %(worker_id)s
RETURNING id"""

RESCUE: Final = """
UPDATE procrastinate_jobs
SET status = %(status)s::procrastinate_job_status, abort_requested = false, attempts = attempts + 1,
    scheduled_at = %(retry_at)s
WHERE id = %(job_id)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(worker_id)s::bigint
  AND NOT EXISTS (
      SELECT 1 FROM procrastinate_workers AS worker
      WHERE worker.id = procrastinate_jobs.worker_id
        AND worker.last_heartbeat >= now() - %(stalled_after)s * interval '1 second')
RETURNING id"""

RECORD_ERROR: Final = """
INSERT INTO job_error (job_id, at, attempt, error)
SELECT id, now(), %(attempt)s, %(error)s FROM procrastinate_jobs WHERE id = %(job_id)s
ON CONFLICT (job_id) DO UPDATE SET at = excluded.at, attempt = excluded.attempt, error = excluded.error
RETURNING job_id"""

ENQUEUE: Final = """
SELECT unnest(procrastinate_defer_jobs_v1(ARRAY(
    SELECT ROW(job->>0, job->>1, (job->>2)::int, job->>3, job->>4, job->5, (job->>6)::timestamp AT TIME ZONE 'UTC')
        ::procrastinate_job_to_defer_v1
    FROM jsonb_array_elements(%(jobs)s::jsonb) WITH ORDINALITY AS given (job, place) ORDER BY place))) AS id"""

DEFER_PERIODIC: Final = """
SELECT job_defer_periodic(
    %(queue)s, %(lock)s, %(queueing_lock)s, %(task_name)s, %(priority)s, %(periodic_id)s, %(defer_timestamp)s,
    %(args)s) AS id"""

HEARTBEAT: Final = """
UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %(worker_id)s RETURNING id"""

INTRODUCE: Final = """
INSERT INTO job_worker (worker_id, host, pid, queues, concurrency, started_at)
VALUES (%(worker_id)s, %(host)s, %(pid)s, %(queues)s, %(concurrency)s, now())
RETURNING worker_id"""

FORGET_FAILED: Final = """
DELETE FROM procrastinate_jobs WHERE task_name = %(task_name)s AND status = 'failed' RETURNING id"""

OWN: Final[dict[str, tuple[str, Statement]]] = {
    "finish": (
        FINISH,
        Statement(
            """UPDATE procrastinate_jobs SET status = :status, abort_requested = 0, attempts = attempts + 1
               WHERE id = :job_id AND status = 'doing' AND worker_id = :worker_id RETURNING id"""
        ),
    ),
    "retry": (
        RETRY,
        Statement(
            """UPDATE procrastinate_jobs
               SET status = CASE WHEN abort_requested THEN 'aborted' ELSE 'todo' END,
                   abort_requested = 0, attempts = attempts + 1, scheduled_at = :retry_at
               WHERE id = :job_id AND status = 'doing' AND worker_id = :worker_id RETURNING id"""
        ),
    ),
    "rescue": (
        RESCUE,
        Statement(
            """UPDATE procrastinate_jobs
               SET status = :status, abort_requested = 0, attempts = attempts + 1, scheduled_at = :retry_at
               WHERE id = :job_id AND status = 'doing' AND worker_id IS :worker_id
                 AND NOT EXISTS (
                     SELECT 1 FROM procrastinate_workers AS worker
                     WHERE worker.id = procrastinate_jobs.worker_id AND worker.last_heartbeat
                        >= strftime('%Y-%m-%d %H:%M:%f', :now, (-:stalled_after) || ' seconds'))
               RETURNING id"""
        ),
    ),
    "record_error": (
        RECORD_ERROR,
        Statement(
            """INSERT INTO job_error (job_id, at, attempt, error)
               SELECT id, :now, :attempt, :error FROM procrastinate_jobs WHERE id = :job_id
               ON CONFLICT (job_id) DO UPDATE
               SET at = excluded.at, attempt = excluded.attempt, error = excluded.error"""
        ),
    ),
    "enqueue": (ENQUEUE, PACKAGE["defer_jobs"]),
    "defer_periodic": (DEFER_PERIODIC, PACKAGE["defer_periodic_job"]),
    "heartbeat": (
        HEARTBEAT,
        Statement("UPDATE procrastinate_workers SET last_heartbeat = :now WHERE id = :worker_id RETURNING id"),
    ),
    "introduce": (
        INTRODUCE,
        Statement(
            """INSERT INTO job_worker (worker_id, host, pid, queues, concurrency, started_at)
               VALUES (:worker_id, :host, :pid, :queues, :concurrency, :now)"""
        ),
    ),
    "forget_failed": (
        FORGET_FAILED,
        Statement("DELETE FROM procrastinate_jobs WHERE task_name = :task_name AND status = 'failed'"),
    ),
}
