"""The employees' pages: what do you need, my requests, my things. Calm words, and never a number too many."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.enums import AssetKind
from itsm.infra.db import db
from itsm.infra.markup import kept
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import allowed
from itsm.kernel.text import one_line
from itsm.tickets.enums import DraftKind, EntryKind, StateCategory
from itsm.tickets.forms import DraftForm, ReplyForm, Report
from itsm.tickets.models import Ticket
from itsm.tickets.panels import portal_notices
from itsm.tickets.policies import POLICY, TicketPermission, works_at_desk
from itsm.tickets.queries import detail, get_ticket, people, ticket_to_change
from itsm.tickets.queries.files import files_of
from itsm.tickets.services import conversation, drafts, filing, lifecycle
from itsm.tickets.views import sentences, words
from itsm.tickets.views.blueprints import employees
from itsm.tickets.views.files import hang_on, links_of, received
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import fresh, render, unchanged
from itsm.web.texts import _

COMPUTERS = frozenset({AssetKind.COMPUTER, AssetKind.LAPTOP, AssetKind.WORKSTATION})


@employees.get("/")
@gate.signed_in
def home() -> ResponseReturnValue:
    """Ask what the person needs; who works at the desk goes to the queue."""
    actor = signed_in()
    if works_at_desk(actor):
        mine = people.has_open_work(db.session(), actor)
        return redirect(url_for("tickets.index", assignee="me") if mine else url_for("tickets.index"))
    requests = detail.requests_of(db.session(), actor, unsolved=True, most=6)
    return render("portal/home.html", requests=requests, notices=portal_notices(actor), words=words)


@employees.get("/requests")
@gate.signed_in
def index() -> ResponseReturnValue:
    """Show the person's own requests: what is open, then what is done; or what is called as was searched."""
    actor, session = signed_in(), db.session()
    q = one_line(request.args.get("q", ""), 100)
    unsolved = detail.requests_of(session, actor, unsolved=True, q=q)
    done = detail.requests_of(session, actor, unsolved=False, most=50, q=q)
    things = people.things_called(people.things_of(session, actor), q) if q else []
    return render("portal/requests.html", unsolved=unsolved, done=done, things=things, q=q, words=words)


@employees.get("/requests/<int:number>")
@gate.signed_in
def show(number: int) -> ResponseReturnValue:
    """Show one request: what was said, whose turn it is, and where to answer."""
    actor = signed_in()
    ticket = get_ticket(actor, number)
    parts = (actor.user_id, request.full_path, ticket.version, ticket.last_activity_at)
    if request.headers.get("HX-Request") and (same := unchanged(*parts)) is not None:
        return same
    response = _page(actor, ticket)
    return fresh(response, *parts) if request.headers.get("HX-Request") else response


def _page(actor: Actor, ticket: Ticket, *, status: int = 200, error: str = "", typed: str | None = None) -> Response:
    session = db.session()
    entries, cut = detail.conversation(session, ticket, internal=False)
    contacts = detail.contacts(session, [ticket.requester_id, ticket.assignee_id, ticket.affected_id])
    assignee = contacts.get(ticket.assignee_id or 0)
    survivor = None
    if ticket.category is StateCategory.MERGED:
        number = detail.names(session, ticket).survivor
        survivor = number if number is not None and detail.exists_for(session, actor, number) else None
    draft = detail.draft_of(session, actor, ticket)
    return render(
        "portal/request.html",
        status=status,
        ticket=ticket,
        row=detail.Standing(ticket, assignee.name if assignee else None),
        requester=contacts.get(ticket.requester_id),
        assignee=assignee,
        entries=entries,
        files=files_of(entries),
        cut=cut,
        devices=detail.devices(session, ticket),
        survivor=survivor,
        error=error,
        typed=typed if typed is not None else draft,
        can={p.name.lower(): allowed(POLICY, actor, p, ticket) for p in TicketPermission},
        words=words,
        fact_line=sentences.fact_line,
        links_of=links_of,
        markup=kept,
        EntryKind=EntryKind,
    )


@employees.post("/requests/<int:number>/replies")
@gate.signed_in
def reply(number: int) -> ResponseReturnValue:
    """Answer; an answer to a request that is done opens a new one, and leads there."""
    actor = signed_in()
    form = read(ReplyForm, request.form)

    def say(unit: Unit) -> str:
        wish = conversation.Reply(body=parsed.body)
        entry = conversation.reply(actor, ticket_to_change(actor, number), wish, now=unit.now)
        hang_on(actor, uploads, entry.id, now=unit.now)
        ticket = unit.session.get_one(Ticket, entry.ticket_id)
        return url_for("portal.show", number=ticket.number, _anchor=f"entry-{entry.id}")

    try:
        parsed, uploads = form.parse(), received()
        return redirect(once(actor, say), 303)
    except Invalid as refusal:
        form.refuse(refusal)
        said = form.error("body") or form.error("files") or form.error("")
        return _page(actor, get_ticket(actor, number), status=422, error=said, typed=str(form.value("body")))


@employees.post("/requests/<int:number>/drafts")
@gate.signed_in
def draft(number: int) -> ResponseReturnValue:
    """Keep what is being written."""
    actor = signed_in()
    wish = read(DraftForm, request.form).parse()
    with transaction(actor) as unit:
        ticket = get_ticket(actor, number, session=unit.session)
        drafts.save_draft(actor, ticket, DraftKind.REPLY, wish.body, now=unit.now)
    return "", 204


@employees.post("/requests/<int:number>/confirmation")
@gate.signed_in
def confirm(number: int) -> ResponseReturnValue:
    """Say that it works."""
    return _move(number, lifecycle.confirm, _("Thank you. Good that it works again."))


@employees.post("/requests/<int:number>/reopening")
@gate.signed_in
def reopen(number: int) -> ResponseReturnValue:
    """Say that it does not work yet."""
    return _move(number, lifecycle.reopen, _("We look at it again. Tell us below what still does not work."))


@employees.post("/requests/<int:number>/withdrawal")
@gate.signed_in
def withdraw(number: int) -> ResponseReturnValue:
    """Take the request back."""
    return _move(number, lifecycle.withdraw, _("Your request is withdrawn."))


def _move(number: int, verb: Any, said: str) -> ResponseReturnValue:
    actor = signed_in()
    with transaction(actor) as unit:
        verb(actor, ticket_to_change(actor, number), now=unit.now)
    flash(said, "success")
    return redirect(url_for("portal.show", number=number), 303)


@employees.get("/things")
@gate.signed_in
def things() -> ResponseReturnValue:
    """Show what the company gave the person."""
    found = people.things_of(db.session(), signed_in())
    return render("portal/things.html", things=found)


@employees.get("/report")
@gate.signed_in
def report() -> ResponseReturnValue:
    """Ask what is wrong, with what, and how bad it is."""
    actor = signed_in()
    kind = "service_request" if request.args.get("kind") == "service_request" else "incident"
    tag = one_line(request.args.get("asset", ""), 40)
    return _report(actor, Form(Report, {"kind": kind, "tag": tag, "title": request.args.get("title", "")[:200]}))


@employees.post("/report")
@gate.signed_in
def send_report() -> ResponseReturnValue:
    """File it, with a snapshot of the device, and show the request."""
    actor = signed_in()
    form = read(Report, request.form)

    def filed(unit: Unit) -> str:
        command = wish.command(_assets(actor, wish, unit))
        ticket = filing.file(actor, command, now=unit.now)
        if uploads:
            hang_on(actor, uploads, detail.first_words(unit.session, ticket), now=unit.now)
        return url_for("portal.show", number=ticket.number)

    try:
        wish, uploads = form.parse(), received()
        return redirect(once(actor, filed), 303)
    except Invalid as refusal:
        return _report(actor, form.refuse(refusal), status=422)


def _assets(actor: Actor, wish: Report, unit: Unit) -> tuple[int, ...]:
    """Return the device that is meant: one that the person holds, or one whose tag he read. Else raises Invalid."""
    held = {row.id for row in people.things_of(unit.session, actor)}
    if wish.asset_id is not None:
        tagged = people.thing_with_tag(unit.session, actor, wish.tag) if wish.tag else None
        if wish.asset_id in held or (tagged is not None and tagged.id == wish.asset_id):
            return (wish.asset_id,)
        raise Invalid({"asset_id": "Choose one of your devices."})
    return ()


def _likely(held: list[Any]) -> int | None:
    """Return the thing that a report is most likely about: the only one held, or the only computer among them."""
    computers = [row.id for row in held if row.kind in COMPUTERS]
    return held[0].id if len(held) == 1 else computers[0] if len(computers) == 1 else None


def _report(actor: Actor, form: Form[Report], *, status: int = 200) -> Response:
    session = db.session()
    held = people.things_of(session, actor)
    tag = str(form.value("tag"))
    tagged = people.thing_with_tag(session, actor, tag) if tag else None
    if tagged is not None:
        held = [tagged, *(row for row in held if row.id != tagged.id)]
    chosen = form.value("asset_id", None)
    if chosen is None and status == 200:
        likely = form.values["asset_id"] = held[0].id if tagged is not None else _likely(held)
        held = sorted(held, key=lambda row: row.id != likely)
    return render(
        "portal/report.html",
        block="report_form",
        status=status,
        form=form,
        things=held,
        notices=portal_notices(actor),
        tagged=tagged,
        is_request=form.value("kind") == "service_request",
    )
