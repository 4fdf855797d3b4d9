"""The first run."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import login_user

from itsm.accounts.forms import FirstRun
from itsm.accounts.identity import load
from itsm.accounts.services import first_run, sessions, sign_in
from itsm.accounts.views import bp
from itsm.infra.db import db
from itsm.infra.settings import Settings
from itsm.infra.unit import transaction
from itsm.kernel.errors import Busy, Invalid, NotFound
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.identity import current_actor
from itsm.web.render import render


@bp.get("/first-run")
@gate.public
def first_run_page() -> ResponseReturnValue:
    """Ask for the code on the console and who administers the house; gone once somebody does."""
    if not first_run.is_open(db.session()):
        raise NotFound()
    return render("accounts/first_run.html", form=Form(FirstRun))


@bp.post("/first-run")
@gate.public
def first_run_now() -> ResponseReturnValue:
    """Make the first administrator and sign him in."""
    form = read(FirstRun, request.form)
    settings: Settings = current_app.extensions["itsm.settings"]
    address = request.remote_addr or ""
    try:
        command = form.parse()
        with transaction(current_actor()) as unit:
            sign_in.check_pace("first run", address, now=unit.now)
            user = first_run.create_administrator(
                command.code,
                organization=command.organization,
                name=command.name,
                email=command.email,
                password=command.password,
                now=unit.now,
            )
            token = sessions.open_session(
                user.id,
                lasts=timedelta(days=settings.session_days),
                address=address,
                browser=request.user_agent.string,
                now=unit.now,
            )
    except (Invalid, Busy) as refusal:
        if "code" in getattr(refusal, "errors", {}):
            with transaction(current_actor()) as unit:
                sign_in.note_failure("first run", address, now=unit.now)
        form.refuse(refusal if isinstance(refusal, Invalid) else Invalid({"": refusal.message}))
        form.values.pop("password", None)
        return render("accounts/first_run.html", form=form, status=refusal.status)
    signed_in = load(token)
    if signed_in is not None:
        login_user(signed_in)
    return redirect("/", 303)
