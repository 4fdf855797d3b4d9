"""Looking at a ticket's device: what may be asked, what was asked, what came back."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.infra.unit import Unit, clock
from itsm.insight.causes.forms import LookForm
from itsm.insight.causes.policies import POLICY, InsightPermission
from itsm.insight.causes.queries.looks import looks_of
from itsm.insight.causes.queries.subject import get_subject
from itsm.insight.causes.rules.looks import SPAN
from itsm.insight.causes.services import looks as service
from itsm.insight.causes.views import words
from itsm.insight.causes.views.blueprints import bp
from itsm.kernel.actor import Role
from itsm.kernel.errors import RuleBroken
from itsm.kernel.policy import allowed, require
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import fresh, render
from itsm.web.texts import _


@bp.get("/tickets/<int:number>/insight/looks")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def looks(number: int) -> ResponseReturnValue:
    """Show the looks at a ticket's device; while one is under way the panel asks again by itself."""
    actor, now = signed_in(), clock().now()
    subject = get_subject(actor, number, now)
    rows = looks_of(db.session(), actor, subject.ticket.id)
    running = any(row.state in service.UNDER_WAY and row.created_at > now - SPAN for row in rows)
    response = render(
        "insight/looks.html",
        block="insight_looks",
        ticket=subject.ticket,
        asset=subject.asset,
        rows=rows,
        running=running,
        names=words.looks(),
        questions=words.questions(),
        reasons=words.reason,
        may_ask=allowed(POLICY, actor, InsightPermission.EXAMINE, subject.ticket) and subject.ticket.is_open,
    )
    seal = [(row.id, row.state, row.finished_at) for row in rows]
    return (
        fresh(response, actor.user_id, seal, subject.ticket.version) if request.headers.get("HX-Request") else response
    )


@bp.post("/tickets/<int:number>/looks")
@gate.roles(Role.TECHNICIAN)
def look(number: int) -> ResponseReturnValue:
    """Ask for a look at the ticket's device."""
    actor = signed_in()
    wish = read(LookForm, request.form).parse()

    def asked(unit: Unit) -> str:
        subject = get_subject(actor, number, unit.now)
        require(POLICY, actor, InsightPermission.EXAMINE, subject.ticket)
        if subject.asset is None:
            raise RuleBroken(_("There is no device on this ticket."))
        service.ask(actor, subject.ticket, subject.asset, wish.look, wish.question, now=unit.now)
        return url_for("tickets.show", number=number, _anchor="insight_looks")

    location = once(actor, asked)
    flash(_("The device is being looked at."), "info")
    return redirect(location, 303)
