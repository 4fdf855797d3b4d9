"""Errands of remote probes: a question to one device, sealed for its probe, and the answer on its way to who asked.

An errand is a part without a sweep. It travels as every order does and is answered by ordinary deliveries, so the
probe needs no right that it does not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from flask import current_app
from sqlalchemy.orm import Session

from itsm.discovery.enums import PartState
from itsm.discovery.models import Network, Probe, Sighting, SweepPart
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.probe.errand import Errand, Way
from itsm.discovery.services import parcels, parts
from itsm.discovery.services.exclusions import never_of
from itsm.discovery.services.host_keys import note_host_keys
from itsm.discovery.services.orders import covers
from itsm.discovery.services.prepared import Prepared
from itsm.discovery.services.remote_intake import RemoteIntake
from itsm.discovery.wire import HostReport
from itsm.infra.jobs import roles
from itsm.infra.jobs.engine import Jobs
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.policy import require

PATIENCE: Final = timedelta(minutes=10)
"""How long an answer is waited for: somebody sits before his ticket. A probe drops what it gets to later."""
MOST_ANSWER: Final = 2 * 1024 * 1024
"""Bytes of a packed answer that are kept."""


def check(session: Session, network: Network) -> None:
    """Raise RuleBroken, saying why, where the network's probe takes no orders now."""
    parts.ready(session, network.probe)


def send(actor: Actor, network: Network, address: str, errand: Errand, *, now: datetime) -> SweepPart:
    """Put an errand on the queue of the network's probe. Raises RuleBroken where that takes no orders."""
    require(POLICY, actor, DiscoveryPermission.SWEEP, network)
    session = current_unit().session
    probe = parts.ready(session, network.probe)
    part = SweepPart(
        sweep_id=None,
        probe_id=probe.id,
        network_ids=[network.id],
        state=PartState.QUEUED,
        due_at=now + PATIENCE,
        errand={"address": address, **errand.to_json()},
    )
    session.add(part)
    session.flush()
    part.parcel = parcels.errand_order(session, probe, network, address, errand, part=part, now=now)
    session.flush()
    jobs: Jobs = current_app.extensions["itsm.jobs"]
    jobs.enqueue(session, parts.ORDER, {"part_id": part.id}, queue=roles.probe_queue(probe.name))
    return part


def take_delivery(
    actor: Actor,
    probe: Probe,
    part: SweepPart,
    reports: Sequence[Prepared],
    content: Mapping[str, Any],
    *,
    now: datetime,
) -> int:
    """Keep what a probe says of the one address it was asked about; return how many reports are of anything else.

    What comes after we stopped waiting is left aside. Only a whole reading goes into the register.
    """
    if part.state not in parts.OPEN:
        return 0
    part.state = PartState.RUNNING
    session, address = current_unit().session, str(part.errand["address"])
    network = session.get(Network, part.network_ids[0])
    mine = [one for one in reports if one.report.address == address]
    if network is None or network.probe != probe.name or content.get("network", network.id) != network.id:
        return len(reports)
    if not covers(network, address, never_of(session, network, now=now)):
        return len(reports)
    for one in mine[:1]:
        if len(one.packed) <= MOST_ANSWER:
            part.answer = one.packed
        note_host_keys(network, [one.report], now=now)
        if part.errand["way"] == Way.WHOLE:
            tally = RemoteIntake(actor, network, None, probe.name).take([one], now=now)
            part.progress = {"came_to": next((result.value for result in tally.results), "unknown")}
    return len(reports) - len(mine)


def take_answer(part: SweepPart) -> HostReport | None:
    """Return the report that answered an errand, and keep it no longer. None where the device was silent."""
    if part.answer is None:
        return None
    report, part.answer = Sighting.unpack(part.answer), None
    return report
