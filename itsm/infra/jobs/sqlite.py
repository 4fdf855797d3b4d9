"""The connector that lets the job engine run on SQLite.

One connection on one thread of its own serves a worker: SQLite has one writer anyhow, and the event loop is
never held up while a statement waits for the write lock. Enqueueing uses the caller's connection instead, in
the caller's transaction.
"""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from procrastinate import exceptions, sql
from procrastinate.connector import BaseAsyncConnector, Notify
from procrastinate.manager import QUEUEING_LOCK_CONSTRAINT
from sqlalchemy.engine import make_url

from itsm.infra.jobs.own_queries import OWN
from itsm.infra.jobs.sqlite_queries import DELETING, HAS_CANDIDATE, PACKAGE, Statement
from itsm.kernel.clock import Clock

Row = dict[str, Any]
T = TypeVar("T")

BUSY_MILLISECONDS: Final = 10_000
BUSY_ROUNDS: Final = 6
"""How often a full wait for the write lock is repeated before the worker gives the statement up."""

NAMES: Final = {str(text): name for name, text in sql.queries.items()}
_OWN_BY_TEXT: Final = dict(OWN.values())


def moment_text(moment: datetime) -> str:
    """Return the form in which moments are kept on SQLite: UTC, sortable as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def read_moment(text: str) -> datetime:
    """Return the aware moment that `moment_text` wrote."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Bell:
    """Wakes the workers of this process when a job was committed in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def ring(self) -> None:
        """Wake every listener; from any thread."""
        with self._lock:
            listeners = list(self._listeners.items())
        for listener, loop in listeners:
            try:
                loop.call_soon_threadsafe(listener.set)
            except RuntimeError:  # its loop was closed between the copy above and here
                continue

    async def listen(self, woken: Callable[[], Any]) -> None:
        """Await `woken()` after each ring until cancelled."""
        listener = asyncio.Event()
        with self._lock:
            self._listeners[listener] = asyncio.get_running_loop()
        try:
            while True:
                await listener.wait()
                listener.clear()
                await woken()
        finally:
            with self._lock:
                del self._listeners[listener]


class SqliteConnector(BaseAsyncConnector):
    """Answers the job engine's named queries from one SQLite file.

    `url` is SQLAlchemy's address of the file. Only :meth:`open_async` takes a thread and a connection; a
    connector that is not open can still serve the `..._with_connection` methods.
    """

    def __init__(self, url: str, *, clock: Clock, bell: Bell) -> None:
        self._path = make_url(url).database or ":memory:"
        self._clock = clock
        self._bell = bell
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    def get_sync_connector(self) -> "SqliteConnector":
        """Return this connector: its synchronous methods wait for its own thread."""
        return self

    def open(self, pool: object = None) -> None:
        """Start the thread and open the connection on it. `pool` is of no use here."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jobs-sqlite")
            self._connection = self._thread.submit(_connect, self._path).result()

    def close(self) -> None:
        """Close the connection and end the thread."""
        thread, connection = self._thread, self._connection
        self._thread = self._connection = None
        if thread is not None:
            if connection is not None:
                thread.submit(connection.close).result()
            thread.shutdown()

    async def open_async(self, pool: object = None) -> None:
        """Open; see :meth:`open`."""
        await asyncio.to_thread(self.open)

    async def close_async(self) -> None:
        """Close; see :meth:`close`."""
        await asyncio.to_thread(self.close)

    def execute_query(self, query: str, **arguments: Any) -> None:
        """Run a named query, ignoring its rows."""
        self._on_thread(self._own_transaction, query, arguments)

    def execute_query_one(self, query: str, **arguments: Any) -> Row:
        """Run a named query and return its first row; NoResult without one."""
        return _first(self._on_thread(self._own_transaction, query, arguments))

    def execute_query_all(self, query: str, **arguments: Any) -> list[Row]:
        """Run a named query and return its rows."""
        return self._on_thread(self._own_transaction, query, arguments)

    async def execute_query_async(self, query: str, **arguments: Any) -> None:
        """Run a named query, ignoring its rows."""
        await self._awaited(query, arguments)

    async def execute_query_one_async(self, query: str, **arguments: Any) -> Row:
        """Run a named query and return its first row; NoResult without one."""
        return _first(await self._awaited(query, arguments))

    async def execute_query_all_async(self, query: str, **arguments: Any) -> list[Row]:
        """Run a named query and return its rows."""
        return await self._awaited(query, arguments)

    def execute_query_one_with_connection(self, connection: sqlite3.Connection, query: str, **arguments: Any) -> Row:
        """Run a named query in the caller's transaction and return its first row."""
        return _first(self.execute_query_all_with_connection(connection, query, **arguments))

    def execute_query_all_with_connection(
        self, connection: sqlite3.Connection, query: str, **arguments: Any
    ) -> list[Row]:
        """Run a named query in the caller's transaction, whole or not at all, and return its rows."""
        connection.execute("SAVEPOINT job_query")
        try:
            rows = self._translated(_run, connection, query, arguments)
        except BaseException:
            connection.execute("ROLLBACK TO job_query")
            connection.execute("RELEASE job_query")
            raise
        connection.execute("RELEASE job_query")
        return rows

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Tell of new jobs whenever the bell rings. The queue is not known: workers look for themselves."""
        channel = next(iter(channels), "")

        async def woken() -> None:
            await on_notification(channel=channel, payload='{"type": "job_inserted", "job_id": 0}')

        await self._bell.listen(woken)

    def _on_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        if self._thread is None:
            raise exceptions.AppNotOpen
        return self._thread.submit(work, *arguments).result()

    async def _awaited(self, query: str, arguments: Row) -> list[Row]:
        if self._thread is None:
            raise exceptions.AppNotOpen
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._own_transaction, query, arguments)

    def _own_transaction(self, query: str, arguments: Row) -> list[Row]:
        """Run a query in a transaction of its own, with the write lock only if it writes."""
        if self._connection is None:
            raise exceptions.AppNotOpen
        return self._translated(_transaction, self._connection, query, arguments)

    def _translated(
        self,
        run: Callable[[sqlite3.Connection, Statement, Row], list[Row]],
        connection: sqlite3.Connection,
        query: str,
        arguments: Row,
    ) -> list[Row]:
        """Find our statement for the query, run it, and speak of errors as the job engine expects."""
        try:
            return run(connection, _statement(query, arguments), self._prepared(arguments))
        except sqlite3.IntegrityError as exc:
            if "procrastinate_jobs.queueing_lock" in str(exc):
                raise exceptions.UniqueViolation(
                    constraint_name=QUEUEING_LOCK_CONSTRAINT, queueing_lock=_queueing_lock(arguments)
                ) from exc
            raise exceptions.ConnectorException(str(exc)) from exc
        except sqlite3.Error as exc:
            raise exceptions.ConnectorException(str(exc)) from exc

    def _prepared(self, arguments: Mapping[str, Any]) -> Row:
        """Return the arguments as SQLite takes them, with the present moment."""
        prepared = {name: _plain(value) for name, value in arguments.items()}
        return {**prepared, "now": moment_text(self._clock.now())}


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_MILLISECONDS / 1000, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _statement(query: str, arguments: Row) -> Statement:
    name = NAMES.get(query)
    if name is None:
        return _OWN_BY_TEXT[query]
    return DELETING[name] if arguments.get("delete_job") else PACKAGE[name]


def _transaction(connection: sqlite3.Connection, statement: Statement, arguments: Row) -> list[Row]:
    if not statement.writes:
        return _run(connection, statement, arguments)
    if statement is PACKAGE["fetch_job"] and not connection.execute(HAS_CANDIDATE, arguments).fetchone()[0]:
        return [{"id": None}]
    _begin(connection)
    try:
        rows = _run(connection, statement, arguments)
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


def _run(connection: sqlite3.Connection, statement: Statement, arguments: Row) -> list[Row]:
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


def _plain(value: object) -> object:
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
    return [_plain(part) for part in value] if isinstance(value, tuple) else _plain(value)


def _first(rows: list[Row]) -> Row:
    if not rows:
        raise exceptions.NoResult
    return rows[0]


def _queueing_lock(arguments: Row) -> str | None:
    if "jobs" in arguments:
        return next((job.queueing_lock for job in arguments["jobs"] if job.queueing_lock), None)
    lock = arguments.get("queueing_lock")
    return lock if isinstance(lock, str) else None
