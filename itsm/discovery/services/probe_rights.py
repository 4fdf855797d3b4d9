"""What a probe's database role may do beside the jobs of its queue: three tables, its own rows, as few columns as work.

It may read the orders of its own parts, write one row about itself, and add deliveries under its own number. It can change
or delete nothing that it delivered, and sees nothing of other probes.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg import errors, sql

from itsm.infra.jobs import roles
from itsm.kernel.errors import RuleBroken
from itsm.kernel.text import phrase

_RIGHTS: Final = """
GRANT SELECT (probe_id, at, welcome, standing), UPDATE (at, told, card) ON probe_beat TO {role};
GRANT SELECT (id, probe_id, state, cancel_asked_at, parcel) ON sweep_part TO {role};
GRANT SELECT (probe_id, stream, sequence, state), INSERT (probe_id, stream, sequence, body) ON probe_delivery TO {role};
GRANT USAGE ON SEQUENCE probe_delivery_id_seq TO {role};
CREATE POLICY {role} ON probe_beat TO {role} USING (probe_id = {probe}) WITH CHECK (probe_id = {probe});
CREATE POLICY {role} ON sweep_part FOR SELECT TO {role} USING (probe_id = {probe} AND NOT is_file);
CREATE POLICY {role} ON probe_delivery TO {role}
    USING (probe_id = {probe} AND stream = '') WITH CHECK (probe_id = {probe} AND stream = '');
ALTER ROLE {role} CONNECTION LIMIT 12 VALID UNTIL {until}
"""


def grant(connection: psycopg.Connection[Any], site: str, probe_id: int, password: str, until: str) -> str:
    """Make the role of a probe, or renew it with another password, good ``until``; return its name. Raises RuleBroken."""
    try:
        name = roles.create_probe_role(connection, site, password)
        parts = {"role": sql.Identifier(name), "probe": sql.Literal(probe_id), "until": sql.Literal(until)}
        connection.execute(sql.SQL(_RIGHTS).format(**parts))
    except errors.InsufficientPrivilege as error:
        raise RuleBroken(
            phrase(
                "The database account of this installation may not make roles, so no probe can be given one. "
                "Let an administrator of PostgreSQL run: ALTER ROLE %(user)s CREATEROLE",
                user=connection.info.user,
            )
        ) from error
    return name


def keep(connection: psycopg.Connection[Any], site: str) -> None:
    """Let the role's password count without end: its probe has enrolled and changed it."""
    role = sql.Identifier(roles.probe_role(connection.info.dbname, site))
    connection.execute(sql.SQL("ALTER ROLE {role} VALID UNTIL 'infinity'").format(role=role))


def withdraw(connection: psycopg.Connection[Any], site: str) -> None:
    """Remove the role and close the connections that it has open."""
    name = roles.probe_role(connection.info.dbname, site)
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is None:
        return
    connection.execute(sql.SQL("GRANT {role} TO CURRENT_USER").format(role=sql.Identifier(name)))
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (name,))
    roles.drop_probe_role(connection, site)
