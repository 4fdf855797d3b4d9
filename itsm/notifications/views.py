"""The inbox."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import update

from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.errors import NotFound
from itsm.notifications import inbox
from itsm.notifications.models import Notification
from itsm.web import gate
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.security import local_path

bp = Blueprint("notifications", __name__, url_prefix="/inbox")


@bp.get("")
@gate.signed_in
def index() -> ResponseReturnValue:
    """Show what the person should know."""
    actor = signed_in()
    found = inbox.page(db.session(), actor, after=request.args.get("after"), before=request.args.get("before"))
    return render("notifications/index.html", page=found)


@bp.post("/<int:notification_id>/reading")
@gate.signed_in
def read_one(notification_id: int) -> ResponseReturnValue:
    """Mark one as read and go where it leads."""
    actor = signed_in()
    with transaction(actor) as unit:
        wanted = inbox.mine(actor).where(Notification.id == notification_id)
        found: Notification | None = unit.session.scalars(wanted).one_or_none()
        if found is None:
            raise NotFound()
        found.read_at = found.read_at or unit.now
        href = found.href
    return redirect(local_path(href), 303)


@bp.post("/reading")
@gate.signed_in
def read_all() -> ResponseReturnValue:
    """Mark all as read."""
    actor = signed_in()
    with transaction(actor) as unit:
        ended = update(Notification).where(Notification.person_id == actor.person_id, Notification.read_at.is_(None))
        unit.session.execute(ended.values(read_at=unit.now))
    return redirect(url_for("notifications.index"), 303)
