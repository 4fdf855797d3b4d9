"""Refusals become answers in one place: a toast for htmx, a page otherwise."""

from __future__ import annotations

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from itsm.infra.db import db
from itsm.kernel.errors import Conflict, Refusal
from itsm.web.htmx import htmx
from itsm.web.texts import N_, told

log = structlog.get_logger()
_PAGES = {403, 404, 409, 413, 422, 429, 500, 503}


def register(app: Flask) -> None:
    """Teach the application to answer refusals and accidents."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StaleDataError, lambda _error: _refused(Conflict()))
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(IntegrityError, _contradicted)
    app.register_error_handler(Exception, _accident)


def answer(status: int, title: str, message: str) -> Response:
    """Return a refusal as a toast (htmx) or as a page, in the reader's language."""
    title, message = told(title), told(message)
    if htmx.is_partial:
        response = make_response(render_template("ui/toast.html", message=message, title=title), status)
        response.headers["HX-Retarget"] = "#toasts"
        response.headers["HX-Reswap"] = "beforeend"
        return response
    name = status if status in _PAGES else (404 if status < 500 else 500)
    page = render_template(f"errors/{name}.html", title=title, message=message, status=status)
    return make_response(page, status)


def _refused(refusal: Refusal) -> ResponseReturnValue:
    response = answer(refusal.status, refusal.title, refusal.message)
    retry_after = getattr(refusal, "retry_after", None)
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    response = answer(error.code, error.name, error.description or error.name)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "WWW-Authenticate"):
            response.headers[name] = value
    return response


def _database_away(error: OperationalError) -> ResponseReturnValue:
    log.error("database.unavailable", error=str(error.orig)[:300])
    db.session.rollback()
    response = answer(
        503, N_("The database does not answer"), N_("Nothing was saved. Please try again in a few seconds.")
    )
    response.headers["Retry-After"] = "5"
    return response


def _contradicted(_error: IntegrityError) -> ResponseReturnValue:
    """A constraint of the database held what the services had let through: what was chosen has gone, or was taken."""
    log.exception("database.contradicted", path=request.path, method=request.method)
    db.session.rollback()
    said = N_("What it refers to has gone, or somebody took the same name just now. Nothing was saved.")
    return answer(409, N_("This does not fit what is there"), said)


def _accident(error: Exception) -> ResponseReturnValue:
    log.exception("request.failed", path=request.path, method=request.method)
    db.session.rollback()
    return answer(500, N_("Something broke on our side"), N_("Nothing was saved. The error was written to the log."))
