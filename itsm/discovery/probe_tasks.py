"""The house's side of remote probes, by the clock and by their knocking: taking in, ending sweeps, giving up, tidying."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from itsm.discovery.enums import DeliveryState, ProbeDoor, SweepState
from itsm.discovery.models import Probe, ProbeBeat, ProbeDelivery, Sweep, SweepPart
from itsm.discovery.runner import count_vanished
from itsm.discovery.services import deliveries, parcels, parts, probe_rights, probes, topology
from itsm.discovery.services.order_files import TAKE
from itsm.discovery.services.survey import survey
from itsm.discovery.services.sweeps import UNDER_WAY, end_sweep
from itsm.infra.db import db
from itsm.infra.jobs.engine import Jobs
from itsm.infra.jobs.retry import GiveUp, Retry
from itsm.infra.unit import clock, transaction
from itsm.kernel.actor import Actor, Door

PERSISTENT: Final = Retry(attempts=1000, longest=timedelta(minutes=5))
"""For what is idempotent and must not be given up while a probe comes and goes."""
KEPT_FOR: Final = timedelta(days=7)
"""How long the number of a delivery is kept after it was taken in; its content goes at once."""
STANDING_EVERY: Final = 10
"""Minutes after which the standing order of a probe is written anew."""


def register(jobs: Jobs) -> None:
    """Register the tasks."""
    jobs.task(name=TAKE, retry=PERSISTENT)(take_deliveries)
    jobs.task(name=parts.END, retry=PERSISTENT)(end_of_sweep)
    jobs.task(name=parts.ORDER, retry=PERSISTENT)(not_ours)
    jobs.every_minute(look_after_probes, name="discovery.probes")


def not_ours(part_id: int) -> None:
    """Refuse to do a probe's work: its orders lie in its own queue."""
    raise GiveUp(f"part {part_id} is for a probe at another site")


def take_deliveries(probe_id: int) -> None:
    """Take in what a probe delivered."""
    deliveries.take_waiting(probe_id)


def end_of_sweep(sweep_id: int) -> None:
    """End a sweep all of whose parts have ended: who hangs where, what vanished, what there is to say."""
    session = db.session()
    sweep = session.get(Sweep, sweep_id)
    if sweep is None or sweep.state not in UNDER_WAY:
        return
    found = survey(session, sweep.organization_id, now=clock().now())
    session.rollback()
    with transaction(Actor.house(Door.PROBE, name=f"sweep {sweep_id}")) as unit:
        sweep = unit.session.get_one(Sweep, sweep_id, with_for_update=True, populate_existing=True)
        open_ones = select(SweepPart.id).where(SweepPart.sweep_id == sweep_id, SweepPart.state.in_(parts.OPEN)).limit(1)
        if sweep.state not in UNDER_WAY or unit.session.scalar(open_ones) is not None:
            return
        state, said = parts.outcome(unit.session, sweep)
        sweep.progress = parts.merged_progress(unit.session, sweep)
        sweep.total = sum(row.get("total", 0) for row in sweep.progress["networks"].values())
        if state is SweepState.FINISHED:
            topology.write(sweep.organization_id, found, now=unit.now)
            sweep.vanished = count_vanished(sweep.network_ids, sweep.started_at or unit.now, sweep.addresses)
        end_sweep(sweep, state, now=unit.now, error=said)


def look_after_probes(slot: datetime) -> None:
    """Give up what is overdue, end invitations, write standing orders, ask for the intake of what still waits, tidy up."""
    actor = Actor.house(Door.JOB, name="probes")
    with transaction(actor) as unit:
        for part in parts.overdue(unit.session, unit.now):
            parts.give_up(part, now=unit.now)
        _end_invitations(unit.session, unit.now)
        old = unit.now - KEPT_FOR
        gone = delete(ProbeDelivery).where(ProbeDelivery.state == DeliveryState.TAKEN, ProbeDelivery.dealt_at < old)
        unit.session.execute(gone.execution_options(synchronize_session=False))
        if slot.minute % STANDING_EVERY == 0:
            _write_standing_orders(unit.session, unit.now)
    _take_from_all(_waiting())


def _take_from_all(probe_ids: list[int]) -> None:
    """Take in what probes delivered; one whose deliveries fail keeps no other waiting, and is told of at the end."""
    fault: Exception | None = None
    for probe_id in probe_ids:
        try:
            deliveries.take_waiting(probe_id)
        except Exception as error:
            fault = fault or error
    if fault is not None:
        raise fault


def _waiting() -> list[int]:
    session = db.session()
    wanted = select(ProbeDelivery.probe_id).where(ProbeDelivery.state == DeliveryState.WAITING).distinct()
    found = set(session.scalars(wanted))
    unseen = select(ProbeBeat.probe_id).join(Probe, Probe.id == ProbeBeat.probe_id)
    found |= set(session.scalars(unseen.where(ProbeBeat.card != "", Probe.sign_key == "", Probe.revoked_at.is_(None))))
    session.rollback()
    return sorted(found)


def _end_invitations(session: Session, now: datetime) -> None:
    late = select(Probe).where(Probe.door == ProbeDoor.DATABASE, Probe.sign_key == "", Probe.invited_until < now)
    for probe in session.scalars(late).all():
        probe_rights.withdraw(probes.driver(session), probe.name)
        probe.invited_until = None


def _write_standing_orders(session: Session, now: datetime) -> None:
    live = select(Probe).where(Probe.door == ProbeDoor.DATABASE, Probe.sign_key != "", Probe.revoked_at.is_(None))
    for probe in session.scalars(live).all():
        written = parcels.standing(session, probe, now=now)
        changed = update(ProbeBeat).where(ProbeBeat.probe_id == probe.id).values(standing=written)
        session.execute(changed.execution_options(synchronize_session=False))
