"""One click, one effect: a form that creates carries a key, and the key is spent in the transaction that creates."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy import ColumnElement, Select, String, and_, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, UTCDateTime
from itsm.infra.statements import kept, run
from itsm.infra.unit import Unit, transaction
from itsm.infra.upsert import insert_into
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid


class IdempotencyKey(Base):
    """A key that was spent, by whom, and where its effect can be seen."""

    __tablename__ = "idempotency_key"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    route: Mapped[str] = mapped_column(String(120))
    location: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


def new_key() -> str:
    """Return a fresh key for a form."""
    return secrets.token_urlsafe(18)


def once(actor: Actor, create: Callable[[Unit], str]) -> str:
    """Run ``create`` in a transaction, once for the key the form carries, and return the location of its effect.

    ``create`` returns the location (a URL path). A repeated key gives the first location and does nothing. Raises
    Invalid where the form carries no key.
    """
    key = request.form.get("idempotency_key", "") or request.headers.get("Idempotency-Key", "")
    if not 8 <= len(key) <= 64:
        raise Invalid({"": "This form is too old. Please reload the page; what you typed is kept by the browser."})
    who = {"of_key": key, "of_user": actor.user_id or 0}
    with transaction(actor) as unit:
        if not _spend(unit, key, actor.user_id or 0):
            return str(run(unit.session, kept("location of a key", _location), who).scalar_one())
        location = create(unit)
        run(unit.session, kept("lead from a key", _leading), {**who, "location": location})
    return location


def _spend(unit: Unit, key: str, user_id: int) -> bool:
    """Spend the key, and say whether it was whole. On PostgreSQL a twin waits here until we commit or roll back."""
    session, table = unit.session, IdempotencyKey.__table__

    def build() -> Any:
        return insert_into(session, IdempotencyKey).on_conflict_do_nothing().returning(table.c.key)

    statement = kept(("spend a key", session.get_bind().dialect.name), build)
    row = {"key": key, "user_id": user_id, "route": request.endpoint or "", "location": "", "at": unit.now}
    return run(session, statement, row).one_or_none() is not None


def _is_mine() -> ColumnElement[bool]:
    row = IdempotencyKey.__table__.c
    return and_(row.key == bindparam("of_key"), row.user_id == bindparam("of_user"))


def _location() -> Select[Any]:
    return select(IdempotencyKey.__table__.c.location).where(_is_mine())


def _leading() -> Any:
    table: Any = IdempotencyKey.__table__
    return update(table).where(_is_mine()).values(location=bindparam("location"))
