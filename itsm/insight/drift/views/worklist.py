"""The worklist of drift, one drift with its evidence, and the decision that this is how it should be."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.insight.drift import wording
from itsm.insight.drift.enums import RuleKey
from itsm.insight.drift.forms import AcceptForm
from itsm.insight.drift.policies import DECIDERS, POLICY, READERS, DriftPermission
from itsm.insight.drift.queries import worklist
from itsm.insight.drift.rules.catalogue import CATALOGUE
from itsm.insight.drift.services.decisions import accept as accept_it
from itsm.insight.drift.services.decisions import drift_to_change
from itsm.insight.drift.views import bp
from itsm.kernel.actor import Actor
from itsm.kernel.policy import allowed
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.security import local_path
from itsm.web.texts import _, ngettext


def rights(actor: Actor) -> dict[str, bool]:
    """Return what the actor may do, for templates."""
    return {one.name.lower(): allowed(POLICY, actor, one) for one in DriftPermission}


@bp.get("")
@gate.roles(*READERS)
def index() -> ResponseReturnValue:
    """Show what is not as it should be."""
    actor, session = signed_in(), db.session()
    wish = worklist.Wish.of(request.args)
    counts = worklist.counts(session, actor)
    return render(
        "insight/drift/index.html",
        wish=wish,
        page=worklist.page(session, actor, wish, after=request.args.get("after"), before=request.args.get("before")),
        totals=_totals(counts),
        chips=_chips(wish, counts),
        address=_address,
        wording=wording,
        can=rights(actor),
    )


def _address(wish: worklist.Wish, **other: Any) -> str:
    return url_for("drift.index", **{name: value for name, value in (wish.values() | other).items() if value})


def _totals(counts: dict[tuple[str, str], int]) -> dict[str, str]:
    found = {"suspected": 0, "confirmed": 0, "ticketed": 0}
    for (_key, state), number in counts.items():
        found[state] = found.get(state, 0) + number
    capped = sum(found.values()) >= worklist.CAP
    return {state: f"{number:,}+" if capped and number else f"{number:,}" for state, number in found.items()}


def _chips(wish: worklist.Wish, counts: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    """Return the rules that found something (and the one that is chosen), each with how much stands."""
    found = []
    for key in CATALOGUE:
        number = sum(counts.get((key.value, state), 0) for state in ("confirmed", "ticketed"))
        if number or wish.rule == key.value:
            found.append({"key": key.value, "label": wording.rule_name(key), "number": number})
    return found


@bp.get("/<int:drift_id>")
@gate.roles(*READERS)
def show(drift_id: int) -> ResponseReturnValue:
    """Show one drift: what was before, what is now, and by which readings we know."""
    actor, session = signed_in(), db.session()
    found = worklist.get_drift(session, actor, drift_id)
    return render(
        "insight/drift/show.html",
        row=found.row,
        drift=found.drift,
        decided_by=found.decided_by,
        wording=wording,
        can=rights(actor),
        rules=[(key.value, wording.rule_name(key)) for key in RuleKey],
    )


@bp.post("/acceptance")
@gate.roles(*DECIDERS)
def accept() -> ResponseReturnValue:
    """Say of some drift that this is how it should be."""
    actor = signed_in()
    wish = read(AcceptForm, request.form).parse()
    with transaction(actor) as unit:
        number = accept_it(actor, drift_to_change(actor, wish.ids), wish.why, now=unit.now)
    flash(
        ngettext("%(num)s is how it should be from now on.", "%(num)s are how they should be from now on.", number),
        "success",
    )
    if not number:
        flash(_("It had ended already."), "info")
    return redirect(local_path(wish.back, url_for("drift.index")), 303)
