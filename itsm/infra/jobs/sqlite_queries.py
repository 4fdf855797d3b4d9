"""The job engine's named queries in SQLite's dialect.

Each runs inside BEGIN IMMEDIATE when it writes. Every statement sees the caller's arguments and `:now`, a
text moment. Lists arrive as JSON arrays. Where a text is put together, it is from constants of this module
only.
"""
# ruff: noqa: S608

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Statement:
    """SQL in SQLite's dialect for one named query.

    `before` runs first in the same transaction. `nothing` is the error when no row comes back, where the
    PostgreSQL function raises; `empty` is the row to answer with instead, where it returns nulls.
    """

    sql: str
    writes: bool = True
    before: tuple[str, ...] = ()
    nothing: str | None = None
    empty: str | None = None


_JOB = "id, status, task_name, priority, lock, queueing_lock, args, scheduled_at, queue_name, attempts, worker_id"

_CANDIDATE = """
    SELECT jobs.id FROM procrastinate_jobs AS jobs
    WHERE jobs.status = 'todo'
      AND (:queues IS NULL OR jobs.queue_name IN (SELECT value FROM json_each(:queues)))
      AND (jobs.scheduled_at IS NULL OR jobs.scheduled_at <= :now)
      AND (jobs.lock IS NULL OR NOT EXISTS (
            SELECT 1 FROM procrastinate_jobs AS other
            WHERE other.lock = jobs.lock AND other.status IN ('todo', 'doing')
              AND (other.status = 'doing'
                   OR other.priority > jobs.priority
                   OR (other.priority = jobs.priority AND other.id < jobs.id))))
    ORDER BY jobs.priority DESC, jobs.id LIMIT 1"""

HAS_CANDIDATE: Final = f"SELECT EXISTS ({_CANDIDATE})"
"""A read that tells whether fetching is worth taking the write lock."""

_FILTERED = """
    SELECT * FROM procrastinate_jobs
    WHERE (:queue_name IS NULL OR queue_name = :queue_name)
      AND (:task_name IS NULL OR task_name = :task_name)
      AND (:status IS NULL OR status = :status)
      AND (:lock IS NULL OR lock = :lock)"""


def _counted(column: str) -> Statement:
    return Statement(
        f"""SELECT name, sum(n) AS jobs_count, json_group_object(status, n) AS stats
            FROM (SELECT {column} AS name, status, count(*) AS n FROM ({_FILTERED})
                  WHERE {column} IS NOT NULL GROUP BY {column}, status)
            GROUP BY name ORDER BY name""",
        writes=False,
    )


def _ago(parameter: str, unit: str) -> str:
    return f"strftime('%Y-%m-%d %H:%M:%f', :now, (-:{parameter}) || ' {unit}')"


PACKAGE: Final[dict[str, Statement]] = {
    "defer_jobs": Statement(
        """INSERT INTO procrastinate_jobs
               (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
           SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
                  json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
                  json_extract(value, '$[6]')
           FROM json_each(:jobs) ORDER BY key
           RETURNING id"""
    ),
    "defer_periodic_job": Statement(
        """SELECT job_id AS id FROM procrastinate_periodic_defers
           WHERE task_name = :task_name AND periodic_id = :periodic_id AND defer_timestamp = :defer_timestamp
             AND id > :mark""",
        before=(
            # The slot is taken only when no scheduler has taken it or a later one.
            """INSERT INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
               SELECT :task_name, :periodic_id, :defer_timestamp
               WHERE NOT EXISTS (
                   SELECT 1 FROM procrastinate_periodic_defers WHERE task_name = :task_name
                      AND periodic_id = :periodic_id AND defer_timestamp >= :defer_timestamp)""",
            """INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
               SELECT :queue, :task_name, :priority, :lock, :queueing_lock, :args
               FROM procrastinate_periodic_defers
               WHERE task_name = :task_name AND periodic_id = :periodic_id
                 AND defer_timestamp = :defer_timestamp AND id > :mark""",
            """UPDATE procrastinate_periodic_defers
               SET job_id = (SELECT max(id) FROM procrastinate_jobs WHERE task_name = :task_name)
               WHERE task_name = :task_name AND periodic_id = :periodic_id
                 AND defer_timestamp = :defer_timestamp AND id > :mark""",
            """DELETE FROM procrastinate_periodic_defers
               WHERE task_name = :task_name AND periodic_id = :periodic_id
                 AND defer_timestamp < :defer_timestamp""",
        ),
        empty="id",
    ),
    "fetch_job": Statement(
        f"""UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker_id
            WHERE id = ({_CANDIDATE}) RETURNING {_JOB}""",
        empty="id",
    ),
    "select_stalled_jobs_by_started": Statement(
        f"""SELECT {", ".join("job." + part.strip() for part in _JOB.split(","))}, max(event.at) AS started_at
            FROM procrastinate_jobs AS job JOIN procrastinate_events AS event ON event.job_id = job.id
            WHERE event.type = 'started' AND job.status = 'doing'
              AND (:queue IS NULL OR job.queue_name = :queue)
              AND (:task_name IS NULL OR job.task_name = :task_name)
            GROUP BY job.id HAVING max(event.at) < {_ago("nb_seconds", "seconds")}""",
        writes=False,
    ),
    "select_stalled_jobs_by_heartbeat": Statement(
        f"""SELECT {_JOB} FROM procrastinate_jobs
            WHERE status = 'doing'
              AND (:queue IS NULL OR queue_name = :queue)
              AND (:task_name IS NULL OR task_name = :task_name)
              AND (worker_id IS NULL OR worker_id IN (
                  SELECT id FROM procrastinate_workers
                  WHERE last_heartbeat < {_ago("seconds_since_heartbeat", "seconds")}))""",
        writes=False,
    ),
    "delete_old_jobs": Statement(
        f"""DELETE FROM procrastinate_jobs
            WHERE status IN (SELECT value FROM json_each(:statuses))
              AND (:queue IS NULL OR queue_name = :queue)
              AND (SELECT max(at) FROM procrastinate_events WHERE job_id = procrastinate_jobs.id)
                  < {_ago("nb_hours", "hours")}"""
    ),
    "finish_job": Statement(
        """UPDATE procrastinate_jobs
           SET status = :status, abort_requested = 0, attempts = attempts + (status = 'doing')
           WHERE id = :job_id AND status IN ('todo', 'doing') RETURNING id""",
        nothing="Job was not found or not in 'doing' or 'todo' status",
    ),
    "cancel_job": Statement(
        """UPDATE procrastinate_jobs
           SET abort_requested = CASE WHEN :abort THEN 1 ELSE abort_requested END,
               status = CASE WHEN status = 'todo' THEN 'cancelled' ELSE status END
           WHERE id = :job_id AND (status = 'todo' OR (:abort AND status = 'doing')) RETURNING id""",
        empty="id",
    ),
    "get_job_status": Statement("SELECT status FROM procrastinate_jobs WHERE id = :job_id", writes=False),
    "retry_job": Statement(
        """UPDATE procrastinate_jobs
           SET status = CASE WHEN status = 'doing' AND abort_requested THEN 'failed' ELSE 'todo' END,
               attempts = attempts + CASE WHEN status = 'doing' AND abort_requested THEN 0 ELSE 1 END,
               scheduled_at = CASE WHEN status = 'doing' AND abort_requested THEN scheduled_at ELSE :retry_at
               END, priority = coalesce(:new_priority, priority), queue_name = coalesce(:new_queue_name,
               queue_name), lock = coalesce(:new_lock, lock) WHERE id = :job_id AND status IN ('doing',
               'failed') RETURNING id""",
        nothing="Job was not found or has an invalid status to retry",
    ),
    # There is no NOTIFY: workers poll, and a bell in the process wakes them. Listening is therefore a no-op
    # here.
    "listen_queue": Statement("SELECT 1 AS listening", writes=False),
    "check_connection": Statement(
        """SELECT max(name) AS "check" FROM sqlite_master WHERE type = 'table' AND name =
        'procrastinate_jobs'""",
        writes=False,
    ),
    "count_jobs_status": Statement(
        "SELECT count(*) AS count, status FROM procrastinate_jobs GROUP BY status", writes=False
    ),
    "list_jobs": Statement(
        f"""SELECT {_JOB}, abort_requested FROM procrastinate_jobs
            WHERE (:id IS NULL OR id = :id)
              AND (:queue_name IS NULL OR queue_name = :queue_name)
              AND (:task_name IS NULL OR task_name = :task_name)
              AND (:status IS NULL OR status = :status)
              AND (:lock IS NULL OR lock = :lock)
              AND (:queueing_lock IS NULL OR queueing_lock = :queueing_lock)
              AND (:worker_id IS NULL OR worker_id = :worker_id)
            ORDER BY id""",
        writes=False,
    ),
    "list_queues": _counted("queue_name"),
    "list_tasks": _counted("task_name"),
    "list_locks": _counted("lock"),
    "list_jobs_to_abort": Statement(
        """SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND abort_requested = 1
           AND (:queue_name IS NULL OR queue_name = :queue_name)""",
        writes=False,
    ),
    "register_worker": Statement(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (:now) RETURNING id AS worker_id"
    ),
    "unregister_worker": Statement("DELETE FROM procrastinate_workers WHERE id = :worker_id"),
    "update_heartbeat": Statement("UPDATE procrastinate_workers SET last_heartbeat = :now WHERE id = :worker_id"),
    "prune_stalled_workers": Statement(
        f"""DELETE FROM procrastinate_workers
            WHERE last_heartbeat < {_ago("seconds_since_heartbeat", "seconds")} RETURNING id AS worker_id"""
    ),
}
"""Every query of the package, by its name there. Deleting variants are in `DELETING`."""

DELETING: Final[dict[str, Statement]] = {
    "finish_job": Statement(
        "DELETE FROM procrastinate_jobs WHERE id = :job_id AND status IN ('todo', 'doing') RETURNING id",
        nothing="Job was not found or not in 'doing' or 'todo' status",
    ),
    "cancel_job": Statement(
        "DELETE FROM procrastinate_jobs WHERE id = :job_id AND status = 'todo' RETURNING id", empty="id"
    ),
}
"""What finish_job and cancel_job do when they are asked to delete the job."""
