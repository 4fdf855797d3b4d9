"""What the desk does to a ticket: each verb is a small resource that takes a POST and leads back to the ticket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Invalid
from itsm.tickets.enums import DraftKind, EntryKind
from itsm.tickets.forms import (
    AssetForm,
    AssignmentForm,
    DraftForm,
    LinkForm,
    NoteForm,
    NumberForm,
    PersonForm,
    PriorityForm,
    ReplyForm,
    StateForm,
)
from itsm.tickets.models import Ticket
from itsm.tickets.queries import get_ticket, ticket_to_change
from itsm.tickets.services import assets, assignment, conversation, drafts, lifecycle, linking, merging, watching
from itsm.tickets.services.priority import weigh
from itsm.tickets.services.ties import asset_for, kind_of_link, two_tickets
from itsm.tickets.views import detail, panel
from itsm.tickets.views.blueprints import desk
from itsm.tickets.views.files import hang_on, received
from itsm.web import gate
from itsm.web.forms import Form, Schema, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.texts import _

Verb = Callable[[Actor, Ticket, Unit], Any]


def _do(number: int, verb: Verb) -> ResponseReturnValue:
    """Do a verb to a ticket in one transaction, and lead back to it."""
    actor = signed_in()
    with transaction(actor) as unit:
        verb(actor, ticket_to_change(actor, number), unit)
    return redirect(url_for("tickets.show", number=number), 303)


def _by_form(
    number: int, what: str, schema: type[Schema], verb: Callable[[Actor, Any, Unit], Any]
) -> ResponseReturnValue:
    """Do what a form at the side of a ticket asks for; a refused form comes back with what was typed."""
    actor = signed_in()
    form = read(schema, request.form)
    try:
        wish = form.parse()
        with transaction(actor) as unit:
            verb(actor, wish, unit)
    except Invalid as refusal:
        form.refuse(refusal)
        return panel.page(actor, get_ticket(actor, number), what, form=form, status=422)
    return redirect(url_for("tickets.show", number=number), 303)


@desk.post("/<int:number>/replies")
@gate.roles(Role.TECHNICIAN)
def reply(number: int) -> ResponseReturnValue:
    """Answer in public, and move the ticket on."""
    return _say(number, ReplyForm, EntryKind.REPLY)


@desk.post("/<int:number>/notes")
@gate.roles(Role.TECHNICIAN)
def note(number: int) -> ResponseReturnValue:
    """Write an internal note."""
    return _say(number, NoteForm, EntryKind.NOTE)


def _say(number: int, schema: type[ReplyForm] | type[NoteForm], kind: EntryKind) -> ResponseReturnValue:
    actor = signed_in()
    form: Form[Any] = read(schema, request.form)

    def say(unit: Unit) -> str:
        ticket = ticket_to_change(actor, number)
        if kind is EntryKind.REPLY:
            entry = conversation.reply(actor, ticket, wish.command(), now=unit.now)
        else:
            entry = conversation.note(actor, ticket, wish.body, now=unit.now)
        hang_on(actor, uploads, entry.id, now=unit.now)
        return url_for("tickets.show", number=number, _anchor=f"entry-{entry.id}")

    try:
        wish, uploads = form.parse(), received()
        return redirect(once(actor, say), 303)
    except Invalid as refusal:
        form.refuse(refusal)
        said = form.error("body") or form.error("then") or form.error("files") or form.error("")
        mode = kind.value
        typed = {mode: form.value("body")}
        return detail.page(actor, get_ticket(actor, number), status=422, errors={mode: said}, typed=typed, mode=mode)


@desk.post("/<int:number>/drafts")
@gate.roles(Role.TECHNICIAN)
def draft(number: int) -> ResponseReturnValue:
    """Keep what is being written."""
    actor = signed_in()
    wish = read(DraftForm, request.form).parse()
    kind = DraftKind.NOTE if wish.draft_kind == "note" else DraftKind.REPLY
    with transaction(actor) as unit:
        drafts.save_draft(actor, get_ticket(actor, number, session=unit.session), kind, wish.body, now=unit.now)
    return "", 204


@desk.post("/<int:number>/taking")
@gate.roles(Role.TECHNICIAN)
def take(number: int) -> ResponseReturnValue:
    """Take the ticket."""
    return _do(number, lambda actor, ticket, unit: assignment.take(actor, ticket, now=unit.now))


@desk.post("/<int:number>/assignment")
@gate.roles(Role.TECHNICIAN)
def assign(number: int) -> ResponseReturnValue:
    """Give the ticket to a group and a technician."""

    def verb(actor: Actor, wish: AssignmentForm, unit: Unit) -> None:
        assignment.assign(actor, ticket_to_change(actor, number), wish.command(), now=unit.now)

    return _by_form(number, "assignment", AssignmentForm, verb)


@desk.post("/<int:number>/state")
@gate.roles(Role.TECHNICIAN)
def state(number: int) -> ResponseReturnValue:
    """Move the ticket to another state."""
    wish = read(StateForm, request.form).parse().command()
    return _do(number, lambda actor, ticket, unit: lifecycle.change_state(actor, ticket, wish, now=unit.now))


@desk.post("/<int:number>/priority")
@gate.roles(Role.TECHNICIAN)
def priority(number: int) -> ResponseReturnValue:
    """Set impact, urgency and priority."""

    def verb(actor: Actor, wish: PriorityForm, unit: Unit) -> None:
        weigh(actor, ticket_to_change(actor, number), wish.command(), now=unit.now)

    return _by_form(number, "priority", PriorityForm, verb)


@desk.post("/<int:number>/following")
@gate.roles(Role.TECHNICIAN)
def follow(number: int) -> ResponseReturnValue:
    """Follow the ticket."""
    return _do(number, lambda actor, ticket, unit: watching.watch(actor, ticket, now=unit.now))


@desk.post("/<int:number>/following/end")
@gate.roles(Role.TECHNICIAN)
def unfollow(number: int) -> ResponseReturnValue:
    """Follow the ticket no longer."""
    return _do(number, lambda actor, ticket, unit: watching.unwatch(actor, ticket, now=unit.now))


@desk.post("/<int:number>/watchers")
@gate.roles(Role.TECHNICIAN)
def add_watcher(number: int) -> ResponseReturnValue:
    """Let somebody else follow the ticket."""

    def verb(actor: Actor, wish: PersonForm, unit: Unit) -> None:
        watching.watch(actor, ticket_to_change(actor, number), wish.person_id, now=unit.now)

    return _by_form(number, "watchers", PersonForm, verb)


@desk.post("/<int:number>/watchers/<int:person_id>/removal")
@gate.roles(Role.TECHNICIAN)
def remove_watcher(number: int, person_id: int) -> ResponseReturnValue:
    """Let somebody else follow the ticket no longer."""
    return _do(number, lambda actor, ticket, unit: watching.unwatch(actor, ticket, person_id, now=unit.now))


@desk.post("/<int:number>/links")
@gate.roles(Role.TECHNICIAN)
def link(number: int) -> ResponseReturnValue:
    """Tie the ticket to another."""

    def verb(actor: Actor, wish: LinkForm, unit: Unit) -> None:
        kind, inverse = kind_of_link(wish.kind)
        here, there = two_tickets(actor, number, wish.number)
        first, second = (there, here) if inverse else (here, there)
        linking.link(actor, first, second, kind, now=unit.now)

    return _by_form(number, "link", LinkForm, verb)


@desk.post("/<int:number>/links/<int:link_id>/removal")
@gate.roles(Role.TECHNICIAN)
def unlink(number: int, link_id: int) -> ResponseReturnValue:
    """Untie the ticket from another."""
    return _do(number, lambda actor, ticket, unit: linking.unlink(actor, ticket, link_id, now=unit.now))


@desk.post("/<int:number>/merging")
@gate.roles(Role.TECHNICIAN)
def merge(number: int) -> ResponseReturnValue:
    """Merge the ticket into another, and go there."""
    actor = signed_in()
    form = read(NumberForm, request.form)
    try:
        wish = form.parse()
        with transaction(actor) as unit:
            source, survivor = two_tickets(actor, number, wish.number)
            merging.merge(actor, source, survivor, now=unit.now)
    except Invalid as refusal:
        form.refuse(refusal)
        return panel.page(actor, get_ticket(actor, number), "merge", form=form, status=422)
    flash(_("#%(source)s is part of this ticket now. It can be undone here.", source=number), "success")
    return redirect(url_for("tickets.show", number=wish.number), 303)


@desk.post("/<int:number>/merges/<int:merge_id>/undoing")
@gate.roles(Role.TECHNICIAN)
def unmerge(number: int, merge_id: int) -> ResponseReturnValue:
    """Undo a merge into this ticket."""
    return _do(number, lambda actor, ticket, unit: merging.unmerge(actor, ticket, merge_id, now=unit.now))


@desk.post("/<int:number>/assets")
@gate.roles(Role.TECHNICIAN)
def attach_asset(number: int) -> ResponseReturnValue:
    """Put a device on the ticket."""

    def verb(actor: Actor, wish: AssetForm, unit: Unit) -> None:
        ticket = ticket_to_change(actor, number)
        assets.attach_asset(actor, ticket, asset_for(actor, wish.asset_id), wish.role, now=unit.now)

    return _by_form(number, "asset", AssetForm, verb)


@desk.post("/<int:number>/assets/<int:asset_id>/removal")
@gate.roles(Role.TECHNICIAN)
def detach_asset(number: int, asset_id: int) -> ResponseReturnValue:
    """Take a device off the ticket."""
    return _do(number, lambda actor, ticket, unit: assets.detach_asset(actor, ticket, asset_id, now=unit.now))
