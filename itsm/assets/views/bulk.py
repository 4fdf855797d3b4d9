"""Many assets at once, and taking it back."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from itsm.assets.forms import BulkForm, PickedForm
from itsm.assets.models import Asset
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import forms as choices
from itsm.assets.queries import visible_assets
from itsm.assets.services import bulk as services
from itsm.assets.views import words
from itsm.assets.views.blueprints import register_pages
from itsm.assets.views.register import address
from itsm.assets.views.saved import query_of
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Role
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _, ngettext, told_all


@register_pages.post("/bulk")
@gate.roles(Role.ASSET_MANAGER)
def bulk() -> ResponseReturnValue:
    """Change the selected assets."""
    actor = signed_in()
    back = query_of(request.form.get("back", ""))
    try:
        wish = read(BulkForm, request.form).parse()
        chosen = {name: getattr(wish, name) for name in services.FIELDS if getattr(wish, name)}
        values = {name: None if word == "none" else int(word) for name, word in chosen.items()}
        with transaction(actor) as unit:
            outcome = services.apply(actor, wish.ids, values, status=wish.status, now=unit.now)
    except Invalid as refusal:
        flash(told_all(refusal), "error")
        return redirect(address(back), 303)
    _tell(outcome)
    told: dict[str, Any] = {"did": actor.request_id, "changed": outcome.changed, "refused": len(outcome.refused)}
    return redirect(address({**back, **told}), 303)


@register_pages.post("/bulk/form")
@gate.roles(Role.ASSET_MANAGER)
def bulk_form() -> ResponseReturnValue:
    """Show everything that can be changed on the selected assets. Changes nothing."""
    actor, session = signed_in(), db.session()
    require(POLICY, actor, AssetPermission.BULK)
    wish = read(PickedForm, request.form).parse()
    wanted = visible_assets(actor, Asset.id, Asset.tag, Asset.name, Asset.kind, Asset.organization_id)
    rows = session.execute(wanted.where(Asset.id.in_(wish.ids)).order_by(Asset.name)).all()
    home = rows[0].organization_id if rows else choices.home(actor, None)
    return render(
        "assets/bulk.html",
        rows=rows,
        options=choices.options(actor, session, home, {}),
        words=words,
        wish=wish,
        cancel=address(query_of(wish.back)),
    )


@register_pages.post("/bulk/<string:request_id>/undoing")
@gate.roles(Role.ASSET_MANAGER)
def undo_bulk(request_id: str) -> ResponseReturnValue:
    """Take back what a bulk action did."""
    actor = signed_in()
    with transaction(actor) as unit:
        outcome = services.undo(actor, request_id[:32], now=unit.now)
    said = ngettext("%(num)s asset is as it was.", "%(num)s assets are as they were.", outcome.changed)
    if outcome.refused:
        left = len(outcome.refused)
        said += " " + ngettext("%(num)s was changed since and stays.", "%(num)s were changed since and stay.", left)
    flash(said, "success")
    _tell(outcome)
    return redirect(address(query_of(request.form.get("back", ""))), 303)


def _tell(outcome: services.Outcome) -> None:
    for tag, said in list(outcome.refused.items())[:5]:
        flash(f"{tag}: {said}", "warning")
    more = len(outcome.refused) - 5
    if more > 0:
        flash(_("%(n)s more were left as they were.", n=more), "warning")
