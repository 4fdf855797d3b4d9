"""Sign-in and roles of a person: administrators only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.accounts.forms import GrantForm
from itsm.accounts.models import Person
from itsm.accounts.queries import get_person
from itsm.accounts.services import access
from itsm.accounts.views import bp
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Actor, Role
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.identity import signed_in
from itsm.web.texts import _


def _do(person_id: int, verb: Callable[[Actor, Person, Unit], Any], said: str) -> ResponseReturnValue:
    """Run one verb on a person who exists for the actor, and return to the person's page."""
    actor = signed_in()
    with transaction(actor) as unit:
        verb(actor, get_person(actor, person_id, session=unit.session, lock=True), unit)
    flash(said, "success")
    return redirect(url_for("accounts.show_person", person_id=person_id), 303)


@bp.post("/people/<int:person_id>/invite")
@gate.roles(Role.ADMINISTRATOR)
def invite_person(person_id: int) -> ResponseReturnValue:
    """Give a person a sign-in; the invitation goes out by mail."""
    said = _("The invitation is on its way. Its link works once, for a week.")
    return _do(person_id, lambda actor, person, unit: access.invite(actor, person, now=unit.now), said)


@bp.post("/people/<int:person_id>/disable")
@gate.roles(Role.ADMINISTRATOR)
def disable_person(person_id: int) -> ResponseReturnValue:
    """Close a sign-in."""
    said = _("The sign-in is closed. All sessions have ended.")
    return _do(person_id, lambda actor, person, unit: access.disable(actor, person, now=unit.now), said)


@bp.post("/people/<int:person_id>/enable")
@gate.roles(Role.ADMINISTRATOR)
def enable_person(person_id: int) -> ResponseReturnValue:
    """Open a closed sign-in."""
    return _do(person_id, lambda actor, person, _unit: access.enable(actor, person), _("The sign-in is open again."))


@bp.post("/people/<int:person_id>/roles")
@gate.roles(Role.ADMINISTRATOR)
def grant_role(person_id: int) -> ResponseReturnValue:
    """Give a role."""
    wish = read(GrantForm, request.form).parse()
    return _do(
        person_id,
        lambda actor, person, _unit: access.grant(actor, person, wish.role, wish.organization_id),
        _("The role was given. It counts from the next click on."),
    )


@bp.post("/people/<int:person_id>/roles/<int:grant_id>/revoke")
@gate.roles(Role.ADMINISTRATOR)
def revoke_role(person_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role away."""
    said = _("The role was taken away.")
    return _do(person_id, lambda actor, person, _unit: access.revoke(actor, person, grant_id), said)
