"""A new password by mail. Every answer is the same, whether somebody of that name exists or not."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.accounts.forms import ForgotForm, ResetForm
from itsm.accounts.services import reset
from itsm.accounts.views import bp
from itsm.infra.db import db
from itsm.infra.unit import clock, transaction
from itsm.kernel.errors import Busy, Invalid, NotFound
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.identity import current_actor
from itsm.web.render import render
from itsm.web.texts import _


@bp.get("/forgot")
@gate.public
def forgot() -> ResponseReturnValue:
    """Ask who wants a new password."""
    return render("accounts/forgot.html", form=Form(ForgotForm), sent=False)


@bp.post("/forgot")
@gate.public
def forgot_now() -> ResponseReturnValue:
    """Have the mail sent where there is an account; the page does not tell."""
    form = read(ForgotForm, request.form)
    try:
        wish = form.parse()
        with transaction(current_actor()) as unit:
            reset.request_reset(wish.login, request.remote_addr or "", now=unit.now)
    except Invalid:
        return render("accounts/forgot.html", form=form, sent=False, status=422)
    except Busy as refusal:
        form.errors[""] = [refusal.message]
        page = render("accounts/forgot.html", form=form, sent=False, status=429)
        page.headers["Retry-After"] = str(refusal.retry_after)
        return page
    return render("accounts/forgot.html", form=form, sent=True)


@bp.get("/reset/<code>")
@gate.public
def choose_password(code: str) -> ResponseReturnValue:
    """Ask for the new password, where the code is good."""
    try:
        login = reset.owner_of(db.session(), code, now=clock().now()).login
    except NotFound as refusal:
        return render("accounts/reset_gone.html", message=refusal.message, status=404)
    return render("accounts/reset.html", form=Form(ResetForm), code=code, login=login)


@bp.post("/reset/<code>")
@gate.public
def choose_password_now(code: str) -> ResponseReturnValue:
    """Set the new password; the code is spent, all sessions end."""
    form = read(ResetForm, request.form)
    login = ""
    try:
        wish = form.parse()
        with transaction(current_actor()) as unit:
            login = reset.owner_of(unit.session, code, now=unit.now).login
            reset.set_password(code, wish.password, now=unit.now)
    except Invalid as refusal:
        form.refuse(refusal).values.clear()
        return render("accounts/reset.html", form=form, code=code, login=login, status=422)
    except NotFound as refusal:
        return render("accounts/reset_gone.html", message=refusal.message, status=404)
    flash(_("Your new password is set. Please sign in with it."), "success")
    return redirect(url_for("accounts.sign_in"), 303)
