"""What an administrator decides for all tickets: the priority matrix and the words for states."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Role
from itsm.kernel.errors import Invalid
from itsm.kernel.numbers import whole_number
from itsm.kernel.text import one_line
from itsm.tickets.enums import Level, Priority
from itsm.tickets.models import State
from itsm.tickets.queries import reference
from itsm.tickets.services import configuration
from itsm.tickets.views.blueprints import desk
from itsm.web import gate
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _


@desk.get("/settings")
@gate.roles(Role.ADMINISTRATOR)
def settings() -> ResponseReturnValue:
    """Show the matrix and the states."""
    return _page()


def _page(errors: dict[str, list[str]] | None = None, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    return render(
        "tickets/settings.html",
        status=status,
        levels=[level.value for level in Level],
        matrix={(i.value, u.value): int(p) for (i, u), p in reference.matrix(session).items()},
        states=list(session.scalars(select(State).order_by(State.position, State.id))),
        errors=errors or {},
    )


@desk.post("/settings/matrix")
@gate.roles(Role.ADMINISTRATOR)
def save_matrix() -> ResponseReturnValue:
    """Save the matrix."""
    actor = signed_in()
    cells = {}
    for impact in Level:
        for urgency in Level:
            given = request.form.get(f"{impact.value}-{urgency.value}", "")
            if given not in ("1", "2", "3", "4"):
                raise Invalid({"": "Choose a priority for every cell."})
            cells[impact, urgency] = Priority(int(given))
    with transaction(actor):
        configuration.set_matrix(actor, cells)
    flash(_("The matrix is saved. New tickets follow it."), "success")
    return redirect(url_for("tickets.settings"), 303)


@desk.post("/settings/states")
@gate.roles(Role.ADMINISTRATOR)
def save_states() -> ResponseReturnValue:
    """Save the words for states."""
    actor = signed_in()
    given = {name[6:]: value for name, value in request.form.items() if name.startswith("state-")}
    names = {id_: one_line(value, 60) for text, value in given.items() if (id_ := whole_number(text)) is not None}
    try:
        with transaction(actor):
            configuration.rename_states(actor, names)
    except Invalid as refusal:
        return _page(refusal.errors, 422)
    flash(_("The states have their new words."), "success")
    return redirect(url_for("tickets.settings"), 303)
