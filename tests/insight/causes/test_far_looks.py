"""Looking at a device of another site: its probe asks, and the answer comes to the ticket as if we had asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from itsm.assets.models import Address, Interface
from itsm.discovery.enums import CredentialKind, PartState, ProbeDoor
from itsm.discovery.models import (
    Credential,
    HostKey,
    Network,
    Probe,
    ProbeBeat,
    ProbeDelivery,
    Sighting,
    Sweep,
    SweepPart,
)
from itsm.discovery.probe.remote.keys import KeyPair
from itsm.discovery.probe.remote.spool import Spool
from itsm.discovery.probe.remote.sweeper import Identity, Sweeper
from itsm.discovery.probe_tasks import look_after_probes
from itsm.discovery.services import deliveries, probes
from itsm.infra.journal import JournalRow
from itsm.insight.causes import examining
from itsm.insight.causes.models import DeviceLook
from itsm.tickets.enums import Fact
from itsm.tickets.models import Entry
from tests.agents import COMMUNITY, SYS_NAME
from tests.application import only
from tests.discovery.remote.conftest import run_jobs
from tests.insight.causes.test_looks import ADDRESS, agents, asked, network

__all__ = ["agents", "network"]


class Far:
    """The probe of the device's network, in this process; what it delivers goes the way of its table."""

    def __init__(self, app: Any, work: Any, network_id: int, folder: Any, clock: Any) -> None:
        self.app, self.work, self.clock, self.network_id = app, work, clock, network_id
        self.keys, self.sequence = KeyPair.fresh(), 0
        self.spool = Spool(folder / "spool")
        with work() as unit:
            network = unit.session.get_one(Network, network_id)
            network.probe, public = "far", self.keys.public
            probe = Probe(name="far", organization_id=network.organization_id, door=ProbeDoor.DATABASE)
            probe.sign_key, probe.box_key, probe.enrolled_at = public.sign, public.box, unit.now
            unit.session.add(probe)
            unit.session.flush()
            unit.session.add(ProbeBeat(probe_id=probe.id))
            house = probes.house_keys(unit.session).public
            self.probe_id = probe.id
        self.sweeper = Sweeper(Identity("far", self.keys, house), self.spool, clock=clock.now)

    def take_order(self) -> int:
        """Take the newest part's order as the probe's job does; return its id."""
        with self.work() as unit:
            part = unit.session.scalars(select(SweepPart).order_by(SweepPart.id.desc()).limit(1)).one()
            self.spool.accept(str(part.id), part.parcel)
            return part.id

    def run(self) -> None:
        """Work by what waits, and deliver it."""
        assert self.sweeper.run_one()
        with self.work() as unit:
            for one in self.spool.unsent(100):
                row = ProbeDelivery(probe_id=self.probe_id, sequence=one.sequence, body=one.body, arrived_at=unit.now)
                unit.session.add(row)
                self.spool.mark_sent([one.sequence])
        with self.app.app_context():
            deliveries.take_waiting(self.probe_id)
        run_jobs(self.app)


@pytest.fixture
def far(app, site, network, work, tmp_path, clock):
    made = Far(app, work, network, tmp_path, clock)
    yield made
    made.spool.close()


@pytest.fixture
def looked(app, site, far, reading):
    """Give what asks for a look, lets the house and the probe do their parts, and returns what stands at the ticket."""

    def look(number, what, **more):
        assert asked(site, number, what, **more).status_code == 303
        with reading() as session:
            look_id = session.scalars(select(DeviceLook.id).order_by(DeviceLook.id.desc()).limit(1)).one()
        with app.app_context():
            examining.run(look_id)
            examining.run(look_id)  # a job may run twice: the probe is asked once
        part_id = far.take_order()
        far.run()
        with app.app_context():
            examining.hear_answer(part_id)
        with reading() as session:
            assert session.get_one(SweepPart, part_id).state is PartState.FINISHED
            assert session.scalar(select(SweepPart.answer).where(SweepPart.id == part_id)) is None
            return session.get_one(DeviceLook, look_id)

    return look


def test_a_probe_looks_as_our_worker_does(site, looked, reading):
    number = site.ticket("lap-12")
    reach = looked(number, "reach")
    assert [label for label, _ in reach.lines] == ["ping", "open ports", "knocked at"]
    snmp = looked(number, "snmp")
    assert (snmp.ok, snmp.reason) == (True, "ok")
    assert ["name", SYS_NAME] in snmp.lines and snmp.summary.startswith("up for ")
    shell = looked(number, "ssh", question="system")
    assert shell.ok, shell.reason
    assert {label for label, _ in shell.lines if label} <= {"uname -a", "cat /proc/uptime"}
    with reading() as session:
        assert len(session.scalars(select(SweepPart.id)).all()) == 3
        assert session.scalars(select(Sweep.id)).all() == []
        assert session.scalars(select(Sighting.id)).all() == []  # a narrow question is no reading of the device
        facts = session.scalars(select(Entry).where(Entry.fact == Fact.EXAMINED).order_by(Entry.id)).all()
        assert [fact.data["what"] for fact in facts] == ["reach", "snmp", "ssh system"]
        assert {fact.author_name for fact in facts} == {"Tina Okafor"}
        told = session.scalars(
            select(JournalRow).where(JournalRow.subject_type == "look", JournalRow.action == "created")
        )
        assert {row.detail["actor"] for row in told} == {"Tina Okafor"}
        part = session.scalars(select(SweepPart).order_by(SweepPart.id.desc()).limit(1)).one()
        assert (part.parcel, part.errand["address"], part.errand["way"]) == (None, ADDRESS, "ssh")


def test_a_probe_reads_a_device_anew_and_the_register_follows(site, looked, work, reading, network):
    with work() as unit:
        unit.session.scalars(select(Credential).where(Credential.kind == CredentialKind.SSH_KEY)).one().enabled = False
    row = looked(site.ticket("lap-12"), "resweep")
    assert row.reason == "ok" and row.summary.startswith("read anew: "), (row.reason, row.summary)
    with reading() as session:
        sighting = only(session.scalars(select(Sighting)))
        assert (sighting.address, sighting.network_id) == (ADDRESS, network)


def test_a_probe_asks_the_switch_for_the_port_and_tells_of_silence(site, looked, work):
    with work() as unit:
        unit.session.add(Address(asset_id=site.ids["sw-2"], address=ADDRESS, first_seen_at=unit.now))
        unit.session.add(Interface(asset_id=site.ids["sw-2"], name="Gi0/12", number=1, first_seen_at=unit.now))
        unit.session.add(Address(asset_id=site.ids["lap-13"], address="127.0.0.2", first_seen_at=unit.now))
    row = looked(site.ticket("lap-12"), "port")
    assert (row.ok, row.summary, row.question) == (True, "port Gi0/12 is up", "Gi0/12")
    silent = looked(site.ticket("lap-13"), "snmp")
    assert (silent.ok, silent.reason) == (False, "silent")


def test_an_order_holds_no_secret_in_plain_and_only_the_one_address(site, app, far, reading):
    assert asked(site, site.ticket("lap-12"), "snmp").status_code == 303
    with app.app_context():
        examining.run(1)
    with reading() as session:
        parcel = session.scalars(select(SweepPart.parcel)).one()
        assert COMMUNITY.encode() not in parcel
    far.take_order()
    content, errand = far.sweeper._opened(parcel)
    assert (content["networks"][0]["ranges"], errand.way) == ([ADDRESS], "snmp")


def test_what_a_probe_does_not_answer_in_time_is_told_and_not_asked_later(site, app, far, work, reading, clock):
    number = site.ticket("lap-12")
    assert asked(site, number, "reach").status_code == 303
    with app.app_context():
        examining.run(1)
    far.take_order()
    clock.advance(timedelta(minutes=11))
    with app.app_context():
        look_after_probes(clock.now())
    run_jobs(app)
    with reading() as session:
        row = only(session.scalars(select(DeviceLook)))
        assert (row.ok, row.reason) == (False, "not_allowed")
        assert "busy or cannot be reached" in row.summary
        assert session.scalars(select(SweepPart.state)).one() is PartState.OVERDUE
    far.run()  # it gets to it at last, and lets it be
    with reading() as session:
        assert only(session.scalars(select(DeviceLook))).summary == row.summary
        assert session.scalars(select(SweepPart.state)).one() is PartState.OVERDUE
    page = site.desk.tina.get(f"/tickets/{number}/insight/looks").get_data(as_text=True)
    assert "busy or cannot be reached" in page


def test_a_probe_cannot_answer_for_another_device_or_when_it_lost_the_network(site, app, far, work, reading):
    assert asked(site, site.ticket("lap-12"), "resweep").status_code == 303
    with app.app_context():
        examining.run(1)
    part_id = far.take_order()
    with work() as unit:
        part = unit.session.get_one(SweepPart, part_id)
        part.errand = part.errand | {"address": "127.0.0.3"}
    far.run()
    with reading() as session:
        assert session.get_one(SweepPart, part_id).refused == 1
        assert session.scalars(select(Sighting.id)).all() == []
        assert only(session.scalars(select(DeviceLook))).reason == "silent"


def test_a_probe_with_files_or_not_yet_enrolled_is_refused_before_anything_is_asked(site, far, work):
    number = site.ticket("lap-12")
    for values, said in (({"sign_key": ""}, "has not enrolled yet"), ({"door": ProbeDoor.FILES}, "works with files")):
        with work() as unit:
            probe = unit.session.get_one(Probe, far.probe_id)
            for name, value in values.items():
                setattr(probe, name, value)
        response = asked(site, number, "reach")
        assert response.status_code == 409 and said in response.get_data(as_text=True)


def test_an_unknown_host_key_is_noted_and_shown_nothing(site, looked, work, reading):
    with work() as unit:
        unit.session.delete(unit.session.scalars(select(HostKey)).one())
    row = looked(site.ticket("lap-12"), "ssh", question="users")
    assert (row.ok, row.reason) == (False, "host_key_unknown")
    with reading() as session:
        assert only(session.scalars(select(HostKey))).address == ADDRESS
