"""The connector that lets the job engine run on SQLite.

One connection on one thread of its own serves a worker: SQLite has one writer anyhow, and the event loop is
never held up while a statement waits for the write lock. Enqueueing uses the caller's connection instead, in
the caller's transaction.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from procrastinate import exceptions
from procrastinate.connector import BaseAsyncConnector, Notify
from procrastinate.manager import QUEUEING_LOCK_CONSTRAINT
from sqlalchemy.engine import make_url

from itsm.infra.jobs.bell import Bell
from itsm.infra.jobs.sqlite_execution import (
    Row,
    bindable,
    connect,
    moment_text,
    run_alone,
    run_inside,
    statement_of,
)
from itsm.infra.jobs.sqlite_queries import Statement
from itsm.kernel.clock import Clock

T = TypeVar("T")

WATCH_SECONDS: Final = 0.1
"""How often a worker looks whether another process committed something; a job starts about half of it later.
"""


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
            self._connection = self._thread.submit(connect, self._path).result()

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
            rows = self._translated(run_inside, connection, query, arguments)
        except BaseException:
            connection.execute("ROLLBACK TO job_query")
            connection.execute("RELEASE job_query")
            raise
        connection.execute("RELEASE job_query")
        return rows

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Tell that there may be new jobs: when the bell rings, and when another connection committed
        anything.

        Which queue they are in is not known: workers look for themselves.
        """
        channel = next(iter(channels), "")

        async def woken() -> None:
            await on_notification(channel=channel, payload='{"type": "job_inserted", "job_id": 0}')

        await asyncio.gather(self._bell.listen(woken), self._watch(woken))

    async def _watch(self, woken: Callable[[], Any]) -> None:
        """Look at the file's version: it costs no lock and changes with every commit, of any process."""
        seen = None
        while True:
            if self._thread is None:
                raise exceptions.AppNotOpen
            version = await asyncio.get_running_loop().run_in_executor(self._thread, self._data_version)
            if seen is not None and version != seen:
                await woken()
            seen = version
            await asyncio.sleep(WATCH_SECONDS)

    def _data_version(self) -> int:
        if self._connection is None:
            raise exceptions.AppNotOpen
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

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
        return self._translated(run_alone, self._connection, query, arguments)

    def _translated(
        self,
        run: Callable[[sqlite3.Connection, Statement, Row], list[Row]],
        connection: sqlite3.Connection,
        query: str,
        arguments: Row,
    ) -> list[Row]:
        """Find our statement for the query, run it, and speak of errors as the job engine expects."""
        try:
            return run(connection, statement_of(query, arguments), self._prepared(arguments))
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
        prepared = {name: bindable(value) for name, value in arguments.items()}
        return {**prepared, "now": moment_text(self._clock.now())}


def _first(rows: list[Row]) -> Row:
    if not rows:
        raise exceptions.NoResult
    return rows[0]


def _queueing_lock(arguments: Row) -> str | None:
    if isinstance(arguments.get("jobs"), str):  # as `enqueuing` writes them
        return next((lock for *_, lock, _payload, _moment in json.loads(arguments["jobs"]) if lock), None)
    if "jobs" in arguments:
        return next((job.queueing_lock for job in arguments["jobs"] if job.queueing_lock), None)
    lock = arguments.get("queueing_lock")
    return lock if isinstance(lock, str) else None
