"""Taking in what probes deliver: in their order, each once, in one transaction with its acknowledgement.

A delivery counts only when the probe's own key signed it. Of its reports those count whose address lies inside the networks
of the part that it answers, and which are still that probe's; the others are refused and counted. Everything else is the
ordinary intake: a device that two probes see becomes one asset. An asset that so far was seen at other sites only is not
changed on the word of one key alone (a serial number can be read off a label): then a person decides.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, aliased

from itsm.assets.models import Asset
from itsm.discovery.enums import DeliveryState, PartState, SweepState, TargetResult
from itsm.discovery.models import Match, Network, Probe, ProbeDelivery, Sighting, Sweep, SweepPart, TargetOutcome
from itsm.discovery.probe.remote import envelope
from itsm.discovery.probe.remote.envelope import Refused
from itsm.discovery.probe.targets import Gathered, in_networks, parse_target
from itsm.discovery.services import errands, parts, probes, refusals
from itsm.discovery.services.exclusions import Never, never_of
from itsm.discovery.services.host_keys import note_host_keys
from itsm.discovery.services.intake import Tally
from itsm.discovery.services.orders import left_out
from itsm.discovery.services.prepared import Prepared, prepare
from itsm.discovery.services.remote_intake import RemoteIntake
from itsm.discovery.wire import HostReport
from itsm.infra.db import db
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Actor, Door
from itsm.kernel.numbers import whole_number
from itsm.kernel.text import one_line

log = logging.getLogger(__name__)

MOST_REPORTS: Final = 500
ATTEMPTS: Final = 5
LATE: Final = timedelta(minutes=2)
LONGEST_SKEW: Final = timedelta(days=1)
COUNTED: Final = {
    TargetResult.NEW: "new",
    TargetResult.CHANGED: "changed",
    TargetResult.SAME: "same",
    TargetResult.ALIAS: "same",
    TargetResult.UNDECIDED: "undecided",
    TargetResult.UNKNOWN: "unknown",
    TargetResult.REFUSED: "refused",
}


@dataclass(slots=True)
class Opened:
    """A delivery that its probe signed, made ready outside of any transaction."""

    part: str
    at: datetime
    program: str
    content: Mapping[str, Any]
    reports: list[Prepared] = field(default_factory=list)
    unreadable: int = 0


def take_waiting(probe_id: int) -> int:
    """Take in what a probe has delivered, oldest first; return how many deliveries were dealt with."""
    actor = Actor.house(Door.PROBE, name=f"probe {probe_id}")
    with transaction(actor) as unit:
        probe = unit.session.get(Probe, probe_id, with_for_update=True)
        if probe is None:
            return 0
        actor = Actor.house(Door.PROBE, name=f"probe {probe.name}")
        probes.welcome(probe, now=unit.now)
    dealt = 0
    while (found := _next(probe_id)) is not None:
        _deal_with(actor, *found)
        dealt += 1
    return dealt


def _next(probe_id: int) -> tuple[int, int, bytes, Probe] | None:
    """Return id, number, body and probe of the oldest delivery that waits, read outside of any transaction."""
    session = db.session()
    session.rollback()
    wanted = (
        select(ProbeDelivery.id, ProbeDelivery.sequence, ProbeDelivery.body)
        .where(ProbeDelivery.probe_id == probe_id, ProbeDelivery.state == DeliveryState.WAITING)
        .order_by(ProbeDelivery.stream, ProbeDelivery.sequence)
        .limit(1)
    )
    row = session.execute(wanted).one_or_none()
    if row is None:
        return None
    probe = session.get_one(Probe, probe_id, populate_existing=True)
    session.rollback()
    return row.id, row.sequence, row.body, probe


def _deal_with(actor: Actor, delivery_id: int, sequence: int, body: bytes, probe: Probe) -> None:
    try:
        opened = open_delivery(db.session(), probe, sequence, body)
        db.session().rollback()
        with transaction(actor) as unit:
            _take(unit, actor, delivery_id, opened)
    except Refused as refusal:
        _refuse(actor, delivery_id, str(refusal))
    except Exception as error:
        log.exception("delivery %s of probe %s could not be taken in", sequence, probe.name)
        if not _note_failure(actor, delivery_id, error):
            raise


def open_delivery(session: Session, probe: Probe, sequence: int, body: bytes) -> Opened:
    """Open a delivery and identify what it reports. Raises Refused."""
    keys = probes.keys_of(probe)
    if keys is None:
        raise Refused("This probe was revoked, or has not enrolled.")
    who = f"The probe {probe.name}"
    one = envelope.split(body)
    content = envelope.content_of(one, "delivery", sender=keys, who=who, ours=probes.house_keys(session))
    head = one.head
    if head.get("probe") != probe.name or head.get("sequence") != sequence or not isinstance(content, dict):
        raise Refused("The delivery does not say what it was sent as.")
    part, program = one_line(str(head.get("part")), 80), one_line(str(head.get("program")), 40)
    opened = Opened(part, _moment(head), program, content)
    reports = content.get("reports", [])
    if not isinstance(reports, list) or len(reports) > MOST_REPORTS:
        raise Refused(f"It holds more than {MOST_REPORTS} reports.")
    for raw in reports:
        try:
            report = HostReport.from_json(raw)
            ipaddress.ip_address(report.address)
        except (ValueError, TypeError, AttributeError):
            opened.unreadable += 1
            continue
        opened.reports.append(prepare(report))
    return opened


def _moment(head: Mapping[str, Any]) -> datetime:
    """Return when a delivery was packed, by our clock."""
    ahead = head.get("ahead")
    if not isinstance(ahead, int | float) or not abs(ahead) <= LONGEST_SKEW.total_seconds():
        ahead = 0.0
    try:
        return envelope.moment(head.get("at")) - timedelta(seconds=float(ahead))
    except OverflowError:
        raise Refused("It was packed before or after all times.") from None


# ------------------------------------------------------------------------------------------------ taking in
def _take(unit: Unit, actor: Actor, delivery_id: int, opened: Opened) -> None:
    session = unit.session
    row = session.get_one(ProbeDelivery, delivery_id, with_for_update=True, populate_existing=True)
    if row.state is not DeliveryState.WAITING:
        return
    probe = session.get_one(Probe, row.probe_id, with_for_update=True, populate_existing=True)
    if not probe.is_enrolled:
        raise Refused("This probe was revoked.")
    if row.stream or row.sequence > probe.taken:
        _answer(unit, actor, probe, row, opened)
    told: dict[str, Any] = {"heard_at": unit.now, "program": opened.program}
    if not row.stream:
        told["taken"] = max(probe.taken, row.sequence)
    _tell(session, probe.id, told)
    row.state, row.dealt_at, row.body = DeliveryState.TAKEN, unit.now, b""


def _tell(session: Session, probe_id: int, values: Mapping[str, Any]) -> None:
    """Write what the machine knows of a probe, past the version: nobody edits it."""
    session.execute(
        update(Probe).where(Probe.id == probe_id).values(**values).execution_options(synchronize_session=False)
    )


def _answer(unit: Unit, actor: Actor, probe: Probe, row: ProbeDelivery, opened: Opened) -> None:
    part = _part_of(unit, actor, probe, row, opened)
    refusals.take_told(unit.session, probe, part, opened.content.get("refused"), at=opened.at, now=unit.now)
    if part.sweep_id is None:
        refused = opened.unreadable
        refused += errands.take_delivery(actor, probe, part, opened.reports, opened.content, now=unit.now)
        _count_refused(unit, probe, part, refused)
        _end_where_told(part, opened.content, unit.now)
        return
    sweep = unit.session.get_one(Sweep, part.sweep_id)
    moment = min(unit.now, max(opened.at, part.created_at))
    if part.state is PartState.QUEUED:
        part.state = PartState.RUNNING
        if sweep.state is SweepState.QUEUED:
            sweep.state, sweep.started_at = SweepState.RUNNING, sweep.started_at or moment
    refused = opened.unreadable
    if opened.reports:
        refused += _take_reports(unit, actor, probe, part, opened, moment)
    _count_refused(unit, probe, part, refused)
    part.progress = bounded_progress(opened.content.get("progress"), part.network_ids)
    if sweep.state is SweepState.RUNNING:
        sweep.heartbeat_at = unit.now
    _end_where_told(part, opened.content, unit.now)


def _count_refused(unit: Unit, probe: Probe, part: SweepPart, refused: int) -> None:
    if not refused:
        return
    part.refused += refused
    said = (
        f"{refused} reports were not taken: outside of the networks of this probe, of addresses that nothing may "
        "ask, or unreadable."
    )
    _tell(unit.session, probe.id, {"refused": Probe.refused + refused, "last_refusal": said})


def _end_where_told(part: SweepPart, content: Mapping[str, Any], now: datetime) -> None:
    if content.get("what") == "ended":
        state = content.get("state")
        ended = PartState(state) if state in ("finished", "cancelled", "failed") else PartState.FAILED
        parts.end_part(part, ended, now=now, error=one_line(str(content.get("error") or ""), 500))


def _part_of(unit: Unit, actor: Actor, probe: Probe, row: ProbeDelivery, opened: Opened) -> SweepPart:
    """Return the part that a delivery answers. Raises Refused where it is none of this probe's."""
    if opened.part.startswith("schedule:"):
        return parts.part_of_slot(actor, probe, opened.part, now=unit.now)
    part = unit.session.get(SweepPart, whole_number(opened.part) or 0, with_for_update=True)
    if part is None or part.probe_id != probe.id or (row.stream != "") != part.is_file:
        raise Refused(f"It answers an order that this probe was never given ({opened.part[:20]}).")
    return part


def _take_reports(unit: Unit, actor: Actor, probe: Probe, part: SweepPart, opened: Opened, moment: datetime) -> int:
    """Take in the reports of one delivery; return how many lie outside of the probe's networks."""
    session = unit.session
    network = session.get(Network, _whole(opened.content.get("network")))
    if network is None or network.id not in part.network_ids or network.probe != probe.name:
        return len(opened.reports)
    inside = borders_of(network, never_of(session, network, now=unit.now))
    fit = [one for one in opened.reports if inside(one.report.address)]
    refused = len(opened.reports) - len(fit)
    known = select(TargetOutcome.address).where(TargetOutcome.sweep_id == part.sweep_id)
    before = set(session.scalars(known.where(TargetOutcome.address.in_([one.report.address for one in fit]))))
    fit = [one for one in fit if one.report.address not in before]
    fresh, stale = _by_age(session, network, fit, unit.now)
    counts: Counter[str] = Counter()
    if fresh:
        tally = RemoteIntake(actor, network, part.sweep_id, probe.name).take(fresh, now=moment)
        counts.update({COUNTED[result]: 0 for result in tally.results})
        for result, number in tally.results.items():
            counts[COUNTED[result]] += number
        note_host_keys(network, [one.report for one in fresh], now=unit.now)
        if unit.now - moment > LATE:
            _keep_newest(session, tally)
    for one, sighting_id, asset_id in stale:
        counts["same"] += 1
        session.add(_older(part, network, one, sighting_id, asset_id, moment))
    if counts:
        columns: dict[str, Any] = {name: getattr(Sweep, name) + number for name, number in counts.items()}
        changed = update(Sweep).where(Sweep.id == part.sweep_id).values(**columns)
        session.execute(changed.execution_options(synchronize_session=False))
    return refused


def borders_of(network: Network, never: Never) -> Any:
    """Return what says whether an address lies in a network's ranges, and neither in its exclusions nor in what nothing
    may ever ask."""
    ranges = [net for text in network.ranges for net in parse_target(text).networks()]
    without = Gathered(net for run, _ in left_out(network, never) for net in run.networks())
    return lambda address: in_networks(address, ranges) and not without.holds(address)


def _by_age(
    session: Session, network: Network, reports: Sequence[Prepared], now: datetime
) -> tuple[list[Prepared], list[tuple[Prepared, int, int | None]]]:
    """Part reports from those that are older than what is stored of their address."""
    newest = (
        select(func.max(Sighting.id))
        .where(Sighting.network_id == network.id, Sighting.address.in_([one.report.address for one in reports]))
        .group_by(Sighting.address)
    )
    stands_for = func.coalesce(Asset.merged_into_id, Asset.id).label("asset_id")
    rows = select(Sighting.id, Sighting.address, Sighting.last_seen_at, stands_for)
    rows = rows.outerjoin(Match, Match.sighting_id == Sighting.id).outerjoin(Asset, Asset.id == Match.asset_id)
    known = {row.address: row for row in session.execute(rows.where(Sighting.id.in_(newest)))}
    fresh, stale = [], []
    for one in reports:
        row = known.get(one.report.address)
        if row is not None and row.last_seen_at > _taken_at(one.report, now) + LATE:
            stale.append((one, row.id, row.asset_id))
        else:
            fresh.append(one)
    return fresh, stale


def _taken_at(report: HostReport, now: datetime) -> datetime:
    try:
        return min(now, envelope.moment(report.taken_at))
    except Refused:
        return now


def _older(
    part: SweepPart, network: Network, one: Prepared, sighting_id: int, asset_id: int | None, at: datetime
) -> TargetOutcome:
    return TargetOutcome(
        sweep_id=part.sweep_id,
        network_id=network.id,
        address=one.report.address,
        result=TargetResult.SAME,
        stage="deliver",
        reason="older_than_stored",
        sighting_id=sighting_id,
        asset_id=asset_id,
        at=at,
    )


def _keep_newest(session: Session, tally: Tally) -> None:
    """Let what came late not turn back when its assets were last seen elsewhere."""
    said = aliased(Asset)
    last = (
        select(func.max(Sighting.last_seen_at))
        .join(Match, Match.sighting_id == Sighting.id)
        .join(said, said.id == Match.asset_id)
        .where(or_(said.id == Asset.id, said.merged_into_id == Asset.id))
        .scalar_subquery()
    )
    session.flush()
    changed = update(Asset).where(Asset.id.in_(tally.asset_ids), Asset.last_seen_at < last)
    session.execute(changed.values(last_seen_at=last).execution_options(synchronize_session="fetch"))


# ------------------------------------------------------------------------------------------------ refusing
def _refuse(actor: Actor, delivery_id: int, sentence: str) -> None:
    sentence = one_line(sentence, 300)
    with transaction(actor) as unit:
        row = unit.session.get_one(ProbeDelivery, delivery_id, with_for_update=True, populate_existing=True)
        if row.state is not DeliveryState.WAITING:
            return
        row.state, row.reason, row.dealt_at, row.body = DeliveryState.REFUSED, sentence, unit.now, b""
        _tell(unit.session, row.probe_id, {"refused": Probe.refused + 1, "last_refusal": sentence})


def _note_failure(actor: Actor, delivery_id: int, error: Exception) -> bool:
    """Count a failure of ours; True where it was the last try: the delivery is set aside, kept, and others go on."""
    with transaction(actor) as unit:
        row = unit.session.get_one(ProbeDelivery, delivery_id, with_for_update=True, populate_existing=True)
        row.attempts += 1
        row.reason = f"It could not be taken in: {type(error).__name__}."
        if row.attempts < ATTEMPTS:
            return False
        row.state, row.dealt_at = DeliveryState.REFUSED, unit.now
        _tell(unit.session, row.probe_id, {"refused": Probe.refused + 1, "last_refusal": row.reason})
        return True


def bounded_progress(told: Any, network_ids: Sequence[int]) -> dict[str, Any]:
    """Return what a probe says of its progress, as far as it is about its networks and of the right shape."""
    told = told if isinstance(told, dict) else {}
    networks = told.get("networks") if isinstance(told.get("networks"), dict) else {}
    kept = {
        str(network_id): {name: _whole(row.get(name)) for name in ("total", "asked", "found", "read")}
        for network_id in network_ids
        if isinstance(row := networks.get(str(network_id)), dict)
    }
    reasons = told.get("reasons") if isinstance(told.get("reasons"), dict) else {}
    few = list(reasons.items())[:30]
    return {"networks": kept, "reasons": {one_line(str(name), 60): _whole(number) for name, number in few}}


def _whole(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 1 << 31 else 0


def digest(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
