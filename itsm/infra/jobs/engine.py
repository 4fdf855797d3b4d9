"""The job engine's door: register tasks, enqueue jobs in the caller's transaction, run a worker.

On PostgreSQL the package's own connector does the work, on SQLite ours does; tasks, retries, schedules and
worker are the same code. A job is a row of the same database, written in the same transaction as the change
it belongs to: both are there or neither is. Jobs run at least once; see docs/jobs.md for how a task is
written.
"""

import contextlib
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from procrastinate import PsycopgConnector, SyncPsycopgConnector
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import AlreadyEnqueued
from psycopg.conninfo import make_conninfo
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, scoped_session

from itsm.infra.jobs import enqueuing
from itsm.infra.jobs.bell import Bell
from itsm.infra.jobs.registry import Registry, Schedule, Task
from itsm.infra.jobs.retry import ONCE, Retry
from itsm.infra.jobs.sqlite import SqliteConnector
from itsm.infra.jobs.worker import WorkerLoop, WorkerOptions, Wrap
from itsm.kernel.clock import Clock, SystemClock

F = TypeVar("F", bound=Callable[..., Any])
Sessions = Session | scoped_session[Any]

TICK_PRIORITY: Final = 10


class Jobs:
    """All jobs of one application on one database.

    `url` is SQLAlchemy's address: `sqlite:////path/file.db` or `postgresql+psycopg://...`. Nothing is opened
    before a worker runs; enqueueing uses the caller's session.
    """

    def __init__(self, url: str, *, clock: Clock) -> None:
        self.url = url
        self.registry = Registry()
        self._clock = clock
        self._bell = Bell()
        self._on_sqlite = make_url(url).get_backend_name() == "sqlite"
        # Never opened: it speaks both dialects on connections of others.
        self._writer = self._connector(1) if self._on_sqlite else SyncPsycopgConnector()

    def task(
        self,
        *,
        name: str,
        queue: str = "default",
        retry: Retry | None = None,
        lock: str | None = None,
        queueing_lock: str | None = None,
        priority: int = 0,
        pass_context: bool = False,
    ) -> Callable[[F], F]:
        """Register the decorated function as a task; it stays callable as it was.

        It is called with the payload's members as keyword arguments, in a thread, inside the worker's `wrap`.
        With `pass_context` it gets a :class:`~itsm.infra.jobs.registry.TaskContext` first. No two jobs with
        the same `lock` run at the same time; no two with the same `queueing_lock` wait at the same time.
        """

        def register(function: F) -> F:
            self.registry.add(
                Task(
                    name=name,
                    function=function,
                    queue=queue,
                    retry=retry or Retry(),
                    lock=lock,
                    queueing_lock=queueing_lock,
                    priority=priority,
                    pass_context=pass_context,
                )
            )
            return function

        return register

    def periodic(self, cron: str, task_name: str) -> None:
        """Enqueue a registered task by the clock. `cron` has five fields, or six with seconds last; times are
        UTC.

        The task is called with `timestamp=`, the second since 1970 of the slot. Each slot is enqueued once,
        however many workers run; a slot missed by less than ten minutes is made up for, an older one is left
        out.
        """
        self.registry.get(task_name)
        self.registry.schedules.append(Schedule(cron, task_name))

    def every_minute(self, function: Callable[[datetime], Any], *, name: str | None = None) -> None:
        """Call `function(slot)` once a minute, in a worker, inside its `wrap`. For schedules that users made:

        look up the due rows of a table and enqueue a job for each. One call at a time; a failed call is not
        repeated (the next minute comes anyhow) and at most one dead letter of it is kept.
        """
        called = name or f"tick.{function.__module__}.{function.__qualname__}"

        def tick(timestamp: int) -> None:
            function(datetime.fromtimestamp(timestamp, UTC))

        self.registry.add(
            Task(
                name=called,
                function=tick,
                queue="default",
                retry=ONCE,
                lock=called,
                queueing_lock=called,
                priority=TICK_PRIORITY,
                keep_one_failure=True,
            )
        )
        self.periodic("* * * * *", called)

    def enqueue(
        self,
        session: Sessions,
        task_name: str,
        payload: dict[str, Any],
        *,
        queue: str | None = None,
        run_at: datetime | None = None,
        lock: str | None = None,
        queueing_lock: str | None = None,
        priority: int | None = None,
    ) -> int | None:
        """Write a job in the caller's transaction and return its number; it exists when the caller commits.

        `payload` must be JSON of at most 64 KiB and holds ids rather than content. None is returned when a
        job with this `queueing_lock` waits already; the caller's transaction goes on unharmed. What is left
        out comes from the task. Raises TaskNotRegistered, ValueError for an unusable payload, name or naive
        `run_at`, or the driver's error.
        """
        task = self.registry.get(task_name)
        job = enqueuing.row(
            task,
            payload,
            queue=queue,
            run_at=run_at,
            lock=lock,
            queueing_lock=queueing_lock,
            priority=priority,
        )
        raw = _driver_connection(session)
        alone = queueing_lock or task.queueing_lock
        try:
            with enqueuing.savepoint(raw) if alone else contextlib.nullcontext():
                (number,) = enqueuing.write(self._writer, raw, [job])
        except AlreadyEnqueued:
            return None
        self._ring_after_commit(session)
        return number

    def enqueue_all(self, session: Sessions, task_name: str, payloads: Sequence[dict[str, Any]]) -> None:
        """Write a job for each payload, in one statement, in the caller's transaction.

        For tasks whose jobs may wait beside one another: ValueError where the task has a queueing lock.
        Raises what :meth:`enqueue` raises.
        """
        task = self.registry.get(task_name)
        if task.queueing_lock:
            raise ValueError(f"jobs of {task_name!r} are enqueued one by one: only one of them may wait")
        if payloads:
            jobs = [enqueuing.row(task, payload) for payload in payloads]
            enqueuing.write(self._writer, _driver_connection(session), jobs)
            self._ring_after_commit(session)

    def run_worker(
        self,
        queues: Sequence[str] | None,
        concurrency: int,
        *,
        wrap: Wrap,
        stop_event: threading.Event | None = None,
        install_signals: bool = True,
        **options: Any,
    ) -> None:
        """Run a worker until it is stopped: the tasks, the schedules, and the rescue of other workers'
        stalled jobs.

        :param queues: the queues to serve; None for every queue that is a task's default. Queues given only
            when enqueueing, such as `site:berlin`, must be named.
        :param concurrency: how many tasks run at the same time, each in a thread.
        :param wrap: called as `wrap(call)` in the task's thread; it must return `call()`, run inside the
            application context, and remove the thread's session afterwards.
        :param stop_event: set it from any thread to stop; made here if None.
        :param install_signals: stop on SIGTERM and SIGINT; True only in the main thread.
        :param options: `heartbeat`, `stalled_after` (at least three heartbeats), `poll`, `grace` in seconds
            and `caretaker`; see :class:`~itsm.infra.jobs.worker.WorkerOptions`.

        Stopping is graceful: no new jobs, running ones are waited for. After `grace` seconds they are told
        through `TaskContext.should_stop`; a task that never looks is waited for all the same, so a
        supervisor's SIGKILL may end it, and its job runs again elsewhere after `stalled_after`. The function
        returns normally; while the database is away it waits for it and does not raise.
        """
        chosen = WorkerOptions(
            queues=tuple(self.registry.queues() if queues is None else queues),
            concurrency=concurrency,
            wrap=wrap,
            stop_event=stop_event or threading.Event(),
            **options,
        )
        self._loop(chosen).run(install_signals=install_signals)

    def run_due(self, *, wrap: Wrap, queues: Sequence[str] | None = None) -> None:
        """Run the jobs that are due, one after another, and those that they enqueue; return when none is
        left.

        For tests and for commands: no schedules, no rescue, no signals. A job that fails waits for its next
        attempt as it would in a worker.
        """
        chosen = tuple(self.registry.queues() if queues is None else queues)
        options = WorkerOptions(queues=chosen, concurrency=1, wrap=wrap, caretaker=False, until_idle=True)
        self._loop(options).run(install_signals=False)

    def _loop(self, options: WorkerOptions) -> WorkerLoop:
        # On PostgreSQL the server's time decides what is due, so the waits between attempts are of real time
        # too.
        clock = self._clock if self._on_sqlite else SystemClock()
        return WorkerLoop(self.registry, lambda: self._connector(options.concurrency), options, clock=clock)

    def wake(self) -> None:
        """Wake the workers of this process at once, for example after a dead letter was retried."""
        self._bell.ring()

    def _connector(self, concurrency: int) -> BaseConnector:
        if self._on_sqlite:
            return SqliteConnector(self.url, clock=self._clock, bell=self._bell)
        url = make_url(self.url)
        # The driver's own parts, not the address: SQLAlchemy's form of a password is not the driver's.
        parts = url.get_dialect()().create_connect_args(url)[1]
        return PsycopgConnector(
            conninfo=make_conninfo(**parts), min_size=1, max_size=min(concurrency, 4) + 1, timeout=10.0
        )

    def _ring_after_commit(self, session: Sessions) -> None:
        if not self._on_sqlite:
            return  # PostgreSQL notifies by itself
        real = session() if isinstance(session, scoped_session) else session
        if not event.contains(real, "after_commit", self._committed):
            event.listen(real, "after_commit", self._committed)

    def _committed(self, session: Session) -> None:
        self._bell.ring()


def _driver_connection(session: Sessions) -> Any:
    return session.connection().connection.driver_connection
