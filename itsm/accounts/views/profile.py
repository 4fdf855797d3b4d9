"""Everybody's own page: facts, appearance, password, sessions."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from itsm.accounts.forms import PasswordForm, ProfileForm, ThemeForm
from itsm.accounts.models import Person, UserSession
from itsm.accounts.services import passwords, profile, sign_in
from itsm.accounts.services.sessions import token_hash
from itsm.accounts.views import bp
from itsm.accounts.views.browsers import browser_words
from itsm.infra.db import db
from itsm.infra.unit import clock, transaction
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Busy, Conflict, Invalid
from itsm.web import conflict, gate
from itsm.web.forms import Form, read
from itsm.web.identity import signed_in
from itsm.web.page import LANGUAGES
from itsm.web.render import render
from itsm.web.security import local_path
from itsm.web.texts import _
from itsm.web.zones import zones

FIELDS = ("name", "phone", "language", "time_zone", "theme")


@bp.get("/profile")
@gate.signed_in
def show_profile() -> ResponseReturnValue:
    """Show the person's own page."""
    return _page(signed_in())


def _page(
    actor: Actor,
    *,
    form: Form[ProfileForm] | None = None,
    password: Form[PasswordForm] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    session, now = db.session(), clock().now()
    person = session.get_one(Person, actor.person_id)
    values = {name: getattr(person, name) for name in FIELDS}
    wanted = select(UserSession).where(UserSession.user_id == actor.user_id, UserSession.revoked_at.is_(None))
    wanted = wanted.where(UserSession.expires_at > now).order_by(UserSession.seen_at.desc(), UserSession.id.desc())
    return render(
        "accounts/profile.html",
        status=status,
        person=person,
        form=form or Form(ProfileForm, values),
        base=(form.value("base") if form else "") or conflict.base_of(values),
        version=request.form.get("version") if form else person.version,
        password=password or Form(PasswordForm),
        zones=zones(),
        browser_words=browser_words,
        languages=list(LANGUAGES.items()),
        sessions=session.scalars(wanted.limit(50)).all(),
        this=token_hash(current_user.token),
        things=url_for("portal.things") if "portal.things" in current_app.view_functions else None,
    )


def labels() -> dict[str, str]:
    """Return the words for the fields of the profile."""
    words = (_("Name"), _("Phone"), _("Language"), _("Time zone"), _("Appearance"))
    return dict(zip(FIELDS, words, strict=True))


@bp.post("/profile")
@gate.signed_in
def save_profile() -> ResponseReturnValue:
    """Save the person's own facts; where they were changed elsewhere too, show both values."""
    actor, form = signed_in(), read(ProfileForm, request.form)
    try:
        yours = form.parse().model_dump(exclude={"base"})
        with transaction(actor):
            person = profile.myself(actor)
            theirs = {name: getattr(person, name) for name in FIELDS}
            settled = conflict.settle(yours, theirs, sent=request.form, version=person.version, labels=labels())
            profile.save_profile(actor, person, profile.Profile(**settled))
    except Invalid as refusal:
        return _page(actor, form=form.refuse(refusal), status=422)
    except Conflict as clash:
        return _clash(actor, clash, yours, theirs)
    flash(_("Your profile was saved."), "success")
    return redirect(url_for("accounts.show_profile"), 303)


def _clash(actor: Actor, clash: Conflict, yours: dict[str, Any], theirs: dict[str, Any]) -> ResponseReturnValue:
    person = db.session().get_one(Person, actor.person_id)
    return render(
        "accounts/conflict.html",
        status=409,
        title=_("Your profile changed in the meantime"),
        url=url_for("accounts.save_profile"),
        back=url_for("accounts.show_profile"),
        fields=conflict.sides(clash),
        keep=conflict.kept(clash, yours, theirs, request.form),
        version=clash.version,
        who=_("Somebody else"),
        at=person.updated_at,
    )


@bp.post("/profile/theme")
@gate.signed_in
def choose_theme() -> ResponseReturnValue:
    """Remember the theme; the switch of every page sends this."""
    wish = read(ThemeForm, request.form).parse()
    actor = signed_in()
    with transaction(actor):
        profile.choose_theme(actor, wish.theme)
    return redirect(local_path(request.form.get("next"), "/profile"), 303)


@bp.post("/profile/password")
@gate.signed_in
def change_password() -> ResponseReturnValue:
    """Set a new password, with the old one as proof. The slow hashes are computed outside any transaction."""
    actor, form = signed_in(), read(PasswordForm, request.form)
    address = request.remote_addr or ""
    try:
        wish = form.parse()
        with transaction(actor) as unit:
            user = profile.account(actor)
            sign_in.check_pace(user.login, address, now=unit.now)
            login, stored = user.login, user.password_hash
        passwords.check_strength(wish.password, login=login)
        right = passwords.matches(stored, wish.old)
        with transaction(actor) as unit:
            if not right:
                sign_in.note_failure(login, address, now=unit.now)
            else:
                token = current_user.token
                profile.change_password(actor, proven=stored, password=wish.password, keep_token=token, now=unit.now)
        if not right:
            raise Invalid({"old": _("This is not your password.")})
    except (Invalid, Busy) as refusal:
        form.refuse(refusal if isinstance(refusal, Invalid) else Invalid({"old": refusal.message}))
        form.values.clear()
        return _page(actor, password=form, status=refusal.status)
    flash(_("Your password was changed. All your other sessions have ended."), "success")
    return redirect(url_for("accounts.show_profile"), 303)


@bp.post("/profile/sessions/<int:session_id>/end")
@gate.signed_in
def end_session(session_id: int) -> ResponseReturnValue:
    """End one of the person's own sessions."""
    actor = signed_in()
    with transaction(actor) as unit:
        profile.end_session(actor, session_id, now=unit.now)
    flash(_("The session has ended."), "success")
    return redirect(url_for("accounts.show_profile"), 303)


@bp.post("/profile/sessions/end-others")
@gate.signed_in
def end_other_sessions() -> ResponseReturnValue:
    """End all the person's sessions but this one."""
    actor = signed_in()
    with transaction(actor) as unit:
        profile.end_other_sessions(actor, keep_token=current_user.token, now=unit.now)
    flash(_("All your other sessions have ended."), "success")
    return redirect(url_for("accounts.show_profile"), 303)
