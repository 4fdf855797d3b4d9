"""Two records side by side, made one, and two again."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_currency

from itsm.assets.comparing import comparers
from itsm.assets.forms import ApartForm, AssetMergeForm, UndoMergeForm
from itsm.assets.models import Asset
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import asset_to_change, assets_to_change, detail, duplicates, get_asset
from itsm.assets.rules import merging as rules
from itsm.assets.rules.money import amount
from itsm.assets.services import merging
from itsm.assets.views import words
from itsm.assets.views.blueprints import WRITERS, register_pages
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, NotFound, RuleBroken
from itsm.kernel.numbers import whole_number
from itsm.kernel.policy import allowed, require
from itsm.web import gate
from itsm.web.filters import day, memory
from itsm.web.forms import Form, read
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _


@register_pages.get("/<int:asset_id>/merge")
@gate.roles(*WRITERS)
def merge_form(asset_id: int) -> ResponseReturnValue:
    """Choose what to compare an asset with, or show the two side by side (``with`` in the address)."""
    actor = signed_in()
    asset = get_asset(actor, asset_id)
    require(POLICY, actor, AssetPermission.MERGE, asset)
    other = whole_number(request.args.get("with"))
    if other is not None:
        return _side_by_side(actor, asset, get_asset(actor, other), Form(AssetMergeForm))
    named = [one for comparer in comparers() for one in comparer.likely(actor, asset)]
    found = duplicates.likely(actor, db.session(), asset, named)
    return render("assets/merge_pick.html", asset=asset, likely=found, words=words)


def _side_by_side(
    actor: Actor, asset: Asset, other: Asset, form: Form[Any], *, status: int = 200, error: str = ""
) -> Response:
    require(POLICY, actor, AssetPermission.MERGE, other)
    session = db.session()
    names = detail.names(session, asset), detail.names(session, other)
    money = allowed(POLICY, actor, AssetPermission.EDIT_MONEY, asset)
    gaps = rules.gaps(asset, other)
    rows = []
    for name in rules.TAKEN:
        left, right = (_shown(one, name, known) for one, known in zip((asset, other), names, strict=True))
        if left or right:
            locked = name in rules.MONEY and not money
            choice = "" if left == right or not right or locked else form.value(f"f_{name}")
            choice = choice or ("take" if name in gaps and not locked else "keep")
            same = left == right or not right or locked
            rows.append(
                {"name": name, "label": words.fields()[name], "left": left, "right": right, "same": same, "is": choice}
            )
    return render(
        "assets/merge.html",
        status=status,
        asset=asset,
        other=other,
        names=names,
        rows=rows,
        proofs=[proof for comparer in comparers() for proof in comparer.proofs(asset, other)],
        contradictions=[words.fields()[name] for name in rules.contradictions(asset, other)],
        refused=error or _refused(asset, other),
        apart=duplicates.told_apart(session, asset.id, other.id),
        form=form,
        words=words,
    )


def _refused(asset: Asset, other: Asset) -> str:
    try:
        rules.check(asset, other)
    except RuleBroken as refusal:
        return refusal.message
    return ""


_NAMES = {
    "model_id": "model",
    "custodian_id": "custodian",
    "owner_id": "owner",
    "location_id": "location",
    "department_id": "department",
    "cost_centre_id": "cost_centre",
}


def _shown(asset: Asset, name: str, names: Any) -> str:
    """Return the value of a field in words."""
    if name == "model_id":
        maker = names.maker if names.maker != "Unknown" else None
        return " ".join(filter(None, (maker, names.model)))
    if name in _NAMES:
        return getattr(names, _NAMES[name]) or ""
    value = getattr(asset, name)
    if value in (None, ""):
        return ""
    if name == "memory_bytes":
        return str(memory(value))
    if name == "price_minor":
        currency = asset.currency or "EUR"
        return str(format_currency(amount(value, currency), currency))
    return day(value) if name in ("purchased_on", "warranty_until") else str(value)[:300]


@register_pages.post("/<int:asset_id>/merge")
@gate.roles(*WRITERS)
def merge(asset_id: int) -> ResponseReturnValue:
    """Let this asset stand for the other as well."""
    actor = signed_in()
    form = read(AssetMergeForm, request.form)
    wish = form.parse()
    command = merging.Merging(
        take=[name for name in rules.TAKEN if getattr(wish, f"f_{name}") == "take"],
        why=wish.why,
        sure=wish.sure,
        versions=(wish.left_version, wish.right_version),
    )
    try:
        with transaction(actor) as unit:
            asset, other = _both(actor, asset_id, wish.other_id)
            merging.merge(actor, asset, other, command, now=unit.now)
    except (RuleBroken, Conflict) as refusal:
        asset, other = get_asset(actor, asset_id), get_asset(actor, wish.other_id)
        return _side_by_side(actor, asset, other, form, status=409, error=refusal.message)
    flash(_("%(tag)s is part of %(name)s now. You can take it back here.", tag=other.tag, name=asset.name), "success")
    return redirect(url_for("assets.show", asset_id=asset_id), 303)


def _both(actor: Actor, asset_id: int, other_id: int) -> tuple[Asset, Asset]:
    """Return both, locked. Raises NotFound where one of them does not exist for the actor."""
    found = {asset.id: asset for asset in assets_to_change(actor, [asset_id, other_id])}
    if asset_id not in found or other_id not in found:
        raise NotFound()
    return found[asset_id], found[other_id]


@register_pages.post("/<int:asset_id>/merges/<int:merge_id>/undo")
@gate.roles(*WRITERS)
def undo_merge(asset_id: int, merge_id: int) -> ResponseReturnValue:
    """Take a merge back."""
    actor = signed_in()
    wish = read(UndoMergeForm, request.form).parse()
    with transaction(actor) as unit:
        asset = asset_to_change(actor, asset_id)
        row = duplicates.merge_to_undo(asset, merge_id)
        undone = merging.undo(actor, asset, row, now=unit.now, apart=wish.apart)
    flash(_("%(tag)s is an asset of its own again.", tag=undone.absorbed.tag), "success")
    if undone.kept:
        fields = ", ".join(words.fields().get(name, name) for name in undone.kept)
        flash(_("Changed since the merge and left as it is: %(fields)s.", fields=fields), "warning")
    return redirect(url_for("assets.show", asset_id=asset_id), 303)


@register_pages.post("/<int:asset_id>/distinctions")
@gate.roles(*WRITERS)
def tell_apart(asset_id: int) -> ResponseReturnValue:
    """Remember that two assets are not the same thing."""
    actor = signed_in()
    wish = read(ApartForm, request.form).parse()
    with transaction(actor) as unit:
        asset, other = _both(actor, asset_id, wish.other_id)
        merging.tell_apart(actor, asset, other, now=unit.now, why=wish.why)
    told = _("%(one)s and %(other)s are two things. No sweep will join them.", one=asset.name, other=other.name)
    flash(told, "success")
    return redirect(url_for("assets.show", asset_id=asset_id), 303)
