"""Looking at one device: the probe asks one address inside its network's rules. No transaction is open meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from itsm.assets.models import Asset
from itsm.discovery.models import Network
from itsm.discovery.probe.budget import Limits
from itsm.discovery.probe.credentials import Community, SshLogin, UsmUser
from itsm.discovery.probe.order import Order
from itsm.discovery.probe.reach import open_ports, ping
from itsm.discovery.probe.standard import ReadPlan
from itsm.discovery.probe.sweep import Sweep
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

LIMITS = Limits(seconds=20.0, packets=400, octets=1_000_000, rows=2_000)
"""What a look may cost, besides reading a device anew: that costs what a sweep's visit does."""
PATIENCE = 90.0
"""Seconds after which any look ends."""


@dataclass(frozen=True, slots=True)
class _Job:
    look: Look
    question: str
    network: Network
    address: str
    order: Order
    target: Target


def run(look_id: int) -> None:
    """Do what a look asks for and keep its result. A crash in between does it again; reading twice changes nothing."""
    job = _begin(look_id)
    if job is None:
        return
    try:
        result = _DO[job.look](job)
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
        if row is None:
            return None
        asset_id, look, question, address = row.asset_id, row.look, row.question, row.address
        try:
            asset = unit.session.get_one(Asset, asset_id)
            if asset.merged_into_id is not None:
                asset = unit.session.get_one(Asset, asset.merged_into_id)
            target = looks.target_of(asset, look, unit.now)
            order = order_for(unit.session, target.network, now=unit.now, only=[target.address])
        except (Refusal, ValueError) as refusal:
            looks.finish(_actor(row), row, Result(False, "not_allowed", str(refusal)), now=unit.now)
            return None
    return _Job(look, question, target.network, target.address or address, order, target)


def _finish(look_id: int, result: Result) -> None:
    with transaction(Actor.house(Door.JOB, name="insight")) as unit:
        row = looks.begin(look_id, now=unit.now)
        if row is not None:
            looks.finish(_actor(row), row, result, now=unit.now)


def _reach(job: _Job) -> Result:
    async def both() -> Result:
        gate = asyncio.Semaphore(len(rules.PORTS))
        echo, ports = await asyncio.gather(
            ping(job.address, seconds=2.0), open_ports(job.address, rules.PORTS, seconds=2.0, gate=gate)
        )
        return rules.of_reach(echo.reason, echo.milliseconds, sorted(ports))

    return asyncio.run(asyncio.wait_for(both(), PATIENCE))


def _snmp(job: _Job) -> Result:
    return rules.of_snmp(_visit(_only_snmp(job.order, ())))


def _port(job: _Job) -> Result:
    target = job.target
    report = _visit(_only_snmp(job.order, rules.scalars_of_port(target.number)))
    return rules.of_port(report, target.number, target.port)


def _only_snmp(order: Order, scalars: tuple[str, ...]) -> Order:
    """Return an order that asks for the system group and a few objects, over SNMP only."""
    keys = tuple(one for one in order.credentials if isinstance(one, Community | UsmUser))
    plan = ReadPlan(scalars=scalars, columns=(), samples=())
    return replace(
        order, credentials=keys, planner=lambda *_: plan, limits=LIMITS, ping=False, tcp_ports=(), timeout=1.0
    )


def _ssh(job: _Job) -> Result:
    logins = tuple(one for one in job.order.credentials if isinstance(one, SshLogin))
    if not logins:
        return Result(False, "no_credential", "no SSH credential is bound to this network")
    only = QUESTIONS[job.question].kinds
    order = replace(job.order, credentials=logins[:2], ping=False, tcp_ports=(), ssh_only=only, most_failures=1)
    report = _visit(order)
    if report is not None:
        _note_keys(job.network, report)
    return rules.of_ssh(report, job.question)


def _resweep(job: _Job) -> Result:
    """Read the device as a sweep does, and take in what it says."""
    report = _visit(job.order)
    if report is None:
        return rules.of_resweep(None, "")
    ready = prepare(report)
    actor = Actor.house(Door.PROBE, name="look")
    with transaction(actor) as unit:
        network = unit.session.get_one(Network, job.network.id)
        tally = Intake(actor, network, None).take([ready], now=unit.now)
        note_host_keys(network, [report], now=unit.now)
        came_to = next((result.value for result in tally.results), "unknown")
    return rules.of_resweep(report, came_to)


def _note_keys(network: Network, report: HostReport) -> None:
    with transaction(Actor.house(Door.PROBE, name="look")) as unit:
        note_host_keys(unit.session.get_one(Network, network.id), [report], now=unit.now)


def _visit(order: Order) -> HostReport | None:
    """Return the report of the one address of an order; None where it is silent."""

    async def visited() -> HostReport | None:
        found = None
        async for report in Sweep(order).reports():
            found = report
        return found

    db.session.remove()  # no connection is held while the network is waited for
    return asyncio.run(asyncio.wait_for(visited(), PATIENCE))


_DO: dict[Look, Callable[[_Job], Result]] = {
    Look.REACH: _reach,
    Look.SNMP: _snmp,
    Look.PORT: _port,
    Look.RESWEEP: _resweep,
    Look.SSH: _ssh,
}
