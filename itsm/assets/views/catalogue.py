"""Categories with their tag sequences, custom fields, makers and models."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.enums import AssetKind
from itsm.assets.forms import CategoryForm, FieldForm, MakerForm, MergeForm, ModelForm
from itsm.assets.models import Category, Manufacturer, Model
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import catalogue as queries
from itsm.assets.queries import forms as choices
from itsm.assets.services import configuring
from itsm.assets.views import words
from itsm.assets.views.blueprints import register_pages
from itsm.fields.enums import FieldType
from itsm.fields.models import CustomField
from itsm.fields.services import FieldDefinition, define, remove
from itsm.infra.db import db
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.policy import require
from itsm.kernel.text import one_line
from itsm.web import conflict, gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _, ngettext


@register_pages.get("/catalogue")
@gate.roles(Role.ASSET_MANAGER)
def catalogue() -> ResponseReturnValue:
    """Show categories, custom fields and models."""
    return _page(signed_in())


def _page(actor: Actor, *, status: int = 200, **forms: Form[Any]) -> Response:
    require(POLICY, actor, AssetPermission.CONFIGURE)
    session = db.session()
    typed = one_line(request.args.get("q", ""), 100)
    found = queries.categories(actor, session)
    return render(
        "assets/catalogue.html",
        status=status,
        categories=found,
        fields=queries.custom_fields(actor, session),
        models=queries.models(session, typed, after=request.args.get("after"), before=request.args.get("before")),
        q=typed,
        words=words,
        types=_types(),
        category_pairs=[(row.id, row.name) for row in found],
        category_form=forms.get("category_form") or Form(CategoryForm, {"tag_digits": 5, "next_number": 1}),
        field_form=forms.get("field_form") or Form(FieldForm),
    )


def _types() -> list[tuple[str, str]]:
    known = {
        FieldType.TEXT: _("Text"),
        FieldType.NUMBER: _("Number"),
        FieldType.DATE: _("Date"),
        FieldType.CHOICE: _("One of a list"),
        FieldType.BOOLEAN: _("Yes or no"),
    }
    return [(type_.value, label) for type_, label in known.items()]


@register_pages.post("/catalogue/categories")
@gate.roles(Role.ASSET_MANAGER)
def add_category() -> ResponseReturnValue:
    """Add a category."""
    actor = signed_in()
    form = read(CategoryForm, request.form)
    try:
        wish = form.parse()

        def create(_unit: Unit) -> str:
            configuring.add_category(actor, choices.home(actor, None), wish.model_dump())
            return url_for("assets.catalogue")

        return redirect(once(actor, create), 303)
    except Invalid as refusal:
        return _page(actor, status=422, category_form=form.refuse(refusal))


@register_pages.get("/catalogue/categories/<int:category_id>")
@gate.roles(Role.ASSET_MANAGER)
def category(category_id: int) -> ResponseReturnValue:
    """Show the form of a category."""
    return _category(signed_in(), category_id, None)


@register_pages.post("/catalogue/categories/<int:category_id>")
@gate.roles(Role.ASSET_MANAGER)
def save_category(category_id: int) -> ResponseReturnValue:
    """Save a category."""
    actor = signed_in()
    form = read(CategoryForm, request.form)
    try:
        wish, version = form.parse(), conflict.version_of(request.form)
        with transaction(actor):
            configuring.edit_category(actor, category_id, wish.model_dump(), version=version)
    except Invalid as refusal:
        return _category(actor, category_id, form.refuse(refusal))
    flash(_("Saved."), "success")
    return redirect(url_for("assets.catalogue"), 303)


def _category(actor: Actor, category_id: int, form: Form[Any] | None) -> Response:
    require(POLICY, actor, AssetPermission.CONFIGURE)
    found = next((row for row in queries.categories(actor, db.session()) if row.id == category_id), None)
    if found is None:
        raise NotFound()
    values = {name: getattr(found, name) for name in CategoryForm.model_fields}
    shown = form or Form(CategoryForm, {**values, "kind": found.kind.value})
    status = 200 if form is None else 422
    return render("assets/category.html", status=status, category=found, form=shown, words=words)


@register_pages.post("/catalogue/fields")
@gate.roles(Role.ASSET_MANAGER)
def add_field() -> ResponseReturnValue:
    """Add a custom field to a category, or to all assets."""
    actor = signed_in()
    require(POLICY, actor, AssetPermission.CONFIGURE)
    form = read(FieldForm, request.form)
    try:
        wish = form.parse()

        def create(unit: Unit) -> str:
            organization_id = choices.home(actor, None)
            if wish.category_id is not None:
                scope = unit.session.get(Category, wish.category_id)
                if scope is None or not _mine(actor, scope.organization_id):
                    raise Invalid({"category_id": _("Please choose one of the values offered.")})
                organization_id = scope.organization_id
            lines = [one_line(line, 200) for line in wish.choices.split("\n")]
            definition = FieldDefinition(
                name=wish.name, type=wish.type, scope_id=wish.category_id, choices=lines, required=wish.required
            )
            define(queries.SUBJECT, organization_id, definition)
            return url_for("assets.catalogue")

        return redirect(once(actor, create), 303)
    except Invalid as refusal:
        return _page(actor, status=422, field_form=form.refuse(refusal))


def _mine(actor: Actor, organization_id: int) -> bool:
    return actor.all_organizations or organization_id in actor.organization_ids


@register_pages.post("/catalogue/fields/<int:field_id>/removal")
@gate.roles(Role.ASSET_MANAGER)
def remove_field(field_id: int) -> ResponseReturnValue:
    """Remove a custom field; what was written into it is kept with the assets."""
    actor = signed_in()
    require(POLICY, actor, AssetPermission.CONFIGURE)
    with transaction(actor) as unit:
        field = unit.session.get(CustomField, field_id)
        if field is None or field.subject != queries.SUBJECT or not _mine(actor, field.organization_id):
            raise NotFound()
        remove(field)
    flash(_("The field “%(name)s” is removed. Its values are kept.", name=field.name), "success")
    return redirect(url_for("assets.catalogue"), 303)


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
    return redirect(url_for("assets.catalogue"), 303)


@register_pages.post("/catalogue/makers/<int:maker_id>/merger")
@gate.roles(Role.ASSET_MANAGER)
def merge_maker(maker_id: int) -> ResponseReturnValue:
    """Make two makers one."""
    actor = signed_in()
    wish = read(MergeForm, request.form).parse()
    with transaction(actor):
        moved = configuring.merge_manufacturers(actor, maker_id, wish.into_id)
    flash(ngettext("Merged; %(num)s model moved.", "Merged; %(num)s models moved.", moved), "success")
    return redirect(url_for("assets.catalogue"), 303)
