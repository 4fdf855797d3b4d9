"""Checking out, handing on, checking in."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.forms import HandoverForm, ReturnForm
from itsm.assets.models import Asset
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import asset_to_change, detail, get_asset
from itsm.assets.queries import forms as choices
from itsm.assets.services import custody
from itsm.assets.views.blueprints import WRITERS, register_pages
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _


@register_pages.get("/<int:asset_id>/handover", defaults={"what": "handover"})
@register_pages.get("/<int:asset_id>/return", defaults={"what": "return"})
@gate.roles(*WRITERS)
def custody_form(asset_id: int, what: str) -> ResponseReturnValue:
    """Show the form for handing an asset out or taking it back."""
    actor = signed_in()
    asset = get_asset(actor, asset_id)
    start = {"location_id": asset.location_id} if what == "return" else {}
    return _form(actor, asset, what, Form(HandoverForm if what == "handover" else ReturnForm, start))


@register_pages.post("/<int:asset_id>/handover")
@gate.roles(*WRITERS)
def hand_over(asset_id: int) -> ResponseReturnValue:
    """Hand an asset to a person."""
    actor = signed_in()
    form = read(HandoverForm, request.form)
    try:
        wish = form.parse()
        to = custody.Handover(
            person_id=wish.person_id,
            location_id=wish.location_id,
            expected_return_on=wish.expected_return_on,
            note=wish.note,
        )
        with transaction(actor) as unit:
            asset = asset_to_change(actor, asset_id)
            custody.check_out(actor, asset, to, now=unit.now)
    except Invalid as refusal:
        return _form(actor, get_asset(actor, asset_id), "handover", form.refuse(refusal), status=422)
    flash(_("%(name)s is checked out.", name=asset.name), "success")
    return redirect(url_for("assets.show_tab", asset_id=asset_id, tab="custody"), 303)


@register_pages.post("/<int:asset_id>/return")
@gate.roles(*WRITERS)
def take_back(asset_id: int) -> ResponseReturnValue:
    """Take an asset back."""
    actor = signed_in()
    form = read(ReturnForm, request.form)
    try:
        wish = form.parse()
        to = custody.Handover(location_id=wish.location_id, note=wish.note)
        with transaction(actor) as unit:
            asset = asset_to_change(actor, asset_id)
            custody.check_in(actor, asset, to, now=unit.now, repair=wish.repair)
    except Invalid as refusal:
        return _form(actor, get_asset(actor, asset_id), "return", form.refuse(refusal), status=422)
    flash(_("%(name)s is checked in.", name=asset.name), "success")
    return redirect(url_for("assets.show_tab", asset_id=asset_id, tab="custody"), 303)


def _form(actor: Actor, asset: Asset, what: str, form: Form[Any], *, status: int = 200) -> Response:
    require(POLICY, actor, AssetPermission.MOVE, asset)
    session = db.session()
    return render(
        "assets/handover.html",
        block="handover_form",
        status=status,
        asset=asset,
        names=detail.names(session, asset),
        what=what,
        form=form,
        options=choices.options(actor, session, asset.organization_id, {"custodian_id": form.value("person_id", "")}),
    )
