"""A technician files a ticket for somebody."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itsm.accounts.models import Group
from itsm.infra.db import db
from itsm.infra.unit import Unit
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Invalid
from itsm.kernel.numbers import whole_number
from itsm.tickets.forms import DeskTicket
from itsm.tickets.queries import detail, people, reference
from itsm.tickets.services import filing
from itsm.tickets.views.blueprints import desk
from itsm.tickets.views.files import hang_on, received
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render


@desk.get("/new")
@gate.roles(Role.TECHNICIAN)
def new() -> ResponseReturnValue:
    """Show the form for a new ticket; ``requester`` and ``asset`` in the address fill it in."""
    given = {name: request.args.get(name, "") for name in ("requester", "asset", "title")}
    numbers = {name: number for name, text in given.items() if (number := whole_number(text)) is not None}
    start: dict[str, Any] = {"title": given["title"][:200]}
    if "requester" in numbers:
        start["requester_id"] = numbers["requester"]
    if "asset" in numbers:
        start["asset_ids"] = [numbers["asset"]]
    return _page(signed_in(), Form(DeskTicket, start))


@desk.post("")
@gate.roles(Role.TECHNICIAN)
def create() -> ResponseReturnValue:
    """File the ticket and show it."""
    actor = signed_in()
    form = read(DeskTicket, request.form)

    def filed(unit: Unit) -> str:
        ticket = filing.file(actor, wish.command(), now=unit.now)
        if uploads:
            hang_on(actor, uploads, detail.first_words(unit.session, ticket), now=unit.now)
        return url_for("tickets.show", number=ticket.number)

    try:
        wish, uploads = form.parse(), received()
        return redirect(once(actor, filed), 303)
    except Invalid as refusal:
        return _page(actor, form.refuse(refusal), status=422)


def _page(actor: Actor, form: Form[DeskTicket], *, status: int = 200) -> Response:
    session = db.session()
    groups = select(Group.id, Group.name)
    if not actor.all_organizations:
        groups = groups.where(Group.organization_id.in_(actor.organization_ids))
    chosen = _numbers(form.value("requester_id"), form.value("watcher_ids"))
    known = people.visible_among(session, actor, chosen)
    assets = people.assets_among(session, actor, _numbers(form.value("asset_ids")))
    return render(
        "tickets/new.html",
        block="new_ticket",
        status=status,
        form=form,
        people=[(person.id, person.name) for person in detail.contacts(session, known).values()],
        assets=[(row.id, f"{row.name} ({row.tag})") for row in assets],
        groups=[(id_, name) for id_, name in session.execute(groups.order_by(Group.name).limit(300))],
        topics=reference.topics(session),
        matrix={(i.value, u.value): int(p) for (i, u), p in reference.matrix(session).items()},
    )


def _numbers(*values: Any) -> list[int]:
    """Return the ids that stand in fields as they were typed, of one value or of several."""
    found = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return [number for item in found if (number := whole_number(item)) is not None]
