"""What waits for a person: host keys to approve, sightings to tie to an asset, and the evidence of each sighting."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import literal, select

from itsm.assets.models import Asset
from itsm.assets.queries import root_of
from itsm.discovery import knowledge, queries
from itsm.discovery.enums import HostKeyState
from itsm.discovery.forms import KeyDecisionForm, MatchDecisionForm
from itsm.discovery.models import HostKey, Match, Network, Sighting
from itsm.discovery.services.decisions import decide_match
from itsm.discovery.services.host_keys import decide_host_key
from itsm.discovery.views import bp
from itsm.discovery.views.evidence import key_words, objection_words, rule_words
from itsm.discovery.views.reasons import sentence
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Role
from itsm.kernel.errors import NotFound
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.identity import current_actor
from itsm.web.render import render


@bp.get("/host-keys")
@gate.roles(Role.TECHNICIAN, Role.ASSET_MANAGER, Role.AUDITOR)
def host_keys() -> ResponseReturnValue:
    """List the host keys: those that wait first."""
    wanted = queries.visible_host_keys(current_actor()).order_by(HostKey.state.desc(), HostKey.address).limit(500)
    rows = db.session.execute(wanted).all()
    waiting = [row for row in rows if row.HostKey.state in (HostKeyState.OFFERED, HostKeyState.CHANGED)]
    decided = [row for row in rows if row not in waiting]
    return render("discovery/host_keys.html", waiting=waiting, decided=decided)


@bp.post("/host-keys/<int:key_id>/decision")
@gate.roles(Role.TECHNICIAN)
def decide_key(key_id: int) -> ResponseReturnValue:
    """Approve or reject one host key."""
    actor, command = current_actor(), read(KeyDecisionForm, request.form).parse()
    with transaction(actor) as unit:
        found = unit.session.execute(queries.visible_host_keys(actor).where(HostKey.id == key_id)).one_or_none()
        if found is None:
            raise NotFound()
        key, network = found
        decide_host_key(actor, key, network, trust=command.decision == "trust", now=unit.now)
    return redirect(url_for("discovery.host_keys"), 303)


@bp.post("/host-keys/approvals")
@gate.roles(Role.TECHNICIAN)
def approve_all() -> ResponseReturnValue:
    """Approve every key that was offered for the first time; changed keys are never among them."""
    actor = current_actor()
    with transaction(actor) as unit:
        offered = queries.visible_host_keys(actor).where(HostKey.state == HostKeyState.OFFERED)
        rows = unit.session.execute(offered).all()
        for key, network in rows:
            decide_host_key(actor, key, network, trust=True, now=unit.now)
    flash(_("%(n)s host keys were approved.", n=len(rows)), "success")
    return redirect(url_for("discovery.host_keys"), 303)


@bp.get("/undecided")
@gate.roles(Role.TECHNICIAN, Role.ASSET_MANAGER, Role.AUDITOR)
def undecided() -> ResponseReturnValue:
    """List sightings that may be one of several assets, with the evidence side by side."""
    session = db.session()
    rows = queries.undecided(session, current_actor())
    ids = {candidate["asset_id"] for row in rows for candidate in row.Match.candidates}
    wanted = select(Asset.id, Asset.name, Asset.tag, Asset.kind, Asset.serial, Asset.last_seen_at).where(
        Asset.id.in_(ids), Asset.merged_into_id.is_(None)
    )
    assets = {row.id: row for row in session.execute(wanted)} if ids else {}
    return render("discovery/undecided.html", rows=rows, assets=assets, key_words=key_words)


@bp.post("/undecided/<int:match_id>/decision")
@gate.roles(Role.TECHNICIAN, Role.ASSET_MANAGER)
def decide(match_id: int) -> ResponseReturnValue:
    """Say which asset a sighting is."""
    actor, command = current_actor(), read(MatchDecisionForm, request.form).parse()
    with transaction(actor) as unit:
        match = queries.get_one(unit.session, queries.visible_matches(actor), Match, match_id)
        decide_match(actor, match, command.choice, now=unit.now)
    flash(_("Decided."), "success")
    return redirect(url_for("discovery.undecided"), 303)


@bp.get("/sightings/<int:sighting_id>")
@gate.roles(Role.TECHNICIAN, Role.ASSET_MANAGER, Role.AUDITOR)
def sighting(sighting_id: int) -> ResponseReturnValue:
    """Show what one sighting saw and why it was identified as it was: every candidate, its object, rule and
    confidence."""
    session, actor = db.session(), current_actor()
    mine = queries.visible_networks(actor).with_only_columns(Network.id)
    wanted = select(Sighting).where(Sighting.id == sighting_id, Sighting.network_id.in_(mine))
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound()
    report = found.report()
    match = session.scalars(select(Match).where(Match.sighting_id == found.id)).one_or_none()
    return render(
        "discovery/sighting.html",
        sighting=found,
        report=report,
        device=knowledge.describe(report),
        candidates=knowledge.explain(report),
        rule_words=rule_words,
        objection_words=objection_words,
        sentence=sentence,
        match=match,
        asset=_asset_of(match),
    )


def _asset_of(match: Match | None) -> Asset | None:
    """Return the asset that a sighting was matched with; of a merged record, what stands for it."""
    if match is None or match.asset_id is None:
        return None
    wanted = select(Asset).where(Asset.id == root_of(literal(match.asset_id)).scalar_subquery())
    return db.session.scalars(wanted).one_or_none()
