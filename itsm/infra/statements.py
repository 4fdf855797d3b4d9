"""Statements kept by their shape: SQLAlchemy takes longer to put one together than either database to run it.

A statement that is the same but for its values is built once, and executed with the values of the moment. Whoever keeps
one gives a ``shape``: everything that decides what the statement *says*. What differs from person to person is a named
parameter (:func:`me` and its like), never part of a kept statement, and is given anew at every execution by
:func:`of`. Nothing has to be forgotten: a statement does not depend on what is in the database.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, CursorResult, bindparam
from sqlalchemy.orm import Session

from itsm.infra.db import BigInt
from itsm.kernel.actor import Actor

MOST: Final = 512
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
_kept: OrderedDict[Hashable, Any] = OrderedDict()


def kept(shape: Hashable, build: Callable[[], Any]) -> Any:
    """Return the statement of this shape; it is built where it was not needed lately."""
    found = _kept.get(shape)
    if found is None:
        found = _kept[shape] = build()
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return found


def run(session: Session, statement: Any, values: Values = None) -> CursorResult[*tuple[Any, ...]]:
    """Execute a statement of tables and columns in the session's transaction, on its connection.

    The session would look for objects to flush and to load first, and takes a third as long again as the statement.
    What the statement shall see must be flushed. One that loads objects goes through the session.
    """
    return session.connection().execute(statement, values)


def me(actor: Actor) -> BindParameter[Any]:
    """Return the parameter that stands for the person who asks."""
    return bindparam("me", actor.person_id, BigInt)


def my_groups(actor: Actor) -> BindParameter[Any]:
    """Return the parameter that stands for the groups of the person who asks, for ``in_``."""
    return bindparam("my_groups", sorted(actor.group_ids), BigInt, expanding=True)


def my_organizations(actor: Actor) -> BindParameter[Any]:
    """Return the parameter that stands for the organizations that exist for the person who asks, for ``in_``."""
    return bindparam("my_organizations", sorted(actor.organization_ids), BigInt, expanding=True)


def of(actor: Actor) -> dict[str, Any]:
    """Return the values of these parameters."""
    groups, organizations = sorted(actor.group_ids), sorted(actor.organization_ids)
    return {"me": actor.person_id, "my_groups": groups, "my_organizations": organizations}
