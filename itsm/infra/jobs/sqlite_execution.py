"""How one named query runs on an SQLite connection: its transaction, its values going in and its rows coming
out.
"""

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any, Final

from procrastinate import exceptions, sql

from itsm.infra.jobs.own_queries import OWN
from itsm.infra.jobs.sqlite_queries import DELETING, HAS_CANDIDATE, PACKAGE, Statement

Row = dict[str, Any]

BUSY_MILLISECONDS: Final = 10_000
BUSY_ROUNDS: Final = 6
"""How often a full wait for the write lock is repeated before the worker gives the statement up."""

_NAMES: Final = {str(text): name for name, text in sql.queries.items()}
_OWN_BY_TEXT: Final = dict(OWN.values())


def moment_text(moment: datetime) -> str:
    """Return the form in which moments are kept on SQLite: UTC, sortable as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def read_moment(text: str) -> datetime:
    """Return the aware moment that `moment_text` wrote."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def connect(path: str) -> sqlite3.Connection:
    """Open the file as the application does, for one thread at a time; transactions are ours to begin."""
    connection = sqlite3.connect(path, timeout=BUSY_MILLISECONDS / 1000, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def statement_of(query: str, arguments: Row) -> Statement:
    """Return our statement for a query of the package or of our own. KeyError for an unknown one."""
    name = _NAMES.get(query)
    if name is None:
        return _OWN_BY_TEXT[query]
    return DELETING[name] if arguments.get("delete_job") else PACKAGE[name]


def run_alone(connection: sqlite3.Connection, statement: Statement, arguments: Row) -> list[Row]:
    """Run a statement in a transaction of its own, with the write lock only if it writes."""
    if not statement.writes:
        return run_inside(connection, statement, arguments)
    if statement is PACKAGE["fetch_job"] and not connection.execute(HAS_CANDIDATE, arguments).fetchone()[0]:
        return [{"id": None}]
    _begin(connection)
    try:
        rows = run_inside(connection, statement, arguments)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return rows


def _begin(connection: sqlite3.Connection) -> None:
    for left in reversed(range(BUSY_ROUNDS)):
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as exc:
            if left == 0 or exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        else:
            return


def run_inside(connection: sqlite3.Connection, statement: Statement, arguments: Row) -> list[Row]:
    """Run a statement in the transaction under way. ConnectorException where a row was needed and none matched."""
    if statement.before:
        newest = connection.execute("SELECT coalesce(max(id), 0) FROM procrastinate_periodic_defers").fetchone()[0]
        arguments = {**arguments, "mark": newest}
        for text in statement.before:
            connection.execute(text, arguments)
    cursor = connection.execute(statement.sql, arguments)
    columns = [column[0] for column in cursor.description or ()]
    rows = [_read(dict(zip(columns, row, strict=True))) for row in cursor.fetchall()]
    if rows:
        return rows
    if statement.nothing is not None:
        raise exceptions.ConnectorException(f"{statement.nothing} (job id: {arguments.get('job_id')})")
    return [{statement.empty: None}] if statement.empty is not None else []


def _read(row: Row) -> Row:
    for name in ("args", "stats"):
        if name in row:
            row[name] = json.loads(row[name])
    for name in ("scheduled_at", "started_at"):
        if row.get(name) is not None:
            row[name] = read_moment(row[name])
    if "abort_requested" in row:
        row["abort_requested"] = bool(row["abort_requested"])
    return row


def bindable(value: object) -> object:
    """Return a value that SQLite can bind: moments as text, arguments and lists as JSON."""
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, list | tuple | set | frozenset):
        return json.dumps([_nested(part) for part in value])
    return value


def _nested(value: object) -> object:
    """Return one member of a list: a job to defer becomes a list of its fields."""
    return [bindable(part) for part in value] if isinstance(value, tuple) else bindable(value)
