"""Looking at one device: the probe asks one address inside its network's rules. No transaction is open meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sqlalchemy import select

from itsm.assets.models import Asset
from itsm.discovery.enums import PartState
from itsm.discovery.models import Network, SweepPart
from itsm.discovery.probe.credentials import SshLogin
from itsm.discovery.probe.errand import Errand, Way, narrowed
from itsm.discovery.probe.order import Order
from itsm.discovery.probe.sweep import Sweep
from itsm.discovery.services import errands, refusals
from itsm.discovery.services.host_keys import note_host_keys
from itsm.discovery.services.intake import Intake
from itsm.discovery.services.orders import order_for
from itsm.discovery.services.prepared import prepare
from itsm.discovery.wire import HostReport
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.insight.causes.enums import Look
from itsm.insight.causes.models import DeviceLook
from itsm.insight.causes.rules import looks as rules
from itsm.insight.causes.rules.looks import QUESTIONS, Result
from itsm.insight.causes.services import looks
from itsm.insight.causes.services.looks import Target
from itsm.kernel.actor import Actor, Door
from itsm.kernel.errors import Refusal
from itsm.kernel.text import one_line

PATIENCE = 90.0
"""Seconds after which any look ends."""


@dataclass(frozen=True, slots=True)
class _Job:
    look: Look
    question: str
    network: Network
    order: Order
    target: Target


def run(look_id: int) -> None:
    """Do what a look asks for and keep its result. A crash in between does it again; reading twice changes nothing."""
    job = _begin(look_id)
    if job is None:
        return
    try:
        result = _do(job)
    except TimeoutError:
        result = Result(False, "budget_time", "took more time than one look may")
    except Exception:
        _finish(look_id, Result(False, "broken", "went wrong on our side; the job log says how"))
        raise
    _finish(look_id, result)


def _actor(row: DeviceLook) -> Actor:
    """Return who acts: the person who asked, through a job."""
    return Actor(person_id=row.asked_by_id, name=row.asked_by, door=Door.JOB, is_house=True, all_organizations=True)


def _begin(look_id: int) -> _Job | None:
    """Mark a look as running. Rules are asked again: a window may have closed while it waited."""
    with transaction(Actor.house(Door.JOB, name="insight")) as unit:
        row = looks.begin(look_id, now=unit.now)
        if row is None or row.part_id is not None:
            return None
        asset_id, look, question = row.asset_id, row.look, row.question
        try:
            asset = unit.session.get_one(Asset, asset_id)
            if asset.merged_into_id is not None:
                asset = unit.session.get_one(Asset, asset.merged_into_id)
            target = looks.target_of(asset, look, unit.now)
            order = order_for(unit.session, target.network, now=unit.now, only=[target.address])
            if look is Look.SSH and not any(isinstance(one, SshLogin) for one in order.credentials):
                nothing = Result(False, "no_credential", "no SSH credential is bound to this network")
                looks.finish(_actor(row), row, nothing, now=unit.now)
                return None
            if target.network.probe:
                errand = errand_of(look, question, target)
                row.part_id = errands.send(_actor(row), target.network, target.address, errand, now=unit.now).id
                row.address, row.network_id = target.address, target.network.id
                return None
        except (Refusal, ValueError) as refusal:
            looks.finish(_actor(row), row, Result(False, "not_allowed", str(refusal)), now=unit.now)
            return None
    return _Job(look, question, target.network, order, target)


def _finish(look_id: int, result: Result) -> None:
    with transaction(Actor.house(Door.JOB, name="insight")) as unit:
        row = looks.begin(look_id, now=unit.now)
        if row is not None:
            looks.finish(_actor(row), row, result, now=unit.now)


def errand_of(look: Look, question: str, target: Target) -> Errand:
    """Return what a look asks a device."""
    if look is Look.REACH:
        return Errand(Way.REACH, ports=rules.PORTS)
    if look is Look.PORT:
        return Errand(Way.SNMP, objects=rules.scalars_of_port(target.number))
    if look is Look.SSH:
        return Errand(Way.SSH, kinds=tuple(sorted(QUESTIONS[question].kinds)))
    return Errand(Way.SNMP if look is Look.SNMP else Way.WHOLE)


def _do(job: _Job) -> Result:
    """Ask the device ourselves."""
    report = _visit(narrowed(job.order, errand_of(job.look, job.question, job.target)))
    came_to = ""
    if job.order.guard is not None:
        with transaction(Actor.house(Door.PROBE, name="look")) as unit:
            refusals.note_refusals(job.order.guard, now=unit.now)
    if report is not None and job.look is Look.RESWEEP:
        came_to = _take_in(job.network, report)
    elif report is not None and job.look is Look.SSH:
        with transaction(Actor.house(Door.PROBE, name="look")) as unit:
            note_host_keys(unit.session.get_one(Network, job.network.id), [report], now=unit.now)
    return rules.of_report(job.look, report, rules.Asked(job.question, job.target.port, job.target.number, came_to))


def _take_in(network: Network, report: HostReport) -> str:
    """Take in what a device says as a sweep does; return what that came to."""
    ready = prepare(report)
    actor = Actor.house(Door.PROBE, name="look")
    with transaction(actor) as unit:
        network = unit.session.get_one(Network, network.id)
        tally = Intake(actor, network, None).take([ready], now=unit.now)
        note_host_keys(network, [report], now=unit.now)
        return next((result.value for result in tally.results), "unknown")


def _visit(order: Order) -> HostReport | None:
    """Return the report of the one address of an order; None where it is silent."""

    async def visited() -> HostReport | None:
        found = None
        async for report in Sweep(order).reports():
            found = report
        return found

    db.session.remove()  # no connection is held while the network is waited for
    return asyncio.run(asyncio.wait_for(visited(), PATIENCE))


def hear_answer(part_id: int) -> None:
    """Keep what a probe answered for a look, or that it did not. Hearing it twice changes nothing."""
    with transaction(Actor.house(Door.JOB, name="insight")) as unit:
        row = unit.session.scalars(
            select(DeviceLook).where(DeviceLook.part_id == part_id).with_for_update()
        ).one_or_none()
        if row is None or row.state not in looks.UNDER_WAY:
            return
        part = unit.session.get_one(SweepPart, part_id, with_for_update=True)
        report = errands.take_answer(part)
        if part.state is PartState.FINISHED or report is not None:
            objects = part.errand["objects"]
            number = int(objects[0].rpartition(".")[2]) if objects else 0
            came_to = str(part.progress.get("came_to") or "")
            asked = rules.Asked(row.question, row.question, number, came_to)
            result = rules.of_report(row.look, report, asked)
        else:
            result = Result(False, "not_allowed", one_line(part.error or part.state.value, 300))
        looks.finish(_actor(row), row, result, now=unit.now)
