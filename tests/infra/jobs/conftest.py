"""A ground for the job engine on each database: the same tests run on both."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from itsm.infra.db import engine_options, prepare_engine, write_mode
from itsm.infra.jobs import schema
from itsm.infra.jobs.engine import Jobs
from itsm.kernel.clock import SystemClock
from tests.postgres import drop_database, fresh_database

DATABASES = ("sqlite", "postgresql")
QUICK: dict[str, Any] = {"heartbeat": 0.2, "stalled_after": 12.0, "poll": 0.1, "grace": 5.0}
"""Quick in all but one thing: a machine that is held up for some seconds has no dead workers."""


def open_engine(url: str) -> Engine:
    """Return an engine that is set up as the application's."""
    engine = create_engine(url, **engine_options(url))
    prepare_engine(engine)
    return engine


@dataclass
class Ground:
    """One empty database with the job tables and one table of effects."""

    url: str
    engine: Engine
    jobs: Jobs
    log: list[Any] = field(default_factory=list)
    clock: SystemClock = field(default_factory=SystemClock)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a unit of work that commits at its end."""
        with write_mode(), Session(self.engine) as session, session.begin():
            yield session

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self.session() as session:
            return [tuple(row) for row in session.execute(text(statement), values)]

    def statuses(self) -> list[str]:
        """Return the status of every job, oldest first."""
        return [row[0] for row in self.rows("SELECT status FROM procrastinate_jobs ORDER BY id")]

    @contextmanager
    def worker(
        self, *, jobs: Jobs | None = None, concurrency: int = 2, wrap: Any = None, **options: Any
    ) -> Iterator[threading.Event]:
        """Run a worker in a thread while the block lasts; it must end by itself when it is told to."""
        stop = threading.Event()
        chosen = {"queues": None, "wrap": wrap or (lambda call: call()), **QUICK, **options}
        thread = threading.Thread(
            target=(jobs or self.jobs).run_worker,
            kwargs={"concurrency": concurrency, "stop_event": stop, "install_signals": False, **chosen},
            daemon=True,
        )
        thread.start()
        try:
            yield stop
        finally:
            stop.set()
            thread.join(timeout=20)
            assert not thread.is_alive()


def until(true: Callable[[], Any], *, seconds: float = 15.0) -> Any:
    """Wait until the condition holds and return its value; fail after that many seconds."""
    limit = time.monotonic() + seconds
    while True:
        value = true()
        if value:
            return value
        assert time.monotonic() < limit, f"not true within {seconds} s"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def job_template(postgres_url: str) -> str:
    """Return a PostgreSQL database that holds the tables, to copy from."""
    url = fresh_database(postgres_url)
    _fill(url)
    return url


def _fill(url: str) -> None:
    engine = open_engine(url)
    with write_mode(), engine.begin() as connection:
        schema.upgrade(connection)
        connection.execute(text("CREATE TABLE effect (name varchar(100) PRIMARY KEY)"))
    engine.dispose()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of an empty database with the job tables, on each engine in turn."""
    if request.config.getoption("--database") not in ("both", request.param):
        pytest.skip("the other database was chosen")
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'jobs.db'}"
        _fill(url)
        yield url
        return
    template = request.getfixturevalue("job_template")
    url = fresh_database(request.getfixturevalue("postgres_url"), template=template)
    yield url
    drop_database(url)


@pytest.fixture
def ground(database_url: str) -> Iterator[Ground]:
    """Give a database, its engine and a job engine without tasks."""
    engine = open_engine(database_url)
    yield Ground(database_url, engine, Jobs(database_url, clock=SystemClock()))
    engine.dispose()
