"""What a person may do with a dead letter: try it again, or discard it. In the caller's transaction."""

from typing import Any

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session, scoped_session

Sessions = Session | scoped_session[Any]


def retry(session: Sessions, job_id: int) -> bool:
    """Put a dead letter back into its queue with all its attempts before it; False when it is none (any
    more).

    When another job with its queueing lock waits, it goes back without that lock: a person asked for it.
    """
    return _changed(
        session,
        """UPDATE procrastinate_jobs
           SET status = 'todo', attempts = 0, scheduled_at = NULL,
               queueing_lock = CASE WHEN EXISTS (
                   SELECT 1 FROM procrastinate_jobs AS other
                   WHERE other.status = 'todo' AND other.queueing_lock = procrastinate_jobs.queueing_lock)
                   THEN NULL ELSE queueing_lock END
           WHERE id = :job_id AND status = 'failed'""",
        job_id,
    )


def discard(session: Sessions, job_id: int) -> bool:
    """Delete a dead letter for good; False when it is none (any more)."""
    return _changed(session, "DELETE FROM procrastinate_jobs WHERE id = :job_id AND status = 'failed'", job_id)


def _changed(session: Sessions, statement: str, job_id: int) -> bool:
    result = session.execute(text(statement), {"job_id": job_id})
    return isinstance(result, CursorResult) and result.rowcount == 1
