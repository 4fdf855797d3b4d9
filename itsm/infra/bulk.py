"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite; no entities, no journal, no defaults.

This is for loads of a hundred thousand rows in the transaction of a command. Whoever uses it writes all columns that
have no default in the database, keeps what the services would keep beside the rows, and leaves one line in the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session


def append(session: Session, model: Any, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows, each with a value for every one of ``columns``, in that order. Values are those of the model."""
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    name, prepared = model.__tablename__, _bound(connection, model, columns, rows)
    if connection.dialect.name == "postgresql":
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in prepared:
                copy.write_row(row)
        return
    names, marks = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
    driver.executemany(f'INSERT INTO "{name}" ({names}) VALUES ({marks})', prepared)  # noqa: S608 - names of a model


def last_id(session: Session, model: Any) -> int:
    """Return the highest id of a table, 0 where it is empty: new rows are numbered from the next one on."""
    return int(session.scalar(select(func.coalesce(func.max(model.id), 0))) or 0)


def follow_ids(session: Session, *models: Any) -> None:
    """Let each table's own numbering go on after the ids that were appended. SQLite does so by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for model in models:
        highest = last_id(session, model)
        if highest:
            session.execute(
                text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"),
                {"name": model.__tablename__, "last": highest},
            )


def tidy(connection: Connection) -> None:
    """Let the database take stock after a load: dead rows cleared, statistics and visibility map made.

    The connection must be in autocommit: neither database does this inside a transaction.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("VACUUM (ANALYZE)"))
    else:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA query_only=OFF")
        driver.execute("ANALYZE")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _bound(
    connection: Connection, model: Any, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> Iterator[Sequence[Any]]:
    """Yield the rows with every value in the form that the driver stores."""
    dialect, table = connection.dialect, model.__table__
    binders: list[tuple[int, Callable[[Any], Any]]] = []
    for place, column in enumerate(columns):
        binder = table.c[column].type.dialect_impl(dialect).bind_processor(dialect)
        if binder is not None:
            binders.append((place, binder))
    for row in rows:
        values = list(row)
        for place, binder in binders:
            values[place] = binder(values[place])
        yield values
