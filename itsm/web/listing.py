"""Lists that page through keys: page 50 costs what page 1 costs, and nothing is counted.

A :class:`Order` names the columns a list is sorted by, ending in a unique one. A cursor is the sort key of the row at
the edge
of a page; it carries no secret and no right, and a broken one means the first page.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Result, Select, and_, bindparam, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from itsm.infra.statements import kept, run

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Key:
    """One sort column. ``label`` is the attribute of a result row that holds its value. Columns must not be NULL."""

    column: ColumnElement[Any] | InstrumentedAttribute[Any]
    label: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page: its rows, and the cursors of its neighbours (None at the ends)."""

    rows: Sequence[Row]
    after: str | None
    before: str | None

    @property
    def is_empty(self) -> bool:
        """Say whether the page has no rows."""
        return not self.rows


def fetch(
    session: Session,
    wanted: Select[Any] | Callable[[], Select[Any]],
    order: Sequence[Key],
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
    scalars: bool = False,
    shape: Hashable | None = None,
    given: Mapping[str, Any] | None = None,
) -> Page[Any]:
    """Return one page of ``wanted`` in ``order``, in one statement.

    ``after`` and ``before`` are cursors of an earlier page. ``scalars`` gives entities instead of rows. With a ``shape``
    the statement, which must be one of columns, is kept (:mod:`itsm.infra.statements`), ``wanted`` is only called to
    build it, and ``given`` are the values of its parameters.
    """
    backwards = before is not None and after is None
    edge = _decode(before if backwards else after, order)

    def build() -> Select[Any]:
        start = wanted() if callable(wanted) else wanted
        statement = start.order_by(None).order_by(*(_direction(key, backwards) for key in order))
        return (statement if edge is None else statement.where(_beyond(order, backwards))).limit(size + 1)

    statement = build() if shape is None else kept(("page", shape, size, backwards, edge is None), build)
    values = {f"edge_{place}": value for place, value in enumerate(edge or ())}
    given = {**(given or {}), **values}
    result: Result[Any] = session.execute(statement, given) if shape is None else run(session, statement, given)
    rows: list[Any] = list(result.scalars() if scalars else result)
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_next = more if not backwards else edge is not None
    has_previous = edge is not None if not backwards else more
    return Page(
        rows,
        after=_encode(rows[-1], order) if rows and has_next else None,
        before=_encode(rows[0], order) if rows and has_previous else None,
    )


def _direction(key: Key, backwards: bool) -> ColumnElement[Any]:
    column: Any = key.column
    direction: ColumnElement[Any] = column.desc() if key.descending != backwards else column.asc()
    return direction


def _beyond(order: Sequence[Key], backwards: bool) -> ColumnElement[bool]:
    """Return "comes after the edge", whose values are the parameters ``edge_0`` and so on. The leading bound is repeated
    on its own, which lets an index range scan start there."""
    edge: list[Any] = [bindparam(f"edge_{place}", type_=_column(key).type) for place, key in enumerate(order)]
    rows: list[ColumnElement[bool]] = []
    equal: ColumnElement[bool] = true()
    for key, value in zip(order, edge, strict=True):
        column: Any = key.column
        past = column < value if key.descending != backwards else column > value
        rows.append(and_(equal, past))
        equal = and_(equal, column == value)
    first: Any = order[0].column
    bound = first <= edge[0] if order[0].descending != backwards else first >= edge[0]
    return and_(bound, or_(false(), *rows))


def _column(key: Key) -> Any:
    return key.column


def _encode(row: Any, order: Sequence[Key]) -> str:
    values = []
    for key in order:
        value = getattr(row, key.label)
        values.append({"t": value.isoformat()} if isinstance(value, (datetime, date)) else value)
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def _decode(cursor: str | None, order: Sequence[Key]) -> list[Any] | None:
    if not cursor or len(cursor) > 2000:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(order):
            return None
        return [_value(value, key) for value, key in zip(values, order, strict=True)]
    except (ValueError, binascii.Error, TypeError, KeyError):
        return None


def _value(value: Any, key: Key) -> Any:
    wanted = _python_type(key)
    if isinstance(value, dict):
        moment = datetime.fromisoformat(value["t"])
        return moment.date() if wanted is date else moment
    if value is None or (wanted is not None and not isinstance(value, wanted)):
        raise TypeError(f"a cursor value of {key.label} has the wrong type")
    return value


def _python_type(key: Key) -> type | None:
    try:
        column: Any = key.column
        found: type = column.type.python_type
    except NotImplementedError:
        return None
    return found if found in (int, str, date) else None
