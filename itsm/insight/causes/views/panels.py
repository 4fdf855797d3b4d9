"""What a ticket learns: parts that load beside it, each also a page of its own."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.infra.unit import Unit, clock
from itsm.insight.causes.forms import IncidentForm
from itsm.insight.causes.policies import POLICY, InsightPermission
from itsm.insight.causes.queries import commons as common
from itsm.insight.causes.queries import impact, suspects
from itsm.insight.causes.queries import story as stories
from itsm.insight.causes.queries.subject import Subject, get_subject
from itsm.insight.causes.rules.commons import Common, numbers_of
from itsm.insight.causes.rules.story import BEFORE, newest, presence
from itsm.insight.causes.rules.story import story as told
from itsm.insight.causes.services import incidents
from itsm.insight.causes.views import words
from itsm.insight.causes.views.blueprints import bp
from itsm.kernel.actor import Role
from itsm.kernel.errors import RuleBroken
from itsm.kernel.policy import allowed, require
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _


def _page(name: str, subject: Subject, **more: Any) -> Response:
    actor = signed_in()
    can = {p.name.lower(): allowed(POLICY, actor, p, subject.ticket) for p in InsightPermission}
    return render(
        f"insight/{name}.html",
        block=f"insight_{name}",
        ticket=subject.ticket,
        subject=subject,
        asset=subject.asset,
        words=words,
        can=can,
        **more,
    )


@bp.get("/tickets/<int:number>/insight/story")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def story(number: int) -> ResponseReturnValue:
    """Show whether the device answers, and what changed on it in the 72 hours before the ticket."""
    subject = get_subject(signed_in(), number, clock().now())
    if subject.asset is None:
        return _page("story", subject, changes=[], presence=None, since=None)
    session, asset, until = db.session(), subject.asset, subject.ticket.created_at
    since = until - BEFORE
    record = stories.record_of(session, asset, since, until)
    edits = stories.edits_of(session, asset, since, until)
    return _page(
        "story",
        subject,
        changes=newest([*told(record.traces, since, until), *edits]),
        presence=presence(asset.last_seen_at, record.networks, record.runs),
        since=since,
    )


@bp.get("/tickets/<int:number>/insight/commons")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def commons(number: int) -> ResponseReturnValue:
    """Show what the tickets of a day have in common with this one."""
    actor, now = signed_in(), clock().now()
    subject = get_subject(actor, number, now)
    found = common.commons_of(db.session(), actor, subject, now)
    return _page(
        "commons",
        subject,
        found=found,
        striking=[one for one in found.commons if one.stands_out],
        rest=[one for one in found.commons if not one.stands_out],
        today=now - found.until < BEFORE / 72,
    )


@bp.get("/tickets/<int:number>/insight/place")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def place(number: int) -> ResponseReturnValue:
    """Show what is suspect above the ticket, what hangs on its device, and what the portal says."""
    actor, now = signed_in(), clock().now()
    subject = get_subject(actor, number, now)
    session = db.session()
    above = suspects.above_ticket(session, actor, subject.ticket.id, now)
    reach = impact.reach_of(session, actor, subject.asset) if subject.asset is not None else None
    return _page("place", subject, suspects=above, reach=reach)


@bp.post("/tickets/<int:number>/incident")
@gate.roles(Role.TECHNICIAN)
def make_incident(number: int) -> ResponseReturnValue:
    """Make one incident of the tickets that have something in common with this one, or add them to theirs."""
    actor = signed_in()
    wish = read(IncidentForm, request.form).parse()

    def declared(unit: Unit) -> str:
        subject = get_subject(actor, number, unit.now)
        require(POLICY, actor, InsightPermission.DECLARE, subject.ticket)
        found = common.commons_of(unit.session, actor, subject, unit.now)
        one = next((one for one in found.commons if one.key == wish.key), None)
        if one is None:
            raise RuleBroken(_("These tickets have this in common no longer. Please look again."))
        parent = incidents.declare(actor, command_of(one), now=unit.now)
        return url_for("tickets.show", number=parent.number)

    return redirect(once(actor, declared), 303)


def command_of(one: Common) -> incidents.Incident:
    """Return what makes an incident of a common trait. Its words name nobody: those who join it read them."""
    return incidents.Incident(
        numbers=tuple(numbers_of(one.cases)),
        title=title_of(one.name),
        body=body_of(one.name),
        asset_id=one.asset_id,
        parent=one.parent,
    )


def title_of(name: str) -> str:
    """Return the title of an incident."""
    return _("Several reports: %(name)s", name=name)[:200]


def body_of(name: str) -> str:
    """Return the first words of an incident."""
    return _("Several reports have %(name)s in common. We look into it.", name=name)
