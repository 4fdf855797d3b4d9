"""A sweep over networks of several sites: a part for each probe, one for our own worker; it ends when all have ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.discovery.enums import PartState, ProbeDoor, SweepReason, SweepState
from itsm.discovery.events import ErrandEnded, SweepQueued
from itsm.discovery.models import Network, Probe, Schedule, Sweep, SweepPart
from itsm.discovery.probe.remote.envelope import Refused, moment
from itsm.discovery.services import parcels
from itsm.infra.jobs import roles
from itsm.infra.jobs.engine import Jobs
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import RuleBroken
from itsm.kernel.numbers import whole_number
from itsm.kernel.text import phrase

ORDER: Final = "probe.order"
END: Final = "discovery.end_sweep"
OPEN: Final = (PartState.QUEUED, PartState.RUNNING)
PATIENCE: Final = timedelta(hours=24)
"""How long a sweep waits for a probe; a cut of hours is nothing unusual."""
_RANK: Final = (PartState.FAILED, PartState.OVERDUE, PartState.CANCELLED, PartState.FINISHED)


def split(sweep: Sweep, networks: Sequence[Network], *, now: datetime, slot_at: datetime | None = None) -> bool:
    """Give each probe its part of a fresh sweep; say whether something is left for our own worker.

    Raises RuleBroken for a network whose probe takes no orders now.
    """
    by_probe: dict[str, list[Network]] = defaultdict(list)
    for network in networks:
        by_probe[network.probe].append(network)
    own = by_probe.pop("", [])
    session = current_unit().session
    jobs: Jobs = current_app.extensions["itsm.jobs"]
    for name, theirs in by_probe.items():
        probe = ready(session, name)
        part = new_part(sweep, probe, theirs, now=now, due_at=now + PATIENCE, slot_at=slot_at)
        jobs.enqueue(session, ORDER, {"part_id": part.id}, queue=roles.probe_queue(name))
    if by_probe and own:
        ids = [network.id for network in own]
        session.add(SweepPart(sweep_id=sweep.id, network_ids=ids, state=PartState.QUEUED))
        session.flush()
    return bool(own)


def new_part(
    sweep: Sweep,
    probe: Probe,
    networks: Sequence[Network],
    *,
    now: datetime,
    due_at: datetime,
    is_file: bool = False,
    slot_at: datetime | None = None,
) -> SweepPart:
    """Enter a probe's part with the order in it, sealed for that probe alone."""
    session = current_unit().session
    part = SweepPart(
        sweep_id=sweep.id,
        probe_id=probe.id,
        network_ids=[network.id for network in networks],
        state=PartState.QUEUED,
        is_file=is_file,
        due_at=due_at,
        slot_at=slot_at,
    )
    session.add(part)
    session.flush()
    part.parcel = parcels.order(session, probe, networks, part=part, sweep=sweep, now=now)
    session.flush()
    return part


def ready(session: Session, name: str) -> Probe:
    """Return the probe of this name. Raises RuleBroken, saying why, where it takes no orders now."""
    probe = session.scalars(select(Probe).where(Probe.name == name)).one_or_none()
    if probe is None or probe.revoked_at is not None:
        raise RuleBroken(
            phrase("The probe %(name)s was revoked or removed. Give its networks to another one.", name=name)
        )
    if probe.door is ProbeDoor.FILES:
        raise RuleBroken(phrase("The probe %(name)s works with files. Export an order for it on its page.", name=name))
    if not probe.is_enrolled:
        raise RuleBroken(phrase("The probe %(name)s has not enrolled yet.", name=name))
    return probe


def part_of_slot(actor: Actor, probe: Probe, key: str, *, now: datetime) -> SweepPart:
    """Return the part of a sweep that a probe began by its copy of a schedule, ``schedule:ID:SLOT``, while it was cut off.

    It is the one that we made for the same time, if any; else it is made now. Raises Refused for a schedule that has
    nothing to do with this probe.
    """
    session = current_unit().session
    _, number, text = (*key.split(":", 2), "", "")[:3]
    slot_at = moment(text)
    schedule = session.get(Schedule, whole_number(number) or 0)
    networks = _networks_of(session, schedule, probe)
    if schedule is None or not networks or slot_at > now + timedelta(hours=1):
        raise Refused("It names a schedule that has nothing to do with this probe.")
    wanted = (
        select(SweepPart)
        .join(Sweep, Sweep.id == SweepPart.sweep_id)
        .where(SweepPart.probe_id == probe.id, SweepPart.slot_at == slot_at, Sweep.schedule_id == schedule.id)
    )
    found = session.scalars(wanted).first()
    if found is not None:
        return found
    sweep = Sweep(
        organization_id=probe.organization_id,
        network_ids=[network.id for network in networks],
        reason=SweepReason.SCHEDULE_CUT_OFF,
        reason_facts={"name": schedule.name, "probe": probe.name},
        schedule_id=schedule.id,
        state=SweepState.QUEUED,
        progress={},
    )
    session.add(sweep)
    session.flush()
    part = SweepPart(sweep_id=sweep.id, probe_id=probe.id, network_ids=sweep.network_ids, state=PartState.QUEUED)
    part.slot_at, part.due_at = slot_at, now + PATIENCE
    session.add(part)
    session.flush()
    emit(SweepQueued(at=now, actor_id=actor.user_id, sweep_id=sweep.id))
    return part


def _networks_of(session: Session, schedule: Schedule | None, probe: Probe) -> Sequence[Network]:
    if schedule is None:
        return []
    wanted = select(Network).where(Network.id.in_(schedule.network_ids), Network.probe == probe.name, Network.enabled)
    return session.scalars(wanted.order_by(Network.id)).all()


def overdue(session: Session, now: datetime) -> Sequence[SweepPart]:
    """Return the parts that their sweeps have waited for long enough."""
    wanted = select(SweepPart).where(SweepPart.state.in_(OPEN), SweepPart.due_at < now)
    return session.scalars(wanted.order_by(SweepPart.id).limit(100)).all()


def give_up(part: SweepPart, *, now: datetime) -> None:
    """End a part that is overdue, and say so."""
    if part.is_file:
        said = "no result came back before the order expired."
    elif part.sweep_id is None:
        part.cancel_asked_at = now  # whoever asked has gone; the probe need not ask any more
        said = "the probe is busy or cannot be reached: it did not answer in time."
    elif part.state is PartState.QUEUED:
        said = "the probe did not take its order in time. If it still does, what it sees is taken in."
    else:
        said = "the probe did not finish in time. What it saw is kept, and what still comes is taken in."
    end_part(part, PartState.OVERDUE, now=now, error=said)


def takes_orders(session: Session, networks: Sequence[Network]) -> list[Network]:
    """Return the networks that our worker or a probe at work can sweep now: schedules pass over the others."""
    wanted = select(Probe.name).where(
        Probe.door == ProbeDoor.DATABASE, Probe.sign_key != "", Probe.revoked_at.is_(None)
    )
    at_work = {"", *session.scalars(wanted)}
    return [network for network in networks if network.probe in at_work]


def own_networks(session: Session, sweep: Sweep) -> list[int]:
    """Return the networks of a sweep that our own worker does."""
    rows = session.execute(
        select(SweepPart.probe_id, SweepPart.network_ids).where(SweepPart.sweep_id == sweep.id)
    ).all()
    if not rows:
        return list(sweep.network_ids)
    return [network_id for probe_id, ids in rows if probe_id is None for network_id in ids]


def end_own(sweep: Sweep, state: SweepState, *, now: datetime, error: str = "") -> bool:
    """End our own part of a sweep that has others; False where the sweep has no parts and ends with us."""
    wanted = select(SweepPart).where(SweepPart.sweep_id == sweep.id, SweepPart.probe_id.is_(None))
    part = current_unit().session.scalars(wanted).one_or_none()
    if part is None:
        return False
    end_part(part, PartState(state.value), now=now, error=error)
    return True


def end_part(part: SweepPart, state: PartState, *, now: datetime, error: str = "") -> None:
    """Close a part; the last one to be closed asks for the end of the sweep."""
    if part.state not in OPEN:
        return
    part.state, part.finished_at, part.error, part.parcel = state, now, error[:1000], None
    session = current_unit().session
    session.flush()
    if part.sweep_id is None:
        emit(ErrandEnded(at=now, actor_id=None, part_id=part.id))
        return
    # One sweep's parts end one after the other, so that one of them is surely the last.
    session.execute(select(Sweep.id).where(Sweep.id == part.sweep_id).with_for_update())
    left = select(SweepPart.id).where(SweepPart.sweep_id == part.sweep_id, SweepPart.state.in_(OPEN)).limit(1)
    if session.scalar(left) is None:
        jobs: Jobs = current_app.extensions["itsm.jobs"]
        jobs.enqueue(session, END, {"sweep_id": part.sweep_id})


def cancel_parts(sweep: Sweep, *, now: datetime) -> bool:
    """Ask the probes to stop; parts that nobody has begun end here. False where the sweep has no parts."""
    session = current_unit().session
    rows = session.scalars(select(SweepPart).where(SweepPart.sweep_id == sweep.id)).all()
    for part in rows:
        if part.state in OPEN:
            part.cancel_asked_at = now
            if part.state is PartState.QUEUED and (part.probe_id is not None or sweep.state is SweepState.QUEUED):
                end_part(part, PartState.CANCELLED, now=now)
    return bool(rows)


def outcome(session: Session, sweep: Sweep) -> tuple[SweepState, str]:
    """Return how a sweep ended whose parts have all ended, and what there is to say about it."""
    rows = session.execute(
        select(SweepPart.state, SweepPart.error, Probe.name)
        .outerjoin(Probe, Probe.id == SweepPart.probe_id)
        .where(SweepPart.sweep_id == sweep.id)
        .order_by(SweepPart.id)
    ).all()
    worst = min((row.state for row in rows), key=_RANK.index, default=PartState.FINISHED)
    said = [f"{row.name}: {row.error}" if row.name else row.error for row in rows if row.error]
    ended = SweepState.FAILED if worst in (PartState.FAILED, PartState.OVERDUE) else SweepState(worst.value)
    return ended, " ".join(said)


def merged_progress(session: Session, sweep: Sweep) -> dict[str, Any]:
    """Return how far a sweep is over all its parts, in the form of ``Sweep.progress``."""
    networks = dict(sweep.progress.get("networks", {}))
    for progress in session.scalars(select(SweepPart.progress).where(SweepPart.sweep_id == sweep.id)):
        networks |= (progress or {}).get("networks", {})
    return {**sweep.progress, "networks": networks}
