"""The worklist of suspects, and the strip above the queue."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.infra.unit import Unit, clock, transaction
from itsm.insight.causes.forms import DismissForm
from itsm.insight.causes.policies import POLICY, InsightPermission
from itsm.insight.causes.queries import banners, suspects
from itsm.insight.causes.services import incidents
from itsm.insight.causes.services import suspects as service
from itsm.insight.causes.views import words
from itsm.insight.causes.views.blueprints import bp
from itsm.insight.causes.views.panels import body_of, title_of
from itsm.kernel.actor import Role
from itsm.kernel.errors import NotFound
from itsm.kernel.policy import allowed, require
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.security import local_path
from itsm.web.texts import _


@bp.get("/insight")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def index() -> ResponseReturnValue:
    """Show what may be behind several tickets, and what the portal says now."""
    actor, now, session = signed_in(), clock().now(), db.session()
    page = suspects.page(session, actor, after=request.args.get("after"), before=request.args.get("before"), now=now)
    below = suspects.tickets_below(session, actor, [row.Suspect.id for row in page.rows])
    return render(
        "insight/index.html",
        page=page,
        below=below,
        banners=banners.shown_now(session, actor, now),
        words=words,
        may_decide=allowed(POLICY, actor, InsightPermission.DISMISS),
    )


@bp.get("/insight/strip")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def strip() -> ResponseReturnValue:
    """Show the newest suspects: what stands above the queue."""
    actor, now = signed_in(), clock().now()
    found = suspects.above_queue(db.session(), actor, now)
    return render("insight/strip.html", block="insight_strip", suspects=found)


@bp.post("/insight/suspects/<int:suspect_id>/dismissal")
@gate.roles(Role.TECHNICIAN)
def dismiss(suspect_id: int) -> ResponseReturnValue:
    """Say that it is not this."""
    actor = signed_in()
    wish = read(DismissForm, request.form).parse()
    with transaction(actor) as unit:
        service.dismiss(actor, suspects.suspect_to_change(actor, suspect_id), wish.reason, now=unit.now)
    flash(_("It is not suspected any more."), "success")
    return redirect(
        local_path(request.args.get("back", "")) if request.args.get("back") else url_for("insight.index"), 303
    )


@bp.post("/insight/suspects/<int:suspect_id>/incident")
@gate.roles(Role.TECHNICIAN)
def confirm(suspect_id: int) -> ResponseReturnValue:
    """Make one incident of the tickets below a suspect, or add them to the one that there is."""
    actor = signed_in()

    def declared(unit: Unit) -> str:
        row = suspects.get_suspect(actor, suspect_id)
        require(POLICY, actor, InsightPermission.DECLARE, row.Suspect)
        tickets = suspects.tickets_below(unit.session, actor, [suspect_id])[suspect_id]
        if not tickets:
            raise NotFound()
        wish = incidents.Incident(
            numbers=tuple(ticket.number for ticket in tickets),
            title=title_of(row.asset),
            body=body_of(row.asset),
            asset_id=row.asset_id,
            parent=row.incident,
        )
        return url_for("tickets.show", number=incidents.declare(actor, wish, now=unit.now).number)

    return redirect(once(actor, declared), 303)
