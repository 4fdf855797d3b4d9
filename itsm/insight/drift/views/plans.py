"""What is planned: maintenance and expected changes."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.assets.models import Asset
from itsm.assets.queries.visible import visible_assets
from itsm.infra.db import db
from itsm.infra.unit import Unit, clock, transaction
from itsm.insight.drift import wording
from itsm.insight.drift.enums import RuleKey
from itsm.insight.drift.forms import ExpectForm, WindowForm
from itsm.insight.drift.models import ExpectedChange, MaintenanceWindow
from itsm.insight.drift.policies import DECIDERS, READERS
from itsm.insight.drift.queries import plans as queries
from itsm.insight.drift.services import planning
from itsm.insight.drift.views import bp
from itsm.insight.drift.views.worklist import rights
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.numbers import whole_number
from itsm.org.models import Location, Organization
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.page import preferences
from itsm.web.render import render
from itsm.web.texts import _
from itsm.web.zones import zones


@bp.get("/plans")
@gate.roles(*READERS)
def plans() -> ResponseReturnValue:
    """Show times of maintenance and expected changes."""
    asset_id = whole_number(request.args.get("asset"))
    chosen = {"asset_id": asset_id} if asset_id else {}
    rule = request.args.get("rule", "")
    return _page(Form(WindowForm, chosen), Form(ExpectForm, chosen | ({"rule_key": rule} if rule else {})))


def _page(window: Form[Any], change: Form[Any], status: int = 200) -> ResponseReturnValue:
    actor, session = signed_in(), db.session()
    after, before = request.args.get("after"), request.args.get("before")
    return render(
        "insight/drift/plans.html",
        window=window,
        change=change,
        windows=queries.windows_page(session, actor),
        expected=queries.expected_page(session, actor, after=after, before=before),
        places=_places(session),
        chosen=_chosen(session, window, change),
        my_zone=preferences().time_zone,
        zones=zones(str(window.value("time_zone", preferences().time_zone))),
        days=list(enumerate(get_locale().days["format"]["abbreviated"].values())),
        rules=[(key.value, wording.rule_name(key)) for key in RuleKey],
        now=clock().now(),
        wording=wording,
        can=rights(actor),
        status=status,
    )


def _places(session: Session) -> list[tuple[str, str]]:
    actor = signed_in()
    wanted = select(Location.id, Location.path).order_by(Location.path).limit(500)
    if not actor.all_organizations:
        wanted = wanted.where(Location.organization_id.in_(actor.organization_ids))
    return [(str(row.id), row.path) for row in session.execute(wanted)]


def _chosen(session: Session, *forms: Form[Any]) -> list[tuple[str, str]]:
    """Return the device that a form names, for its picker."""
    ids = {whole_number(form.value("asset_id")) for form in forms} - {None}
    if not ids:
        return []
    wanted = visible_assets(signed_in(), Asset.id, Asset.tag, Asset.name).where(Asset.id.in_(ids))
    return [(str(row.id), f"{row.tag} {row.name}") for row in session.execute(wanted)]


def _home(unit: Unit) -> int:
    own = sorted(signed_in().organization_ids)
    return own[0] if own else unit.session.scalars(select(Organization.id).order_by(Organization.id)).first() or 0


@bp.post("/plans/maintenance")
@gate.roles(*DECIDERS)
def plan_maintenance() -> ResponseReturnValue:
    """Make a time of maintenance."""
    actor, form = signed_in(), read(WindowForm, request.form)

    def create(unit: Unit) -> str:
        planning.plan_maintenance(actor, _home(unit), form.parse().facts(), now=unit.now)
        return url_for("drift.plans")

    try:
        location = once(actor, create)
    except Invalid as refusal:
        return _page(form.refuse(refusal), Form(ExpectForm), 422)
    flash(_("The maintenance is planned: meanwhile no drift of it is counted."), "success")
    return redirect(location, 303)


@bp.post("/plans/maintenance/<int:window_id>/end")
@gate.roles(*DECIDERS)
def end_maintenance(window_id: int) -> ResponseReturnValue:
    """End a time of maintenance."""
    actor = signed_in()
    with transaction(actor) as unit:
        wanted = queries.visible_windows(actor).where(MaintenanceWindow.id == window_id).with_for_update()
        planning.end_maintenance(actor, _one(unit.session, wanted), now=unit.now)
    flash(_("The maintenance has ended."), "success")
    return redirect(url_for("drift.plans"), 303)


@bp.post("/plans/changes")
@gate.roles(*DECIDERS)
def expect_change() -> ResponseReturnValue:
    """Say that an asset will change."""
    actor, form = signed_in(), read(ExpectForm, request.form)

    def create(unit: Unit) -> str:
        wish = form.parse()
        planning.expect_change(
            actor, wish.asset_id, rule_key=wish.rule_key, until_on=wish.until_on, why=wish.why, now=unit.now
        )
        return url_for("drift.plans")

    try:
        location = once(actor, create)
    except Invalid as refusal:
        return _page(Form(WindowForm), form.refuse(refusal), 422)
    flash(_("The change is expected: when it is seen, it becomes how it should be."), "success")
    return redirect(location, 303)


@bp.post("/plans/changes/<int:change_id>/end")
@gate.roles(*DECIDERS)
def take_back(change_id: int) -> ResponseReturnValue:
    """Expect a change no longer."""
    actor = signed_in()
    with transaction(actor) as unit:
        wanted = queries.visible_expected(actor).where(ExpectedChange.id == change_id).with_for_update()
        planning.take_back(actor, _one(unit.session, wanted), now=unit.now)
    flash(_("The change is not expected any more."), "success")
    return redirect(url_for("drift.plans"), 303)


def _one(session: Session, wanted: Any) -> Any:
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound()
    return found
