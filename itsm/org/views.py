"""The pages of the organisation: one page a noun, list and form together, because these lists are short."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Role
from itsm.kernel.errors import Conflict, Invalid, NotFound
from itsm.kernel.numbers import whole_number
from itsm.kernel.policy import require
from itsm.org import queries
from itsm.org.forms import ACCENTS, CostCentreForm, DepartmentForm, InstallationForm, LocationForm, OrganizationForm
from itsm.org.models import LocationKind, Organization
from itsm.org.policies import POLICY, OrgPermission
from itsm.org.services import installation, structure
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _
from itsm.web.zones import zones

bp = Blueprint("org", __name__, url_prefix="/admin")
FORMS: dict[str, Any] = {
    "organizations": OrganizationForm,
    "locations": LocationForm,
    "departments": DepartmentForm,
    "cost-centres": CostCentreForm,
}
NOUN = "any(organizations, locations, departments, 'cost-centres'):what"


def register(app: Flask) -> None:
    """Add the pages to the application."""
    app.register_blueprint(bp)


def _address(what: str) -> str:
    return url_for(f"org.{what.replace('-', '_')}")


@gate.roles(Role.ADMINISTRATOR)
def structure_page(what: str) -> ResponseReturnValue:
    """Show one noun of the organisation: the list, and the form for a new or the chosen one."""
    return _page(what)


for _what in FORMS:
    _endpoint = _what.replace("-", "_")
    bp.add_url_rule(f"/{_what}", _endpoint, structure_page, defaults={"what": _what}, methods=["GET"])


def _page(
    what: str, *, form: Form[Any] | None = None, row_id: int | None = None, status: int = 200, error: str = ""
) -> Response:
    actor, session = signed_in(), db.session()
    organizations = queries.organizations(session, actor)
    rows = organizations if what == "organizations" else queries.rows(session, actor, queries.MODELS[what])
    chosen = row_id if row_id is not None else request.args.get("edit", type=whole_number)
    row = next((found for found in rows if found.id == chosen), None)
    if chosen is not None and row is None:
        raise NotFound()
    start = {name: getattr(row, name) for name in FORMS[what].model_fields} if row is not None else {}
    return render(
        "org/structure.html",
        status=status,
        what=what,
        rows=rows,
        row=row,
        form=form or Form(FORMS[what], start, {"": [error]} if error else None),
        address=_address(what),
        organizations=[(found.id, found.name) for found in organizations],
        kinds=kinds(),
        zones=zones(str(getattr(row, "time_zone", None) or "")) if what == "locations" else {},
        parents=[(found.id, found.path) for found in rows if found.id != chosen] if "path" in _names(rows) else [],
        may_found=actor.all_organizations,
    )


def _names(rows: list[Any]) -> tuple[str, ...]:
    return tuple(rows[0]._fields) if rows else ()


def kinds() -> dict[str, str]:
    """Return the words for kinds of places."""
    words = (_("Site"), _("Building"), _("Floor"), _("Room"), _("Stockroom"), _("Home"), _("In transit"))
    return dict(zip((kind.value for kind in LocationKind), words, strict=True))


@bp.post(f"/<{NOUN}>")
@gate.roles(Role.ADMINISTRATOR)
def add(what: str) -> ResponseReturnValue:
    """Make one."""
    actor, form = signed_in(), read(FORMS[what], request.form)

    def create(_unit: Unit) -> str:
        _save(what, None, form.parse().model_dump(), None)
        return _address(what)

    try:
        return redirect(once(actor, create), 303)
    except Invalid as refusal:
        return _page(what, form=form.refuse(refusal), status=422)


@bp.post(f"/<{NOUN}>/<int:row_id>")
@gate.roles(Role.ADMINISTRATOR)
def change(what: str, row_id: int) -> ResponseReturnValue:
    """Change one."""
    actor, form = signed_in(), read(FORMS[what], request.form)
    try:
        values = form.parse().model_dump()
        with transaction(actor):
            row = structure.get_one(actor, queries.MODELS.get(what, Organization), row_id)
            _save(what, row, values, request.form.get("version", type=whole_number))
    except Invalid as refusal:
        return _page(what, form=form.refuse(refusal), row_id=row_id, status=422)
    except Conflict:
        said = _("Somebody else saved this in the meantime. Yours was: %(yours)s.", yours=form.value("name"))
        return _page(what, row_id=row_id, status=409, error=said)
    flash(_("It was saved."), "success")
    return redirect(_address(what), 303)


def _save(what: str, row: Any, values: dict[str, Any], version: int | None) -> None:
    actor = signed_in()
    if what == "organizations":
        structure.save_organization(actor, row, name=values["name"], version=version)
    elif what == "cost-centres":
        structure.save_cost_centre(actor, row, values, version=version)
    else:
        structure.save_node(actor, queries.MODELS[what], row, values, version=version)


@bp.post("/<any(locations, departments, 'cost-centres'):what>/<int:row_id>/remove")
@gate.roles(Role.ADMINISTRATOR)
def remove(what: str, row_id: int) -> ResponseReturnValue:
    """Remove one that nothing refers to."""
    actor = signed_in()
    with transaction(actor):
        structure.remove(actor, structure.get_one(actor, queries.MODELS[what], row_id))
    flash(_("It was removed."), "success")
    return redirect(_address(what), 303)


@bp.get("/installation")
@gate.roles(Role.ADMINISTRATOR)
def show_installation() -> ResponseReturnValue:
    """Show name and accent of the installation."""
    require(POLICY, signed_in(), OrgPermission.CONFIGURE)
    look = installation.read_look(db.session())
    form = Form(InstallationForm, {"product_name": look.product_name, "accent": look.accent})
    return render("org/installation.html", form=form, version=look.version, accents=accents())


def accents() -> list[dict[str, str]]:
    """Return the accent colours with their words."""
    words = (_("Blue"), _("Indigo"), _("Violet"), _("Pink"), _("Red"), _("Orange"), _("Green"), _("Teal"))
    return [{"value": value, "label": word} for value, word in zip(ACCENTS, words, strict=True)]


@bp.post("/installation")
@gate.roles(Role.ADMINISTRATOR)
def save_installation() -> ResponseReturnValue:
    """Set name and accent of the installation."""
    actor, form = signed_in(), read(InstallationForm, request.form)
    version = request.form.get("version", type=whole_number)
    try:
        wish = form.parse()
        with transaction(actor):
            look = installation.Look(wish.product_name, wish.accent, version if version is not None else -1)
            installation.save_look(actor, look)
    except Invalid as refusal:
        shown = form.refuse(refusal)
        return render("org/installation.html", status=422, form=shown, version=version, accents=accents())
    except Conflict as clash:
        form.errors[""] = [_("Somebody else changed this in the meantime. Saving again replaces it with what you see.")]
        return render("org/installation.html", status=409, form=form, version=clash.version, accents=accents())
    current_app.extensions["itsm.look"].forget()
    flash(_("It was saved. Every page shows it within seconds."), "success")
    return redirect(url_for("org.show_installation"), 303)
