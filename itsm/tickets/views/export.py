"""The queue as a file for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from flask import Response, request, stream_with_context
from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.infra.unit import record, transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.policy import require
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries import queue
from itsm.tickets.queries.wish import Wish
from itsm.tickets.views.blueprints import desk
from itsm.web import gate
from itsm.web.identity import signed_in

MOST = 10_000
HEADS = ("number", "title", "state", "priority", "requester", "assignee", "group", "device", "created", "activity")


@desk.get("/export.csv")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def export() -> ResponseReturnValue:
    """Send the tickets of a view as CSV, at most 10,000, in the order of the list."""
    actor = signed_in()
    require(POLICY, actor, TicketPermission.EXPORT)
    wish = Wish.of(request.args)
    with transaction(actor):
        record("exported", "ticket", "list", **wish.values())
    response = Response(stream_with_context(_lines(actor, wish)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="tickets.csv"'
    return response


def _lines(actor: Actor, wish: Wish) -> Iterator[str]:
    session = db.session()
    reference = queue.reference(actor, session)
    yield "\ufeff" + _line(HEADS)
    after, sent = None, 0
    while sent < MOST:
        page = queue.page(actor, wish, session, after=after, size=500)
        for row in page.rows:
            state = reference.states.get(row.state_id, ("", ""))[0]
            group = reference.groups.get(row.group_id, "")
            values = (row.number, row.title, state, row.priority, row.requester, row.assignee, group, row.asset)
            yield _line((*values, row.created_at.isoformat(), row.last_activity_at.isoformat()))
        sent += len(page.rows)
        after = page.after
        if after is None:
            return


def _line(values: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(value) for value in values])
    return out.getvalue()


def _harmless(value: Any) -> Any:
    """Keep spreadsheet programs from running a text as a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value
