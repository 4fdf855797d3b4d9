"""Probes at other sites: enrolling them, seeing that they live, carrying files to and fro, revoking them."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from flask import flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import undefer

from itsm.discovery import probe_reading, queries
from itsm.discovery.enums import ProbeDoor
from itsm.discovery.forms import OrderForm, ProbeForm, TokenForm
from itsm.discovery.models import Network, Probe, SweepPart
from itsm.discovery.probe.remote.home import card
from itsm.discovery.services import order_files, parts, probes
from itsm.discovery.views import bp
from itsm.discovery.views.networks import home_organization
from itsm.infra.db import db
from itsm.infra.unit import Unit, clock, transaction
from itsm.kernel.actor import Role
from itsm.kernel.errors import Invalid, NotFound
from itsm.org.models import Location
from itsm.web import gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import current_actor
from itsm.web.render import render
from itsm.web.texts import told_all


@bp.get("/probes")
@gate.roles(Role.ADMINISTRATOR)
def list_probes() -> ResponseReturnValue:
    """Show every probe, and whether it lives."""
    return _list()


def _list(error: str = "", status: int = 200) -> ResponseReturnValue:
    session, actor, now = db.session(), current_actor(), clock().now()
    rows = probe_reading.standings(session, actor, now=now)
    return render("discovery/probes.html", rows=rows, shared=probes.is_shared(session), error=error, status=status)


@bp.get("/probes/new")
@gate.roles(Role.ADMINISTRATOR)
def new_probe() -> ResponseReturnValue:
    """Show an empty form."""
    live = probes.is_shared(db.session())
    host, port = _database()
    return _form(Form(ProbeForm, {"door": "database" if live else "files", "host": host, "port": port}))


def _database() -> tuple[str, int]:
    """Return where we find the database ourselves, when that is an address that others may use."""
    url = make_url(str(db.engine.url.render_as_string(hide_password=True)))
    return url.host or "", url.port or 5432


def _form(form: Form[Any], status: int = 200) -> ResponseReturnValue:
    session, actor = db.session(), current_actor()
    places = select(Location.id, Location.path).order_by(Location.path).limit(500)
    if not actor.all_organizations:
        places = places.where(Location.organization_id.in_(actor.organization_ids))
    return render(
        "discovery/probe_form.html",
        form=form,
        shared=probes.is_shared(session),
        locations=[(str(row.id), row.path) for row in session.execute(places)],
        networks=session.scalars(queries.visible_networks(actor).order_by(Network.name)).all(),
        status=status,
    )


@bp.post("/probes")
@gate.roles(Role.ADMINISTRATOR)
def create_probe() -> ResponseReturnValue:
    """Enter a probe; one that works live gets its token, which is shown here and never again."""
    actor, form = current_actor(), read(ProbeForm, request.form)
    tokens: list[str] = []

    def create(unit: Unit) -> str:
        command = form.parse()
        visible = queries.visible_networks(actor).where(Network.id.in_(command.network_ids))
        new = probes.NewProbe(
            name=command.name,
            organization_id=home_organization(unit.session),
            location_id=command.location_id,
            network_ids=[network.id for network in unit.session.scalars(visible)],
            host=command.host,
            port=command.port,
        )
        if command.door is ProbeDoor.FILES:
            probe = probes.enter_card(actor, new, command.card, now=unit.now)
        else:
            probe, token = probes.invite(actor, new, now=unit.now)
            tokens.append(token)
        return url_for("discovery.show_probe", probe_id=probe.id)

    try:
        location = once(actor, create)
    except Invalid as refusal:
        return _form(form.refuse(refusal), 422)
    return _with_token(tokens, location)


def _with_token(tokens: list[str], location: str) -> ResponseReturnValue:
    if not tokens:
        flash(_("The probe was entered. A token is shown only once; make a new one if you need it."), "success")
        return redirect(location, 303)
    response = render("discovery/probe_token.html", token=tokens[0], back=location, hours=24)
    response.headers["Cache-Control"] = "no-store"
    return response


def _found(probe_id: int, *, lock: bool = False) -> Probe:
    wanted = probe_reading.visible_probes(current_actor())
    return queries.get_one(db.session(), wanted.with_for_update() if lock else wanted, Probe, probe_id)  # type: ignore[no-any-return]


@bp.get("/probes/<int:probe_id>")
@gate.roles(Role.ADMINISTRATOR)
def show_probe(probe_id: int) -> ResponseReturnValue:
    """Show one probe."""
    return _page(probe_id)


def _page(probe_id: int, error: str = "", status: int = 200) -> ResponseReturnValue:
    session, actor, now = db.session(), current_actor(), clock().now()
    found = probe_reading.standings(session, actor, now=now, probe_id=probe_id)
    if not found:
        raise NotFound()
    probe = found[0].probe
    host, port = _database()
    keys = probes.keys_of(probe)
    place = session.scalar(select(Location.path).where(Location.id == probe.location_id)) if probe.location_id else None
    return render(
        "discovery/probe.html",
        row=found[0],
        probe=probe,
        place=place,
        fingerprint=keys.fingerprint if keys else "",
        orders=probe_reading.open_orders(session, probe_id) if keys else [],
        host=host,
        port=port,
        error=error,
        status=status,
    )


@bp.post("/probes/<int:probe_id>/invitation")
@gate.roles(Role.ADMINISTRATOR)
def invite_probe(probe_id: int) -> ResponseReturnValue:
    """Make a fresh token; what the probe had before counts no more."""
    actor, form = current_actor(), read(TokenForm, request.form)
    _found(probe_id)
    tokens: list[str] = []

    def create(unit: Unit) -> str:
        command = form.parse()
        probe = _found(probe_id, lock=True)
        tokens.append(probes.invite_again(actor, probe, host=command.host, port=command.port, now=unit.now))
        return url_for("discovery.show_probe", probe_id=probe_id)

    try:
        location = once(actor, create)
    except Invalid as refusal:
        return _page(probe_id, told_all(refusal), 422)
    return _with_token(tokens, location)


@bp.post("/probes/<int:probe_id>/revocation")
@gate.roles(Role.ADMINISTRATOR)
def revoke_probe(probe_id: int) -> ResponseReturnValue:
    """Put an end to a probe at once."""
    actor = current_actor()
    with transaction(actor) as unit:
        probes.revoke(actor, _found(probe_id, lock=True), now=unit.now)
    flash(_("The probe was revoked: its role is gone, and nothing that its keys sign counts any more."), "success")
    return redirect(url_for("discovery.show_probe", probe_id=probe_id), 303)


@bp.post("/probes/<int:probe_id>/orders")
@gate.roles(Role.ADMINISTRATOR)
def create_order(probe_id: int) -> ResponseReturnValue:
    """Make an order that travels as a file."""
    actor, form = current_actor(), read(OrderForm, request.form)
    _found(probe_id)

    def create(unit: Unit) -> str:
        command = form.parse()
        visible = queries.visible_networks(actor).where(Network.id.in_(command.network_ids)).order_by(Network.id)
        chosen = unit.session.scalars(visible).all()
        lasts = timedelta(days=command.days)
        order_files.export_order(actor, _found(probe_id, lock=True), chosen, now=unit.now, lasts=lasts)
        return url_for("discovery.show_probe", probe_id=probe_id)

    try:
        return redirect(once(actor, create), 303)
    except Invalid as refusal:
        return _page(probe_id, told_all(refusal), 422)


@bp.get("/probes/<int:probe_id>/orders/<int:part_id>")
@gate.roles(Role.ADMINISTRATOR)
def download_order(probe_id: int, part_id: int) -> ResponseReturnValue:
    """Send an order: it is sealed for its probe, so it may lie on any stick."""
    probe = _found(probe_id)
    wanted = select(SweepPart).where(
        SweepPart.id == part_id, SweepPart.probe_id == probe_id, SweepPart.is_file, SweepPart.state.in_(parts.OPEN)
    )
    part = db.session().scalars(wanted.options(undefer(SweepPart.parcel))).one_or_none()
    if part is None or part.parcel is None:
        raise NotFound()
    name = f"order-{probe.name}-{part.id}.itsm"
    return send_file(io.BytesIO(part.parcel), "application/octet-stream", as_attachment=True, download_name=name)


@bp.post("/probes/results")
@gate.roles(Role.ADMINISTRATOR)
def import_result() -> ResponseReturnValue:
    """Take over the result that was carried here."""
    actor = current_actor()
    sent = request.files.get("file")
    counts: list[int] = []

    def create(unit: Unit) -> str:
        if sent is None or not sent.filename:
            raise Invalid({"file": _("Please choose a file.")})
        part, count = order_files.import_result(actor, sent.stream, now=unit.now)
        counts.append(count)
        return url_for("discovery.sweep", sweep_id=part.sweep_id)

    try:
        location = once(actor, create)
    except Invalid as refusal:
        return _list(told_all(refusal), 422)
    if counts == [0]:
        flash(_("This result was taken over before; nothing changed."), "info")
    return redirect(location, 303)


@bp.post("/probes/card")
@gate.roles(Role.ADMINISTRATOR)
def house_card() -> ResponseReturnValue:
    """Show the card of this installation, by which a probe that works with files knows our orders."""
    with transaction(current_actor()) as unit:
        text = card("here", probes.house_keys(unit.session))
    return render("discovery/house_card.html", card=text)
