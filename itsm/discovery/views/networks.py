"""Networks and schedules."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.discovery import queries
from itsm.discovery.forms import ROWS, NetworkForm
from itsm.discovery.models import Credential, Network, Probe, credential_network
from itsm.discovery.probe.sweep import dry_run
from itsm.discovery.rules.planned import runs
from itsm.discovery.services import networks
from itsm.discovery.services.exclusions import never_of
from itsm.discovery.services.orders import left_out, order_for
from itsm.discovery.views import bp
from itsm.discovery.views.merging import as_texts, clash_page, day_names
from itsm.discovery.views.reasons import step_words
from itsm.infra.db import db
from itsm.infra.unit import Unit, clock, transaction
from itsm.kernel.actor import Role
from itsm.kernel.errors import Conflict, Invalid
from itsm.org.models import Location, Organization
from itsm.web import conflict, gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import current_actor
from itsm.web.page import preferences
from itsm.web.render import render
from itsm.web.zones import zones

PREVIEW = 60
MOST_STEPS = 20_000
"""Steps of a dry run that are looked at for a page; a network of 16 bits has more."""


def home_organization(session: Any) -> int:
    """Return the organization that a new row belongs to: the actor's own, else the first."""
    actor = current_actor()
    own = sorted(actor.organization_ids)
    return own[0] if own else session.scalars(select(Organization.id).order_by(Organization.id)).first()


def _page(form: Form[Any], network: Network | None, status: int = 200) -> ResponseReturnValue:
    session, actor = db.session(), current_actor()
    locations = select(Location.id, Location.path).order_by(Location.path).limit(500)
    if not actor.all_organizations:
        locations = locations.where(Location.organization_id.in_(actor.organization_ids))
    return render(
        "discovery/network.html",
        form=form,
        network=network,
        base=form.value("base") or (conflict.base_of(as_texts(_values(session, network))) if network else ""),
        version=(request.form.get("version") or network.version) if network else None,
        bound=queries.credentials_by_network(session, [network.id])[network.id] if network else [],
        days=list(enumerate(day_names())),
        rows=ROWS,
        locations=[(str(row.id), row.path) for row in session.execute(locations)],
        zones=zones(str(form.value("time_zone"))),
        probes=[(name, name) for name in _probes(session, network)],
        credentials=session.scalars(queries.visible_credentials(actor).order_by(Credential.name)).all(),
        status=status,
    )


def _probes(session: Session, network: Network | None) -> list[str]:
    """Return the names of the probes that may sweep a network, and the one that does."""
    wanted = select(Probe.name).where(Probe.revoked_at.is_(None)).order_by(Probe.name).limit(500)
    if network is not None:
        wanted = wanted.where(Probe.organization_id == network.organization_id)
    else:
        wanted = wanted.where(Probe.organization_id == home_organization(session))
    names = list(session.scalars(wanted))
    return sorted({*names, network.probe}) if network is not None and network.probe else names


@bp.get("/networks/new")
@gate.roles(Role.ADMINISTRATOR)
def new_network() -> ResponseReturnValue:
    """Show an empty network form."""
    return _page(Form(NetworkForm, {"enabled": True, "time_zone": preferences().time_zone}), None)


@bp.post("/networks")
@gate.roles(Role.ADMINISTRATOR)
def create_network() -> ResponseReturnValue:
    """Make a network."""
    actor, form = current_actor(), read(NetworkForm, request.form)

    def create(unit: Unit) -> str:
        networks.save_network(actor, None, home_organization(unit.session), _facts(form.parse()))
        return url_for("discovery.index")

    try:
        location = once(actor, create)
    except Invalid as refusal:
        return _page(form.refuse(refusal), None, 422)
    flash(_("The network was added."), "success")
    return redirect(location, 303)


@bp.get("/networks/<int:network_id>")
@gate.roles(Role.TECHNICIAN, Role.ASSET_MANAGER, Role.AUDITOR)
def network(network_id: int) -> ResponseReturnValue:
    """Show a network and what may be changed about it."""
    session = db.session()
    found: Network = queries.get_one(session, queries.visible_networks(current_actor()), Network, network_id)
    return _page(Form(NetworkForm, _values(session, found)), found)


def _values(session: Session, found: Network) -> dict[str, Any]:
    """Return what stands in the form of a network."""
    bound = select(credential_network.c.credential_id).where(credential_network.c.network_id == found.id)
    values = {name: getattr(found, name) for name in NetworkForm.model_fields if hasattr(found, name)}
    values |= {"ranges": "\n".join(found.ranges), "exclusions": "\n".join(found.exclusions)}
    values["credential_ids"] = sorted(session.scalars(bound))
    for row in ROWS:
        window = found.windows[row - 1] if row <= len(found.windows) else {}
        values |= {f"{part}_{row}": window.get(part, [] if part == "days" else "") for part in ("days", "from", "to")}
    return values


@bp.post("/networks/<int:network_id>")
@gate.roles(Role.ADMINISTRATOR)
def change_network(network_id: int) -> ResponseReturnValue:
    """Change a network."""
    actor, form = current_actor(), read(NetworkForm, request.form)
    yours: dict[str, str] = {}
    theirs: dict[str, str] = {}
    try:
        yours = as_texts(form.parse().model_dump(exclude={"base"}))
        with transaction(actor) as unit:
            mine = queries.visible_networks(actor).with_for_update()
            found = queries.get_one(unit.session, mine, Network, network_id)
            theirs = as_texts(_values(unit.session, found))
            settled = conflict.settle(yours, theirs, sent=request.form, version=found.version, labels=_labels())
            networks.save_network(actor, found, found.organization_id, _facts(Form(NetworkForm, settled).parse()))
    except Invalid as refusal:
        found = queries.get_one(db.session(), queries.visible_networks(actor), Network, network_id)
        return _page(form.refuse(refusal), found, 422)
    except Conflict as clash:
        found = queries.get_one(db.session(), queries.visible_networks(actor), Network, network_id)
        url = url_for("discovery.change_network", network_id=network_id)
        return clash_page(clash, found, (yours, theirs), url=url, back=url)
    flash(_("The network was saved."), "success")
    return redirect(url_for("discovery.index"), 303)


def _facts(command: NetworkForm) -> networks.NetworkFacts:
    rows = {f"{part}_{row}" for part in ("days", "from", "to") for row in ROWS}
    columns = command.model_dump(exclude={"credential_ids", "base", *rows}) | {"windows": command.windows()}
    return networks.NetworkFacts(columns=columns, credential_ids=command.credential_ids)


def _labels() -> dict[str, str]:
    words = {
        "name": _("Name"), "ranges": _("Ranges"), "exclusions": _("Never touch"), "location_id": _("Location"),
        "probe": _("Swept by"),
        "pace": _("Pace"), "subnet_pace": _("Pace in a subnet"),
        "snmp_port": _("SNMP port"), "ssh_port": _("SSH port"), "ping": _("Also ping"),
        "certificates": _("Also look at certificates"),
        "allow_public": _("Allow public and link-local addresses"), "enabled": _("Sweep this network"),
        "credential_ids": _("Credentials"), "time_zone": _("Time zone"),
    }  # fmt: skip
    for row in ROWS:
        words[f"days_{row}"] = _("Window %(n)s: days", n=row)
        words[f"from_{row}"] = _("Window %(n)s: from", n=row)
        words[f"to_{row}"] = _("Window %(n)s: to", n=row)
    return words


@bp.get("/networks/<int:network_id>/plan")
@gate.roles(Role.TECHNICIAN, Role.ASSET_MANAGER, Role.AUDITOR)
def plan(network_id: int) -> ResponseReturnValue:
    """Show what a sweep would send to whom, without sending anything."""
    session = db.session()
    found: Network = queries.get_one(session, queries.visible_networks(current_actor()), Network, network_id)
    now = clock().now()
    order = order_for(session, found, now=now)
    spared = [(str(run), run.size, reason) for run, reason in left_out(found, never_of(session, found, now=now))]
    names = {f"credential:{row.id}": row.name for row in session.scalars(select(Credential))}
    planned = runs(islice(dry_run(order), MOST_STEPS))
    return render(
        "discovery/plan.html",
        network=found,
        planned=planned[:PREVIEW],
        credentials=names,
        step_words=step_words,
        cut=sum(run.size for run in planned[:PREVIEW]) < len(order.addresses),
        total=len(order.addresses),
        order=order,
        spared=spared[:PREVIEW],
        more=len(spared[PREVIEW:]),
    )
