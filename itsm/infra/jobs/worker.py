"""The worker: runs the tasks of registered jobs in threads, keeps the schedules, and comes back after every
outage.
"""

import asyncio
import contextlib
import functools
import logging
import math
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from procrastinate import App, JobContext
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import ConnectorException, JobAborted
from procrastinate.utils import cancel_and_capture_errors
from procrastinate.worker import Worker

from itsm.infra.jobs.caretaker import Caretaker
from itsm.infra.jobs.failure import describe
from itsm.infra.jobs.manager import UNKNOWN_TASK, LeasedJobManager, LeaseLost
from itsm.infra.jobs.registry import Registry, Task, TaskContext
from itsm.infra.jobs.retry import VERSION_SKEW, Strategy, UnknownTask
from itsm.kernel.clock import Clock

log = logging.getLogger(__name__)

Call = Callable[[], Any]
Wrap = Callable[[Call], Any]

LONGEST_PAUSE: Final = 15.0
HEARTBEATS_BY_US: Final = 10.0**9
"""The package's own heartbeat ends before the last jobs do; ours goes on until the worker is gone."""


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """How a worker behaves. Times are in seconds."""

    queues: tuple[str, ...]
    concurrency: int
    wrap: Wrap
    heartbeat: float = 10.0
    stalled_after: float = 30.0
    poll: float = 0.5
    grace: float = 20.0
    caretaker: bool = True
    """Whether it also keeps the schedules and rescues stalled jobs; a probe in a branch office does not."""
    until_idle: bool = False
    """End when no job is due any more, instead of waiting for the next."""
    stop_event: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        if self.concurrency < 1 or not self.queues:
            raise ValueError("a worker needs at least one queue and one thread")
        if self.stalled_after < 3 * self.heartbeat:
            raise ValueError("stalled_after must be at least three heartbeats, or living workers lose their jobs")


class WorkerLoop:
    """Runs one worker after another until told to stop; a new one only after the one before was lost."""

    def __init__(
        self,
        registry: Registry,
        connect: Callable[[], BaseConnector],
        options: WorkerOptions,
        *,
        clock: Clock,
    ) -> None:
        self._registry = registry
        self._connect = connect
        self._options = options
        self._clock = clock
        self._stop = options.stop_event
        self._worker: Worker | None = None

    def run(self, *, install_signals: bool) -> None:
        """Block until stopped. Signals can be installed in the main thread only."""
        asyncio.run(self._run(install_signals))

    async def _run(self, install_signals: bool) -> None:
        loop = asyncio.get_running_loop()
        # The loop's default executor has five threads on one processor, whatever the wanted concurrency.
        loop.set_default_executor(ThreadPoolExecutor(self._options.concurrency + 4, thread_name_prefix="job"))
        pause = 0.5
        with _signals(self._stop) if install_signals else contextlib.nullcontext():
            while not self._stop.is_set():
                started = loop.time()
                try:
                    await self._until_stopped(asyncio.create_task(self._shift()))
                    if self._options.until_idle:
                        return
                except Exception as exc:
                    if self._options.until_idle:
                        raise
                    log.error("the worker failed and starts again: %r", exc.__cause__ or exc, exc_info=True)
                pause = 0.5 if loop.time() - started > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
                if not self._stop.is_set():
                    await self._wait_for_stop(pause)

    async def _until_stopped(self, shift: asyncio.Task[None]) -> None:
        """Await the shift; when told to stop, let the worker end gracefully, or give up reaching the
        database.
        """

        async def end() -> None:
            await self._wait_for_stop()
            while not shift.done():
                if self._worker is None:
                    shift.cancel()
                else:
                    self._worker.stop()  # type: ignore[no-untyped-call]
                await asyncio.sleep(0.5)

        ending = asyncio.create_task(end())
        try:
            await shift
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise
        finally:
            ending.cancel()

    async def _wait_for_stop(self, seconds: float = math.inf) -> None:
        # A threading.Event, because it is set from other threads and by signal handlers: so it has to be
        # looked at.
        limit = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < limit and not self._stop.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    async def _shift(self) -> None:
        """Run one registered worker until it is stopped or lost."""
        options = self._options
        self._worker = None
        connector = self._connect()
        manager = LeasedJobManager(
            connector,
            knows=self._registry.tasks.__contains__,
            queues=options.queues,
            concurrency=options.concurrency,
        )
        app = self._application(connector, manager)
        async with app.open_async():
            worker = self._worker = Worker(
                app,
                queues=options.queues,
                concurrency=options.concurrency,
                wait=not options.until_idle,
                fetch_job_polling_interval=options.poll,
                shutdown_graceful_timeout=options.grace,
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEATS_BY_US,
                stalled_worker_timeout=options.stalled_after,
                task_middleware=[self._wrapped],
                worker_middleware=[functools.partial(self._recorded, manager)],
            )
            sides = [self._beat(worker, manager)]
            if options.caretaker:
                caretaker = Caretaker(manager, self._registry, clock=self._clock, stalled_after=options.stalled_after)
                sides.append(caretaker.run())
            tasks = [asyncio.create_task(self._beside(worker, side)) for side in sides]
            try:
                await worker.run()  # type: ignore[no-untyped-call]
            finally:
                # The driver can lose a cancellation that meets an error of the server; this one asks again.
                await cancel_and_capture_errors(tasks)

    async def _beside(self, worker: Worker, side: Coroutine[Any, Any, None]) -> None:
        """Run what goes on beside the jobs. A worker without it is worse than a new one, so its failure ends
        this one.
        """
        try:
            await side
        except LeaseLost as exc:
            log.warning("%s; it registers again", exc)
            worker.stop()  # type: ignore[no-untyped-call]
        except Exception:
            log.exception("the worker ends and starts again")
            worker.stop()  # type: ignore[no-untyped-call]

    def _application(self, connector: BaseConnector, manager: LeasedJobManager) -> App:
        app = App(connector=connector)
        app.job_manager = manager
        for task in self._registry.tasks.values():
            registered = app.task(
                name=task.name,
                queue=task.queue,
                priority=task.priority,
                lock=task.lock,
                queueing_lock=task.queueing_lock,
                retry=Strategy(task.retry, self._clock),
                pass_context=True,
            )(_callable(task))
            if self._options.caretaker:
                for schedule in self._registry.schedules:
                    if schedule.task_name == task.name:
                        app.periodic(cron=schedule.cron, periodic_id=schedule.cron)(registered)
        app.task(name=UNKNOWN_TASK, retry=Strategy(VERSION_SKEW, self._clock))(_unknown)
        return app

    async def _beat(self, worker: Worker, manager: LeasedJobManager) -> None:
        while True:
            await asyncio.sleep(self._options.heartbeat)
            if worker.worker_id is not None:
                await manager.update_heartbeat(worker.worker_id)

    def _wrapped(self, call_next: Call, context: JobContext, worker: Worker) -> Any:
        return self._options.wrap(call_next)

    async def _recorded(self, manager: LeasedJobManager, call_next: Call, context: JobContext, worker: Worker) -> Any:
        try:
            return await call_next()
        except JobAborted:
            raise
        except Exception as exc:
            await self._record(manager, context, exc)
            raise

    async def _record(self, manager: LeasedJobManager, context: JobContext, error: Exception) -> None:
        task = self._registry.tasks.get(context.job.task_name)
        try:
            if task is not None and task.keep_one_failure:
                await manager.forget_failed(task.name)
            await manager.record_error(context.job, describe(error))
        except ConnectorException:
            log.exception("could not keep the error of job %s", context.job.id)


def _callable(task: Task) -> Callable[..., None]:
    """Return the function as the engine calls it: with its context first, and without a result."""

    def run(context: JobContext, /, **payload: Any) -> None:
        if not task.pass_context:
            task.function(**payload)
            return
        own = TaskContext(
            job_id=context.job.id or 0,  # always known here: the job was fetched
            attempt=context.job.attempts + 1,
            should_stop=context.should_abort,
        )
        task.function(own, **payload)

    return run


def _unknown(task_name: str) -> None:
    raise UnknownTask(f"This worker has no task named {task_name!r}. It may run another version of the program.")


@contextlib.contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Stop gracefully on the first SIGTERM or SIGINT; the second has its ordinary effect."""
    loop = asyncio.get_running_loop()
    kinds = (signal.SIGTERM, signal.SIGINT)

    def on_signal() -> None:
        stop.set()
        for kind in kinds:
            loop.remove_signal_handler(kind)

    for kind in kinds:
        loop.add_signal_handler(kind, on_signal)
    try:
        yield
    finally:
        for kind in kinds:
            loop.remove_signal_handler(kind)
