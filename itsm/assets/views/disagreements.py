"""Record against observation: the worklist, and the decision."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.forms import DecisionForm, ManyDecisionsForm
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import asset_to_change
from itsm.assets.queries.disagreements import DisagreementWish, disagreement_to_change, open_disagreements
from itsm.assets.rules.precedence import DEFAULT_ORDER, OBSERVED_FIELDS
from itsm.assets.services.decisions import Decision, decide_many
from itsm.assets.services.decisions import decide as decide_it
from itsm.assets.tabs import disagreement_doors
from itsm.assets.views import words
from itsm.assets.views.blueprints import READERS, WRITERS, register_pages
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.numbers import whole_number
from itsm.kernel.policy import allowed
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.security import local_path
from itsm.web.texts import _, ngettext


@register_pages.get("/disagreements")
@gate.roles(*READERS)
def disagreements() -> ResponseReturnValue:
    """Show what waits for a decision, oldest first."""
    actor, wish = signed_in(), DisagreementWish.of(request.args)
    page = open_disagreements(
        actor, db.session(), wish, after=request.args.get("after"), before=request.args.get("before")
    )
    return render(
        "assets/disagreements.html",
        block="disagreement_list",
        page=page,
        wish=wish,
        fields=[(name, words.fields()[name]) for name in OBSERVED_FIELDS],
        sources=[(name, words.source(name)) for name in DEFAULT_ORDER],
        can_decide=allowed(POLICY, actor, AssetPermission.DECIDE),
        doors=disagreement_doors(actor),
        words=words,
        worklists=words.worklists("disagreements"),
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


@register_pages.post("/disagreements/decisions")
@gate.roles(*WRITERS)
def decide_chosen() -> ResponseReturnValue:
    """Decide all that were ticked alike. What changed since it was shown is left."""
    actor = signed_in()
    wish = read(ManyDecisionsForm, request.form).parse()
    chosen = {int(id_): int(version) for id_, version in (one.split("-") for one in wish.ids)}
    with transaction(actor) as unit:
        outcome = decide_many(actor, chosen, wish.decision, now=unit.now)
    flash(ngettext("%(num)s disagreement decided.", "%(num)s disagreements decided.", outcome.decided), "success")
    if outcome.left:
        left = ngettext("%(num)s had changed and waits.", "%(num)s had changed and wait.", outcome.left)
        flash(left, "warning")
    return redirect(local_path(request.args.get("back"), url_for("assets.disagreements")), 303)


def _version() -> int | None:
    return whole_number(request.form.get("version"))
