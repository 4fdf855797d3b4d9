"""One click, one effect: a form that creates carries a key, and the key is spent in the transaction that creates."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from flask import request
from sqlalchemy import String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, UTCDateTime
from itsm.infra.unit import Unit, transaction
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
    Invalid where the form
    carries no key.
    """
    key = request.form.get("idempotency_key", "") or request.headers.get("Idempotency-Key", "")
    if not 8 <= len(key) <= 64:
        raise Invalid({"": "This form is too old. Please reload the page; what you typed is kept by the browser."})
    user_id = actor.user_id or 0
    try:
        with transaction(actor) as unit:
            spent = _location(unit, key, user_id)
            if spent is not None:
                return spent
            row = IdempotencyKey(key=key, user_id=user_id, route=request.endpoint or "", location="", at=unit.now)
            unit.session.add(row)
            unit.session.flush()  # on PostgreSQL a twin waits here, and fails once we commit
            row.location = create(unit)
            return row.location
    except IntegrityError:
        with transaction(actor) as unit:
            spent = _location(unit, key, user_id)
        if spent is None:
            raise
        return spent


def _location(unit: Unit, key: str, user_id: int) -> str | None:
    wanted = select(IdempotencyKey.location).filter_by(key=key, user_id=user_id)
    return unit.session.scalars(wanted).one_or_none()
