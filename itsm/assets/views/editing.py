"""A new asset, an edited one, and its next status."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from itsm.assets.enums import AssetStatus
from itsm.assets.forms import CURRENCIES, AssetForm, NewAssetForm, StatusForm, columns_of
from itsm.assets.models import Asset
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import asset_to_change, detail, get_asset
from itsm.assets.queries import forms as choices
from itsm.assets.rules.money import amount
from itsm.assets.services import editing
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.assets.views import words
from itsm.assets.views.blueprints import WRITERS, register_pages
from itsm.fields.queries import definition, fields_of
from itsm.fields.rules import values as custom
from itsm.infra.db import db
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.numbers import whole_number
from itsm.kernel.policy import allowed, require
from itsm.web import conflict, gate
from itsm.web.filters import ago
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _

CUSTOM = "custom."


@register_pages.get("/new")
@gate.roles(*WRITERS)
def new() -> ResponseReturnValue:
    """Show the form of a new asset, empty or as a copy of another."""
    actor = signed_in()
    require(POLICY, actor, AssetPermission.CREATE)
    start: dict[str, Any] = {"kind": "laptop", "status": "in_stock"}
    source = whole_number(request.args.get("like"))
    if source is not None:
        like = get_asset(actor, source)
        start |= {name: value for name, value in form_values(like).items() if name not in ("tag", "serial", "name")}
    organization_id = choices.home(actor, request.args.get("organization_id"))
    return _form(actor, Form(NewAssetForm, start), None, organization_id)


@register_pages.post("/new")
@gate.roles(*WRITERS)
def create() -> ResponseReturnValue:
    """Enter a new asset in the register."""
    actor = signed_in()
    organization_id = choices.home(actor, request.form.get("organization_id"))
    form, extra = _read(NewAssetForm)
    try:
        wish = form.parse()

        def enter(unit: Unit) -> str:
            money = allowed(POLICY, actor, AssetPermission.EDIT_MONEY)
            facts = columns_of(wish, money=money)
            for name in ("name", "kind", "category_id", "tag", "maker", "model", "serial"):
                facts.pop(name, None)
            fields = [definition(row) for row in fields_of(unit.session, "asset", organization_id, wish.category_id)]
            facts["custom"] = custom.parsed(fields, extra)
            asset = register_asset(
                actor,
                NewAsset(
                    organization_id=organization_id,
                    name=wish.name,
                    kind=wish.kind,
                    status=wish.status,
                    category_id=wish.category_id,
                    tag=wish.tag or None,
                    maker=wish.maker or None,
                    model=wish.model or None,
                    serial=wish.serial,
                    facts=facts,
                ),
                now=unit.now,
            )
            return url_for("assets.show", asset_id=asset.id)

        return redirect(once(actor, enter), 303)
    except Invalid as refusal:
        return _form(actor, form.refuse(refusal), None, organization_id, extra=extra, status=422)


@register_pages.get("/<int:asset_id>/edit")
@gate.roles(*WRITERS)
def edit(asset_id: int) -> ResponseReturnValue:
    """Show the form of an asset."""
    actor = signed_in()
    asset = get_asset(actor, asset_id)
    require(POLICY, actor, AssetPermission.EDIT, asset)
    values = form_values(asset)
    return _form(actor, Form(AssetForm, values), asset, asset.organization_id, extra=values)


@register_pages.post("/<int:asset_id>/edit")
@gate.roles(*WRITERS)
def save(asset_id: int) -> ResponseReturnValue:
    """Save an edited asset; what others saved meanwhile in other fields stays, the same field is asked about."""
    actor = signed_in()
    form, extra = _read(AssetForm)
    typed = {**form.values, **extra}
    shown: dict[str, Any] = {}
    try:
        with transaction(actor) as unit:
            asset = asset_to_change(actor, asset_id)
            shown = form_values(asset)
            settled = conflict.settle(
                typed, shown, sent=request.form, version=asset.version, labels=_labels(unit, asset)
            )
            plain = {name: value for name, value in settled.items() if not name.startswith(CUSTOM)}
            form.values = plain
            wish = form.parse()
            money = allowed(POLICY, actor, AssetPermission.EDIT_MONEY, asset)
            values = columns_of(wish, money=money)
            fields = [
                definition(row) for row in fields_of(unit.session, "asset", asset.organization_id, wish.category_id)
            ]
            given = {name: value for name, value in settled.items() if name.startswith(CUSTOM)}
            values["custom"] = {**asset.custom, **_cleared(fields), **custom.parsed(fields, given)}
            values["custom"] = {key: value for key, value in values["custom"].items() if value is not None}
            editing.edit(actor, asset, values, version=asset.version, now=unit.now)
    except Conflict as clash:
        return _conflict(actor, asset_id, clash, typed, shown)
    except Invalid as refusal:
        asset = get_asset(actor, asset_id)
        return _form(actor, form.refuse(refusal), asset, asset.organization_id, extra=extra, status=422)
    flash(_("Saved."), "success")
    return redirect(url_for("assets.show", asset_id=asset_id), 303)


def _cleared(fields: list[custom.Definition]) -> dict[str, None]:
    """Return the custom fields of the form as empty: what the form leaves empty is emptied."""
    return {field.key: None for field in fields}


@register_pages.post("/<int:asset_id>/status")
@gate.roles(*WRITERS)
def change_status(asset_id: int) -> ResponseReturnValue:
    """Move an asset along its life."""
    actor = signed_in()
    wish = read(StatusForm, request.form).parse()
    with transaction(actor) as unit:
        asset = asset_to_change(actor, asset_id)
        editing.change_status(actor, asset, wish.status, now=unit.now)
    flash(_("%(name)s: %(status)s.", name=asset.name, status=words.status_word(wish.status)), "success")
    return redirect(url_for("assets.show", asset_id=asset_id), 303)


def _read(schema: Any) -> tuple[Form[Any], dict[str, str]]:
    """Return the form as sent, and its custom fields apart."""
    own = MultiDict(
        (name, value)
        for name, value in request.form.items(multi=True)
        if not name.startswith(CUSTOM) and name != "base"
    )
    extra = {name: value for name, value in request.form.items() if name.startswith(CUSTOM)}
    return read(schema, own), extra


def form_values(asset: Asset) -> dict[str, Any]:
    """Return what stands in the form of an asset, as texts, custom fields included."""
    maker, model = choices.model_names(db.session(), asset)
    plain = {
        name: getattr(asset, name) for name in AssetForm.model_fields if name not in ("price", "maker", "model", "kind")
    }
    fields = [definition(row) for row in fields_of(db.session(), "asset", asset.organization_id, asset.category_id)]
    found = {name: "" if value is None else str(value) for name, value in plain.items()}
    found |= {"kind": asset.kind.value, "maker": maker, "model": model}
    found["price"] = amount(asset.price_minor, asset.currency)
    return found | {CUSTOM + field.key: custom.typed(field, asset.custom.get(field.key)) for field in fields}


def _labels(unit: Unit, asset: Asset) -> dict[str, str]:
    fields = fields_of(unit.session, "asset", asset.organization_id, asset.category_id)
    return words.fields() | {CUSTOM + field.key: field.name for field in fields}


def _form(
    actor: Actor,
    form: Form[Any],
    asset: Asset | None,
    organization_id: int,
    *,
    extra: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    session = db.session()
    category = form.value("category_id") or None
    category_id = whole_number(category)
    return render(
        "assets/form.html",
        block="asset_form",
        status=status,
        form=form,
        asset=asset,
        base=conflict.base_of(form_values(asset)) if asset is not None else "",
        version=request.form.get("version") if status == 422 and asset else asset.version if asset else None,
        sent_base=request.form.get("base", "") if status == 422 else "",
        options=choices.options(actor, session, organization_id, form.values),
        fields=[definition(row) for row in fields_of(session, "asset", organization_id, category_id)],
        extra=extra or {},
        money=allowed(POLICY, actor, AssetPermission.EDIT_MONEY, asset),
        words=words,
        currencies=_pairs(CURRENCIES),
        pairs=_pairs,
        live=[pair for pair in words.statuses() if pair[0] not in (AssetStatus.DISPOSED, AssetStatus.RETIRED)],
    )


def _pairs(values: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


def _conflict(actor: Actor, asset_id: int, clash: Conflict, typed: dict[str, Any], shown: dict[str, Any]) -> Response:
    asset = get_asset(actor, asset_id)
    session = db.session()
    last = next(iter(detail.history(session, asset.id, size=1)), None)
    wanted = [(one.name, value) for one in clash.fields for value in (one.yours, one.theirs)]
    names = choices.labels_of(session, wanted)
    return render(
        "assets/conflict.html",
        block="asset_form",
        status=409,
        asset=asset,
        fields=conflict.sides(clash, lambda name, value: names.get((name, str(value)), str(value or ""))),
        version=clash.version,
        keep=conflict.kept(clash, typed, shown, request.form),
        who=((last.detail or {}).get("actor") if last else None) or _("Somebody"),
        at=ago(last.at if last else asset.updated_at),
    )
