"""Orders and results that are carried as files: written for a probe without a connection, and taken in once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import IO, Final

from flask import current_app
from sqlalchemy import select

from itsm.discovery.enums import PartState, SweepReason, SweepState
from itsm.discovery.events import SweepQueued
from itsm.discovery.models import Network, Probe, ProbeDelivery, Sweep, SweepPart
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.probe.remote import envelope, offline
from itsm.discovery.probe.remote.envelope import Refused
from itsm.discovery.services import parts, probes
from itsm.discovery.services.sweeps import refuse_busy
from itsm.infra.jobs.engine import Jobs
from itsm.infra.unit import current_unit, emit, record
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, RuleBroken
from itsm.kernel.numbers import whole_number
from itsm.kernel.policy import require
from itsm.kernel.text import phrase

TAKE: Final = "discovery.take_deliveries"
LASTS: Final = timedelta(days=7)
LONGEST: Final = timedelta(days=90)


def export_order(
    actor: Actor, probe: Probe, networks: Sequence[Network], *, now: datetime, lasts: timedelta = LASTS
) -> tuple[SweepPart, bytes]:
    """Make a sweep whose order travels as a file; return its part and the file. Raises RuleBroken, Invalid."""
    require(POLICY, actor, DiscoveryPermission.CONFIGURE, probe)
    if not probe.is_enrolled:
        raise RuleBroken(phrase("The keys of the probe %(name)s are not known, or were revoked.", name=probe.name))
    if not timedelta() < lasts <= LONGEST:
        raise Invalid({"days": phrase("An order lasts from one to %(days)s days.", days=LONGEST.days)})
    chosen = [network for network in networks if network.enabled and network.probe == probe.name]
    if not chosen:
        raise Invalid(
            {
                "network_ids": phrase(
                    "Please choose networks that are switched on and belong to %(name)s.", name=probe.name
                )
            }
        )
    refuse_busy(chosen)
    session = current_unit().session
    sweep = Sweep(
        organization_id=probe.organization_id,
        network_ids=[network.id for network in chosen],
        reason=SweepReason.ORDER_FILE,
        reason_facts={"name": actor.name, "probe": probe.name},
        started_by_id=actor.person_id,
        state=SweepState.QUEUED,
        progress={},
    )
    session.add(sweep)
    session.flush()
    probes.house_keys(session)
    part = parts.new_part(sweep, probe, chosen, now=now, due_at=now + lasts, is_file=True)
    assert part.parcel is not None  # noqa: S101 - it was made a line above
    record("exported", "probe_order", str(part.id), probe=probe.name, networks=[network.name for network in chosen])
    emit(SweepQueued(at=now, actor_id=actor.user_id, sweep_id=sweep.id))
    return part, part.parcel


def import_result(actor: Actor, file: IO[bytes], *, now: datetime) -> tuple[SweepPart, int]:
    """Take over a result file: check it whole, then hand its deliveries to the intake. Return part and how many.

    A file that was taken over before changes nothing and gives 0. Raises Invalid for what is refused, with the sentence.
    """
    require(POLICY, actor, DiscoveryPermission.CONFIGURE)
    try:
        return _import(actor, file, now)
    except Refused as refusal:
        raise Invalid({"file": str(refusal)}, str(refusal)) from refusal


def _import(actor: Actor, file: IO[bytes], now: datetime) -> tuple[SweepPart, int]:
    session = current_unit().session
    digest, count, last = hashlib.sha256(), 0, b""
    part: SweepPart | None = None
    probe: Probe | None = None
    for frame in offline.frames(file):
        one = envelope.split(frame)
        if part is None or probe is None:
            part, probe = _whose(actor, one)
        count += 1
        _check(one, part, probe, count)
        digest.update(frame)
        if not part.result_hash:
            row = ProbeDelivery(probe_id=probe.id, stream=f"part {part.id}", sequence=count, body=frame, arrived_at=now)
            session.add(row)
            session.flush()
            session.expunge(row)
        last = frame
    if part is None or probe is None:
        raise Refused("The file holds nothing.")
    if part.result_hash:
        if part.result_hash == digest.hexdigest():
            return part, 0
        raise Refused("Another result of this order was taken in already. Export a new order.")
    said = probes.keys_of(probe)
    if said is None:
        raise Refused("The probe was revoked.")
    who = f"The probe {probe.name}"
    end = envelope.content_of(envelope.split(last), "delivery", sender=said, who=who, ours=probes.house_keys(session))
    if not isinstance(end, dict) or end.get("what") != "ended":
        raise Refused("The result does not reach to its end. Run the order again, and carry the whole file.")
    part.result_hash = digest.hexdigest()
    record("imported", "probe_result", str(part.id), probe=probe.name, deliveries=count)
    jobs: Jobs = current_app.extensions["itsm.jobs"]
    lock = f"probe {probe.id}"
    jobs.enqueue(session, TAKE, {"probe_id": probe.id}, lock=lock, queueing_lock=lock)
    return part, count


def _whose(actor: Actor, one: envelope.Envelope) -> tuple[SweepPart, Probe]:
    """Return part and probe that a result claims to be of; the claim is proven by each envelope's signature."""
    session = current_unit().session
    envelope.check_version(one.head, "The probe that wrote this file")
    part = session.get(SweepPart, whole_number(one.head.get("part")) or 0, with_for_update=True)
    probe = session.scalars(select(Probe).where(Probe.name == str(one.head.get("probe"))[:60])).one_or_none()
    seen = probe is not None and (actor.all_organizations or probe.organization_id in actor.organization_ids)
    if part is None or probe is None or not seen or part.probe_id != probe.id or not part.is_file:
        raise Refused("This result answers no order of this installation.")
    if not probe.is_enrolled:
        raise Refused(f"The probe {probe.name} was revoked.")
    if not part.result_hash and part.state not in parts.OPEN:
        raise Refused(_ended(part))
    return part, probe


def _ended(part: SweepPart) -> str:
    said = {
        PartState.CANCELLED: "Its sweep was cancelled, so the result was not taken in.",
        PartState.OVERDUE: "The order expired before this result came back. Export a new order.",
    }
    return said.get(part.state, "The order was closed already. Export a new one.")


def _check(one: envelope.Envelope, part: SweepPart, probe: Probe, count: int) -> None:
    keys = probes.keys_of(probe)
    if keys is None or not keys.verifies(one.signed, one.signature):
        raise Refused(
            f"The signature is not that of the probe {probe.name}: the file was changed, or comes from elsewhere."
        )
    envelope.check_version(one.head, f"The probe {probe.name}")
    if one.head.get("part") != str(part.id) or one.head.get("probe") != probe.name or one.head.get("sequence") != count:
        raise Refused("Something is missing from the file, or was put into it.")
