"""What nothing may ever ask."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from itsm.discovery import queries
from itsm.discovery.forms import ExclusionForm
from itsm.discovery.models import Exclusion
from itsm.discovery.services import exclusions as service
from itsm.discovery.views import bp
from itsm.discovery.views.networks import home_organization
from itsm.infra.db import db
from itsm.infra.unit import Unit, clock, transaction
from itsm.kernel.actor import Role
from itsm.kernel.errors import Invalid
from itsm.kernel.numbers import whole_number
from itsm.org.models import Organization
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import current_actor
from itsm.web.render import render


@bp.get("/exclusions")
@gate.roles(Role.TECHNICIAN, Role.ASSET_MANAGER, Role.AUDITOR)
def exclusions() -> ResponseReturnValue:
    """Show what nothing may ever ask."""
    return _page(Form(ExclusionForm))


def _page(form: Form[Any], status: int = 200) -> ResponseReturnValue:
    session, actor = db.session(), current_actor()
    after, before = request.args.get("after"), request.args.get("before")
    homes = select(Organization.id, Organization.name).order_by(Organization.name).limit(500)
    return render(
        "discovery/exclusions.html",
        form=form,
        found=queries.exclusion_list(session, actor, after=after, before=before),
        homes=[(str(row.id), row.name) for row in session.execute(homes)] if actor.all_organizations else [],
        everywhere=actor.all_organizations,
        today=clock().now().date(),
        status=status,
    )


@bp.post("/exclusions")
@gate.roles(Role.ADMINISTRATOR)
def exclude() -> ResponseReturnValue:
    """Put addresses on the list."""
    actor, form = current_actor(), read(ExclusionForm, request.form)

    def create(unit: Unit) -> str:
        wish = form.parse()
        home = wish.organization_id if actor.all_organizations else home_organization(unit.session)
        if home is not None and unit.session.get(Organization, home) is None:
            raise Invalid({"organization_id": "Please choose one of the values offered."})
        facts = service.ExclusionFacts(ranges=wish.ranges, reason=wish.reason, until_on=wish.until_on)
        service.exclude(actor, home, facts, now=unit.now)
        return url_for("discovery.exclusions")

    try:
        location = once(actor, create)
    except Invalid as refusal:
        return _page(form.refuse(refusal), 422)
    flash(_("These addresses are left alone from now on."), "success")
    return redirect(location, 303)


@bp.post("/exclusions/<int:exclusion_id>/end")
@gate.roles(Role.ADMINISTRATOR)
def end_exclusion(exclusion_id: int) -> ResponseReturnValue:
    """Let addresses be asked again."""
    actor, version = current_actor(), whole_number(request.form.get("version")) or 0
    with transaction(actor) as unit:
        mine = queries.visible_exclusions(actor).with_for_update()
        service.end(actor, queries.get_one(unit.session, mine, Exclusion, exclusion_id), version=version, now=unit.now)
    flash(_("These addresses may be asked again."), "success")
    return redirect(url_for("discovery.exclusions"), 303)
