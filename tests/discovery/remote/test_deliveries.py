"""What probes deliver, taken in: once, in order, inside of their networks only, by the ordinary intake."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from itsm.assets.models import Asset
from itsm.discovery.enums import DeliveryState, MatchState, PartState, ProbeDoor, SweepReason, SweepState
from itsm.discovery.models import (
    HouseKey,
    Match,
    Network,
    Probe,
    ProbeBeat,
    ProbeDelivery,
    Schedule,
    Sweep,
    SweepPart,
    TargetOutcome,
)
from itsm.discovery.probe.remote import envelope
from itsm.discovery.probe.remote.keys import KeyPair
from itsm.discovery.probe.remote.sweeper import Identity, open_order
from itsm.discovery.probe_tasks import look_after_probes
from itsm.discovery.services import deliveries, parcels, probes, sweeps
from itsm.discovery.services.exclusions import ExclusionFacts, exclude
from itsm.discovery.services.intake import Intake
from itsm.discovery.wire import HostReport, Stage
from itsm.infra.db import db
from itsm.kernel.actor import Actor
from itsm.kernel.errors import RuleBroken
from tests.application import NOON, only
from tests.discovery.remote.conftest import HOUSE, run_jobs
from tests.discovery.services.test_intake import report
from tests.factories.discovery import NetworkFactory


class Far:
    """A probe at another site, as its deliveries look; without a process."""

    def __init__(self, app, work, name: str, ranges: list[str], organization_id: int | None = None) -> None:
        self.app, self.work, self.name, self.keys = app, work, name, KeyPair.fresh()
        public = self.keys.public
        with work() as unit:
            more = {"organization_id": organization_id, "organization": None} if organization_id else {}
            network = NetworkFactory(ranges=ranges, probe=name, **more)
            probe = Probe(name=name, organization_id=network.organization_id, door=ProbeDoor.DATABASE)
            probe.sign_key, probe.box_key, probe.enrolled_at = public.sign, public.box, unit.now
            unit.session.add(probe)
            unit.session.flush()
            unit.session.add(ProbeBeat(probe_id=probe.id))
            probes.house_keys(unit.session)
            self.probe_id, self.network_id, self.organization_id = probe.id, network.id, network.organization_id
        self.sequence = 0

    def sweep(self) -> int:
        """Queue a sweep of the network and return the id of our part."""
        with self.work() as unit:
            network = unit.session.get_one(Network, self.network_id)
            sweep = sweeps.queue_sweep(HOUSE, [network], now=unit.now)
            return unit.session.scalars(select(SweepPart.id).where(SweepPart.sweep_id == sweep.id)).one()

    def delivers(self, part, *reports, what="reports", keys=None, sequence=None, at=NOON, head=None, **more) -> None:
        """Write one delivery into the table as the probe's role does, and let it be taken in."""
        self.sequence += 1
        number = sequence or self.sequence
        told = {"kind": "delivery", "probe": self.name, "part": str(part), "sequence": number, "at": at.isoformat()}
        content = {"what": what, "network": self.network_id, "reports": [one.to_json() for one in reports], **more}
        body = envelope.pack(told | (head or {}), content, signer=keys or self.keys)
        with self.work() as unit:
            row = ProbeDelivery(probe_id=self.probe_id, sequence=number, body=body, arrived_at=unit.now)
            unit.session.add(row)
        with self.app.app_context():
            deliveries.take_waiting(self.probe_id)


@pytest.fixture(autouse=True)
def today(clock, app):
    """Keep to the tests' own time: nothing here runs in another process."""
    clock.moment = NOON


@pytest.fixture
def berlin(app, work):
    return Far(app, work, "berlin", ["10.1.0.0/24"])


@pytest.fixture
def oslo(app, work, berlin):
    return Far(app, work, "oslo", ["10.2.0.0/24"], berlin.organization_id)


MACS = ("3c:52:82:00:00:01", "3c:52:82:00:00:02")


def test_one_device_seen_by_two_probes_is_one_asset(reading, app, work, berlin, oslo):
    with work() as unit:
        networks = unit.session.scalars(select(Network).order_by(Network.id)).all()
        sweep_id = sweeps.queue_sweep(HOUSE, networks, now=unit.now).id
        ids = unit.session.scalars(select(SweepPart.id).order_by(SweepPart.id)).all()
    for far, part, address in ((berlin, ids[0], "10.1.0.5"), (oslo, ids[1], "10.2.0.5")):
        far.delivers(part, what="begun")
        far.delivers(part, report(address=address, macs=MACS))
    berlin.delivers(ids[0], what="ended", state="finished")
    run_jobs(app)
    with reading() as session:
        assert session.get_one(Sweep, sweep_id).state is SweepState.RUNNING
    progress = {"networks": {str(oslo.network_id): {"total": 256, "asked": 256, "found": 1, "read": 1}, "999": {}}}
    oslo.delivers(ids[1], what="ended", state="finished", progress=progress)
    run_jobs(app)
    with reading() as session:
        sweep = session.get_one(Sweep, sweep_id)
        assert (sweep.state, sweep.new, sweep.same, sweep.total) == (SweepState.FINISHED, 1, 1, 256)
        assert only(session.scalars(select(Asset))).serial == "FOC1234X0AB"
        assert set(session.scalars(select(ProbeDelivery.state))) == {DeliveryState.TAKEN}


def test_a_sweep_of_our_worker_and_a_probe_ends_when_both_have(reading, app, work, berlin):
    with work() as unit:
        mine = {"organization_id": berlin.organization_id, "organization": None}
        own = NetworkFactory(ranges=["127.43.99.1-127.43.99.4"], pace=4000, **mine).id
        networks = unit.session.scalars(select(Network).order_by(Network.id)).all()
        sweep_id = sweeps.queue_sweep(HOUSE, networks, now=unit.now).id
        parts = unit.session.execute(select(SweepPart.probe_id, SweepPart.network_ids, SweepPart.id)).all()
    assert {(row.probe_id, *row.network_ids) for row in parts} == {(None, own), (berlin.probe_id, berlin.network_id)}
    run_jobs(app)
    with reading() as session:
        assert session.get_one(Sweep, sweep_id).state is SweepState.RUNNING
        states = dict(session.execute(select(SweepPart.probe_id, SweepPart.state)).all())
        assert states == {None: PartState.FINISHED, berlin.probe_id: PartState.QUEUED}
    part = only([row.id for row in parts if row.probe_id])
    progress = {"networks": {str(berlin.network_id): {"total": 256, "asked": 256, "found": 1, "read": 1}}}
    berlin.delivers(part, report(address="10.1.0.5"))
    berlin.delivers(part, what="ended", state="failed", error="the disk broke", progress=progress)
    run_jobs(app)
    with reading() as session:
        sweep = session.get_one(Sweep, sweep_id)
        assert (sweep.state, sweep.error, sweep.new) == (SweepState.FAILED, "berlin: the disk broke", 1)
        assert sweep.total == 4 + 256


def test_reports_from_outside_of_its_networks_change_nothing_and_are_counted(reading, work, berlin, oslo):
    oslo.delivers(oslo.sweep(), report(address="10.2.0.5", name="oslo-sw", macs=MACS))
    with work() as unit:
        unit.session.get_one(Network, berlin.network_id).exclusions = ["10.1.0.9"]
        facts = ExclusionFacts(ranges=["10.1.0.16/28"], reason="the press stops")
        exclude(Actor.house(), None, facts, now=unit.now)
    part = berlin.sweep()
    before = everything(reading)
    outside = ("10.2.0.5", "10.1.0.9", "10.1.0.17", "8.8.8.8", "::1")
    forged = [report(address=a, name="stolen", macs=MACS) for a in outside]
    berlin.delivers(part, *forged)
    assert everything(reading) == before
    with reading() as session:
        assert session.get_one(SweepPart, part).refused == 5
        assert session.get_one(Probe, berlin.probe_id).refused == 5
        assert (
            session.scalars(select(TargetOutcome).where(TargetOutcome.address.in_(["10.1.0.9", "8.8.8.8"]))).all() == []
        )


def everything(reading):
    with reading() as session:
        return [(row.name, row.serial, row.last_seen_at, row.version) for row in session.scalars(select(Asset))]


def test_a_serial_alone_does_not_lead_to_another_sites_asset(reading, berlin, oslo):
    oslo.delivers(oslo.sweep(), report(address="10.2.0.5", name="oslo-sw", macs=MACS))
    before = everything(reading)
    berlin.delivers(berlin.sweep(), report(address="10.1.0.7", name="stolen", macs=("3c:52:82:00:00:77",)))
    assert everything(reading) == before
    with reading() as session:
        states = session.scalars(select(Match.state).order_by(Match.id)).all()
        assert states == [MatchState.CREATED, MatchState.UNDECIDED]


def test_whom_a_delivery_may_speak_of_is_asked_once_for_all_of_it(app, reading, work, berlin, oslo):
    def switch(number, net, name, mac):
        return report(address=f"10.{net}.0.{number}", serial=f"FOC1234X{number:03}", name=name, macs=(mac,))

    oslo.delivers(oslo.sweep(), *(switch(n, 2, f"oslo-{n}", f"3c:52:82:00:01:{n:02x}") for n in range(1, 10)))
    asked = []
    with app.app_context():
        engine = db.engine
    watch = (engine, "before_cursor_execute", lambda _c, _cursor, statement, *_rest: asked.append(statement))
    event.listen(*watch)
    try:
        stolen = [switch(n, 1, f"stolen-{n}", f"3c:52:82:00:02:{n:02x}") for n in range(1, 10)]
        berlin.delivers(berlin.sweep(), *stolen, switch(10, 1, "ours", "3c:52:82:00:02:0a"))
    finally:
        event.remove(*watch)
    assert len([one for one in asked if "GROUP BY coalesce(asset.merged_into_id" in one]) == 1
    with reading() as session:
        states = session.scalars(select(Match.state).order_by(Match.id)).all()
        assert states == [MatchState.CREATED] * 9 + [MatchState.UNDECIDED] * 9 + [MatchState.CREATED]


def test_deliveries_that_are_not_its_own_are_refused_with_a_reason(reading, berlin, oslo):
    part, other = berlin.sweep(), oslo.sweep()
    berlin.delivers(other, report(address="10.2.0.5"))
    berlin.delivers(part, report(address="10.1.0.5"), keys=oslo.keys)
    berlin.delivers(part, what="begun", sequence=7)
    berlin.delivers("999999", what="begun", sequence=8)
    berlin.delivers("1; drop", what="begun", sequence=9)
    with reading() as session:
        rows = session.execute(select(ProbeDelivery.state, ProbeDelivery.reason).order_by(ProbeDelivery.id)).all()
        assert [state for state, _ in rows] == ["refused", "refused", "taken", "refused", "refused"]
        assert "never given" in rows[0].reason
        assert "signature is not that of the probe berlin" in rows[1].reason
        assert session.scalars(select(Asset)).all() == []


def test_a_number_that_was_dealt_with_is_not_taken_in_again(reading, work, berlin):
    part = berlin.sweep()
    berlin.delivers(part, report(address="10.1.0.5"))
    with work() as unit:
        unit.session.delete(only(unit.session.scalars(select(ProbeDelivery))))  # tidied up long after
    berlin.delivers(part, report(address="10.1.0.6", serial="OTHER123", macs=("3c:52:82:00:00:66",)), sequence=1)
    berlin.delivers(part, report(address="10.1.0.5"), sequence=2)
    with reading() as session:
        assert session.scalars(select(TargetOutcome.address)).all() == ["10.1.0.5"]
        assert set(session.scalars(select(ProbeDelivery.state))) == {DeliveryState.TAKEN}


def test_what_comes_late_is_taken_in_and_does_not_turn_time_back(reading, app, work, clock, berlin):
    first = berlin.sweep()
    berlin.delivers(first, what="begun")
    clock.advance(timedelta(hours=25))
    with app.app_context():
        look_after_probes(clock.now())
    run_jobs(app)
    with reading() as session:
        sweep = only(session.scalars(select(Sweep)))
        assert (sweep.state, "did not finish in time" in sweep.error) == (SweepState.FAILED, True)
        assert session.get_one(SweepPart, first).state is PartState.OVERDUE
    second = berlin.sweep()
    berlin.delivers(second, report(address="10.1.0.5", name="now"), at=clock.now())
    seen = everything(reading)
    old = report(address="10.1.0.5", name="before")
    berlin.delivers(first, old, report(address="10.1.0.6", serial="NEW00001", macs=("3c:52:82:00:00:66",)), at=NOON)
    with reading() as session:
        assert everything(reading)[0] == seen[0]
        late = session.scalars(select(Asset).where(Asset.serial == "NEW00001")).one()
        assert late.last_seen_at == NOON
        again = session.execute(
            select(TargetOutcome.reason).where(TargetOutcome.sweep_id == sweep.id, TargetOutcome.address == "10.1.0.5")
        )
        assert only(again).reason == "older_than_stored"


def test_an_order_is_sealed_for_its_probe_and_carries_only_its_credentials(work, berlin, oslo):
    part = berlin.sweep()
    with work() as unit:
        parcel = unit.session.get_one(SweepPart, part).parcel
        key = only(unit.session.scalars(select(HouseKey)))
        house = probes.PublicKeys(key.sign, key.box)
        assert "sign_seed" not in key.sealed
    head, content = open_order(parcel, Identity("berlin", berlin.keys, house), now=NOON)
    assert (head["part"], [one["ranges"] for one in content["networks"]]) == (str(part), [["10.1.0.0/24"]])
    with pytest.raises(envelope.Refused, match="sealed for somebody else"):
        open_order(parcel, Identity("berlin", oslo.keys, house), now=NOON)


def test_a_sweep_that_a_probe_began_by_the_clock_joins_the_one_of_that_time(reading, app, work, clock, berlin):
    with work() as unit:
        network = unit.session.get_one(Network, berlin.network_id)
        given = {"name": "Noon", "network_ids": [network.id], "cron": "0 12 * * *", "time_zone": "UTC"}
        schedule = Schedule(organization_id=network.organization_id, enabled=True, next_at=NOON, **given)
        unit.session.add(schedule)
        unit.session.flush()
        standing = parcels.standing(unit.session, unit.session.get_one(Probe, berlin.probe_id), now=unit.now)
        assert standing is not None and json.dumps(given["cron"]).encode() not in standing
        schedule_id = schedule.id
    clock.advance(timedelta(hours=2))
    key = f"schedule:{schedule_id}:{NOON.isoformat()}"
    berlin.delivers(key, report(address="10.1.0.5"), at=NOON + timedelta(minutes=3))
    berlin.delivers(key, what="ended", state="finished")
    berlin.delivers(f"schedule:{schedule_id + 5}:{NOON.isoformat()}", what="begun")
    run_jobs(app)
    with reading() as session:
        sweep = only(session.scalars(select(Sweep)))
        assert (sweep.state, sweep.new, sweep.schedule_id) == (SweepState.FINISHED, 1, schedule_id)
        assert sweep.reason is SweepReason.SCHEDULE_CUT_OFF
        assert sweep.reason_facts == {"name": "Noon", "probe": "berlin"}
        assert session.get_one(Probe, berlin.probe_id).refused == 1


def test_a_cancelled_order_that_nobody_began_ends_at_once(work, reading, app, berlin):
    part = berlin.sweep()
    with pytest.raises(RuleBroken, match="under way"):
        berlin.sweep()
    with work() as unit:
        sweeps.cancel_sweep(HOUSE, only(unit.session.scalars(select(Sweep))), now=unit.now)
    run_jobs(app)
    with reading() as session:
        assert only(session.scalars(select(Sweep))).state is SweepState.CANCELLED
        assert session.get_one(SweepPart, part).parcel is None


def test_a_poisonous_delivery_is_set_aside_and_the_rest_goes_on(work, reading, app, berlin, monkeypatch):
    part = berlin.sweep()
    berlin.delivers(part, what="begun")
    poison = report(address="10.1.0.5", name="x" * 10)
    bad = {**poison.to_json(), "varbinds": [["1.3", "4"]]}
    head = {"kind": "delivery", "probe": "berlin", "part": str(part), "sequence": 2, "at": NOON.isoformat()}
    content = {"what": "reports", "network": berlin.network_id, "reports": [bad, 7, None, poison.to_json()]}
    with work() as unit:
        body = envelope.pack(head, content, signer=berlin.keys)
        unit.session.add(ProbeDelivery(probe_id=berlin.probe_id, sequence=2, body=body, arrived_at=NOON))
    with app.app_context():
        deliveries.take_waiting(berlin.probe_id)
    with reading() as session:
        assert session.scalars(select(TargetOutcome.address)).all() == ["10.1.0.5"]
        assert session.get_one(SweepPart, part).refused == 3


NASTY = "a\x00b\ud800\u202e" + "x" * 2_000
FIRST, LAST = "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-23:59"


@pytest.mark.parametrize(
    ("head", "content"),
    [
        ({}, {"what": "ended", "state": "failed", "error": NASTY}),
        ({}, {"what": "ended", "state": NASTY, "error": {"a": [NASTY]}}),
        ({}, {"what": NASTY, "progress": {"reasons": {f"snmp:{NASTY}": 3, "\ud800": 2}, "networks": [NASTY]}}),
        ({}, {"progress": [1], "reports": {}}),
        ({}, {"reports": [None, 7, [], {}, {"wire": float("inf")}, {"wire": []}]}),
        ({}, {"network": 2**70}),
        ({}, {"network": True, "refused": {NASTY: {"failures": 2**80}, "credential:1": {"failures": 2**80}}}),
        ({"ahead": float("nan")}, {}),
        ({"ahead": float("inf"), "program": NASTY}, {}),
        ({"at": FIRST, "ahead": 80_000}, {}),
        ({"at": LAST, "ahead": -80_000}, {}),
        ({"at": NASTY}, {}),
        ({"part": NASTY}, {}),
        ({"part": "schedule:1:" + LAST}, {}),
        ({"part": "schedule:" + "9" * 17 + ":" + FIRST}, {}),
        ({"part": "schedule:1:" + NASTY}, {}),
        ({"part": ["1"]}, {}),
        ({"version": NASTY}, {}),
        ({"kind": NASTY}, {}),
        ({"sealed": True}, {}),
    ],
)
def test_whatever_a_probe_says_is_taken_or_refused_at_once_and_the_next_is_taken(app, reading, berlin, head, content):
    part = berlin.sweep()
    berlin.delivers(part, what="begun")
    berlin.delivers(part, head=head, **{"what": "progress", **content})
    berlin.delivers(part, report(address="10.1.0.5"))
    berlin.delivers(part, what="ended", state="finished")
    run_jobs(app)
    with reading() as session:
        rows = session.scalars(select(ProbeDelivery).order_by(ProbeDelivery.sequence)).all()
        assert [row.attempts for row in rows] == [0, 0, 0, 0]
        assert {row.state for row in rows} <= {DeliveryState.TAKEN, DeliveryState.REFUSED}
        assert [row.state for row in rows[::2]] == [DeliveryState.TAKEN] * 2
        assert only(session.scalars(select(TargetOutcome.address))) == "10.1.0.5"
        assert session.get_one(SweepPart, part).finished_at is not None


def test_what_a_device_puts_into_an_error_harms_no_batch(app, work, reading, berlin):
    part = berlin.sweep()
    bad = HostReport("10.1.0.6", FIRST, (Stage("ssh" * 20, "dropped" * 20, 2**40, 2**40, 1, NASTY),), partial=True)
    with work() as unit:
        network = unit.session.get_one(Network, berlin.network_id)
        sweep_id = unit.session.get_one(SweepPart, part).sweep_id
        intake = Intake(HOUSE, network, sweep_id)
        intake.take(intake.prepare([bad, report(address="10.1.0.5")]), now=unit.now)
    with reading() as session:
        told = {row.address: row for row in session.scalars(select(TargetOutcome))}
        assert set(told) == {"10.1.0.5", "10.1.0.6"}
        assert told["10.1.0.6"].detail.startswith("abx") and len(told["10.1.0.6"].detail) == 300


def test_a_probe_whose_deliveries_fail_keeps_no_other_waiting(app, work, reading, berlin, oslo, monkeypatch):
    parts = berlin.sweep(), oslo.sweep()

    def broken(unit, actor, delivery_id, opened):
        if opened.part == str(parts[0]):
            raise ZeroDivisionError
        return taken(unit, actor, delivery_id, opened)

    taken = deliveries._take
    monkeypatch.setattr(deliveries, "_take", broken)
    with work() as unit:
        for far, part in ((berlin, parts[0]), (oslo, parts[1])):
            head = {"kind": "delivery", "probe": far.name, "part": str(part), "sequence": 1, "at": NOON.isoformat()}
            body = envelope.pack(head, {"what": "begun"}, signer=far.keys)
            row = ProbeDelivery(probe_id=far.probe_id, sequence=1, body=body, arrived_at=unit.now)
            unit.session.add(row)
    with app.app_context(), pytest.raises(ZeroDivisionError):
        look_after_probes(NOON)
    with reading() as session:
        states = {row.probe_id: row.state for row in session.scalars(select(ProbeDelivery))}
        assert states == {berlin.probe_id: DeliveryState.WAITING, oslo.probe_id: DeliveryState.TAKEN}
