"""The job tables come and go whole, on both databases, and both connectors find what they need."""

from sqlalchemy import inspect

from itsm.infra.db import write_mode
from itsm.infra.jobs import schema
from tests.infra.jobs.conftest import Ground


def _names(ground: Ground) -> set[str]:
    return {name for name in inspect(ground.engine).get_table_names() if not name.startswith("sqlite_")}


def test_down_leaves_nothing_and_up_brings_it_all_back(ground: Ground) -> None:
    columns = {name: {c["name"] for c in inspect(ground.engine).get_columns(name)} for name in schema.TABLES}
    with write_mode(), ground.engine.begin() as connection:
        schema.drop(connection)
    assert _names(ground) == {"effect"}
    if ground.engine.dialect.name == "postgresql":
        left = ground.rows(
            """SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
               UNION ALL SELECT typname::text FROM pg_type WHERE typname LIKE 'procrastinate%'"""
        )
        assert left == []
    with write_mode(), ground.engine.begin() as connection:
        schema.upgrade(connection)
    assert _names(ground) == schema.TABLES | {"effect"}
    again = {name: {c["name"] for c in inspect(ground.engine).get_columns(name)} for name in schema.TABLES}
    assert again == columns


def test_both_databases_have_the_same_columns(ground: Ground) -> None:
    got = {
        name: sorted(column["name"] for column in inspect(ground.engine).get_columns(name))
        for name in sorted(schema.TABLES)
    }
    assert got == {
        "job_error": ["at", "attempt", "error", "job_id"],
        "job_worker": ["concurrency", "host", "pid", "queues", "started_at", "worker_id"],
        "procrastinate_events": ["at", "id", "job_id", "type"],
        "procrastinate_jobs": [
            *("abort_requested", "args", "attempts", "id", "lock", "priority", "queue_name"),
            *("queueing_lock", "scheduled_at", "status", "task_name", "worker_id"),
        ],
        "procrastinate_periodic_defers": ["defer_timestamp", "id", "job_id", "periodic_id", "task_name"],
        "procrastinate_workers": ["id", "last_heartbeat"],
    }
