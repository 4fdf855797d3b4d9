"""What keeps the queue clean: jobs of dead workers are rescued, dead workers and old finished jobs are
removed.
"""

import asyncio
import logging
import random
from datetime import datetime, timedelta
from typing import Final

from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

from itsm.infra.jobs.manager import LeasedJobManager
from itsm.infra.jobs.registry import Registry
from itsm.infra.jobs.retry import VERSION_SKEW
from itsm.kernel.clock import Clock

log = logging.getLogger(__name__)

PURGE_EVERY: Final = timedelta(hours=1)
KEEP_FINISHED_HOURS: Final = 24
LOST_TEXT: Final = "The worker that ran this job stopped answering: it was killed, or its machine went away."


class Caretaker:
    """Looks after stalled jobs. Every worker has one; they do not need to know of each other.

    `stalled_after` is the age in seconds of a heartbeat from which a worker counts as dead. It must be at
    least three times the interval of the heartbeats, or living workers lose their jobs.
    """

    def __init__(self, manager: LeasedJobManager, registry: Registry, *, clock: Clock, stalled_after: float) -> None:
        self._manager = manager
        self._registry = registry
        self._clock = clock
        self._stalled_after = stalled_after
        self._last_round = clock.now()

    async def run(self) -> None:
        """Make rounds until cancelled."""
        loop = asyncio.get_running_loop()
        next_purge = loop.time() + random.uniform(0, 60)
        while True:
            try:
                await self.round()
                if loop.time() >= next_purge:
                    next_purge = loop.time() + PURGE_EVERY.total_seconds()
                    await self.purge()
            except ConnectorException as exc:
                log.warning("the round of rescues failed: %r", exc.__cause__ or exc)
            await asyncio.sleep(self._stalled_after / 3)

    async def round(self) -> int:
        """Rescue, unless time went on without us: then everybody's heartbeat looks old, our own included.

        So it is when a laptop wakes up, a virtual machine goes on, or somebody sets the clock. The living get
        until the next round to say so.
        """
        before, self._last_round = self._last_round, self._clock.now()
        if self._last_round - before > timedelta(seconds=self._stalled_after):
            log.warning("time went on without this worker; no rescue before the others had a chance to speak")
            return 0
        return await self.rescue()

    async def rescue(self) -> int:
        """Give the jobs of dead workers back to their queues, or make them dead letters; return how many."""
        stalled = await self._manager.get_stalled_jobs(seconds_since_heartbeat=self._stalled_after)
        return sum([await self._rescue_one(job) for job in stalled])

    async def purge(self) -> None:
        """Remove dead workers, and finished jobs after a day. Dead letters stay until a person decides."""
        await self._manager.prune_stalled_workers(self._stalled_after * 4)
        await self._manager.delete_old_jobs(nb_hours=KEEP_FINISHED_HOURS, include_cancelled=True, include_aborted=True)

    async def _rescue_one(self, job: Job) -> bool:
        task = self._registry.tasks.get(job.task_name)
        rule = task.retry if task else VERSION_SKEW
        attempt = job.attempts + 1
        # A job that takes its worker down each time is poison as well, so a rescue counts as an attempt.
        status = Status.TODO if attempt < max(rule.attempts, 2) else Status.FAILED
        retry_at = self._clock.now() + (rule.wait(attempt) if attempt > 1 else timedelta())
        try:
            rescued = await self._rescue_as(job, status, retry_at=retry_at)
        except UniqueViolation:  # a job with its queueing lock waits already and will do the work
            rescued = await self._rescue_as(job, Status.ABORTED, retry_at=retry_at)
        if rescued:
            log.warning("rescued job %s (%s) from a dead worker, attempt %s", job.id, job.task_name, attempt)
            await self._manager.record_error(job, LOST_TEXT)
        return rescued

    async def _rescue_as(self, job: Job, status: Status, *, retry_at: datetime) -> bool:
        return await self._manager.rescue(
            job,
            status=status,
            stalled_after=self._stalled_after,
            retry_at=retry_at,
        )
