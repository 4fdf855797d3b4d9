"""The topics of tickets: a tree, and the form for a new or a chosen one beside it."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Role
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.numbers import whole_number
from itsm.tickets.forms import TopicForm
from itsm.tickets.queries.topics import group_options, topic_rows
from itsm.tickets.services import topics as service
from itsm.tickets.services.topics import SEPARATOR
from itsm.tickets.views.blueprints import desk
from itsm.web import conflict, gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _


@desk.get("/settings/topics")
@gate.roles(Role.ADMINISTRATOR)
def topics() -> ResponseReturnValue:
    """Show the tree, and the form of the topic in ``edit`` or of a new one (below the topic in ``below``)."""
    return _page(whole_number(request.args.get("edit")))


@desk.post("/settings/topics")
@gate.roles(Role.ADMINISTRATOR)
def add_topic() -> ResponseReturnValue:
    """Add a topic."""
    actor, form = signed_in(), read(TopicForm, request.form)

    def create(_unit: Unit) -> str:
        service.add_topic(actor, form.parse().facts())
        return url_for("tickets.topics")

    try:
        location = once(actor, create)
    except Invalid as refusal:
        return _page(None, form.refuse(refusal), 422)
    flash(_("The topic was added. New tickets can have it."), "success")
    return redirect(location, 303)


@desk.post("/settings/topics/<int:topic_id>")
@gate.roles(Role.ADMINISTRATOR)
def save_topic(topic_id: int) -> ResponseReturnValue:
    """Change a topic."""
    actor, form = signed_in(), read(TopicForm, request.form)
    try:
        facts, version = form.parse().facts(), conflict.version_of(request.form)
        with transaction(actor):
            service.edit_topic(actor, topic_id, facts, version=version)
    except Invalid as refusal:
        return _page(topic_id, form.refuse(refusal), 422)
    flash(_("The topic was saved."), "success")
    return redirect(url_for("tickets.topics"), 303)


def _page(topic_id: int | None, form: Form[Any] | None = None, status: int = 200) -> Response:
    session = db.session()
    rows = topic_rows(session)
    chosen = next((row for row in rows if row.id == topic_id), None)
    if topic_id is not None and chosen is None:
        raise NotFound()
    start: dict[str, Any] = {"parent_id": whole_number(request.args.get("below"))}
    if chosen is not None:
        start = {name: getattr(chosen, name) for name in ("name", "parent_id", "group_id", "retired")}
    inside = f"{chosen.path}{SEPARATOR}" if chosen is not None else None
    return render(
        "tickets/topics.html",
        status=status,
        rows=rows,
        chosen=chosen,
        depth=lambda row: row.path.count(SEPARATOR),
        form=form or Form(TopicForm, start),
        parents=[
            (row.id, row.path)
            for row in rows
            if row is not chosen and not (inside and row.path.startswith(inside)) and not row.retired
        ],
        groups=group_options(session),
    )
