"""A whole sweep of the simulated fleet, run as the worker runs it, into a real database."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from itsm.assets.models import Asset, Interface, Relationship
from itsm.demo.fleet import Fleet
from itsm.demo.fleet.secrets import COMMUNITY
from itsm.discovery.enums import CredentialKind, SweepState
from itsm.discovery.events import SweepFinished
from itsm.discovery.models import Credential, Network, Sighting, Sweep, TargetOutcome, credential_network
from itsm.discovery.runner import SweepRunner
from itsm.discovery.services import sweeps
from itsm.discovery.services.orders import seal
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, RuleBroken
from tests.factories.discovery import NetworkFactory

HOUSE = Actor.house()


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with tempfile.TemporaryDirectory() as folder, Fleet(Path(folder), net="127.43.9.0/24") as running:
        yield running


def network_with_community(fleet: Fleet) -> Network:
    session = current_unit().session
    network = NetworkFactory(ranges=[fleet.net], snmp_port=fleet.port, ssh_port=fleet.ssh_port, pace=4000)
    row = Credential(
        organization_id=network.organization_id,
        name="read only",
        kind=CredentialKind.SNMP_COMMUNITY,
        options={"snmp_version": "2c"},
        sealed="",
    )
    session.add(row)
    session.flush()
    row.sealed = seal(row, {"secret": COMMUNITY})
    session.execute(credential_network.insert().values(credential_id=row.id, network_id=network.id))
    return network


def queue(work, fleet) -> int:
    with work() as unit:
        network = unit.session.scalars(select(Network)).one_or_none() or network_with_community(fleet)
        return sweeps.queue_sweep(HOUSE, [network], now=unit.now).id


def test_a_sweep_finds_the_fleet_and_a_second_one_changes_nothing(app, work, reading, fleet, clock):
    first = queue(work, fleet)
    assert SweepRunner(first, app.app_context).run()
    with reading() as session:
        sweep = session.get_one(Sweep, first)
        assert (sweep.state, sweep.total, sweep.error) == (SweepState.FINISHED, 256, "")
        assert sweep.new >= 15
        assets = session.scalar(select(func.count(Asset.id)))
        members = session.scalar(select(func.count(Asset.id)).where(Asset.parent_id.is_not(None)))
        assert (sweep.new + members, members) == (assets, 3)
        # A server and its management controller carry one service tag and are two devices: kinds tell them apart.
        numbered = [row for row in session.execute(select(Asset.serial, Asset.kind)) if row.serial]
        assert len(numbered) == len(set(numbered)) > 10
        assert session.scalar(select(func.count(Interface.id))) > 50
        sightings = session.scalar(select(func.count(Sighting.id)))
    clock.advance(timedelta(hours=1))
    second = queue(work, fleet)
    assert SweepRunner(second, app.app_context).run()
    with reading() as session:
        again = session.get_one(Sweep, second)
        assert (again.new, again.vanished, again.undecided) == (0, 0, sweep.undecided)
        assert session.scalar(select(func.count(Asset.id))) == assets
        assert again.changed == session.scalar(select(func.count(Sighting.id))) - sightings


def links_of(session):
    """Return the links that stand: {(name, port), (name, port)} with source and confidence."""
    one, two = aliased(Asset), aliased(Asset)
    wanted = (
        select(Relationship, one.name.label("from_name"), two.name.label("to_name"))
        .join(one, one.id == Relationship.from_id)
        .join(two, two.id == Relationship.to_id)
        .where(Relationship.ended_at.is_(None))
    )
    found = {}
    for row, from_name, to_name in session.execute(wanted):
        ends = frozenset({(from_name.split(".")[0], row.from_port), (to_name.split(".")[0], row.to_port)})
        found[ends] = (row.source, row.confidence)
    return found


def test_cables_are_confirmed_from_both_ends_and_hosts_find_their_port(app, work, reading, fleet, clock):
    assert SweepRunner(queue(work, fleet), app.app_context).run()
    with reading() as session:
        first = links_of(session)
    between = [(ends, said) for ends, said in first.items() if {name for name, _ in ends} == {"core-sw1", "acc-sw1"}]
    assert [said for _, said in between] == [("lldp", 0.95)] * len(between) and between
    placed = [ends for ends, said in first.items() if said == ("fdb", 0.7)]
    assert placed
    clock.advance(timedelta(hours=1))
    assert SweepRunner(queue(work, fleet), app.app_context).run()
    with reading() as session:
        assert links_of(session) == first


def test_a_device_that_fell_silent_is_vanished(app, work, reading, clock, tmp_path):
    with Fleet(tmp_path, net="127.43.10.0/24") as own:
        assert SweepRunner(queue(work, own), app.app_context).run()
        clock.advance(timedelta(hours=1))
        own.silence(next(iter(own.addresses)))
        second = queue(work, own)
        assert SweepRunner(second, app.app_context).run()
    with reading() as session:
        assert session.get_one(Sweep, second).vanished == 1


def test_a_sweep_that_was_cut_off_goes_on_where_it_was(app, work, reading, fleet, clock):
    sweep_id = queue(work, fleet)
    stops = iter([False, True])
    assert not SweepRunner(sweep_id, app.app_context, should_stop=lambda: next(stops, True)).run()
    with reading() as session:
        assert session.get_one(Sweep, sweep_id).state is SweepState.RUNNING
        before = set(session.scalars(select(TargetOutcome.id)))
    assert SweepRunner(sweep_id, app.app_context).run()
    with reading() as session:
        assert session.get_one(Sweep, sweep_id).state is SweepState.FINISHED
        assert before <= set(session.scalars(select(TargetOutcome.id)))
        links = links_of(session)
    # What the first part saw counts: a sweep in one go finds the same links.
    clock.advance(timedelta(hours=1))
    assert SweepRunner(queue(work, fleet), app.app_context).run()
    with reading() as session:
        assert links_of(session) == links
    assert len(links) > 20


def test_a_sweep_that_leaves_its_window_stops_and_keeps_what_it_has(app, work, reading, fleet, clock):
    sweep_id = queue(work, fleet)
    with work() as unit:
        network = unit.session.get_one(Network, unit.session.get_one(Sweep, sweep_id).network_ids[0])
        network.windows, network.pace = [{"days": [0], "from": "09:00", "to": "13:00"}], 40

    def look() -> bool:
        clock.moment = clock.moment.replace(hour=13)
        return False

    assert SweepRunner(sweep_id, app.app_context, should_stop=look).run()
    with reading() as session:
        sweep = session.get_one(Sweep, sweep_id)
        assert (sweep.state, sweep.error) == (
            SweepState.CANCELLED,
            f"The window for sweeps closed: {network.name}. What was seen is kept.",
        )
        seen = session.scalar(select(func.count(TargetOutcome.id)))
        assert 0 < seen == sweep.new + sweep.changed + sweep.same + sweep.unknown + sweep.refused + sweep.undecided
    with work() as unit, pytest.raises(Invalid, match="look at the marked"):
        sweeps.queue_sweep(HOUSE, [unit.session.get_one(Network, network.id)], now=unit.now)
    with work() as unit:
        again = sweeps.queue_sweep(
            HOUSE, [unit.session.get_one(Network, network.id)], now=unit.now, outside_windows=True
        )
        unit.session.get_one(Network, network.id).pace = 4000
    assert again.outside_windows
    assert SweepRunner(again.id, app.app_context).run()
    with reading() as session:
        assert session.get_one(Sweep, again.id).state is SweepState.FINISHED


def test_one_network_is_swept_once_at_a_time_and_a_queued_sweep_can_be_cancelled(work, fleet):
    sweep_id = queue(work, fleet)
    with pytest.raises(RuleBroken, match="under way already"):
        queue(work, fleet)
    with work() as unit:
        sweeps.cancel_sweep(HOUSE, unit.session.get_one(Sweep, sweep_id), now=unit.now)
        assert unit.events == [SweepFinished(at=unit.now, sweep_id=sweep_id, state="cancelled")]
