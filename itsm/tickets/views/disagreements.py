"""A ticket about a disagreement between what is recorded of an asset and what was seen."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itsm.assets.models import Disagreement
from itsm.assets.queries import asset_to_change
from itsm.assets.queries.disagreements import disagreement_to_change
from itsm.assets.services.decisions import refer
from itsm.infra.unit import Unit
from itsm.kernel.actor import Role
from itsm.kernel.errors import NotFound
from itsm.tickets.services import filing
from itsm.tickets.views.blueprints import desk
from itsm.web import gate
from itsm.web.conflict import version_of
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.texts import _


@desk.post("/about-disagreement/<int:disagreement_id>")
@gate.roles(Role.TECHNICIAN)
def about_disagreement(disagreement_id: int) -> ResponseReturnValue:
    """File a ticket about a disagreement, with its asset on it; the disagreement waits for the ticket from then on."""
    actor, version = signed_in(), version_of(request.form)

    def filed(unit: Unit) -> str:
        asset_id = unit.session.scalar(select(Disagreement.asset_id).where(Disagreement.id == disagreement_id))
        if asset_id is None:
            raise NotFound()
        asset = asset_to_change(actor, asset_id)
        row = disagreement_to_change(asset, disagreement_id)
        title = _("%(tag)s %(name)s: record and reality differ", tag=asset.tag, name=asset.name)
        body = _(
            "%(field)s is recorded as “%(recorded)s”; %(source)s saw “%(observed)s”. Please find out which is right.",
            field=row.field.replace("_", " "),
            recorded=row.recorded[:300],
            source=row.source.upper(),
            observed=row.observed[:300],
        )
        new = filing.NewTicket(title=title[:200], body=body, asset_ids=(asset.id,))
        ticket = filing.file(actor, new, now=unit.now)
        refer(actor, asset, row, _("ticket #%(number)s", number=ticket.number), now=unit.now, version=version)
        return url_for("tickets.show", number=ticket.number)

    location = once(actor, filed)
    flash(_("The disagreement waits for this ticket."), "success")
    return redirect(location, 303)
