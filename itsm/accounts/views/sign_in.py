"""Signing in and out."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user
from sqlalchemy import update

from itsm.accounts.forms import SignIn
from itsm.accounts.identity import load
from itsm.accounts.models import UserSession
from itsm.accounts.services import first_run, passwords, sessions
from itsm.accounts.services import sign_in as signing_in
from itsm.accounts.views import bp
from itsm.infra.db import db
from itsm.infra.settings import Settings
from itsm.infra.unit import record, transaction
from itsm.kernel.errors import Busy, Invalid
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.identity import current_actor
from itsm.web.render import render
from itsm.web.security import local_path


@bp.get("/sign-in")
@gate.public
def sign_in() -> ResponseReturnValue:
    """Show the sign-in form, or the first run where nobody administers the house yet."""
    if current_actor().is_signed_in:
        return redirect(local_path(request.args.get("next")), 303)
    if first_run.is_open(db.session()):
        return redirect(url_for("accounts.first_run_page"), 303)
    return render("accounts/sign_in.html", form=Form(SignIn), next=local_path(request.args.get("next")))


@bp.post("/sign-in")
@gate.public
def sign_in_now() -> ResponseReturnValue:
    """Open a session for the right name and password."""
    form = read(SignIn, request.form)
    target = local_path(request.form.get("next"))
    try:
        command = form.parse()
        token = _open(command.login, command.password)
    except Invalid as refusal:
        form.refuse(refusal)
        form.values.pop("password", None)
        return render("accounts/sign_in.html", form=form, next=target, status=422)
    except Busy as refusal:
        form.errors[""] = [refusal.message]
        form.values.pop("password", None)
        page = render("accounts/sign_in.html", form=form, next=target, status=429)
        page.headers["Retry-After"] = str(refusal.retry_after)
        return page
    signed_in = load(token)
    if signed_in is not None:
        login_user(signed_in)
    return redirect(target, 303)


def _open(login: str, password: str) -> str:
    """Return the token of a new session. The slow hash is computed outside any transaction."""
    actor, address = current_actor(), request.remote_addr or ""
    settings: Settings = current_app.extensions["itsm.settings"]
    with transaction(actor) as unit:
        signing_in.check_pace(login, address, now=unit.now)
        user = signing_in.account_of(login)
        stored = user.password_hash if user is not None else None
    right = passwords.matches(stored, password)
    with transaction(actor) as unit:
        user = signing_in.account_of(login)
        if not right or user is None or user.password_hash != stored:
            signing_in.note_failure(login, address, now=unit.now)
        else:
            signing_in.note_success(user, password, now=unit.now)
            return sessions.open_session(
                user.id,
                lasts=timedelta(days=settings.session_days),
                address=address,
                browser=request.user_agent.string,
                now=unit.now,
            )
    raise signing_in.refuse()


@bp.post("/sign-out")
@gate.signed_in
def sign_out() -> ResponseReturnValue:
    """End this session, here and in the table."""
    token = current_user.token
    with transaction(current_actor()) as unit:
        ended = update(UserSession).where(UserSession.token_hash == sessions.token_hash(token))
        unit.session.execute(ended.values(revoked_at=unit.now))
        record("signed_out", "user_account", unit.actor.user_id, label=unit.actor.name)
    logout_user()
    return redirect(url_for("accounts.sign_in"), 303)
