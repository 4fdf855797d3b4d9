"""Whose word counts: the order of sources by field, what another order would change, and single trusts."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itsm.assets.enums import AssetKind
from itsm.assets.forms import OrderForm
from itsm.assets.models import FieldChoice, StaleRule
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import asset_to_change, detail
from itsm.assets.queries import precedence as queries
from itsm.assets.rules.precedence import DEFAULT_ORDER, OBSERVED_FIELDS, orders
from itsm.assets.rules.staleness import USUAL_DAYS
from itsm.assets.services import attention
from itsm.assets.services import precedence as services
from itsm.assets.views import words
from itsm.assets.views.blueprints import register_pages
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.numbers import whole_number
from itsm.kernel.policy import require
from itsm.org.models import Organization
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _, ngettext

SHOWN = 50


def _organizations(actor: Actor) -> list[tuple[int, str]]:
    """Return the organizations whose rules the actor may look after, by name."""
    wanted = select(Organization.id, Organization.name).order_by(Organization.name, Organization.id).limit(200)
    if not actor.all_organizations:
        wanted = wanted.where(Organization.id.in_(actor.organization_ids))
    return [(row.id, row.name) for row in db.session.execute(wanted)]


def _chosen(organizations: list[tuple[int, str]]) -> int:
    """Return the organization that the address names, else the first. Raises NotFound for another's."""
    text = request.values.get("organization", "")
    ids = [organization_id for organization_id, _name in organizations]
    if not ids or (text and text not in map(str, ids)):
        raise NotFound()
    return int(text) if text else ids[0]


@register_pages.get("/precedence")
@gate.roles(Role.ASSET_MANAGER, Role.ADMINISTRATOR)
def precedence() -> ResponseReturnValue:
    """Show the order of sources of every field, and the single decisions to trust a source."""
    actor, session = signed_in(), db.session()
    require(POLICY, actor, AssetPermission.CONFIGURE)
    organizations = _organizations(actor)
    chosen = _chosen(organizations)
    rows = queries.rows_of(session, chosen)
    orders_ = {name: rows[name].sources if name in rows else DEFAULT_ORDER for name in OBSERVED_FIELDS}
    return render(
        "assets/precedence.html",
        organizations=organizations,
        organization=chosen,
        fields=[(name, words.fields()[name], orders_[name], rows.get(name)) for name in OBSERVED_FIELDS],
        trusted=queries.trusted(actor, session, after=request.args.get("after"), before=request.args.get("before")),
        words=words,
    )


@register_pages.get("/precedence/<string:field>")
@gate.roles(Role.ASSET_MANAGER, Role.ADMINISTRATOR)
def order_form(field: str) -> ResponseReturnValue:
    """Show the form for one field; with an order in the address, also what that order would change."""
    actor, session = signed_in(), db.session()
    require(POLICY, actor, AssetPermission.CONFIGURE)
    if field not in OBSERVED_FIELDS:
        raise NotFound()
    chosen = _chosen(_organizations(actor))
    rows = queries.rows_of(session, chosen)
    settings = {name: row.sources for name, row in rows.items()}
    standing = orders(settings, field)
    typed = request.args.getlist("order")[: len(DEFAULT_ORDER)]
    complete = sorted(typed) == sorted(DEFAULT_ORDER)
    found, more = queries.effects(session, chosen, field, typed, settings) if complete else ([], False)
    return render(
        "assets/precedence_field.html",
        block="order_form",
        field=field,
        label=words.fields()[field],
        organization=chosen,
        order=typed if typed else standing,
        standing=standing,
        complete=complete,
        preview=complete and list(typed) != list(standing),
        broken=bool(typed) and not complete,
        effects=found[:SHOWN],
        number=len(found),
        more=more,
        version=rows[field].version if field in rows else 0,
        past=detail.changes_of(session, "precedence", rows[field].id) if field in rows else [],
        sources=[(name, words.source(name)) for name in DEFAULT_ORDER],
        words=words,
    )


@register_pages.post("/precedence/<string:field>")
@gate.roles(Role.ASSET_MANAGER, Role.ADMINISTRATOR)
def save_order(field: str) -> ResponseReturnValue:
    """Set the order of one field."""
    actor = signed_in()
    wish = read(OrderForm, request.form).parse()
    chosen = _chosen(_organizations(actor))
    with transaction(actor) as unit:
        number = services.save_order(actor, chosen, field, wish.order, version=wish.version, now=unit.now)
    changed = ngettext("%(num)s asset changed.", "%(num)s assets changed.", number)
    flash(f"{_('The order of %(field)s was saved.', field=words.fields()[field])} {changed}", "success")
    return redirect(url_for("assets.precedence", organization=chosen), 303)


@register_pages.post("/<int:asset_id>/choices/<int:choice_id>/revocation")
@gate.roles(Role.ASSET_MANAGER, Role.ADMINISTRATOR)
def revoke(asset_id: int, choice_id: int) -> ResponseReturnValue:
    """Stop trusting a source for one field of one asset."""
    actor = signed_in()
    with transaction(actor) as unit:
        asset = asset_to_change(actor, asset_id)
        wanted = select(FieldChoice).where(FieldChoice.id == choice_id, FieldChoice.asset_id == asset.id)
        choice = unit.session.scalars(wanted.where(FieldChoice.source.is_not(None))).one_or_none()
        if choice is None:
            raise NotFound()
        services.revoke_trust(actor, asset, choice, now=unit.now)
    flash(_("The usual order counts there again."), "success")
    return redirect(url_for("assets.precedence"), 303)


@register_pages.get("/staleness")
@gate.roles(Role.ASSET_MANAGER, Role.ADMINISTRATOR)
def staleness() -> ResponseReturnValue:
    """Show after how many days of silence each kind is worth a look."""
    actor = signed_in()
    require(POLICY, actor, AssetPermission.CONFIGURE)
    return _staleness(actor, {})


def _staleness(actor: Actor, errors: dict[str, list[str]], status: int = 200) -> ResponseReturnValue:
    organizations = _organizations(actor)
    chosen = _chosen(organizations)
    rows = db.session.scalars(select(StaleRule).where(StaleRule.organization_id == chosen))
    known = {row.kind: row for row in rows}
    kinds = sorted(USUAL_DAYS, key=lambda kind: words.kind_word(kind).casefold())
    return render(
        "assets/staleness.html",
        status=status,
        errors=errors,
        organization=chosen,
        rows=[(kind, words.kind_word(kind), known.get(kind), USUAL_DAYS[kind]) for kind in kinds],
        typed=request.form,
    )


@register_pages.post("/staleness")
@gate.roles(Role.ASSET_MANAGER, Role.ADMINISTRATOR)
def save_staleness() -> ResponseReturnValue:
    """Set the days."""
    actor = signed_in()
    chosen = _chosen(_organizations(actor))
    try:
        days = {kind: number for kind in AssetKind if (number := _number(f"days_{kind.value}")) is not None}
        versions = {kind: _number(f"version_{kind.value}") or 0 for kind in days}
        with transaction(actor):
            number = attention.save_days(actor, chosen, days, versions=versions)
    except Invalid as refusal:
        return _staleness(actor, refusal.errors, 422)
    flash(ngettext("%(num)s kind changed.", "%(num)s kinds changed.", number), "success")
    return redirect(url_for("assets.staleness", organization=chosen), 303)


def _number(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    number = whole_number(text, 99_999)
    if text and number is None:
        raise Invalid({name: _("Please write a whole number.")})
    return number
