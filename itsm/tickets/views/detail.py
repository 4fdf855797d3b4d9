"""One ticket: the conversation in the middle, everything else at its side."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.infra.markup import kept
from itsm.kernel.actor import Actor, Role
from itsm.kernel.policy import allowed, rights
from itsm.tickets.enums import EntryKind, ParticipantRole
from itsm.tickets.models import Ticket
from itsm.tickets.panels import Place, ticket_panels
from itsm.tickets.policies import POLICY, TicketPermission, works_at_desk
from itsm.tickets.queries import detail, get_ticket
from itsm.tickets.queries.beside import Beside, beside
from itsm.tickets.queries.files import files_of
from itsm.tickets.views import gadgets, sentences, words
from itsm.tickets.views.blueprints import desk, employees
from itsm.tickets.views.files import links_of
from itsm.tickets.views.steps import Steps, steps_of
from itsm.web import gate
from itsm.web.identity import signed_in
from itsm.web.render import fresh, render, unchanged


@employees.get("/t/<int:number>")
@gate.signed_in
def any_ticket(number: int) -> ResponseReturnValue:
    """Lead to a ticket where the reader may see it: at the desk, or in the portal."""
    actor = signed_in()
    ticket = get_ticket(actor, number)
    at_desk = works_at_desk(actor) and allowed(POLICY, actor, TicketPermission.READ_INTERNAL, ticket)
    return redirect(url_for("tickets.show" if at_desk else "portal.show", number=ticket.number))


@desk.get("/<int:number>")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def show(number: int) -> ResponseReturnValue:
    """Show a ticket, or the part of it that was asked for again."""
    actor = signed_in()
    ticket = get_ticket(actor, number)
    parts = (actor.user_id, request.full_path, ticket.version, ticket.last_activity_at)
    if request.headers.get("HX-Request") and (same := unchanged(*parts)) is not None:
        return same
    if not allowed(POLICY, actor, TicketPermission.READ_INTERNAL, ticket):
        return redirect(url_for("portal.show", number=number))
    around = beside(db.session(), actor, ticket)
    if around.names.survivor is not None and request.args.get("alone") is None:
        return redirect(url_for("tickets.show", number=around.names.survivor))
    response = page(actor, ticket, around)
    return fresh(response, *parts) if request.headers.get("HX-Request") else response


_NAMED = [(permission.name.lower(), permission) for permission in TicketPermission]


def page(actor: Actor, ticket: Ticket, around: Beside | None = None, *, status: int = 200, **more: Any) -> Response:
    """Return the page of a ticket; ``more`` carries what a refused form brings back."""
    session = db.session()
    around = around or beside(session, actor, ticket)
    may = rights(POLICY, actor, ticket)
    internal = TicketPermission.READ_INTERNAL in may
    entries, cut = detail.conversation(session, ticket, internal=internal)
    roles = {p.person_id: p.role for p in ticket.participants if p.person_id is not None}
    people = around.people
    readers = [people.get(ticket.requester_id), people.get(ticket.affected_id or 0), *(people.get(i) for i in roles)]
    ways = [way for way in around.ways if TicketPermission(way.permission) in may]
    steps = steps_of(ticket, ways, people[ticket.requester_id].name.split(" ")[0])
    shown = {
        "ticket": ticket,
        "names": around.names,
        "entries": entries,
        "files": files_of(entries),
        "cut": cut,
        "people": people,
        "watchers": [(people[i], role) for i, role in roles.items() if i in people],
        "watching": roles.get(actor.person_id or 0) is ParticipantRole.WATCHER,
        "ties": around,
        "devices": detail.devices(session, ticket),
        "steps": steps if TicketPermission.WORK in may else Steps(),
        "to": words.recipients(readers, actor),
        "can": {name: permission in may for name, permission in _NAMED},
        "panels": ticket_panels(actor, Place.RAIL) if internal else [],
        "words": words,
        "gadgets": gadgets,
        "fact_line": sentences.fact_line,
        "links_of": links_of,
        "markup": kept,
        "EntryKind": EntryKind,
        "errors": {},
        "typed": {},
        "mode": "reply",
        **more,
    }
    return render("tickets/detail.html", status=status, **shown)
