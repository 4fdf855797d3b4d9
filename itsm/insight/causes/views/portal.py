"""What employees see of insight: banners, and the button that says "it hits me too"."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.infra.unit import clock, transaction
from itsm.insight.causes.queries import banners
from itsm.insight.causes.services import banners as service
from itsm.insight.causes.views.blueprints import bp
from itsm.kernel.actor import Actor
from itsm.tickets.panels import PortalNotice
from itsm.web import gate
from itsm.web.identity import signed_in
from itsm.web.texts import _


def notices(actor: Actor) -> list[PortalNotice]:
    """Return what the portal tells this person now."""
    found = banners.shown_to(db.session(), actor, clock().now())
    return [PortalNotice(row.message, url_for("insight.join", banner_id=row.id), row.joined) for row in found]


@bp.post("/known/<int:banner_id>/joining")
@gate.signed_in
def join(banner_id: int) -> ResponseReturnValue:
    """Put the person on the list of those who are hit."""
    actor = signed_in()
    with transaction(actor) as unit:
        service.join(actor, banners.banner_to_join(actor, banner_id, unit.now), now=unit.now)
    flash(_("You are on the list. We tell you when it works again."), "success")
    return redirect(url_for("portal.home"), 303)
