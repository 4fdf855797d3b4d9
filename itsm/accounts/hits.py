"""People in the search over everything."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for

from itsm.accounts.queries.people import people_named
from itsm.infra.db import db
from itsm.kernel.actor import Actor
from itsm.kernel.policy import is_staff
from itsm.web.search import Hit
from itsm.web.texts import _


def people_found(actor: Actor, words: str, limit: int) -> Sequence[Hit]:
    """Return people by name, address or number; employees have no page of people and find none."""
    if not is_staff(actor, None):
        return []
    rows = people_named(db.session(), actor, words, most=limit)
    return [
        Hit(
            _("People"),
            row.name,
            url_for("accounts.show_person", person_id=row.id),
            row.email or row.job_title or "",
            "user",
        )
        for row in rows
    ]
