"""Many tickets at once, and taking it back; saved views."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Invalid
from itsm.tickets.enums import PendingReason
from itsm.tickets.forms import BulkForm, ViewForm
from itsm.tickets.models import Ticket
from itsm.tickets.queries.wish import Wish
from itsm.tickets.services import assignment, bulk, lifecycle, views
from itsm.tickets.views.blueprints import desk
from itsm.tickets.views.queue import address
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.texts import _, ngettext


@desk.post("/bulk")
@gate.roles(Role.TECHNICIAN)
def apply() -> ResponseReturnValue:
    """Do one verb to the selected tickets."""
    actor = signed_in()
    try:
        wish = read(BulkForm, request.form).parse()
        with transaction(actor) as unit:
            outcome = bulk.apply(actor, wish.ids, _verb(actor, wish, unit))
    except Invalid as refusal:
        flash(" ".join(said for sentences in refusal.errors.values() for said in sentences), "error")
        return redirect(_back(request.form.get("back", "")), 303)
    for number, said in list(outcome.refused.items())[:5]:
        flash(f"#{number}: {said}", "warning")
    told: dict[str, Any] = {"did": actor.request_id, "changed": outcome.changed, "refused": len(outcome.refused)}
    return redirect(_back(wish.back, **told), 303)


def _verb(actor: Actor, wish: BulkForm, unit: Unit) -> bulk.Verb:
    if wish.verb == "take":
        return lambda ticket: assignment.take(actor, ticket, now=unit.now)
    if wish.verb == "assign":
        return lambda ticket: assignment.assign(actor, ticket, _assignment(wish, ticket), now=unit.now)
    if not wish.then:
        raise Invalid({"then": "Choose a state."})
    state, _sep, reason = wish.then.partition(":")
    move = lifecycle.Move(state_id=int(state), pending_reason=PendingReason(reason) if reason else None)
    return lambda ticket: lifecycle.change_state(actor, ticket, move, now=unit.now)


def _assignment(wish: BulkForm, ticket: Ticket) -> assignment.Assignment:
    return assignment.Assignment(
        group_id=_chosen(wish.group_id, ticket.group_id), assignee_id=_chosen(wish.assignee_id, ticket.assignee_id)
    )


def _chosen(word: str, now: int | None) -> int | None:
    return now if word == "keep" else None if word == "none" else int(word)


@desk.post("/bulk/<string:request_id>/undoing")
@gate.roles(Role.TECHNICIAN)
def undo(request_id: str) -> ResponseReturnValue:
    """Take back what a bulk action did."""
    actor = signed_in()
    with transaction(actor) as unit:
        outcome = bulk.undo(actor, request_id[:32], now=unit.now)
    said = ngettext("%(num)s ticket is as it was.", "%(num)s tickets are as they were.", outcome.changed)
    if outcome.refused:
        left = len(outcome.refused)
        said += " " + ngettext("%(num)s was changed since and stays.", "%(num)s were changed since and stay.", left)
    flash(said, "success")
    return redirect(_back(request.form.get("back", "")), 303)


@desk.post("/views")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def save_view() -> ResponseReturnValue:
    """Save the present way of looking at the queue under a name."""
    actor = signed_in()
    wish = read(ViewForm, request.form).parse()
    query = _query(wish.query)

    def create(_unit: Unit) -> str:
        saved = views.save_view(actor, wish.name, query, shared=wish.shared)
        return address(saved.query)

    return redirect(once(actor, create), 303)


@desk.post("/views/<int:view_id>/removal")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def remove_view(view_id: int) -> ResponseReturnValue:
    """Remove a saved view."""
    actor = signed_in()
    with transaction(actor):
        views.remove_view(actor, view_id)
    flash(_("The view is removed."), "success")
    return redirect(url_for("tickets.index"), 303)


def _query(text: str) -> dict[str, str]:
    return dict(parse_qsl(text[:2000], max_num_fields=50))


def _back(query: str, **more: Any) -> str:
    """Return the address of the queue as it was looked at."""
    return address({**Wish.of(_query(query.lstrip("?"))).values(), **more})
