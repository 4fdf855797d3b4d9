"""When a task that failed is tried again, and when it is given up."""

import random
from dataclasses import dataclass
from datetime import timedelta

from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from itsm.kernel.clock import Clock


class GiveUp(Exception):
    """Raised by a task that knows that trying again is useless: the job becomes a dead letter at once."""


class RetryAfter(Exception):
    """Raised by a task that was told when to come back, say by a mail server. Counts as an attempt."""

    def __init__(self, wait: timedelta, reason: str) -> None:
        super().__init__(reason)
        self.wait = wait


class UnknownTask(Exception):
    """This worker does not know the task of the job, for example because it runs an older version."""


@dataclass(frozen=True)
class Retry:
    """How often a task is tried, and how long the waits between grow.

    The wait after attempt n is `first * factor ** (n - 1)`, at most `longest`, then varied by +- `jitter` (a
    fraction) so that jobs which failed together do not come back together.
    """

    attempts: int = 6
    first: timedelta = timedelta(seconds=10)
    factor: float = 4.0
    longest: timedelta = timedelta(hours=1)
    jitter: float = 0.3

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.factor < 1 or not 0 <= self.jitter < 1:
            raise ValueError(f"not a usable retry rule: {self}")

    def wait(self, attempt: int) -> timedelta:
        """Return the wait after this attempt, counted from 1."""
        # The exponent is bounded: a float overflows long before an attempt count does.
        grown = self.first.total_seconds() * self.factor ** min(attempt - 1, 40)
        seconds = min(grown, self.longest.total_seconds())
        return timedelta(seconds=seconds * random.uniform(1 - self.jitter, 1 + self.jitter))


ONCE = Retry(attempts=1)
"""Never try again: the first failure makes a dead letter."""

VERSION_SKEW = Retry(attempts=12, first=timedelta(seconds=30), factor=2.0, longest=timedelta(hours=4))
"""For tasks that this worker does not know: about a day, long enough for an upgrade or a rollback to end."""


class Strategy(BaseRetryStrategy):
    """Answers the job engine's question after a failure, from our rule and our clock."""

    def __init__(self, rule: Retry, clock: Clock) -> None:
        self.rule = rule
        self.clock = clock

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when to try again, or None to give up. `job.attempts` counts those before this one."""
        if isinstance(exception, JobAborted):  # the worker is being stopped: nobody's fault, so no limit
            return RetryDecision(retry_at=self.clock.now())
        attempt = job.attempts + 1
        if isinstance(exception, GiveUp) or attempt >= self.rule.attempts:
            return None
        wait = exception.wait if isinstance(exception, RetryAfter) else self.rule.wait(attempt)
        return RetryDecision(retry_at=self.clock.now() + wait)
