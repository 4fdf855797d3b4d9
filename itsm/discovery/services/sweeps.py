"""Asking for sweeps and stopping them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from itsm.discovery.enums import SweepReason, SweepState
from itsm.discovery.events import SweepFinished, SweepQueued
from itsm.discovery.models import Network, Sweep
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.services import parts
from itsm.infra.jobs.engine import Jobs
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, RuleBroken
from itsm.kernel.policy import require
from itsm.kernel.text import phrase

TASK = "discovery.sweep"
UNDER_WAY = (SweepState.QUEUED, SweepState.RUNNING)


@dataclass(frozen=True, slots=True)
class Why:
    """Why a sweep begins: a code, and the names that belong to it. It is put into words where it is read."""

    reason: SweepReason = SweepReason.SAID
    facts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, reason: SweepReason, **facts: str) -> Why:
        """Return a reason with its facts, each bounded."""
        return cls(reason, {name: text[:200] for name, text in facts.items()})


UNSAID = Why()


def queue_sweep(
    actor: Actor,
    networks: Sequence[Network],
    *,
    now: datetime,
    why: Why = UNSAID,
    schedule_id: int | None = None,
    outside_windows: bool = False,
    addresses: Sequence[str] | None = None,
    slot_at: datetime | None = None,
) -> Sweep:
    """Put a sweep of these networks, or of some ``addresses`` in them, on the queue.

    Networks of probes at other sites become parts of it. ``slot_at`` is the time of the schedule that asks.

    Raises RuleBroken while one of them is being swept already or its probe takes no orders, Invalid while the window of
    one is closed, unless ``outside_windows`` says that this is meant; the sweep remembers that it was.
    """
    for network in networks:
        require(POLICY, actor, DiscoveryPermission.SWEEP, network)
    chosen = [network for network in networks if network.enabled]
    if not chosen:
        raise Invalid({"network_ids": "Please choose at least one network that is switched on."})
    closed = [network.name for network in chosen if not network.is_open(now)]
    if closed and not outside_windows:
        raise Invalid(
            {"outside_windows": phrase("%(names)s: the window for sweeps is closed now.", names=", ".join(closed))}
        )
    refuse_busy(chosen, only=addresses is not None)
    session = current_unit().session
    sweep = Sweep(
        organization_id=chosen[0].organization_id,
        network_ids=[network.id for network in chosen],
        addresses=list(addresses) if addresses is not None else None,
        reason=why.reason,
        reason_facts=dict(why.facts),
        started_by_id=actor.person_id,
        schedule_id=schedule_id,
        outside_windows=bool(closed),
        state=SweepState.QUEUED,
        progress={},
    )
    session.add(sweep)
    session.flush()
    if parts.split(sweep, chosen, now=now, slot_at=slot_at):
        jobs: Jobs = current_app.extensions["itsm.jobs"]
        jobs.enqueue(session, TASK, {"sweep_id": sweep.id})
    emit(SweepQueued(at=now, actor_id=actor.user_id, sweep_id=sweep.id))
    return sweep


def refuse_busy(networks: Sequence[Network], *, only: bool = False) -> None:
    """Raise RuleBroken where one of these networks is being swept already.

    A look at a few addresses (``only``) keeps no schedule from its sweep; it waits itself for whatever is under way.
    """
    rows = select(Sweep.network_ids, Sweep.addresses).where(Sweep.state.in_(UNDER_WAY))
    under_way = current_unit().session.execute(rows)
    busy = {network_id for ids, some in under_way if some is None or only for network_id in ids}
    taken = [network.name for network in networks if network.id in busy]
    if taken:
        raise RuleBroken(
            phrase("%(names)s: a sweep is under way already. You can watch or cancel it.", names=", ".join(taken))
        )


def cancel_sweep(actor: Actor, sweep: Sweep, *, now: datetime) -> None:
    """Ask a sweep to stop. One that has not begun ends here; a running one stops within seconds, keeping what it
    found."""
    require(POLICY, actor, DiscoveryPermission.CANCEL, sweep)
    if sweep.state not in UNDER_WAY:
        raise RuleBroken("This sweep has ended already.")
    sweep.cancel_asked_at = now
    if parts.cancel_parts(sweep, now=now):
        return
    if sweep.state is SweepState.QUEUED:
        end_sweep(sweep, SweepState.CANCELLED, now=now)


def end_sweep(sweep: Sweep, state: SweepState, *, now: datetime, error: str = "") -> None:
    """Close a sweep and tell the house."""
    sweep.state, sweep.finished_at, sweep.error = state, now, error[:2000]
    emit(SweepFinished(at=now, actor_id=None, sweep_id=sweep.id, state=state.value))
