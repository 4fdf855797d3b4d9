"""Looking at a device from its ticket: real agents on loopback, inside the rules of its network."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from itsm.assets.enums import AssetKind
from itsm.assets.models import Address, Asset, Interface
from itsm.discovery.enums import CredentialKind, HostKeyState
from itsm.discovery.models import Credential, Exclusion, HostKey, Network, Sighting, credential_network
from itsm.discovery.services.exclusions import ExclusionFacts, exclude
from itsm.discovery.services.orders import seal
from itsm.infra.journal import JournalRow
from itsm.insight.causes import examining
from itsm.insight.causes.models import DeviceLook
from itsm.kernel.actor import Actor
from itsm.tickets.enums import EntryKind, Fact
from itsm.tickets.models import Entry
from tests.agents import COMMUNITY, SYS_NAME, snmpd, sshd
from tests.factories.discovery import NetworkFactory

ADDRESS = "127.0.0.1"


@pytest.fixture(scope="module")
def agents():
    folders = tempfile.TemporaryDirectory
    with folders() as one, folders() as two, snmpd(Path(one)) as snmp, sshd(Path(two)) as shell:
        yield snmp, shell


@pytest.fixture
def network(site, work, agents):
    """Give the id of a network that holds the device, with a community and an SSH key, and the host key approved."""
    snmp, shell = agents
    with work() as unit:
        row = NetworkFactory(
            organization=None, organization_id=site.desk.organization_id, name="Loop", ranges=["127.0.0.0/30"],
            snmp_port=snmp.port, ssh_port=shell.port,
        )  # fmt: skip
        here = {"organization_id": site.desk.organization_id, "sealed": ""}
        options = {"snmp_version": "2c"}
        community = Credential(name="read", kind=CredentialKind.SNMP_COMMUNITY, options=options, **here)
        login = Credential(name="key", kind=CredentialKind.SSH_KEY, username=shell.user, options={}, **here)
        unit.session.add_all([community, login])
        unit.session.flush()
        community.sealed = seal(community, {"secret": COMMUNITY})
        login.sealed = seal(login, {"key": shell.key, "passphrase": None})
        for one in (community, login):
            unit.session.execute(credential_network.insert().values(credential_id=one.id, network_id=row.id))
        key = HostKey(network_id=row.id, address=ADDRESS, algorithm="ssh-ed25519", fingerprint=shell.fingerprint)
        key.state = HostKeyState.PINNED
        unit.session.add_all([key, Address(asset_id=site.ids["lap-12"], address=ADDRESS, first_seen_at=unit.now)])
        return row.id


def asked(site, number, look, **more):
    return site.desk.tina.post(f"/tickets/{number}/looks", data={"look": look, **more})


def looked(app, reading, site, number, look, **more):
    """Ask for a look and let the job do it; return the row."""
    assert asked(site, number, look, **more).status_code == 303
    with reading() as session:
        look_id = session.scalars(select(DeviceLook.id).order_by(DeviceLook.id.desc()).limit(1)).one()
    with app.app_context():
        examining.run(look_id)
        examining.run(look_id)  # a job may run twice
    with reading() as session:
        return session.get_one(DeviceLook, look_id)


def test_a_device_is_asked_whether_it_answers_who_it_is_and_what_it_runs(app, site, network, reading):
    number = site.ticket("lap-12")
    reach = looked(app, reading, site, number, "reach")
    assert reach.ok is not None and [label for label, _ in reach.lines] == ["ping", "open ports", "knocked at"]
    snmp = looked(app, reading, site, number, "snmp")
    assert (snmp.ok, snmp.reason) == (True, "ok")
    assert ["name", SYS_NAME] in snmp.lines and snmp.summary.startswith("up for ")
    shell = looked(app, reading, site, number, "ssh", question="system")
    assert shell.ok, shell.reason
    assert any(value.startswith("Linux") for _, value in shell.lines)
    assert {label for label, _ in shell.lines if label} <= {"uname -a", "cat /proc/uptime"}
    page = site.desk.tina.get(f"/tickets/{number}/insight/looks").get_data(as_text=True)
    assert SYS_NAME in page and "Tina Okafor" in page and 'hx-trigger="every 2s"' not in page
    with reading() as session:
        facts = session.scalars(select(Entry).where(Entry.fact == Fact.EXAMINED).order_by(Entry.id)).all()
        assert [fact.data["what"] for fact in facts] == ["reach", "snmp", "ssh system"]
        assert {(fact.kind, fact.author_name) for fact in facts} == {(EntryKind.FACT, "Tina Okafor")}
        told = select(JournalRow).where(JournalRow.subject_type == "look").order_by(JournalRow.sequence)
        rows = session.scalars(told).all()
        assert [row.action for row in rows] == ["created", "changed"] * 3
        assert rows[0].detail["actor"] == "Tina Okafor" and rows[0].detail["after"]["asset_id"] == site.ids["lap-12"]
        assert rows[3].detail["after"]["reason"] == "ok"
    told = site.desk.tina.get(f"/tickets/{number}").get_data(as_text=True)
    assert "Tina Okafor looked at lap-12" in told
    assert "looked at" not in site.desk.ana.get(f"/requests/{number}").get_data(as_text=True)


def test_a_device_is_read_anew_and_the_register_follows(app, site, network, work, reading):
    with work() as unit:  # SNMP is enough to see that it is taken in
        unit.session.scalars(select(Credential).where(Credential.kind == CredentialKind.SSH_KEY)).one().enabled = False
    row = looked(app, reading, site, site.ticket("lap-12"), "resweep")
    assert row.reason == "ok", (row.reason, row.summary)
    assert row.summary.startswith("read anew: ")
    with reading() as session:
        sighting = session.scalars(select(Sighting)).one()
        assert (sighting.address, sighting.network_id) == (ADDRESS, network)


def test_the_port_of_a_device_is_asked_of_its_switch(app, site, network, work, reading):
    with work() as unit:
        asset = unit.session.get_one(Asset, site.ids["sw-2"])
        assert asset.kind is AssetKind.SWITCH
        unit.session.add(Address(asset_id=asset.id, address=ADDRESS, first_seen_at=unit.now))
    number = site.ticket("lap-12")
    refused = asked(site, number, "port")
    assert refused.status_code == 409 and "Sweep the switch first" in refused.get_data(as_text=True)
    with work() as unit:
        unit.session.add(Interface(asset_id=site.ids["sw-2"], name="Gi0/12", number=1, first_seen_at=unit.now))
    row = looked(app, reading, site, number, "port")
    assert (row.ok, row.summary, row.question) == (True, "port Gi0/12 is up", "Gi0/12")
    assert ["state", "up"] in row.lines


def test_a_silent_device_and_an_unknown_host_key_are_told_in_words(app, site, network, work, reading):
    with work() as unit:
        unit.session.scalars(select(HostKey)).one().state = HostKeyState.OFFERED
        other = Address(asset_id=site.ids["lap-13"], address="127.0.0.2", first_seen_at=unit.now)
        unit.session.add(other)
    number = site.ticket("lap-12")
    row = looked(app, reading, site, number, "ssh", question="users")
    assert (row.ok, row.reason) == (False, "host_key_unknown")
    page = site.desk.tina.get(f"/tickets/{number}/insight/looks").get_data(as_text=True)
    assert "Nobody approved its host key yet" in page
    silent = looked(app, reading, site, site.ticket("lap-13"), "snmp")
    assert (silent.ok, silent.reason) == (False, "silent")


def test_what_may_not_be_asked_is_refused_with_a_reason(app, site, network, work, reading, clock):
    number = site.ticket("lap-12")

    def said(look="reach", by=site.desk.tina, of=number, **more):
        response = by.post(f"/tickets/{of}/looks", data={"look": look, **more})
        return response.status_code, response.get_data(as_text=True)

    assert said(by=site.desk.ana)[0] == 403
    assert said(by=site.desk.auditor)[0] == 403
    assert said(by=site.desk.stranger)[0] == 404
    assert said("ssh", question="rm -rf /")[0] == 422
    assert said("reboot")[0] == 422
    assert said(of=site.ticket("lap-14"))[1].count("No address of this device is known.") >= 1

    def set_network(**values):
        with work() as unit:
            row = unit.session.get_one(Network, network)
            for name, value in values.items():
                setattr(row, name, value)

    set_network(probe="harrow")
    status, page = said()
    assert status == 409 and "The probe harrow was revoked or removed." in page
    set_network(probe="", windows=[{"days": [6], "from": "01:00", "to": "02:00"}])
    assert "the window for looking is closed" in said()[1]
    set_network(windows=[], exclusions=[ADDRESS])
    assert "No network that we may look into" in said()[1]
    set_network(exclusions=[], enabled=False)
    assert "No network that we may look into" in said()[1]
    set_network(enabled=True)
    with work() as unit:
        facts = ExclusionFacts(ranges=[ADDRESS], reason="the press stops")
        line = exclude(Actor.house(), None, facts, now=unit.now)
    assert f"{ADDRESS} must not be asked" in said()[1] and "the press stops" in said()[1]
    with work() as unit:
        unit.session.get_one(Exclusion, line.id).ended_at = unit.now
    assert said()[0] == 303
    assert "under way already" in said()[1]
    with reading() as session:
        assert len(session.scalars(select(DeviceLook)).all()) == 1


def test_too_many_looks_and_refused_logins_have_to_wait(site, network, work, reading, clock):
    number = site.ticket("lap-12")

    def note(look, reason, count):
        with work() as unit:
            for _ in range(count):
                unit.session.add(
                    DeviceLook(
                        organization_id=site.desk.organization_id, ticket_id=1, asset_id=site.ids["lap-12"],
                        look=look, address=ADDRESS, state="done", reason=reason, ok=False, lines=[],
                        asked_by_id=site.desk.theo.actor.person_id,
                    )
                )  # fmt: skip

    note("ssh", "auth_failed", 2)
    refused = asked(site, number, "ssh", question="users")
    assert refused.status_code == 429 and "no account is locked" in refused.get_data(as_text=True)
    note("snmp", "ok", 6)
    assert asked(site, number, "reach").status_code == 429
    clock.advance(timedelta(minutes=11))
    assert asked(site, number, "reach").status_code == 303


def test_a_window_that_closed_while_a_look_waited_is_kept(app, site, network, work, reading):
    number = site.ticket("lap-12")
    assert asked(site, number, "reach").status_code == 303
    with work() as unit:
        unit.session.get_one(Network, network).windows = [{"days": [6], "from": "01:00", "to": "02:00"}]
    with app.app_context():
        examining.run(1)
    with reading() as session:
        row = session.scalars(select(DeviceLook)).one()
        assert (row.ok, row.reason) == (False, "not_allowed")
        assert "window" in row.summary
