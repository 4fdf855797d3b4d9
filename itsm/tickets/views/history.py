"""The history of a ticket: its journal in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.kernel.actor import Role
from itsm.kernel.policy import require
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries import get_ticket
from itsm.tickets.queries.history import journal_of, names_in
from itsm.tickets.views import words
from itsm.tickets.views.blueprints import desk
from itsm.web import gate
from itsm.web.filters import when
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _, once_a_language, told

UNTOLD: Final = frozenset({"number", "organization_id", "category", "turn", "with", "entry", "solution_id"})
"""What other fields of the same line say already, or what only the machine needs."""


@desk.get("/<int:number>/history")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def history(number: int) -> ResponseReturnValue:
    """Show who changed what of a ticket, from what to what."""
    actor = signed_in()
    ticket = get_ticket(actor, number)
    require(POLICY, actor, TicketPermission.READ_INTERNAL, ticket)
    rows = journal_of(db.session(), ticket)
    names = names_in(db.session(), rows)
    return render("tickets/history.html", ticket=ticket, lines=[line(row, names) for row in rows])


def line(row: Any, names: dict[tuple[str, int], str]) -> dict[str, Any]:
    """Return a line of the journal as the page shows it; an erased detail leaves when and what."""
    detail = row.detail or {}
    before, after = detail.get("before") or {}, detail.get("after") or {}
    changes = [
        (field_names().get(name, name), value(name, before.get(name), names), value(name, after.get(name), names))
        for name in {**before, **after}
        if name not in UNTOLD
    ]
    return {"at": row.at, "who": detail.get("actor"), "what": actions().get(row.action, row.action), "changes": changes}


def value(name: str, kept: Any, names: dict[tuple[str, int], str]) -> Any:
    """Return what the journal kept of a field in words, or None for nothing."""
    if kept is None or kept == "":
        return None
    if name.endswith("_at"):
        return when(datetime.fromisoformat(str(kept)))
    if isinstance(kept, int) and (name, kept) in names:
        return told(names[name, kept]) if name == "state_id" else names[name, kept]
    worded = _WORDED.get(name)
    return worded(kept) if worded else str(kept)


def door_words(door: str) -> str:
    """Return how a ticket came in."""
    return {"web": _("the web page"), "mail": _("mail"), "job": _("the house itself")}.get(door, door)


_WORDED: Final[dict[str, Callable[[Any], str]]] = {
    "door": door_words,
    "kind": words.kind_words,
    "impact": words.level_words,
    "urgency": words.level_words,
    "priority": words.priority_words,
    "pending_reason": words.reason_words,
}


@once_a_language
def actions() -> dict[str, str]:
    """Return what was done."""
    return {
        "created": _("wrote it down"),
        "changed": _("changed"),
        "replied": _("replied"),
        "noted": _("wrote an internal note"),
    }


@once_a_language
def field_names() -> dict[str, str]:
    """Return what the fields of a ticket are called."""
    return {
        "title": _("Title"),
        "kind": _("Kind"),
        "state_id": _("State"),
        "pending_reason": _("Why it waits"),
        "impact": _("Impact"),
        "urgency": _("Urgency"),
        "priority": _("Priority"),
        "priority_reason": _("Why this priority"),
        "topic_id": _("Topic"),
        "group_id": _("Group"),
        "assignee_id": _("Technician"),
        "requester_id": _("Requester"),
        "affected_id": _("Affected"),
        "created_by_id": _("Written by"),
        "location_id": _("Location"),
        "asset_id": _("Device"),
        "door": _("Came by"),
        "merged_into_id": _("Merged into"),
        "first_replied_at": _("First reply"),
        "resolved_at": _("Resolved"),
        "closed_at": _("Closed"),
        "due_at": _("Due"),
    }
