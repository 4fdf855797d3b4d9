"""Drift where people work: on an asset's page, and beside a ticket."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from itsm.assets.models import Asset
from itsm.infra.db import db
from itsm.infra.markup import kept
from itsm.insight.drift import wording
from itsm.insight.drift.queries import plans, worklist
from itsm.insight.drift.views import bp
from itsm.insight.drift.views.worklist import rights
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import NotFound
from itsm.kernel.policy import allowed
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries import get_ticket
from itsm.web import gate
from itsm.web.identity import signed_in
from itsm.web.render import render


def asset_tab(actor: Actor, asset: Asset) -> Markup:
    """Return the drift of an asset and what is expected of it."""
    session = db.session()
    # Our own template, escaped as every page is.
    return kept(
        render_template(
            "insight/drift/asset_tab.html",
            rows=worklist.of_asset(session, actor, asset.id),
            expected=plans.expected_page(session, actor, asset_id=asset.id).rows,
            asset=asset,
            wording=wording,
            can=rights(actor),
        )
    )


@bp.get("/tickets/<int:number>")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def ticket_card(number: int) -> ResponseReturnValue:
    """Show what a ticket tells of drift: the page, or the card beside the ticket."""
    actor, session = signed_in(), db.session()
    ticket = get_ticket(actor, number)
    if not allowed(POLICY, actor, TicketPermission.READ_INTERNAL, ticket):
        raise NotFound()
    return render(
        "insight/drift/ticket_card.html",
        ticket=ticket,
        rows=worklist.of_ticket(session, actor, ticket.id),
        looks=worklist.looks_of(session, ticket.id),
        wording=wording,
        can=rights(actor),
    )
