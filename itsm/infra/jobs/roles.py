"""The PostgreSQL role of a remote probe: it may run the jobs of its own queue and do nothing else.

The role sees only the rows of its queue (row-level security), may change only the columns that a worker
changes, and has no right on any other table: not even to enqueue. It keeps no schedules and rescues nobody,
so its worker runs with `caretaker=False`. The tables' owner, which is the application, is not subject to the
policies; an application that does not own its tables would need a policy of its own.
"""

import re
from typing import Any, Final

import psycopg
from psycopg import sql

SITE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")

_JOB_COLUMNS: Final = ("status", "worker_id", "attempts", "scheduled_at", "abort_requested")

# Who a row of procrastinate_workers belongs to; the package inserts its rows with defaults only.
_PREPARE: Final = """
ALTER TABLE procrastinate_workers ADD COLUMN IF NOT EXISTS owner name DEFAULT current_user;
ALTER TABLE procrastinate_workers ENABLE ROW LEVEL SECURITY;
ALTER TABLE procrastinate_jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE procrastinate_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_error ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_worker ENABLE ROW LEVEL SECURITY
"""

_GRANTS: Final = """
GRANT CONNECT ON DATABASE {database} TO {role};
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT, UPDATE ({job_columns}) ON procrastinate_jobs TO {role};
GRANT SELECT, INSERT, DELETE, UPDATE (last_heartbeat) ON procrastinate_workers TO {role};
GRANT INSERT ON procrastinate_events TO {role};
GRANT USAGE ON SEQUENCE procrastinate_events_id_seq TO {role};
GRANT SELECT, INSERT, UPDATE ON job_error TO {role};
GRANT SELECT, INSERT ON job_worker TO {role}
"""

# The inner queries of the last three see through the policies of the first two, so "the job exists" means "it
# is ours".
_POLICIES: Final = """
CREATE POLICY {role} ON procrastinate_jobs TO {role}
    USING (queue_name = {queue}) WITH CHECK (queue_name = {queue});
CREATE POLICY {role} ON procrastinate_workers TO {role}
    USING (owner = current_user) WITH CHECK (owner = current_user);
CREATE POLICY {role} ON procrastinate_events TO {role}
    USING (EXISTS (SELECT 1 FROM procrastinate_jobs AS job WHERE job.id = job_id));
CREATE POLICY {role} ON job_error TO {role}
    USING (EXISTS (SELECT 1 FROM procrastinate_jobs AS job WHERE job.id = job_id));
CREATE POLICY {role} ON job_worker TO {role}
    USING (EXISTS (SELECT 1 FROM procrastinate_workers AS worker WHERE worker.id = worker_id))
"""


def probe_queue(site: str) -> str:
    """Return the queue of a site's probe; ValueError for a name that is no site's."""
    if not SITE.fullmatch(site):
        raise ValueError(f"a site is named by small letters, digits and hyphens, not {site[:40]!r}")
    return f"site:{site}"


def probe_role(database: str, site: str) -> str:
    """Return the name of the role: roles belong to the whole server, so it begins with the database's name."""
    probe_queue(site)
    return f"{database[:25]}_probe_{site}"


def create_probe_role(connection: "psycopg.Connection[Any]", site: str, password: str) -> str:
    """Create the role of a site's probe, or renew its rights and password; return its name.

    `connection` belongs to the tables' owner, who must be allowed to create roles; everything happens in its
    transaction.
    """
    if len(password) < 16:
        raise ValueError("a probe's password has at least 16 characters")
    names = _names(connection, site)
    drop_probe_role(connection, site)
    connection.execute(_PREPARE)
    connection.execute(
        sql.SQL("CREATE ROLE {role} LOGIN NOINHERIT NOCREATEDB NOCREATEROLE PASSWORD {password}").format(
            role=names["role"], password=sql.Literal(password)
        )
    )
    connection.execute(sql.SQL(_GRANTS).format(**names))
    connection.execute(sql.SQL(_POLICIES).format(**names))
    return probe_role(connection.info.dbname, site)


def drop_probe_role(connection: "psycopg.Connection[Any]", site: str) -> bool:
    """Remove the role with its rights and policies; False when there is none."""
    name = probe_role(connection.info.dbname, site)
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is None:
        return False
    role = sql.Identifier(name)
    # Whoever may make roles without being a superuser has to be a member to take away what a role owns.
    connection.execute(sql.SQL("GRANT {role} TO CURRENT_USER").format(role=role))
    connection.execute(sql.SQL("DROP OWNED BY {role}").format(role=role))
    connection.execute(sql.SQL("DROP ROLE {role}").format(role=role))
    return True


def _names(connection: "psycopg.Connection[Any]", site: str) -> dict[str, sql.Composable]:
    schema = connection.execute("SELECT current_schema()").fetchone()
    return {
        "role": sql.Identifier(probe_role(connection.info.dbname, site)),
        "queue": sql.Literal(probe_queue(site)),
        "database": sql.Identifier(connection.info.dbname),
        "schema": sql.Identifier(schema[0] if schema else "public"),
        "job_columns": sql.SQL(", ").join(sql.Identifier(column) for column in _JOB_COLUMNS),
    }
