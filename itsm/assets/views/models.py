"""Makers and models: what the maker calls a thing, until when it is sold, made and supported."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.enums import AssetKind
from itsm.assets.forms import MakerForm, MergeForm, ModelForm
from itsm.assets.models import Manufacturer, Model
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import catalogue as queries
from itsm.assets.services import configuring
from itsm.assets.views import words
from itsm.assets.views.blueprints import register_pages
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.policy import require
from itsm.kernel.text import one_line
from itsm.web import conflict, gate
from itsm.web.forms import Form, read
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _, ngettext


@register_pages.get("/catalogue/models")
@gate.roles(Role.ASSET_MANAGER)
def models() -> ResponseReturnValue:
    """Show all models, with how many assets each has."""
    require(POLICY, signed_in(), AssetPermission.CONFIGURE)
    typed = one_line(request.args.get("q", ""), 100)
    after, before = request.args.get("after"), request.args.get("before")
    found = queries.models(db.session(), typed, after=after, before=before)
    return render("assets/models.html", models=found, q=typed, words=words)


@register_pages.get("/catalogue/models/<int:model_id>")
@gate.roles(Role.ASSET_MANAGER)
def model(model_id: int) -> ResponseReturnValue:
    """Show the form of a model and of its maker."""
    return _model(signed_in(), model_id, None)


@register_pages.post("/catalogue/models/<int:model_id>")
@gate.roles(Role.ASSET_MANAGER)
def save_model(model_id: int) -> ResponseReturnValue:
    """Save a model."""
    actor = signed_in()
    form = read(ModelForm, request.form)
    try:
        wish, version = form.parse(), conflict.version_of(request.form)
        dates = wish.model_dump(include={"end_of_sale_on", "end_of_life_on", "end_of_support_on"})
        with transaction(actor):
            configuring.edit_model(actor, model_id, wish.name, AssetKind(wish.kind), dates, version=version)
    except Invalid as refusal:
        return _model(actor, model_id, form.refuse(refusal))
    flash(_("Saved."), "success")
    return redirect(url_for("assets.model", model_id=model_id), 303)


def _model(actor: Actor, model_id: int, form: Form[Any] | None) -> Response:
    require(POLICY, actor, AssetPermission.CONFIGURE)
    session = db.session()
    found = session.get(Model, model_id)
    if found is None:
        raise NotFound()
    values = {name: getattr(found, name) for name in ModelForm.model_fields}
    return render(
        "assets/model.html",
        status=200 if form is None else 422,
        model=found,
        maker=session.get_one(Manufacturer, found.manufacturer_id),
        form=form or Form(ModelForm, {**values, "kind": found.kind.value}),
        others=queries.siblings(session, found),
        makers=[pair for pair in queries.makers(session) if pair[0] != found.manufacturer_id],
        words=words,
    )


@register_pages.post("/catalogue/models/<int:model_id>/merger")
@gate.roles(Role.ASSET_MANAGER)
def merge_model(model_id: int) -> ResponseReturnValue:
    """Make two models one."""
    actor = signed_in()
    wish = read(MergeForm, request.form).parse()
    with transaction(actor):
        moved = configuring.merge_models(actor, model_id, wish.into_id)
    flash(ngettext("Merged; %(num)s asset moved.", "Merged; %(num)s assets moved.", moved), "success")
    return redirect(url_for("assets.model", model_id=wish.into_id), 303)


@register_pages.post("/catalogue/makers/<int:maker_id>")
@gate.roles(Role.ASSET_MANAGER)
def save_maker(maker_id: int) -> ResponseReturnValue:
    """Save a maker's name."""
    actor = signed_in()
    wish = read(MakerForm, request.form).parse()
    with transaction(actor):
        configuring.rename_manufacturer(actor, maker_id, wish.name, version=conflict.version_of(request.form))
    flash(_("Saved."), "success")
    return redirect(url_for("assets.models"), 303)


@register_pages.post("/catalogue/makers/<int:maker_id>/merger")
@gate.roles(Role.ASSET_MANAGER)
def merge_maker(maker_id: int) -> ResponseReturnValue:
    """Make two makers one."""
    actor = signed_in()
    wish = read(MergeForm, request.form).parse()
    with transaction(actor):
        moved = configuring.merge_manufacturers(actor, maker_id, wish.into_id)
    flash(ngettext("Merged; %(num)s model moved.", "Merged; %(num)s models moved.", moved), "success")
    return redirect(url_for("assets.models"), 303)
