"""Kill producers and workers at random, and count what was lost, made up or done twice.

    python -m bench.jobs_crash                       # both databases, 250 transactions, 8 kills
    python -m bench.jobs_crash --database sqlite --transactions 1000 --kills 60

A producer commits a ticket and its job in one transaction; every fifth transaction is rolled back, and it
kills itself between the job and the commit now and then. Two workers of four threads run the jobs, of which
one in ten fails at random; workers are killed (SIGKILL), and every third time one is held still past its
lease (SIGSTOP) and let go again. A schedule of every second runs beside it. The last line is one JSON object
a database.
"""

import argparse
import faulthandler
import json
import logging
import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.context import ForkProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from itsm.infra.db import engine_options, prepare_engine, write_mode
from itsm.infra.jobs import schema
from itsm.infra.jobs.engine import Jobs
from itsm.infra.jobs.registry import TaskContext
from itsm.infra.jobs.retry import Retry
from itsm.kernel.clock import SystemClock
from tests.postgres import fresh_database, running_server

FORK = multiprocessing.get_context("fork")
HEARTBEAT, STALLED_AFTER = 0.5, 2.0
TABLES = (
    "CREATE TABLE ticket (n integer PRIMARY KEY)",
    "CREATE TABLE notified (n integer PRIMARY KEY)",
    "CREATE TABLE run (n integer NOT NULL, job integer NOT NULL)",
)


def open_engine(url: str) -> Engine:
    """Return an engine that is set up as the application's."""
    engine = create_engine(url, **engine_options(url))
    prepare_engine(engine)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Any]:
    """Open a transaction that may write."""
    with write_mode(), Session(engine) as session, session.begin():
        yield session


def build(url: str, engine: Engine) -> Jobs:
    """Return the job engine with the two tasks of this probe."""
    jobs = Jobs(url, clock=SystemClock())
    patient = Retry(attempts=40, first=timedelta(seconds=0.1), factor=1.5, longest=timedelta(seconds=1))

    @jobs.task(name="notify", retry=patient, pass_context=True)
    def notify(context: TaskContext, n: int) -> None:
        time.sleep(random.uniform(0, 0.05))
        if random.random() < 0.1:
            raise RuntimeError("one in ten fails")
        with writing(engine) as session:
            session.execute(text("INSERT INTO run VALUES (:n, :job)"), {"n": n, "job": context.job_id})
            # The effect key: whoever comes second changes nothing.
            session.execute(text("INSERT INTO notified VALUES (:n) ON CONFLICT DO NOTHING"), {"n": n})

    @jobs.task(name="slot", retry=patient)
    def slot(timestamp: int) -> None:
        time.sleep(0.01)

    jobs.periodic("* * * * * *", "slot")
    return jobs


def produce(url: str, tried: "Synchronized[int]", stop: int, die_every: int) -> None:
    """Commit tickets up to `stop`, each with its job; die by one's own hand in the middle of some."""
    engine = open_engine(url)
    jobs = build(url, engine)
    while tried.value < stop:
        n = tried.value
        tried.value += 1
        try:
            with writing(engine) as session:
                session.execute(text("INSERT INTO ticket VALUES (:n)"), {"n": n})
                jobs.enqueue(session, "notify", {"n": n})
                if n % 5 == 4:
                    raise InterruptedError
                if n % die_every == die_every - 1:
                    os.kill(os.getpid(), signal.SIGKILL)
        except InterruptedError:
            pass
        time.sleep(0.005)


def work(url: str) -> None:
    """Run a worker until killed."""
    faulthandler.register(signal.SIGUSR1)
    logging.disable(logging.ERROR if os.environ.get("QUIET", "1") == "1" else logging.DEBUG)
    build(url, open_engine(url)).run_worker(
        None, 4, wrap=lambda call: call(), heartbeat=HEARTBEAT, stalled_after=STALLED_AFTER, poll=0.2
    )


def start(target: Callable[..., None], *arguments: object) -> ForkProcess:
    """Start a process; forked, so that it lives at once. This process never holds a connection while it
    forks.
    """
    process = FORK.Process(target=target, args=arguments)
    process.start()
    return process


class Torture:
    """Some workers and a producer, and what is done to them."""

    def __init__(self, url: str, transactions: int, workers: int) -> None:
        self.url = url
        self.transactions = transactions
        self.tried: Synchronized[int] = FORK.Value("i", 0)
        self.producer = self._producer()
        self.workers = [start(work, url) for _ in range(workers)]

    def _producer(self) -> ForkProcess:
        return start(produce, self.url, self.tried, self.transactions, 37)

    def kill_one(self, *, hold: bool) -> None:
        """Kill a worker and start another; or hold it past its lease and let it go again."""
        victim = random.randrange(len(self.workers))
        pid = self.workers[victim].pid or 0
        if hold:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(STALLED_AFTER * 1.5)
            os.kill(pid, signal.SIGCONT)
            return
        self.workers[victim].kill()
        self.workers[victim].join()
        self.workers[victim] = start(work, self.url)

    def produce_on(self) -> bool:
        """Start the producer again if it died; False when everything was tried."""
        if self.producer.is_alive():
            return True
        if self.tried.value >= self.transactions:
            return False
        self.producer = self._producer()
        return True

    def end(self) -> None:
        """Ask the workers to stop; kill those that do not, and say so."""
        self.producer.kill()
        self.producer.join()
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.join(20)
        stuck = [worker for worker in self.workers if worker.is_alive()]
        for worker in stuck:
            os.kill(worker.pid or 0, signal.SIGUSR1)  # makes it print its stacks
            time.sleep(1)
            worker.kill()
        if stuck:
            raise RuntimeError("a worker did not stop when it was told to")


def torture(url: str, *, transactions: int, kills: int, workers: int, seconds: float) -> None:
    """Produce everything while workers die; return when all is done or the time is up."""
    victims = Torture(url, transactions, workers)
    try:
        for kill in range(kills):
            time.sleep(random.uniform(0.3, 1.2))
            victims.kill_one(hold=kill % 3 == 2)
            victims.produce_on()
        while victims.produce_on():
            time.sleep(0.1)
        drain(url, seconds)
    finally:
        victims.end()


def drain(url: str, seconds: float) -> None:
    """Wait until no job of a ticket is left to do."""
    engine = open_engine(url)
    limit = time.monotonic() + seconds
    open_jobs = text(
        "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'notify' AND status IN ('todo', 'doing')"
    )
    while time.monotonic() < limit:
        with engine.connect() as connection:
            if connection.execute(open_jobs).scalar_one() == 0:
                break
        time.sleep(0.2)
    engine.dispose()


def count(url: str) -> dict[str, int]:
    """Return the figures."""
    engine = open_engine(url)
    queries = {
        "committed": "SELECT count(*) FROM ticket",
        "notified": "SELECT count(*) FROM notified",
        "lost": "SELECT count(*) FROM ticket WHERE n NOT IN (SELECT n FROM notified)",
        "ghosts": "SELECT count(*) FROM notified WHERE n NOT IN (SELECT n FROM ticket)",
        "ran_twice": "SELECT count(*) FROM (SELECT n FROM run GROUP BY n HAVING count(*) > 1) AS twice",
        "jobs_per_ticket_wrong": "SELECT count(*) FROM (SELECT n FROM run GROUP BY n"
        " HAVING count(DISTINCT job) > 1) AS wrong",
        "slots": "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'slot'",
        "slot_duplicates": "SELECT count(*) FROM (SELECT args FROM procrastinate_jobs"
        " WHERE task_name = 'slot' GROUP BY args HAVING count(*) > 1) AS twice",
        "dead_letters": "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'",
        "still_open": "SELECT count(*) FROM procrastinate_jobs"
        " WHERE task_name = 'notify' AND status IN ('todo', 'doing')",
    }
    with engine.connect() as connection:
        figures = {name: int(connection.execute(text(query)).scalar_one()) for name, query in queries.items()}
    engine.dispose()
    return figures


def probe(url: str, *, transactions: int, kills: int, workers: int, seconds: float) -> dict[str, Any]:
    """Prepare a database, torture it and return the figures."""
    engine = open_engine(url)
    with write_mode(), engine.begin() as connection:
        schema.upgrade(connection)
        for table in TABLES:
            connection.execute(text(table))
    engine.dispose()
    started = time.monotonic()
    torture(url, transactions=transactions, kills=kills, workers=workers, seconds=seconds)
    return {
        "database": url.split(":", maxsplit=1)[0].split("+")[0],
        **count(url),
        "kills": kills,
        "seconds": round(time.monotonic() - started, 1),
    }


@contextmanager
def databases(chosen: str, url: str | None) -> Iterator[list[str]]:
    """Give the addresses of empty databases."""
    if url:
        yield [url]
        return
    with tempfile.TemporaryDirectory() as folder:
        urls = [f"sqlite:///{Path(folder) / 'crash.db'}"] if chosen != "postgresql" else []
        if chosen == "sqlite":
            yield urls
            return
        with running_server() as server:
            yield [*urls, fresh_database(server)]


def main() -> None:
    """Run the probe and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--url", help="an empty database to use instead")
    parser.add_argument("--transactions", type=int, default=250)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60, help="how long to wait for the last jobs")
    chosen = parser.parse_args()
    with databases(chosen.database, chosen.url) as urls:
        for url in urls:
            figures = probe(
                url,
                transactions=chosen.transactions,
                kills=chosen.kills,
                workers=chosen.workers,
                seconds=chosen.seconds,
            )
            print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
