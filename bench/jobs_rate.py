"""How fast jobs are enqueued and run, on each database.

    python -m bench.jobs_rate [--jobs 1000]

Prints one JSON object a database: transactions that enqueue one job each, a second, from one process; jobs a
second that one worker of eight threads runs, of nothing and of 10 ms; and the delay between a commit and the
start of its job when the worker is idle (median and 95th percentile, milliseconds).
"""

import argparse
import json
import threading
import time
from statistics import median, quantiles
from typing import Any

from sqlalchemy import Engine, text

from bench.jobs_crash import databases, open_engine, writing
from itsm.infra.db import write_mode
from itsm.infra.jobs import schema
from itsm.infra.jobs.engine import Jobs
from itsm.kernel.clock import SystemClock


def measure(url: str, jobs_wanted: int) -> dict[str, Any]:
    """Return the figures of one database."""
    engine = open_engine(url)
    with write_mode(), engine.begin() as connection:
        schema.upgrade(connection)
        connection.execute(text("CREATE TABLE change (n integer PRIMARY KEY)"))
    jobs = Jobs(url, clock=SystemClock())
    started: dict[int, float] = {}
    jobs.task(name="nothing")(lambda n: started.setdefault(n, time.monotonic()))
    jobs.task(name="short")(lambda n: time.sleep(0.01))
    figures = {
        "database": engine.dialect.name,
        "enqueued_per_second": enqueue(engine, jobs, "nothing", jobs_wanted),
        "empty_jobs_per_second": drain(engine, jobs),
    }
    enqueue(engine, jobs, "short", jobs_wanted, start=jobs_wanted)
    figures["short_jobs_per_second"] = drain(engine, jobs)
    started.clear()
    delays = idle_delays(engine, jobs, started)
    figures["idle_delay_ms"] = round(median(delays) * 1000, 1)
    figures["idle_delay_p95_ms"] = round(quantiles(delays, n=20)[-1] * 1000, 1)
    engine.dispose()
    return figures


def enqueue(engine: Engine, jobs: Jobs, task: str, wanted: int, *, start: int = 0) -> float:
    """Commit changes with a job each; return how many a second."""
    begun = time.monotonic()
    for n in range(start, start + wanted):
        with writing(engine) as session:
            session.execute(text("INSERT INTO change VALUES (:n)"), {"n": n})
            jobs.enqueue(session, task, {"n": n})
    return round(wanted / (time.monotonic() - begun), 1)


def drain(engine: Engine, jobs: Jobs) -> float:
    """Run everything that waits; return how many jobs a second."""
    waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")

    def left() -> int:
        with engine.connect() as connection:
            return int(connection.execute(waiting).scalar_one())

    wanted, begun = left(), time.monotonic()
    with running(jobs):
        while left():
            time.sleep(0.05)
        return round(wanted / (time.monotonic() - begun), 1)


class running:  # noqa: N801 - used as a statement
    """A worker of eight threads while the block lasts."""

    def __init__(self, jobs: Jobs) -> None:
        self._stop = threading.Event()
        options: dict[str, Any] = {"wrap": lambda call: call(), "stop_event": self._stop, "install_signals": False}
        self._thread = threading.Thread(target=jobs.run_worker, args=(None, 8), kwargs=options)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()


def idle_delays(engine: Engine, jobs: Jobs, started: dict[int, float]) -> list[float]:
    """Return the seconds from commit to start of single jobs; enqueued by an engine that shares only the
    database.
    """
    elsewhere = Jobs(jobs.url, clock=SystemClock())
    elsewhere.task(name="nothing")(lambda n: None)
    delays = []
    with running(jobs):
        time.sleep(2)
        for n in range(40):
            with writing(engine) as session:
                elsewhere.enqueue(session, "nothing", {"n": n})
            committed = time.monotonic()
            while n not in started:
                time.sleep(0.001)
            delays.append(started[n] - committed)
            time.sleep(0.03)
    return delays


def main() -> None:
    """Measure both databases and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--jobs", type=int, default=500)
    chosen = parser.parse_args()
    with databases(chosen.database, None) as urls:
        for url in urls:
            print(json.dumps(measure(url, chosen.jobs)), flush=True)


if __name__ == "__main__":
    main()
