"""The forms at the side of a ticket. Each is a page of its own, whose form the ticket page shows in place."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import NotFound as NoSuchPage

from itsm.accounts.models import Group
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.policy import require
from itsm.org.models import Location
from itsm.tickets.enums import TicketKind
from itsm.tickets.forms import (
    AssetForm,
    AssignmentForm,
    FactsForm,
    LinkForm,
    NumberForm,
    PersonForm,
    PriorityForm,
)
from itsm.tickets.models import Ticket
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries import detail, get_ticket, reference, ticket_to_change
from itsm.tickets.queries.people import technicians_for
from itsm.tickets.services import editing
from itsm.tickets.views import words
from itsm.tickets.views.blueprints import desk
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _

PANELS: dict[str, tuple[type[Any], TicketPermission]] = {
    "assignment": (AssignmentForm, TicketPermission.ASSIGN),
    "priority": (PriorityForm, TicketPermission.EDIT),
    "facts": (FactsForm, TicketPermission.EDIT),
    "watchers": (PersonForm, TicketPermission.INVITE),
    "link": (LinkForm, TicketPermission.LINK),
    "merge": (NumberForm, TicketPermission.MERGE),
    "asset": (AssetForm, TicketPermission.ATTACH_ASSET),
}
FACTS = ("title", "kind", "requester_id", "topic_id", "affected_id", "location_id")


@desk.get("/<int:number>/<any(assignment,priority,facts,watchers,link,merge,asset):what>")
@gate.roles(Role.TECHNICIAN)
def open_panel(number: int, what: str) -> ResponseReturnValue:
    """Show one of the forms of a ticket."""
    actor = signed_in()
    return page(actor, get_ticket(actor, number), what)


def page(actor: Actor, ticket: Ticket, what: str, *, form: Form[Any] | None = None, status: int = 200) -> Response:
    """Return a form of a ticket, with what was typed where it comes back."""
    if what not in PANELS:
        raise NoSuchPage()
    schema, permission = PANELS[what]
    require(POLICY, actor, permission, ticket)
    shown = form or Form(schema, _values(ticket, what))
    return render(
        "tickets/panel.html",
        block="ticket_panel",
        status=status,
        ticket=ticket,
        what=what,
        title=_titles()[what],
        form=shown,
        words=words,
        options=_options(ticket, what),
        base=json.dumps(_values(ticket, "facts")) if what == "facts" else "{}",
    )


def _titles() -> dict[str, str]:
    return {
        "assignment": _("Assign"),
        "priority": _("Priority"),
        "facts": _("Edit facts"),
        "watchers": _("Add a watcher"),
        "link": _("Link to another ticket"),
        "merge": _("Merge into another ticket"),
        "asset": _("Put a device on this ticket"),
    }


def _values(ticket: Ticket, what: str) -> dict[str, Any]:
    """Return what a form starts with."""
    if what == "assignment":
        return {"group_id": ticket.group_id, "assignee_id": ticket.assignee_id}
    if what == "priority":
        by_hand = ticket.priority if ticket.priority_reason else ""
        levels = {"impact": ticket.impact.value, "urgency": ticket.urgency.value}
        return {**levels, "priority": by_hand, "reason": ticket.priority_reason or ""}
    if what == "facts":
        found = {name: getattr(ticket, name) for name in FACTS}
        return {**found, "kind": ticket.kind.value, "version": ticket.version}
    return {}


def _options(ticket: Ticket, what: str) -> dict[str, Any]:
    """Return the choices of a form: short lists whole, long ones only with what is chosen now."""
    session = db.session()
    if what == "assignment":
        groups = select(Group.id, Group.name).where(Group.organization_id == ticket.organization_id)
        return {
            "groups": [(id_, name) for id_, name in session.execute(groups.order_by(Group.name).limit(300))],
            "technicians": technicians_for(session, ticket.organization_id),
        }
    if what == "facts":
        people = detail.contacts(session, [ticket.requester_id, ticket.affected_id])
        places = select(Location.id, Location.path).where(Location.organization_id == ticket.organization_id)
        return {
            "people": [(person.id, person.name) for person in people.values()],
            "topics": reference.topics(session),
            "places": [(id_, path) for id_, path in session.execute(places.order_by(Location.path).limit(500))],
        }
    if what == "priority":
        return {"matrix": {(i.value, u.value): int(p) for (i, u), p in reference.matrix(session).items()}}
    return {}


@desk.post("/<int:number>/facts")
@gate.roles(Role.TECHNICIAN)
def edit(number: int) -> ResponseReturnValue:
    """Save edited facts; where somebody else changed the same in the meantime, show both values."""
    actor = signed_in()
    form = read(FactsForm, request.form)
    try:
        wish = form.parse().command()
        with transaction(actor) as unit:
            editing.edit(actor, ticket_to_change(actor, number), wish, now=unit.now)
    except Conflict as clash:
        return _conflict(actor, number, form, clash)
    except Invalid as refusal:
        form.refuse(refusal)
        return page(actor, get_ticket(actor, number), "facts", form=form, status=422)
    return redirect(url_for("tickets.show", number=number), 303)


def _conflict(actor: Actor, number: int, form: Form[FactsForm], clash: Conflict) -> Response:
    """Return both values of what two people changed, side by side."""
    ticket = get_ticket(actor, number)
    session = db.session()
    yours = editing.labels_of(session, {field.name: field.yours for field in clash.fields})
    theirs = editing.labels_of(session, {field.name: field.theirs for field in clash.fields})
    fields = [
        {
            "name": field.name,
            "label": words.field_words(field.name).capitalize(),
            "yours": _plain(field.yours),
            "theirs": _plain(field.theirs),
            "yours_label": yours[field.name],
            "theirs_label": theirs[field.name],
        }
        for field in clash.fields
    ]
    clashing = {field.name for field in clash.fields}
    base = _base(form)
    keep = {}
    for name in FACTS:
        if name not in clashing:
            typed, now = str(form.value(name)), _plain(getattr(ticket, name))
            keep[name] = now if typed == _plain(base.get(name)) else typed
    last = detail.last_change(session, ticket)
    return render(
        "tickets/conflict.html",
        status=409,
        ticket=ticket,
        fields=fields,
        keep=keep,
        version=ticket.version,
        who=last[0],
        at=last[1],
    )


def _plain(value: Any) -> str:
    return "" if value is None else value.value if isinstance(value, TicketKind) else str(value)


def _base(form: Form[FactsForm]) -> dict[str, Any]:
    try:
        found = json.loads(form.value("base", "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
