"""An account is refused three times and then left alone for an hour: over networks, sweeps, looks and orders of probes."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from itsm.demo.fleet import Fleet
from itsm.discovery.enums import CredentialKind, HostKeyState, PartState, ProbeDoor
from itsm.discovery.models import Credential, HostKey, Network, Probe, SweepPart, TargetOutcome, credential_network
from itsm.discovery.probe.budget import Stopped
from itsm.discovery.probe.order import dry_run
from itsm.discovery.probe.remote import refusals
from itsm.discovery.probe.remote.envelope import content_of, split
from itsm.discovery.probe.remote.keys import KeyPair
from itsm.discovery.probe.remote.spool import Spool
from itsm.discovery.probe.remote.sweeper import Identity, Sweeper
from itsm.discovery.probe.ssh.trust import AccountGuard, Tries
from itsm.discovery.probe.steps import Step, StepKind
from itsm.discovery.runner import SweepRunner
from itsm.discovery.services import networks, sweeps
from itsm.discovery.services.orders import order_for, seal
from itsm.discovery.services.refusals import guard_of, note_refusals, spent, take_told
from itsm.kernel.actor import Actor, Role
from tests.application import only
from tests.factories.discovery import NetworkFactory
from tests.insight.causes.test_far_looks import Far

HOUSE = Actor.house()


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with tempfile.TemporaryDirectory() as folder, Fleet(Path(folder), net="127.43.12.0/24") as running:
        yield running


@pytest.fixture
def wrong(work, fleet) -> int:
    """Give the id of an account whose password is wrong at five hosts, each in a network of its own."""
    with work() as unit:
        hosts = [fleet.addresses[name] for name, facts in fleet.world.devices.items() if facts.get("ssh")][:5]
        first = NetworkFactory(ranges=[hosts[0]], snmp_port=fleet.port, ssh_port=fleet.ssh_port)
        here = {"organization": None, "organization_id": first.organization_id}
        for host in hosts[1:]:
            NetworkFactory(ranges=[host], snmp_port=fleet.port, ssh_port=fleet.ssh_port, **here)
        row = Credential(
            organization_id=first.organization_id,
            name="audit",
            kind=CredentialKind.SSH_PASSWORD,
            username="audit",
            sealed="",
        )
        unit.session.add(row)
        unit.session.flush()
        row.sealed = seal(row, {"password": "not the one"})
        for network_id in unit.session.scalars(select(Network.id)):
            unit.session.execute(credential_network.insert().values(credential_id=row.id, network_id=network_id))
        return row.id


def swept(app, work, reading) -> Counter[str]:
    """Sweep all networks; return how the conversations over SSH ended."""
    with work() as unit:
        chosen = unit.session.scalars(select(Network).order_by(Network.id)).all()
        sweep_id = sweeps.queue_sweep(HOUSE, chosen, now=unit.now).id
    assert SweepRunner(sweep_id, app.app_context).run()
    with reading() as session:
        return Counter(session.scalars(select(TargetOutcome.reason).where(TargetOutcome.sweep_id == sweep_id)))


def test_an_account_is_refused_three_times_an_hour_and_no_more_wherever_it_is_tried(
    app, work, reading, clock, wrong, sign_in
):
    assert swept(app, work, reading) == {"host_key_unknown": 5}
    with work() as unit:
        unit.session.execute(update(HostKey).values(state=HostKeyState.PINNED))
    assert swept(app, work, reading) == {"auth_failed": 3, "account_guard": 2}
    with reading() as session:
        row = session.get_one(Credential, wrong)
        assert (row.refusals, row.refused_at) == (3, clock.now())
    clock.advance(timedelta(minutes=50))
    assert swept(app, work, reading) == {"account_guard": 5}
    page = sign_in(Role.ADMINISTRATOR).get("/discovery/credentials").text
    assert "left alone" in page and "refused 3 times in a row" in page
    with work() as unit:
        network = unit.session.scalars(select(Network).order_by(Network.id)).first()
        planned = [step.step for step in dry_run(order_for(unit.session, network, now=unit.now))]
        assert planned == [Step(StepKind.SSH_HELD)]
    clock.advance(timedelta(minutes=11))
    assert swept(app, work, reading) == {"auth_failed": 3, "account_guard": 2}
    with work() as unit:
        credential = unit.session.get_one(Credential, wrong)
        facts = networks.CredentialFacts(
            name="audit", kind=credential.kind, username="audit", secrets={"password": "another"}
        )
        networks.save_credential(HOUSE, credential, credential.organization_id, facts)
        assert (credential.refusals, credential.refused_at) == (0, None)


def test_a_success_is_noted_too(work, wrong):
    with work() as unit:
        guard = AccountGuard(known={f"credential:{wrong}": 2})
        with guard.attempt(f"credential:{wrong}", 1) as accepted:
            accepted.append(True)
        note_refusals(guard, now=unit.now)
        assert guard.news() == {}
        unit.session.expire_all()
        assert only(unit.session.scalars(select(Credential))).refusals == 0
        assert not guard_of(unit.session, now=unit.now).blocked(f"credential:{wrong}")


def test_a_fault_while_a_password_is_shown_counts_as_a_refusal():
    guard = AccountGuard(2)
    for fault in (UnicodeDecodeError("utf-8", b"", 0, 0, ""), Stopped("auth_failed")):
        with pytest.raises(type(fault)), guard.attempt("account", 1):
            raise fault
    assert guard.blocked("account") and guard.news() == {"account": Tries(False, 2)}


def test_a_guard_learns_what_others_saw_and_forgets_none_of_its_own_news():
    guard = AccountGuard()
    with pytest.raises(Stopped), guard.attempt("account", 1):
        raise Stopped("auth_failed")
    guard.learn({"account": 1, "other": 3})
    assert (guard.blocked("account"), guard.blocked("other")) == (False, True)
    guard.learn({"account": 2})
    assert guard.blocked("account") and not guard.blocked("other")
    news = guard.news()
    guard.learn({})
    assert news == {"account": Tries(False, 1)} and not guard.blocked("account")
    with guard.attempt("account", 1) as accepted:
        accepted.append(True)
    guard.keep(news)  # they could not be written down
    assert guard.news() == {"account": Tries(True, 0)}


def refused(sweeper: Sweeper, account: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Stopped), sweeper.guard.attempt(account, 1):
            raise Stopped("auth_failed")


def test_a_remote_probe_remembers_from_order_to_order(tmp_path, clock):
    keys, spool = KeyPair.fresh(), Spool(tmp_path / "spool")
    try:
        identity = Identity("far", keys, keys.public)
        first = Sweeper(identity, spool, clock=clock.now)
        refused(first, "credential:7", 3)
        first._settle()
        later = Sweeper(identity, spool, clock=clock.now)
        later._settle()
        assert later.guard.blocked("credential:7")
        clock.advance(timedelta(minutes=61))
        later._settle()
        assert not later.guard.blocked("credential:7")
    finally:
        spool.close()


def test_a_probe_adds_to_the_houses_count_what_the_house_cannot_know_yet(tmp_path, clock):
    keys, spool = KeyPair.fresh(), Spool(tmp_path / "spool")
    try:
        sweeper = Sweeper(Identity("far", keys, keys.public), spool, clock=clock.now)
        refused(sweeper, "credential:7", 1)
        first = sweeper._append("1", {"what": "progress"})
        refused(sweeper, "credential:7", 1)
        second = sweeper._append("1", {"what": "progress"})
        sweeper._append("1", {"what": "progress"})
        told = [content_of(split(one.body), "delivery", sender=keys.public, who="It") for one in spool.unsent()]
        once = {"credential:7": {"accepted": False, "failures": 1}}
        assert [one.get("refused") for one in told] == [once, once, None]

        def counted(taken, count, *, minute):
            at = clock.now() + timedelta(minutes=minute)
            order = {"taken": taken, "refused": {"credential:7": [count, at.isoformat()]} if count else {}}
            refusals.hear(spool, {"issued_at": at.isoformat()}, order)
            return refusals.known(spool, now=clock.now()).get("credential:7", 0)

        assert counted(0, 1, minute=1) == 3
        assert counted(first, 2, minute=2) == 3
        assert counted(second, 2, minute=3) == 2
        assert counted(second, 0, minute=4) == 0  # a new password was stored
        assert counted(0, 9, minute=2) == 0  # an older order, worked on later
        refusals.hear(spool, {}, {"what": "an order of an older house"})
        for nonsense in ({"a": [1]}, {"a": ["x", "y"]}, [], {"credential:7": [True, "2026"]}, None):
            refusals.hear(spool, {"issued_at": "2999-01-01T00:00:00+00:00"}, {"refused": nonsense, "taken": "1"})
            assert set(refusals.known(spool, now=clock.now())) <= {"credential:7"}
    finally:
        spool.close()


def test_a_full_disk_loses_no_refusal_and_ends_no_order(tmp_path, clock):
    keys, spool = KeyPair.fresh(), Spool(tmp_path / "spool")
    try:
        sweeper = Sweeper(Identity("far", keys, keys.public), spool, clock=clock.now)
        pages = spool._rows("PRAGMA page_count")[0][0]
        spool._rows(f"PRAGMA max_page_count = {pages}")
        for number in range(200):
            refused(sweeper, f"credential:{number:04}" * 50, 1)
        sweeper._settle()
        assert spool.fact(refusals.FACT) is None
        spool._rows("PRAGMA max_page_count = 100000")
        sweeper._settle()
        assert len(spool.fact(refusals.FACT)) == 200
    finally:
        spool.close()


def test_one_account_is_refused_three_times_over_the_house_and_a_probe_together(
    app, work, reading, clock, wrong, tmp_path
):
    assert swept(app, work, reading) == {"host_key_unknown": 5}
    with work() as unit:
        unit.session.execute(update(HostKey).values(state=HostKeyState.PINNED))
        ours, *theirs = unit.session.scalars(select(Network.id).order_by(Network.id))
    far = Far(app, work, theirs[0], tmp_path, clock)
    with work() as unit:
        unit.session.execute(update(Network).where(Network.id.in_(theirs)).values(probe="far"))

    def sweep(*networks: int) -> Counter[str]:
        with work() as unit:
            chosen = unit.session.scalars(select(Network).where(Network.id.in_(networks)).order_by(Network.id)).all()
            sweep_id = sweeps.queue_sweep(HOUSE, chosen, now=unit.now).id
        if ours in networks:
            assert SweepRunner(sweep_id, app.app_context).run()
        else:
            far.take_order()
            far.run()
        with reading() as session:
            return Counter(session.scalars(select(TargetOutcome.reason).where(TargetOutcome.sweep_id == sweep_id)))

    try:
        assert sweep(ours) == {"auth_failed": 1}
        assert sweep(*theirs) == {"auth_failed": 2, "account_guard": 2}
        with reading() as session:
            assert session.get_one(Credential, wrong).refusals == 3
        assert sweep(ours) == {"account_guard": 1}
        clock.advance(timedelta(minutes=61))
        assert sweep(*theirs[:2]) == {"auth_failed": 2}
        assert sweep(ours) == {"auth_failed": 1}
        assert sweep(*theirs) == {"account_guard": 4}
    finally:
        far.spool.close()


def test_what_a_probe_tells_is_believed_of_its_own_accounts_and_for_an_hour_only(work, reading, clock, wrong):
    with work() as unit:
        first, second = unit.session.scalars(select(Network).order_by(Network.id).limit(2)).all()
        probe = Probe(name="far", organization_id=first.organization_id, door=ProbeDoor.DATABASE)
        unit.session.add(probe)
        first.probe, second.probe = "far", "near"
        unit.session.flush()
        mine = SweepPart(probe_id=probe.id, network_ids=[first.id], state=PartState.RUNNING)
        lost = SweepPart(probe_id=probe.id, network_ids=[second.id], state=PartState.RUNNING)

        def told(one, part=mine, minutes=0):
            at = unit.now + timedelta(minutes=minutes)
            take_told(unit.session, probe, part, one, at=at, now=unit.now)
            unit.session.expire_all()
            row = unit.session.get_one(Credential, wrong)
            return row.refusals, row.refused_at

        name, now = f"credential:{wrong}", unit.now
        assert told({name: {"accepted": False, "failures": 2}}) == (2, now)
        assert told({name: {"accepted": False, "failures": 1}}, minutes=-10) == (3, now)
        assert told({name: {"accepted": True, "failures": 0}}, minutes=-10) == (3, now)  # it was refused after that
        assert told({name: {"accepted": False, "failures": 9}}, minutes=-61) == (3, now)
        assert told({name: {"accepted": False, "failures": 9}}, lost) == (3, now)
        nonsense = [None, [], {name: None}, {name: {"failures": "9"}}, {name: {"failures": -9}}, {"x": 1}]
        assert {told(one) for one in [*nonsense, {name: {"failures": True}}]} == {(3, now)}
        assert told({name: {"accepted": True, "failures": 0}}) == (0, None)
        assert told({name: {"accepted": 1, "failures": 10**30}}, minutes=600) == (100, now)
        assert told({name: {"accepted": True, "failures": 1}}, minutes=600) == (1, now)
        assert spent(unit.session, probe, [first.id], now=now) == {"taken": 0, "refused": {name: [1, now.isoformat()]}}
        assert spent(unit.session, probe, [], now=now)["refused"] == {}
