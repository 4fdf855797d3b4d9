"""PostgreSQL's cursors, without work that nobody asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import psycopg
from psycopg import Column


class Columns(Sequence[Column]):
    """The columns of a cursor's result, put together when somebody looks at one."""

    def __init__(self, cursor: QuietCursor, number: int) -> None:
        self._cursor = cursor
        self._number = number
        self._known: list[Column] | None = None

    def __len__(self) -> int:
        """Return how many columns the result has."""
        return self._number

    @overload
    def __getitem__(self, index: int) -> Column: ...
    @overload
    def __getitem__(self, index: slice) -> list[Column]: ...
    def __getitem__(self, index: int | slice) -> Column | list[Column]:
        """Return a column, or some."""
        if self._known is None:
            self._known = [Column(self._cursor, place) for place in range(self._number)]
        return self._known[index]


class QuietCursor(psycopg.Cursor[Any]):
    """A cursor that describes its columns only where they are looked at.

    SQLAlchemy asks after every statement whether there is a description, and reads it the first time only. The driver
    makes an object of every column, which for one ticket took longer than reading it.
    """

    @property
    def description(self) -> Any:
        """Return the columns of the result, or None where there is none."""
        result = self.pgresult
        return Columns(self, result.nfields) if result is not None and result.nfields else None
