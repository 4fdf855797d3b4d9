"""The package's job manager, made strict: leases are fenced, schedules never go back, and short outages are
survived.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from procrastinate import exceptions, sql
from procrastinate.connector import BaseConnector
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager, NotificationCallback

from itsm.infra.jobs import own_queries as own

log = logging.getLogger(__name__)

UNKNOWN_TASK: Final = "jobs.unknown_task"
"""The stand-in that is run for a job whose task this worker does not know."""
INSIST_SECONDS: Final = 60.0
ERROR_PAUSE: Final = 1.0


class LeaseLost(Exception):
    """Other workers took this one for dead and removed it; it has to register again."""


class QuietJob(Job):
    """A job that keeps its arguments out of the log: they may name people."""

    @property
    def call_string(self) -> str:
        """Return the task's name and the job's number."""
        return f"{self.task_name}[{self.id}]"

    def log_context(self) -> dict[str, Any]:
        """Return what a log line may say about the job."""
        return {"id": self.id, "task_name": self.task_name, "queue": self.queue, "attempts": self.attempts}


class LeasedJobManager(JobManager):
    """Fetches jobs under a lease and ends them only while the lease is ours.

    The lease is the job's `worker_id` while its status is `doing`. A worker that was held up so long that its
    jobs were given to others finds its lease gone and changes nothing.
    """

    def __init__(
        self,
        connector: BaseConnector,
        *,
        knows: Callable[[str], bool],
        queues: Iterable[str],
        concurrency: int,
    ) -> None:
        super().__init__(connector)
        self._knows = knows
        self._queues = list(queues)
        self._concurrency = concurrency
        self._held: set[int] = set()
        self._suspects: set[int] = set()

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Take the next due job, or None. While the database is away, None after a pause."""
        try:
            row = await self.connector.execute_query_one_async(
                query=sql.queries["fetch_job"],
                queues=None if queues is None else list(queues),
                worker_id=worker_id,
            )
        except exceptions.ConnectorException as exc:
            log.warning("could not fetch a job: %r", exc.__cause__ or exc)
            await asyncio.sleep(ERROR_PAUSE)
            return None
        if row["id"] is None:
            return None
        job = QuietJob.from_row(row)
        self._held.add(row["id"])
        if self._knows(job.task_name):
            return job
        return job.evolve(task_name=UNKNOWN_TASK, task_kwargs={"task_name": job.task_name})

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """End the job, if it is still ours. Finished jobs stay for a while; `delete_job` is not used."""
        await self._end(own.FINISH, job, status=status.value)

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Put the job back to wait, if it is still ours.

        When another job with its queueing lock waits already, that one will do the work: this one ends as
        aborted.
        """
        try:
            await self._end(own.RETRY, job, retry_at=retry_at)
        except exceptions.UniqueViolation:
            await self._end(own.FINISH, job, status=Status.ABORTED.value)

    async def _end(self, query: str, job: Job, **arguments: Any) -> None:
        try:
            rows = await self._insist(query, job_id=job.id, worker_id=job.worker_id, **arguments)
        except exceptions.UniqueViolation:
            raise
        except exceptions.ConnectorException:
            log.exception("job %s ended, but the database would not take it; it will run again", job.id)
            self._held.discard(job.id or 0)
            return
        self._held.discard(job.id or 0)
        if not rows:
            log.warning("job %s ended after its lease was lost; somebody else runs it", job.id)

    async def _insist(self, query: str, **arguments: Any) -> list[dict[str, Any]]:
        """Run a query of ours, again and again while the database is away, for a minute at most."""
        loop = asyncio.get_running_loop()
        limit = loop.time() + INSIST_SECONDS
        while True:
            try:
                return await self.connector.execute_query_all_async(query, **arguments)
            except exceptions.UniqueViolation:
                raise
            except exceptions.ConnectorException:
                if loop.time() > limit:
                    raise
                await asyncio.sleep(ERROR_PAUSE)

    async def defer_periodic_job(self, job: Job, periodic_id: str, defer_timestamp: int) -> int | None:
        """Enqueue the job of one slot of a schedule; None when this slot, or a later one, was enqueued
        before.
        """
        try:
            rows = await self._insist(
                own.DEFER_PERIODIC,
                task_name=job.task_name,
                defer_timestamp=defer_timestamp,
                periodic_id=periodic_id,
                queue=job.queue,
                priority=job.priority,
                lock=job.lock,
                queueing_lock=job.queueing_lock,
                args=job.task_kwargs,
            )
        except exceptions.UniqueViolation as exc:
            raise exceptions.AlreadyEnqueued from exc
        job_id = rows[0]["id"]
        return None if job_id is None else int(job_id)

    async def register_worker(self) -> int:
        """Register this worker, and write down who it is."""
        worker_id = await super().register_worker()
        await self._insist(
            own.INTRODUCE,
            worker_id=worker_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            queues=" ".join(self._queues),
            concurrency=self._concurrency,
        )
        return worker_id

    async def update_heartbeat(self, worker_id: int) -> None:
        """Say that this worker lives, and give back jobs that the database thinks it holds but it does not.

        Such jobs appear when the answer to a fetch was lost. LeaseLost when this worker was removed
        meanwhile.
        """
        try:
            rows = await self.connector.execute_query_all_async(own.HEARTBEAT, worker_id=worker_id)
            if not rows:
                raise LeaseLost(f"worker {worker_id} was taken for dead")
            doing = await self.list_jobs_async(status=Status.DOING.value, worker_id=worker_id)
            await self._give_back([job for job in doing if job.id not in self._held])
        except exceptions.ConnectorException as exc:
            log.warning("could not update the heartbeat: %r", exc.__cause__ or exc)

    async def _give_back(self, strays: list[Job]) -> None:
        again = [job for job in strays if job.id in self._suspects]
        self._suspects = {job.id for job in strays if job.id is not None}
        for job in again:
            log.warning("job %s was fetched, but the answer was lost; it goes back to its queue", job.id)
            await self.retry_job(job)

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Listen for new jobs until cancelled, and come back after the database was away."""
        while True:
            try:
                await super().listen_for_jobs(on_notification=on_notification, queues=queues)
            except exceptions.ConnectorException as exc:
                log.warning("could not listen for new jobs: %r", exc.__cause__ or exc)
            await asyncio.sleep(ERROR_PAUSE)

    async def record_error(self, job: Job, error: str) -> None:
        """Keep the text of the last error of a job."""
        await self._insist(own.RECORD_ERROR, job_id=job.id, attempt=job.attempts + 1, error=error)

    async def forget_failed(self, task_name: str) -> None:
        """Delete the dead letters of a task."""
        await self._insist(own.FORGET_FAILED, task_name=task_name)

    async def rescue(self, job: Job, *, status: Status, retry_at: datetime, stalled_after: float) -> bool:
        """Take a stalled job from its dead worker; False when it was not stalled any more.

        UniqueViolation when it should wait again but a job with its queueing lock waits already.
        """
        rows = await self.connector.execute_query_all_async(
            own.RESCUE,
            job_id=job.id,
            worker_id=job.worker_id,
            status=status.value,
            retry_at=retry_at,
            stalled_after=stalled_after,
        )
        return bool(rows)
