"""What the portal says about a ticket: shown, changed, ended by the desk."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.infra.unit import Unit, clock, transaction
from itsm.insight.causes.enums import BannerScope
from itsm.insight.causes.forms import BannerForm, until
from itsm.insight.causes.policies import POLICY, InsightPermission
from itsm.insight.causes.queries import banners
from itsm.insight.causes.queries.subject import Subject, get_subject
from itsm.insight.causes.services import banners as service
from itsm.insight.causes.services.banners import Announcement
from itsm.insight.causes.views import words
from itsm.insight.causes.views.blueprints import bp
from itsm.kernel.actor import Role
from itsm.kernel.errors import Conflict, Invalid, NotFound
from itsm.kernel.numbers import whole_number
from itsm.kernel.policy import allowed, require
from itsm.tickets.queries import ticket_to_change
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _


@bp.get("/tickets/<int:number>/banner")
@gate.roles(Role.TECHNICIAN)
def banner(number: int) -> ResponseReturnValue:
    """Show the form of a ticket's banner."""
    actor = signed_in()
    subject = get_subject(actor, number, clock().now())
    require(POLICY, actor, InsightPermission.ANNOUNCE, subject.ticket)
    shown = subject.banner
    start = {"message": _("Something does not work. We know, and are looking into it."), "hours": 4}
    if shown is not None:
        start = {"message": shown.message, "scope": shown.scope.value, "hours": ""}
        start["location_id"] = shown.location_id or ""
    return _form(subject, Form(BannerForm, start))


def _form(subject: Subject, form: Form[BannerForm], *, status: int = 200, theirs: str | None = None) -> Response:
    actor = signed_in()
    everywhere = allowed(POLICY, actor, InsightPermission.ANNOUNCE_TO_ALL)
    offered = [
        {"value": key, "label": label} for key, label in words.scopes().items() if everywhere or key != BannerScope.ALL
    ]
    return render(
        "insight/banner.html",
        block="banner_form",
        status=status,
        ticket=subject.ticket,
        banner=subject.banner,
        form=form,
        theirs=theirs,
        scopes=offered,
        places=banners.places(db.session(), subject.ticket.organization_id),
    )


@bp.post("/tickets/<int:number>/banner")
@gate.roles(Role.TECHNICIAN)
def announce(number: int) -> ResponseReturnValue:
    """Show a banner, or change the one that is shown."""
    actor = signed_in()
    form = read(BannerForm, request.form)

    def announced(unit: Unit) -> str:
        ticket = ticket_to_change(actor, number)
        require(POLICY, actor, InsightPermission.ANNOUNCE, ticket)
        standing = banners.banner_of(ticket.id, unit.now)
        command = Announcement(
            message=wish.message,
            scope=wish.scope,
            location_id=wish.location_id,
            until=until(wish, unit.now, standing.until if standing is not None and version else None),
        )
        if version:
            if standing is None:
                raise Invalid({"": _("The banner has ended in the meantime. Send the form again to show it anew.")})
            service.change(actor, standing, ticket, command, version=version, now=unit.now)
        else:
            service.announce(actor, ticket, command, now=unit.now)
        return url_for("tickets.show", number=number)

    try:
        version = _version()
        wish = form.parse()
        return redirect(once(actor, announced), 303)
    except Conflict as clash:
        theirs = str(clash.fields[0].theirs)
        return _form(get_subject(actor, number, clock().now()), form, status=409, theirs=theirs)
    except Invalid as refusal:
        return _form(get_subject(actor, number, clock().now()), form.refuse(refusal), status=422)


def _version() -> int:
    return whole_number(request.form.get("version")) or 0


@bp.post("/tickets/<int:number>/banner/end")
@gate.roles(Role.TECHNICIAN)
def end_banner(number: int) -> ResponseReturnValue:
    """Take the banner off the portal."""
    actor = signed_in()
    with transaction(actor) as unit:
        ticket = ticket_to_change(actor, number)
        require(POLICY, actor, InsightPermission.ANNOUNCE, ticket)
        shown = banners.banner_of(ticket.id, unit.now)
        if shown is None:
            raise NotFound()
        service.end(actor, shown, ticket, now=unit.now)
    flash(_("The banner is off the portal."), "success")
    return redirect(url_for("tickets.show", number=number), 303)
