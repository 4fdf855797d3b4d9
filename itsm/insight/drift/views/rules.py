"""The rules: what is watched, what follows, and what a rule would find now."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itsm.assets.enums import AssetKind
from itsm.infra.db import db
from itsm.infra.unit import clock, transaction
from itsm.insight.drift import sentences, wording
from itsm.insight.drift.enums import CHANGES, STANDING, RuleKey
from itsm.insight.drift.forms import RuleForm
from itsm.insight.drift.models import DriftRule
from itsm.insight.drift.policies import READERS
from itsm.insight.drift.queries import rules as queries
from itsm.insight.drift.queries import worklist
from itsm.insight.drift.rules.catalogue import CATALOGUE
from itsm.insight.drift.rules.steps import goes_collective
from itsm.insight.drift.services.rules import FIELDS, save_rule, starting_values
from itsm.insight.drift.views import bp
from itsm.insight.drift.views.worklist import rights
from itsm.kernel.actor import Role
from itsm.kernel.errors import Conflict, Invalid, NotFound
from itsm.kernel.numbers import whole_number
from itsm.org.models import Organization
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.htmx import htmx
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _


def _key(text: str) -> RuleKey:
    try:
        return RuleKey(text)
    except ValueError:
        raise NotFound() from None


def _values(row: DriftRule | None, key: RuleKey) -> dict[str, Any]:
    """Return what stands in a rule: what the installation has, else what it begins with."""
    if row is None:
        return starting_values(CATALOGUE[key])
    return {name: getattr(row, name) for name in FIELDS}


@bp.get("/rules")
@gate.roles(*READERS)
def rules() -> ResponseReturnValue:
    """Show all rules."""
    session, actor = db.session(), signed_in()
    rows = queries.rule_rows(session)
    return render(
        "insight/drift/rules.html",
        groups=[
            (title, [{"key": key.value, **_values(rows.get(key.value), key)} for key in keys])
            for title, keys in sentences.groups()
        ],
        open_now=_open_now(worklist.counts(session, actor)),
        sentences=sentences,
        keys={key.value: key for key in CATALOGUE},
        wording=wording,
        can=rights(actor),
    )


def _open_now(counts: dict[tuple[str, str], int]) -> dict[str, int]:
    """Return by rule how much a person should look at."""
    found: dict[str, int] = {}
    for (key, state), number in counts.items():
        if state in STANDING:
            found[key] = found.get(key, 0) + number
    return found


@bp.get("/rules/<string:rule>")
@gate.roles(*READERS)
def rule(rule: str) -> ResponseReturnValue:
    """Show a rule and what may be changed about it."""
    key = _key(rule)
    row = queries.rule_rows(db.session()).get(key.value)
    return _page(key, row, Form(RuleForm, _texts(_values(row, key))))


def _texts(values: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(value, "value", value) for name, value in values.items()}


def _page(
    key: RuleKey, row: DriftRule | None, form: Form[Any], status: int = 200, note: str = ""
) -> ResponseReturnValue:
    return render(
        "insight/drift/rule.html",
        key=key.value,
        definition=CATALOGUE[key],
        is_change=key in CHANGES,
        form=form,
        preview=_preview(key, form),
        version=row.version if row is not None else 0,
        choices=queries.choices(db.session()),
        kinds=[kind.value for kind in AssetKind],
        wording=wording,
        note=note,
        can=rights(signed_in()),
        status=status,
    )


def _preview(key: RuleKey, form: Form[Any]) -> dict[str, Any] | None:
    """Return the rule in the form as sentences, or None while the form does not say all of it."""
    try:
        values = Form(RuleForm, form.values).parse().values()
    except Invalid:
        return None
    return {
        "enabled": values["enabled"],
        "when": sentences.condition(key, values["threshold"]),
        "seen": sentences.confirmation(key, values["confirmations"]),
        "kinds": values["kinds"],
        "limited": len(values["location_ids"]) + len(values["category_ids"]),
        "then": sentences.consequences(values, wording.level_names()),
    }


@bp.post("/rules/<string:rule>")
@gate.roles(Role.ADMINISTRATOR)
def save(rule: str) -> ResponseReturnValue:
    """Save a rule."""
    actor, key, form = signed_in(), _key(rule), read(RuleForm, request.form)
    try:
        command = form.parse()
        with transaction(actor) as unit:
            save_rule(actor, key, command.values(), version=_version() or None, now=unit.now)
    except Invalid as refusal:
        return _page(key, queries.rule_rows(db.session()).get(key.value), form.refuse(refusal), 422)
    except Conflict:
        row = queries.rule_rows(db.session()).get(key.value)
        note = _("Somebody else saved this rule in the meantime. Below stands what you typed; saving again overwrites.")
        return _page(key, row, form, 409, note)
    flash(_("The rule “%(name)s” is saved.", name=wording.rule_name(key)), "success")
    return redirect(url_for("drift.rules"), 303)


@bp.post("/rules/<string:rule>/switch")
@gate.roles(Role.ADMINISTRATOR)
def switch(rule: str) -> ResponseReturnValue:
    """Switch a rule on or off."""
    actor, key = signed_in(), _key(rule)
    row = queries.rule_rows(db.session()).get(key.value)
    on = not _values(row, key)["enabled"]
    with transaction(actor) as unit:
        save_rule(actor, key, {"enabled": on}, version=_version() or None, now=unit.now)
    said = _("“%(name)s” is switched on.") if on else _("“%(name)s” is switched off; what it had found is forgotten.")
    flash(said % {"name": wording.rule_name(key)}, "success")
    return redirect(url_for("drift.rules"), 303)


def _version() -> int:
    return whole_number(request.form.get("version")) or 0


@bp.get("/rules/<string:rule>/trial")
@gate.roles(*READERS)
def trial(rule: str) -> ResponseReturnValue:
    """Show what a rule would find now, and what would follow. Writes nothing."""
    key = _key(rule)
    return _trial(key, _values(queries.rule_rows(db.session()).get(key.value), key), saved=True)


@bp.post("/rules/<string:rule>/trial")
@gate.roles(Role.ADMINISTRATOR)
def try_unsaved(rule: str) -> ResponseReturnValue:
    """Show what the rule in the form would find now, or say in a sentence what it does. Writes nothing."""
    key, form = _key(rule), read(RuleForm, request.form)
    row = queries.rule_rows(db.session()).get(key.value)
    if htmx.is_partial:
        return _page(key, row, form)
    try:
        return _trial(key, form.parse().values(), saved=False)
    except Invalid as refusal:
        return _page(key, row, form.refuse(refusal), 422)


def _trial(key: RuleKey, values: dict[str, Any], *, saved: bool) -> ResponseReturnValue:
    actor, session = signed_in(), db.session()
    found: list[queries.Tried] = []
    more = False
    wanted = select(Organization.id).order_by(Organization.id)
    if not actor.all_organizations:
        wanted = wanted.where(Organization.id.in_(actor.organization_ids))
    now = clock().now()
    for organization_id in session.scalars(wanted.limit(20)).all():
        some, cut = queries.try_rule(session, organization_id, key, values, now)
        found, more = found + some, more or cut
    fresh = {one.subject.id for one in found if not one.known}
    return render(
        "insight/drift/trial.html",
        key=key.value,
        saved=saved,
        said=f"{sentences.condition(key, values['threshold'])}, {sentences.confirmation(key, values['confirmations'])}.",
        found=found[: queries.MOST_TRIED],
        more=more or len(found) > queries.MOST_TRIED,
        fresh=len(fresh),
        collective=goes_collective(len(fresh), 0, values["cap_per_hour"]),
        values=values,
        by_clock=CATALOGUE[key].by_clock,
        wording=wording,
    )
