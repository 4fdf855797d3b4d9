"""Support groups."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.accounts.forms import GroupForm, MemberForm
from itsm.accounts.models import Group
from itsm.accounts.policies import POLICY, PeoplePermission
from itsm.accounts.queries import detail, get_person
from itsm.accounts.queries.groups import get_group, list_groups, members_of
from itsm.accounts.services import groups
from itsm.accounts.views import bp
from itsm.accounts.views.people import STAFF
from itsm.infra.db import db
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Role
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.policy import allowed
from itsm.web import conflict, gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _


@bp.get("/groups")
@gate.roles(*STAFF)
def show_groups() -> ResponseReturnValue:
    """Show the support groups."""
    return _list(Form(GroupForm))


def _list(form: Form[Any], status: int = 200) -> ResponseReturnValue:
    actor, session = signed_in(), db.session()
    offers = detail.offers(session, actor)["organizations"] if actor.has(Role.ADMINISTRATOR) else []
    found = list_groups(session, actor)
    return render("accounts/groups.html", groups=found, form=form, organizations=offers, status=status)


@bp.post("/groups")
@gate.roles(Role.ADMINISTRATOR)
def add_group() -> ResponseReturnValue:
    """Make a group."""
    actor, form = signed_in(), read(GroupForm, request.form)

    def create(_unit: Unit) -> str:
        group = groups.add_group(actor, groups.GroupFacts(**form.parse().model_dump()))
        return url_for("accounts.show_group", group_id=group.id)

    try:
        return redirect(once(actor, create), 303)
    except Invalid as refusal:
        return _list(form.refuse(refusal), 422)


@bp.get("/groups/<int:group_id>")
@gate.roles(*STAFF)
def show_group(group_id: int) -> ResponseReturnValue:
    """Show a group and its members."""
    group = get_group(signed_in(), group_id)
    values = {name: getattr(group, name) for name in GroupForm.model_fields}
    return _page(group, Form(GroupForm, values))


def _page(group: Group, form: Form[Any], *, member_error: str = "", status: int = 200) -> ResponseReturnValue:
    members = members_of(db.session(), group.id)
    return render(
        "accounts/group.html",
        status=status,
        group=group,
        form=form,
        member_error=member_error,
        version=request.form.get("version") or group.version,
        members=members,
        leads=[(row.id, row.name) for row in members],
        may_edit=allowed(POLICY, signed_in(), PeoplePermission.GROUP_EDIT, group),
    )


@bp.post("/groups/<int:group_id>")
@gate.roles(Role.ADMINISTRATOR)
def save_group(group_id: int) -> ResponseReturnValue:
    """Save a group."""
    actor, form = signed_in(), read(GroupForm, request.form)
    try:
        facts = groups.GroupFacts(**form.parse().model_dump())
        with transaction(actor) as unit:
            group = get_group(actor, group_id, session=unit.session)
            if conflict.version_of(request.form) != group.version:
                raise Conflict(version=group.version)
            groups.edit_group(actor, group, facts)
    except Invalid as refusal:
        return _page(get_group(actor, group_id), form.refuse(refusal), status=422)
    except Conflict:
        form.errors[""] = [_("Somebody else saved this group in the meantime. What stands there now is shown below.")]
        group = get_group(actor, group_id)
        form.values = {name: getattr(group, name) for name in GroupForm.model_fields}
        return _page(group, form, status=409)
    flash(_("The group was saved."), "success")
    return redirect(url_for("accounts.show_group", group_id=group_id), 303)


@bp.post("/groups/<int:group_id>/members")
@gate.roles(Role.ADMINISTRATOR)
def add_member(group_id: int) -> ResponseReturnValue:
    """Add a member."""
    actor = signed_in()
    try:
        wish = read(MemberForm, request.form).parse()
        with transaction(actor) as unit:
            group = get_group(actor, group_id, session=unit.session)
            groups.add_member(actor, group, get_person(actor, wish.person_id, session=unit.session))
    except Invalid as refusal:
        group = get_group(actor, group_id)
        form = Form(GroupForm, {name: getattr(group, name) for name in GroupForm.model_fields})
        said = " ".join(refusal.errors.get("person_id", [refusal.message]))
        return _page(group, form, member_error=said, status=422)
    return redirect(url_for("accounts.show_group", group_id=group_id), 303)


@bp.post("/groups/<int:group_id>/members/<int:person_id>/remove")
@gate.roles(Role.ADMINISTRATOR)
def remove_member(group_id: int, person_id: int) -> ResponseReturnValue:
    """Take a member out."""
    actor = signed_in()
    with transaction(actor) as unit:
        groups.remove_member(actor, get_group(actor, group_id, session=unit.session), person_id)
    return redirect(url_for("accounts.show_group", group_id=group_id), 303)
