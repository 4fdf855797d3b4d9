"""What the job engine knows: tasks by name, schedules, and what a running task may ask."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from itsm.infra.jobs.retry import Retry

NAME_LENGTH: Final = 128
"""The longest name of a task or queue, in characters; the job table's limit."""


class TaskNotRegistered(LookupError):
    """No task of this name was registered in this process."""


@dataclass(frozen=True)
class TaskContext:
    """What a task that asked for it (`pass_context`) learns about its run.

    `job_id` names the effect: with it a task can make what it does happen once, although it may run twice.
    """

    job_id: int
    attempt: int
    should_stop: Callable[[], bool]
    """True once the worker is shutting down or somebody cancelled the job; long tasks look at it and return
    early.
    """


@dataclass(frozen=True, kw_only=True)
class Task:
    """A named function that workers run, and the defaults of its jobs."""

    name: str
    function: Callable[..., Any]
    queue: str
    retry: Retry
    priority: int = 0
    lock: str | None = None
    queueing_lock: str | None = None
    pass_context: bool = False
    keep_one_failure: bool = False
    """Forget older dead letters of this task when a new one comes; for ticks, which come again by themselves.
    """


@dataclass(frozen=True)
class Schedule:
    """A task that the clock enqueues. `cron` has five fields, or six with seconds last; times are UTC."""

    cron: str
    task_name: str


@dataclass
class Registry:
    """All tasks and schedules of one application."""

    tasks: dict[str, Task] = field(default_factory=dict)
    schedules: list[Schedule] = field(default_factory=list)

    def add(self, task: Task) -> None:
        """Register a task; ValueError for a name that is taken or too long."""
        for text in (task.name, task.queue):
            check_name(text)
        if task.name in self.tasks:
            raise ValueError(f"a task named {task.name!r} is registered already")
        self.tasks[task.name] = task

    def get(self, name: str) -> Task:
        """Return the task of this name; TaskNotRegistered without one."""
        try:
            return self.tasks[name]
        except KeyError:
            raise TaskNotRegistered(name) from None

    def queues(self) -> list[str]:
        """Return the queues that tasks have as their default, sorted."""
        return sorted({task.queue for task in self.tasks.values()})


def check_name(text: str) -> None:
    """Refuse an empty or overlong name of a task or queue."""
    if not text or len(text) > NAME_LENGTH or "\x00" in text:
        raise ValueError(f"not a usable name for a task or queue: {text[:40]!r}")
