"""A remote probe beside PostgreSQL: in its own process, with its own role, cut off and killed in the middle of sweeps."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.errors import CheckViolation, InsufficientPrivilege
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url

from itsm.assets.models import Asset
from itsm.demo.fleet.secrets import COMMUNITY
from itsm.discovery.enums import PartState, SweepState
from itsm.discovery.models import Network, Probe, ProbeBeat, ProbeDelivery, Sweep, SweepPart, TargetOutcome
from itsm.discovery.probe.errand import Errand, Way
from itsm.discovery.probe.remote import courier
from itsm.discovery.probe.remote.home import Home
from itsm.discovery.probe.remote.sweeper import PROGRAM
from itsm.discovery.services import errands, probes, sweeps
from itsm.discovery.wire import SnmpFacts
from tests.application import only
from tests.discovery.remote.conftest import HOUSE, in_context, network_of
from tests.discovery.remote.live import Proxy, Site, until, worker


@pytest.fixture(autouse=True)
def on_postgresql(database_kind):
    if database_kind != "postgresql":
        pytest.skip("a live probe needs the shared engine")


@pytest.fixture
def proxy(app) -> Iterator[Proxy]:
    address = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    line = Proxy(f"{address.query['host']}/.s.PGSQL.5432")
    yield line
    line.close()


def invited(work, proxy, network_ids, name="berlin") -> str:
    with work() as unit:
        organization_id = unit.session.scalars(select(Network.organization_id).limit(1)).one()
        new = probes.NewProbe(
            name=name, organization_id=organization_id, network_ids=network_ids, host="127.0.0.1", port=proxy.port
        )
        return probes.invite(HOUSE, new, now=unit.now)[1]


@pytest.fixture
def berlin(app, work, fleet, proxy, tmp_path) -> Iterator[Site]:
    """Give a site whose probe has enrolled and is to sweep the fleet; the house's worker runs."""
    with work():
        network = network_of(fleet).id
    site = Site(tmp_path / "berlin")
    token = invited(work, proxy, [network])
    with worker(app, in_context(app)):
        done = site.command("enrol", stdin=token)
        assert done.returncode == 0, done.stderr
        try:
            yield site
        finally:
            site.kill()
            drop_roles(app)


def drop_roles(app) -> None:
    """Roles belong to the server, not to the database that the next test gets."""
    from itsm.infra.unit import transaction

    with app.app_context(), transaction(HOUSE) as unit:
        for probe in unit.session.scalars(select(Probe).where(Probe.revoked_at.is_(None))).all():
            probes.revoke(HOUSE, probe, now=unit.now)


def queued(work) -> int:
    with work() as unit:
        networks = unit.session.scalars(select(Network).order_by(Network.id)).all()
        return sweeps.queue_sweep(HOUSE, networks, now=unit.now).id


def ended(reading, sweep_id):
    def look():
        with reading() as session:
            sweep = session.get_one(Sweep, sweep_id)
            return sweep if sweep.state not in sweeps.UNDER_WAY else None

    return look


def line_of(site: Site) -> psycopg.Connection:
    told = Home(site.home).told()
    return courier.connect(told, password=told["password"])


def check_whole(reading, sweep_id, fleet) -> int:
    """Nothing lost, nothing twice: every device that answers has one outcome; return how many there are."""
    with reading() as session:
        sweep = session.get_one(Sweep, sweep_id)
        assert (sweep.state, sweep.error, sweep.total) == (SweepState.FINISHED, "", 63)
        seen = session.scalars(select(TargetOutcome.address).where(TargetOutcome.sweep_id == sweep_id)).all()
        assert len(seen) == len(set(seen))
        counted = sweep.new + sweep.changed + sweep.same + sweep.undecided + sweep.unknown + sweep.refused
        assert counted == len(seen)
        return len(seen)


def test_a_probe_sweeps_with_least_rights_and_its_keys_and_can_be_revoked(app, work, reading, berlin, fleet, proxy):
    berlin.start()
    first = queued(work)
    with reading() as session:
        job = session.execute(
            text("SELECT queue_name, args::text FROM procrastinate_jobs WHERE task_name = 'probe.order'")
        )
        assert job.one() == ("site:berlin", json.dumps({"part_id": only(session.scalars(select(SweepPart.id)))}))
        parcel = session.scalars(select(SweepPart.parcel)).one()
        assert parcel is not None and COMMUNITY.encode() not in parcel
    until(ended(reading, first), otherwise=berlin.said)
    answering = check_whole(reading, first, fleet)
    assert answering >= 5
    with reading() as session:
        whole = select(func.count(Asset.id)).where(Asset.parent_id.is_(None))  # the chassis of a stack come with it
        assert session.get_one(Sweep, first).new == session.scalar(whole)
    second = queued(work)
    until(ended(reading, second), otherwise=berlin.said)
    assert check_whole(reading, second, fleet) == answering
    with reading() as session:
        assert session.get_one(Sweep, second).new == 0
    until(lambda: pending(berlin) == 0)
    beat = until(lambda: calm(reading), seconds=20, otherwise=berlin.said)
    assert (beat["state"], beat["program"]) == ("idle", PROGRAM)
    shows_progress_and_stops_when_asked(work, reading, berlin)
    refused_everything_else(berlin, reading)
    with work() as unit:
        probes.revoke(HOUSE, only(unit.session.scalars(select(Probe))), now=unit.now)
    with pytest.raises(psycopg.OperationalError, match=r"password authentication failed|does not exist"):
        line_of(berlin)


def test_a_live_probe_runs_an_errand_between_sweeps(work, reading, berlin, fleet):
    address = fleet.addresses["core-sw1"]
    berlin.start()
    with work() as unit:
        network = only(unit.session.scalars(select(Network)))
        part_id = errands.send(HOUSE, network, address, Errand(Way.SNMP), now=unit.now).id

    def answered():
        with reading() as session:
            part = session.get_one(SweepPart, part_id)
            return part if part.state is not PartState.QUEUED and part.finished_at else None

    until(answered, otherwise=berlin.said)
    with work() as unit:
        part = unit.session.get_one(SweepPart, part_id)
        report = errands.take_answer(part)
        assert (part.state, part.error, report.address) == (PartState.FINISHED, "", address)
        # The system group, and what finding the maker costs: nothing of its tables.
        assert SnmpFacts.of(report.varbinds).text("1.3.6.1.2.1.1.5.0") and len(report.varbinds) < 60
        assert unit.session.scalars(select(Sweep.id)).all() == []


def test_a_live_probe_looks_while_a_sweep_goes_on(work, reading, berlin, fleet):
    with work() as unit:
        only(unit.session.scalars(select(Network))).pace = 2
    berlin.start()
    sweep_id = queued(work)
    until(lambda: running(reading, sweep_id), otherwise=berlin.said)
    with work() as unit:
        network = only(unit.session.scalars(select(Network)))
        address = fleet.addresses["core-sw1"]
        parts = [errands.send(HOUSE, network, address, Errand(Way.SNMP), now=unit.now).id for _ in range(2)]

    def answered():
        with reading() as session:
            states = session.scalars(select(SweepPart.state).where(SweepPart.id.in_(parts))).all()
            return set(states) == {PartState.FINISHED}

    until(answered, seconds=25, otherwise=berlin.said)
    assert running(reading, sweep_id)
    with work() as unit:
        sweeps.cancel_sweep(HOUSE, unit.session.get_one(Sweep, sweep_id), now=unit.now)
    until(ended(reading, sweep_id), otherwise=berlin.said)


def running(reading, sweep_id) -> bool:
    with reading() as session:
        part = session.scalars(select(SweepPart).where(SweepPart.sweep_id == sweep_id)).one()
        return part.state is PartState.RUNNING


def pending(site: Site) -> int:
    spool = Home(site.home).spool()
    try:
        return spool.pending()[0]
    finally:
        spool.close()


def calm(reading):
    """Return what the probe tells of itself, once that is that it rests and nothing waits."""
    with reading() as session:
        told = json.loads(session.scalars(select(ProbeBeat)).one().told or "{}")
        return told if (told.get("state"), told.get("spool_rows")) == ("idle", 0) else None


def refused_everything_else(site: Site, reading) -> None:
    """The role reads its own orders and acknowledgements and nothing else, and adds deliveries under its number only."""
    with reading() as session:
        probe_id = session.scalars(select(Probe.id)).one()
        tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    some = {"probe_beat", "sweep_part", "probe_delivery"}
    engine = {"procrastinate_jobs", "procrastinate_workers", "job_error", "job_worker"}
    with line_of(site) as line:
        for table in sorted(set(tables) - engine):
            with pytest.raises(InsufficientPrivilege):
                line.execute(f"SELECT * FROM {table}")
        for table in sorted(set(tables) - some - engine):
            with pytest.raises(InsufficientPrivilege):
                line.execute(f"SELECT 1 FROM {table}")
        for statement in (
            f"INSERT INTO probe_delivery (probe_id, stream, sequence, body) VALUES ({probe_id + 1}, '', 1, '')",
            f"INSERT INTO probe_delivery (probe_id, stream, sequence, body) VALUES ({probe_id}, 'part 1', 1, '')",
            f"INSERT INTO probe_delivery (probe_id, stream, sequence, body, state) VALUES ({probe_id}, '', 9, '', 'taken')",
            "UPDATE probe_delivery SET state = 'taken'",
            "DELETE FROM probe_delivery",
            "UPDATE sweep_part SET state = 'finished'",
            "UPDATE probe_beat SET welcome = true",
            f"INSERT INTO probe_beat (probe_id) VALUES ({probe_id + 1})",
            "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'discovery.sweep')",
            "SELECT sealed FROM credential",
        ):
            with pytest.raises(InsufficientPrivilege):
                line.execute(statement)
        with pytest.raises(CheckViolation):
            line.execute(
                "INSERT INTO probe_delivery (probe_id, stream, sequence, body) VALUES (%s, '', 99999, %s)",
                (probe_id, b"0" * (4 * 1024 * 1024 + 1)),
            )


def test_what_is_seen_during_a_cut_is_delivered_in_order_once(work, reading, berlin, fleet, proxy):
    with work() as unit:
        only(unit.session.scalars(select(Network))).pace = 12
    berlin.start()
    sweep_id = queued(work)
    until(lambda: outcomes(reading, sweep_id) > 2, otherwise=berlin.said)
    proxy.cut()
    at_the_cut = outcomes(reading, sweep_id)
    until(lambda: pending(berlin) > 1, otherwise=berlin.said)
    berlin.kill()  # in the middle of the sweep, with deliveries in the spool
    berlin.start()
    time.sleep(3)
    with reading() as session:
        assert session.get_one(Sweep, sweep_id).state is SweepState.RUNNING
        assert outcomes(reading, sweep_id) - at_the_cut <= 50  # what had arrived before the cut
    proxy.restore()
    until(ended(reading, sweep_id), otherwise=berlin.said)
    assert check_whole(reading, sweep_id, fleet) >= 5
    until(lambda: pending(berlin) == 0)
    with reading() as session:
        rows = session.execute(
            select(ProbeDelivery.sequence, ProbeDelivery.state).order_by(ProbeDelivery.dealt_at)
        ).all()
        assert {state for _, state in rows} == {"taken"}
        assert sorted(number for number, _ in rows) == list(range(1, len(rows) + 1))


def outcomes(reading, sweep_id) -> int:
    with reading() as session:
        wanted = select(func.count()).select_from(TargetOutcome).where(TargetOutcome.sweep_id == sweep_id)
        return session.scalar(wanted) or 0


def shows_progress_and_stops_when_asked(work, reading, berlin):
    with work() as unit:
        only(unit.session.scalars(select(Network))).pace = 3
    sweep_id = queued(work)

    def asked():
        with reading() as session:
            part = session.scalars(select(SweepPart).where(SweepPart.sweep_id == sweep_id)).one()
            return next(iter((part.progress or {}).get("networks", {}).values()), {}).get("asked", 0)

    until(lambda: 0 < asked() < 63, otherwise=berlin.said)
    with work() as unit:
        sweeps.cancel_sweep(HOUSE, unit.session.get_one(Sweep, sweep_id), now=unit.now)
    sweep = until(ended(reading, sweep_id), seconds=20, otherwise=berlin.said)
    assert (sweep.state, sweep.total) == (SweepState.CANCELLED, 63)
    assert asked() < 63
