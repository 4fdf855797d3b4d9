"""Custom fields: what a company wants to know of its assets beyond what everybody does."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.forms import FieldForm
from itsm.assets.models import Category
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import catalogue as queries
from itsm.assets.queries import forms as choices
from itsm.assets.views.blueprints import register_pages
from itsm.fields.enums import FieldType
from itsm.fields.models import CustomField
from itsm.fields.services import FieldDefinition, define, remove
from itsm.infra.db import db
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.numbers import whole_number
from itsm.kernel.policy import require
from itsm.kernel.text import one_line
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _


@register_pages.get("/catalogue/fields")
@gate.roles(Role.ASSET_MANAGER)
def custom_fields() -> ResponseReturnValue:
    """Show the custom fields, and the form of a new one (for the category in the address)."""
    return _page(signed_in(), Form(FieldForm, {"category_id": whole_number(request.args.get("category"))}))


def _page(actor: Actor, form: Form[Any], status: int = 200) -> Response:
    require(POLICY, actor, AssetPermission.CONFIGURE)
    session = db.session()
    return render(
        "assets/custom_fields.html",
        status=status,
        fields=queries.custom_fields(actor, session),
        types=type_words(),
        category_pairs=[(row.id, row.name) for row in queries.categories(actor, session)],
        form=form,
    )


def type_words() -> list[tuple[str, str]]:
    """Return what a field can hold, as options."""
    known = {
        FieldType.TEXT: _("Text"),
        FieldType.NUMBER: _("Number"),
        FieldType.DATE: _("Date"),
        FieldType.CHOICE: _("One of a list"),
        FieldType.BOOLEAN: _("Yes or no"),
    }
    return [(type_.value, label) for type_, label in known.items()]


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
            return url_for("assets.custom_fields")

        return redirect(once(actor, create), 303)
    except Invalid as refusal:
        return _page(actor, form.refuse(refusal), 422)


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
    return redirect(url_for("assets.custom_fields"), 303)
