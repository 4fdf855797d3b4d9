"""Sweeps: the overview, starting one, watching it, cancelling it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.discovery import probe_reading, queries
from itsm.discovery.enums import SweepReason, SweepState, TargetResult
from itsm.discovery.forms import SweepForm
from itsm.discovery.models import Network, Sweep
from itsm.discovery.services import parts, sweeps
from itsm.discovery.views import bp
from itsm.discovery.views.reasons import sentence, why_words
from itsm.infra.db import db
from itsm.infra.unit import Unit, clock, transaction
from itsm.kernel.actor import Role
from itsm.kernel.errors import Invalid
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.idempotency import once
from itsm.web.identity import current_actor
from itsm.web.render import fresh, render, unchanged
from itsm.web.texts import told_all

READERS = (Role.TECHNICIAN, Role.ASSET_MANAGER, Role.AUDITOR)
WORKERS = (Role.TECHNICIAN, Role.ASSET_MANAGER)


@bp.get("")
@gate.roles(*READERS)
def index() -> ResponseReturnValue:
    """Show networks, what waits for a decision, and the latest sweeps."""
    return _index()


def _index(error: str = "", chosen: Sequence[int] = (), status: int = 200) -> ResponseReturnValue:
    session, actor, now = db.session(), current_actor(), clock().now()
    networks = session.scalars(queries.visible_networks(actor).order_by(Network.name)).all()
    return render(
        "discovery/index.html",
        networks=networks,
        credentials=queries.credentials_by_network(session, [network.id for network in networks]),
        page=queries.sweep_list(session, actor, after=request.args.get("after"), before=request.args.get("before")),
        waiting=queries.capped_counts(session, actor),
        names={network.id: network.name for network in networks},
        closed={network.id: network.opens_at(now) for network in networks if not network.is_open(now)},
        error=error,
        chosen=chosen,
        status=status,
    )


@bp.post("/sweeps")
@gate.roles(*WORKERS)
def start() -> ResponseReturnValue:
    """Put a sweep on the queue and lead to its page."""
    actor, command = current_actor(), read(SweepForm, request.form).parse()

    def create(unit: Unit) -> str:
        chosen = queries.visible_networks(actor).where(Network.id.in_(command.network_ids))
        networks = unit.session.scalars(chosen.order_by(Network.id)).all()
        why = sweeps.Why.of(SweepReason.PERSON, name=actor.name)
        sweep = sweeps.queue_sweep(actor, networks, now=unit.now, why=why, outside_windows=command.outside_windows)
        return url_for("discovery.sweep", sweep_id=sweep.id)

    try:
        return redirect(once(actor, create), 303)
    except Invalid as refusal:
        return _index(told_all(refusal), command.network_ids, 422)


@bp.get("/sweeps/<int:sweep_id>")
@gate.roles(*READERS)
def sweep(sweep_id: int) -> ResponseReturnValue:
    """Show one sweep: live while it runs, a report afterwards."""
    session, actor = db.session(), current_actor()
    found: Sweep = queries.get_one(session, queries.visible_sweeps(actor), Sweep, sweep_id)
    seal = (actor.user_id, found.id, found.state, found.heartbeat_at, found.finished_at, request.query_string)
    known = unchanged(*seal) if found.state is SweepState.RUNNING else None
    if known is not None:
        return known
    wanted = request.args.get("result", "")
    result = TargetResult(wanted) if wanted in set(TargetResult) else None
    page = queries.outcomes(
        session, found.id, result, after=request.args.get("after"), before=request.args.get("before")
    )
    networks = session.scalars(queries.visible_networks(actor).where(Network.id.in_(found.network_ids))).all()
    progress = parts.merged_progress(session, found)
    response = render(
        "discovery/sweep.html",
        sweep=found,
        ranges=[_range(progress, network) for network in networks],
        parts=probe_reading.parts_of(session, found.id),
        page=page,
        result=result,
        gone=queries.vanished_assets(session, found) if wanted == "vanished" else [],
        wanted=wanted,
        in_words=sentence,
        why=why_words(found),
        live=found.state in sweeps.UNDER_WAY,
        pace=_pace(found, progress),
    )
    return fresh(response, *seal)


def _range(progress: dict[str, Any], network: Network) -> dict[str, Any]:
    kept = progress.get("networks", {}).get(str(network.id), {})
    total, asked = kept.get("total", 0), kept.get("asked", 0)
    found = max(kept.get("found", 0), kept.get("read", 0))  # who answers SNMP, and who could be read, by whatever means
    return {
        "name": f"{network.name} · {', '.join(network.ranges[:3])}",
        "total": total,
        "found": found,
        "silent": max(0, asked - found),
    }


def _pace(sweep: Sweep, progress: dict[str, Any]) -> dict[str, float | None]:
    """Return addresses a second so far, and the seconds until everybody is asked at that pace: 0.0 when they are."""
    rows = progress.get("networks", {}).values()
    total = max(sweep.total, sum(row.get("total", 0) for row in rows))
    asked = sum(row.get("asked", 0) for row in rows)
    if sweep.started_at is None or not asked:
        return {"rate": None, "left": None}
    seconds = max(0.1, ((sweep.finished_at or clock().now()) - sweep.started_at).total_seconds())
    rate = asked / seconds
    return {"rate": rate, "left": None if sweep.finished_at else max(0.0, (total - asked) / rate)}


@bp.post("/sweeps/<int:sweep_id>/cancellation")
@gate.roles(*WORKERS)
def cancel(sweep_id: int) -> ResponseReturnValue:
    """Ask a sweep to stop."""
    actor = current_actor()
    with transaction(actor) as unit:
        found = queries.get_one(unit.session, queries.visible_sweeps(actor), Sweep, sweep_id)
        sweeps.cancel_sweep(actor, found, now=unit.now)
    return redirect(url_for("discovery.sweep", sweep_id=sweep_id), 303)
