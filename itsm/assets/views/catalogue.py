"""Categories of assets with their tag sequences."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.forms import CategoryForm, TagsForm
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import catalogue as queries
from itsm.assets.queries import forms as choices
from itsm.assets.services import configuring
from itsm.assets.views import words
from itsm.assets.views.blueprints import register_pages
from itsm.assets.views.custom_fields import type_words
from itsm.infra.db import db
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.policy import require
from itsm.web import conflict, gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _


@register_pages.get("/catalogue")
@gate.roles(Role.ASSET_MANAGER)
def catalogue() -> ResponseReturnValue:
    """Show the categories, and the form of a new one."""
    return _page(signed_in())


def _page(actor: Actor, form: Form[Any] | None = None, status: int = 200) -> Response:
    require(POLICY, actor, AssetPermission.CONFIGURE)
    form = form or Form(CategoryForm, {"tag_digits": 5, "next_number": 1})
    return render(
        "assets/catalogue.html",
        status=status,
        categories=queries.category_rows(actor, db.session()),
        words=words,
        form=form,
        tags=_tags(form),
    )


def _tags(form: Form[Any]) -> list[str]:
    """Return the next tags that the sequence in a form would give; none while it does not say one."""
    try:
        wish = Form(TagsForm, {name: form.value(name, "") for name in TagsForm.model_fields}).parse()
    except Invalid:
        return []
    return [f"{wish.tag_prefix}{wish.next_number + step:0{wish.tag_digits}d}" for step in range(3)]


@register_pages.post("/catalogue/categories/preview")
@gate.roles(Role.ASSET_MANAGER)
def preview_tags() -> ResponseReturnValue:
    """Show the next tags of the category in the form, and store nothing."""
    return _page(signed_in(), read(CategoryForm, request.form))


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

        location = once(actor, create)
    except Invalid as refusal:
        return _page(actor, form.refuse(refusal), 422)
    flash(_("The category was added."), "success")
    return redirect(location, 303)


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
    return render(
        "assets/category.html",
        status=status,
        category=found,
        form=shown,
        words=words,
        tags=_tags(shown),
        fields=[row.CustomField for row in queries.custom_fields(actor, db.session(), category_id=category_id)],
        types=dict(type_words()),
    )
