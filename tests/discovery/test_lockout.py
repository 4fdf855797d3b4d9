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
from itsm.discovery.enums import CredentialKind, HostKeyState
from itsm.discovery.models import Credential, HostKey, Network, TargetOutcome, credential_network
from itsm.discovery.probe.budget import Stopped
from itsm.discovery.probe.order import dry_run
from itsm.discovery.probe.remote.keys import KeyPair
from itsm.discovery.probe.remote.spool import Spool
from itsm.discovery.probe.remote.sweeper import Identity, Sweeper
from itsm.discovery.probe.ssh.trust import AccountGuard
from itsm.discovery.probe.steps import Step, StepKind
from itsm.discovery.runner import SweepRunner
from itsm.discovery.services import networks, sweeps
from itsm.discovery.services.orders import order_for, seal
from itsm.discovery.services.refusals import guard_of, note_refusals
from itsm.kernel.actor import Actor, Role
from tests.application import only
from tests.factories.discovery import NetworkFactory

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
        assert guard.changes() == {}
        unit.session.expire_all()
        assert only(unit.session.scalars(select(Credential))).refusals == 0
        assert not guard_of(unit.session, now=unit.now).blocked(f"credential:{wrong}")


def test_a_remote_probe_remembers_from_order_to_order(tmp_path, app, clock):
    keys, spool = KeyPair.fresh(), Spool(tmp_path / "spool")
    try:
        identity = Identity("far", keys, keys.public)
        first = Sweeper(identity, spool, clock=clock.now)
        for _ in range(3):
            with pytest.raises(Stopped), first._guard.attempt("credential:7", 1):
                raise Stopped("auth_failed")
        first._note_refusals()
        later = Sweeper(identity, spool, clock=clock.now)
        assert AccountGuard(known=later._refused_lately()).blocked("credential:7")
        clock.advance(timedelta(minutes=61))
        assert later._refused_lately() == {}
    finally:
        spool.close()
