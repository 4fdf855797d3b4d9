"""People: the list, one person, and the forms."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.accounts.forms import PersonForm
from itsm.accounts.models import Person
from itsm.accounts.panels import panels_for
from itsm.accounts.policies import POLICY, PeoplePermission
from itsm.accounts.queries import detail, get_person
from itsm.accounts.queries import people as found
from itsm.accounts.services import people
from itsm.accounts.views import bp
from itsm.accounts.views.words import action_words, field_words, role_words
from itsm.infra.db import db
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.numbers import whole_number
from itsm.kernel.policy import allowed, require
from itsm.kernel.text import one_line
from itsm.web import conflict, gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _

STAFF = (Role.TECHNICIAN, Role.ASSET_MANAGER, Role.BUYER, Role.AUDITOR)
FIELDS = tuple(name for name in PersonForm.model_fields if name != "base")


@bp.get("/people")
@gate.roles(*STAFF)
def list_people() -> ResponseReturnValue:
    """Show the people of the asker's organizations."""
    actor, session = signed_in(), db.session()
    wish = found.Wish.of(request.args)
    after, before = request.args.get("after"), request.args.get("before")
    page = found.list_people(session, actor, wish, after=after, before=before)
    return render(
        "accounts/people.html",
        page=page,
        wish=wish,
        roles=found.roles_of(session, [row.user_id for row in page.rows if row.user_id is not None]),
        choices=found.choices(session, actor),
        role_words=role_words(),
    )


@bp.get("/people/pick")
@gate.roles(*STAFF)
def pick() -> ResponseReturnValue:
    """Answer pickers: people of the asker's organizations, a screenful."""
    rows = found.people_named(db.session(), signed_in(), one_line(request.args.get("q", ""), 80))
    return jsonify([{"value": row.id, "label": row.name, "hint": row.email or row.job_title or ""} for row in rows])


@bp.get("/people/<int:person_id>")
@gate.roles(*STAFF)
def show_person(person_id: int) -> ResponseReturnValue:
    """Show a person: facts, sign-in and roles, groups, what he holds, history."""
    actor, session = signed_in(), db.session()
    person = get_person(actor, person_id)
    user = detail.account_of(session, person.id)
    may_access = allowed(POLICY, actor, PeoplePermission.ACCESS, person)
    return render(
        "accounts/person.html",
        person=person,
        places=detail.places_of(session, person),
        user=user,
        grants=detail.grants_of(session, user.id) if user is not None else [],
        groups=detail.groups_of(session, person.id),
        panels=panels_for(current_app._get_current_object(), actor, person.id),  # type: ignore[attr-defined]
        history=detail.history_of(session, person.id, user.id if user is not None else None),
        may_edit=allowed(POLICY, actor, PeoplePermission.EDIT, person),
        may_access=may_access,
        organizations=detail.offers(session, actor)["organizations"] if may_access else [],
        role_words=role_words(),
        action_words=action_words(),
        field_words=field_words(),
    )


def _form_page(actor: Actor, form: Form[Any], person: Person | None, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    manager = whole_number(form.value("manager_id", None))
    chosen = None
    if manager is not None:
        chosen = session.execute(
            found.visible_people(actor).where(Person.id == manager).with_only_columns(Person.id, Person.name)
        ).one_or_none()
    values = {name: getattr(person, name) for name in FIELDS} if person is not None else {}
    return render(
        "accounts/person_form.html",
        status=status,
        form=form,
        person=person,
        offers=detail.offers(session, actor),
        managers=[tuple(chosen)] if chosen is not None else [],
        base=form.value("base") or conflict.base_of(values),
        version=(request.form.get("version") or person.version) if person is not None else None,
    )


@bp.get("/people/new")
@gate.roles(Role.TECHNICIAN)
def new_person() -> ResponseReturnValue:
    """Show an empty form."""
    actor = signed_in()
    require(POLICY, actor, PeoplePermission.ADD)
    own = db.session().get(Person, actor.person_id)
    return _form_page(actor, Form(PersonForm, {"organization_id": own.organization_id if own else None}), None)


@bp.post("/people")
@gate.roles(Role.TECHNICIAN)
def add_person() -> ResponseReturnValue:
    """Add a person."""
    actor, form = signed_in(), read(PersonForm, request.form)

    def create(_unit: Unit) -> str:
        facts = people.PersonFacts(**form.parse().model_dump(exclude={"base"}))
        return url_for("accounts.show_person", person_id=people.add_person(actor, facts).id)

    try:
        return redirect(once(actor, create), 303)
    except Invalid as refusal:
        return _form_page(actor, form.refuse(refusal), None, 422)


@bp.get("/people/<int:person_id>/edit")
@gate.roles(Role.ADMINISTRATOR)
def edit_person(person_id: int) -> ResponseReturnValue:
    """Show the form of a person."""
    actor = signed_in()
    person = get_person(actor, person_id)
    require(POLICY, actor, PeoplePermission.EDIT, person)
    return _form_page(actor, Form(PersonForm, {name: getattr(person, name) for name in FIELDS}), person)


@bp.post("/people/<int:person_id>")
@gate.roles(Role.ADMINISTRATOR)
def save_person(person_id: int) -> ResponseReturnValue:
    """Save a person; where somebody else changed the same in the meantime, show both values."""
    actor, form = signed_in(), read(PersonForm, request.form)
    yours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    try:
        yours = form.parse().model_dump(exclude={"base"})
        with transaction(actor) as unit:
            person = get_person(actor, person_id, session=unit.session, lock=True)
            require(POLICY, actor, PeoplePermission.EDIT, person)
            theirs = {name: getattr(person, name) for name in FIELDS}
            settled = conflict.settle(yours, theirs, sent=request.form, version=person.version, labels=labels())
            facts = PersonForm.model_validate(settled).model_dump(exclude={"base"})
            people.edit_person(actor, person, people.PersonFacts(**facts), now=unit.now)
    except Invalid as refusal:
        return _form_page(actor, form.refuse(refusal), get_person(actor, person_id), 422)
    except Conflict as clash:
        return _clash(actor, person_id, clash, (yours, theirs))
    flash(_("%(name)s was saved.", name=person.name), "success")
    return redirect(url_for("accounts.show_person", person_id=person_id), 303)


def _clash(
    actor: Actor, person_id: int, clash: Conflict, both: tuple[dict[str, Any], dict[str, Any]]
) -> ResponseReturnValue:
    person, session = get_person(actor, person_id), db.session()
    last = next(iter(detail.history_of(session, person_id, None, most=1)), None)
    offers = detail.offers(session, actor)
    names = {
        name: {str(id_): said for id_, said in offers[kind]}
        for name, kind in (
            ("organization_id", "organizations"),
            ("department_id", "departments"),
            ("location_id", "locations"),
            ("cost_centre_id", "cost_centres"),
        )
    }
    return render(
        "accounts/conflict.html",
        status=409,
        title=_("Both of you changed %(name)s", name=person.name),
        url=url_for("accounts.save_person", person_id=person_id),
        back=url_for("accounts.show_person", person_id=person_id),
        fields=conflict.sides(clash, lambda name, value: names.get(name, {}).get(str(value), str(value or ""))),
        keep=conflict.kept(clash, *both, request.form),
        version=clash.version,
        who=(last.detail or {}).get("actor") if last is not None else _("Somebody else"),
        at=person.updated_at,
    )


def labels() -> dict[str, str]:
    """Return the words for the fields of a person."""
    words = (
        *(_("Organization"), _("Name"), _("Mail address"), _("Phone"), _("Employee number"), _("Job title")),
        *(_("Manager"), _("Department"), _("Location"), _("Cost centre"), _("First day"), _("Last day")),
    )
    return dict(zip(FIELDS, words, strict=True))
