"""A remote probe's role: runs the jobs of its own queue, and is refused everything else."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.engine import make_url

from itsm.infra.jobs import roles
from itsm.infra.jobs.engine import Jobs
from itsm.infra.jobs.retry import ONCE
from tests.infra.jobs.conftest import Ground, until

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

PASSWORD = "a long pass'word: 100% @/probe"
ALL_QUEUES = ["default", "site:paris", "site:berlin"]


def connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    """Open a driver connection in autocommit."""
    address = make_url(url)
    return psycopg.connect(**address.get_dialect()().create_connect_args(address)[1], autocommit=True)


@pytest.fixture
def probe_url(ground: Ground) -> Iterator[str]:
    """Give the address with which the probe of Berlin connects."""
    with connect(ground.url) as owner:
        role = roles.create_probe_role(owner, "berlin", PASSWORD)
        yield make_url(ground.url).set(username=role, password=PASSWORD).render_as_string(hide_password=False)
        assert roles.drop_probe_role(owner, "berlin") is True
        assert roles.drop_probe_role(owner, "berlin") is False


def enqueue_in_all(ground: Ground, jobs: Jobs) -> None:
    """Enqueue one job in each of three queues."""
    with ground.session() as session:
        for n, queue in enumerate(ALL_QUEUES):
            jobs.enqueue(session, "scan", {"n": n}, queue=queue)


def test_the_probe_runs_the_jobs_of_its_queue_whatever_it_asks_for(ground: Ground, probe_url: str) -> None:
    probe = Jobs(probe_url, clock=ground.clock)
    for jobs in (ground.jobs, probe):
        jobs.task(name="scan", retry=ONCE)(lambda n: ground.log.append(n))
    enqueue_in_all(ground, ground.jobs)
    with ground.worker(jobs=probe, queues=ALL_QUEUES, caretaker=False):
        until(lambda: ground.statuses() == ["todo", "todo", "succeeded"])
        enqueue_in_all(ground, ground.jobs)
        until(lambda: ground.statuses() == ["todo", "todo", "succeeded"] * 2)
    assert ground.log == [2, 2]
    assert ground.rows("SELECT count(*) FROM procrastinate_workers") == [(0,)]


def test_a_failure_at_the_probe_becomes_a_dead_letter_with_its_reason(ground: Ground, probe_url: str) -> None:
    probe = Jobs(probe_url, clock=ground.clock)

    @probe.task(name="scan", retry=ONCE)
    def scan(n: int) -> None:
        raise ConnectionRefusedError("10.0.0.1 refused")

    ground.jobs.task(name="scan")(lambda n: None)
    enqueue_in_all(ground, ground.jobs)
    with ground.worker(jobs=probe, queues=ALL_QUEUES, caretaker=False):
        until(lambda: ground.statuses() == ["todo", "todo", "failed"])
    assert ground.rows("SELECT split_part(error, E'\\n', 1) FROM job_error") == [
        ("ConnectionRefusedError: 10.0.0.1 refused",)
    ]


def test_the_probe_sees_only_its_jobs(ground: Ground, probe_url: str) -> None:
    ground.jobs.task(name="scan")(lambda n: None)
    enqueue_in_all(ground, ground.jobs)
    with ground.session() as session:
        session.connection().exec_driver_sql("INSERT INTO procrastinate_workers DEFAULT VALUES")
    with connect(probe_url) as probe:
        assert probe.execute("SELECT queue_name FROM procrastinate_jobs").fetchall() == [("site:berlin",)]
        assert probe.execute("SELECT * FROM procrastinate_workers").fetchall() == []
        assert probe.execute("DELETE FROM procrastinate_workers").rowcount == 0
        assert probe.execute("UPDATE procrastinate_jobs SET status = 'doing'").rowcount == 1
    assert ground.statuses() == ["todo", "todo", "doing"]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM effect",
        "INSERT INTO effect VALUES ('x')",
        "SELECT * FROM procrastinate_periodic_defers",
        "SELECT * FROM procrastinate_events",
        "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('site:berlin', 't')",
        "UPDATE procrastinate_jobs SET queue_name = 'default'",
        "UPDATE procrastinate_jobs SET task_name = 'other'",
        "UPDATE procrastinate_jobs SET args = '{}'",
        "DELETE FROM procrastinate_jobs",
        "INSERT INTO procrastinate_events (job_id, type) VALUES (1, 'failed')",
        "INSERT INTO job_error VALUES (1, now(), 1, 'x')",
        "CREATE TABLE mine (n integer)",
        "CREATE ROLE another",
        "ALTER TABLE procrastinate_jobs DISABLE ROW LEVEL SECURITY",
    ],
)
def test_the_probe_is_refused_everything_else(ground: Ground, probe_url: str, statement: str) -> None:
    ground.jobs.task(name="scan")(lambda n: None)
    enqueue_in_all(ground, ground.jobs)
    with connect(probe_url) as probe, pytest.raises(InsufficientPrivilege):
        probe.execute(statement)


def test_renewing_a_role_changes_its_password_only(ground: Ground, probe_url: str) -> None:
    with connect(ground.url) as owner:
        before = owner.execute("SELECT tablename, policyname FROM pg_policies ORDER BY 1").fetchall()
        name = make_url(probe_url).username or ""
        secret = owner.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (name,)).fetchone()
        assert roles.create_probe_role(owner, "berlin", PASSWORD + "2") == name
        assert owner.execute("SELECT tablename, policyname FROM pg_policies ORDER BY 1").fetchall() == before
        again = owner.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (name,)).fetchone()
    assert len(before) == 5
    assert again != secret


@pytest.mark.parametrize("site", ["", "Berlin", "a b", "x;--", "-a", "a" * 31, 'q"'])
def test_a_name_that_is_no_sites_is_refused(ground: Ground, site: str) -> None:
    with connect(ground.url) as owner, pytest.raises(ValueError, match="a site is named by"):
        roles.create_probe_role(owner, site, PASSWORD)


def test_a_short_password_is_refused(ground: Ground) -> None:
    with connect(ground.url) as owner, pytest.raises(ValueError, match="at least 16"):
        roles.create_probe_role(owner, "berlin", "short")
