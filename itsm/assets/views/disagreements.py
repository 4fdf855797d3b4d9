"""Record against observation: the worklist, and the decision."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.forms import DecisionForm
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import asset_to_change
from itsm.assets.queries.disagreements import disagreement_to_change, open_disagreements
from itsm.assets.rules.precedence import OBSERVED_FIELDS
from itsm.assets.services.decisions import Decision
from itsm.assets.services.decisions import decide as decide_it
from itsm.assets.views import words
from itsm.assets.views.blueprints import READERS, WRITERS, register_pages
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.policy import allowed
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.security import local_path
from itsm.web.texts import _


@register_pages.get("/disagreements")
@gate.roles(*READERS)
def disagreements() -> ResponseReturnValue:
    """Show what waits for a decision, oldest first."""
    actor = signed_in()
    field = request.args.get("field", "")
    field = field if field in OBSERVED_FIELDS else ""
    page = open_disagreements(
        actor, db.session(), field=field, after=request.args.get("after"), before=request.args.get("before")
    )
    return render(
        "assets/disagreements.html",
        page=page,
        field=field,
        fields=[(name, words.fields()[name]) for name in OBSERVED_FIELDS],
        can_decide=allowed(POLICY, actor, AssetPermission.DECIDE),
        words=words,
    )


@register_pages.post("/<int:asset_id>/disagreements/<int:disagreement_id>")
@gate.roles(*WRITERS)
def decide(asset_id: int, disagreement_id: int) -> ResponseReturnValue:
    """Decide a disagreement."""
    actor = signed_in()
    wish = read(DecisionForm, request.form).parse()
    with transaction(actor) as unit:
        asset = asset_to_change(actor, asset_id)
        row = disagreement_to_change(asset, disagreement_id)
        decide_it(actor, asset, row, wish.decision, now=unit.now, version=_version())
    field = words.fields().get(row.field, row.field)
    told = {
        Decision.KEEP: _("%(field)s of %(name)s stays as recorded.", field=field, name=asset.name),
        Decision.ACCEPT: _("%(field)s of %(name)s is now %(value)s.", field=field, name=asset.name, value=row.observed),
        Decision.TRUST: _(
            "%(source)s decides %(field)s of %(name)s from now on.",
            source=words.source(row.source),
            field=field,
            name=asset.name,
        ),
    }
    flash(told[wish.decision], "success")
    return redirect(local_path(request.args.get("back"), url_for("assets.show", asset_id=asset_id)), 303)


def _version() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
