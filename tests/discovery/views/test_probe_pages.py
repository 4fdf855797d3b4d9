"""The pages of probes: who sees them, what is shown once, what the other database cannot do."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from itsm.discovery import probe_reading
from itsm.discovery.enums import ProbeDoor
from itsm.discovery.models import Network, Probe, ProbeBeat, Sweep, SweepPart
from itsm.discovery.probe.remote import zipapp
from itsm.discovery.probe.remote.home import Home, read_card, read_token
from itsm.discovery.services import probes
from itsm.infra.db import db
from itsm.kernel.actor import Role
from tests.application import NOON, only
from tests.factories.discovery import NetworkFactory


@pytest.fixture
def admin(sign_in):
    return sign_in(Role.ADMINISTRATOR)


@pytest.fixture
def network(admin, work):
    with work():
        return NetworkFactory(organization_id=only(admin.actor.organization_ids), organization=None).id


@pytest.fixture
def drop_roles(app, work):
    """Roles belong to the server, not to the database that the next test gets."""
    yield
    with work() as unit:
        for probe in unit.session.scalars(select(Probe).where(Probe.revoked_at.is_(None))).all():
            if probe.door is ProbeDoor.DATABASE:
                probes.revoke(unit.actor, probe, now=unit.now)


def entered_by_card(admin, tmp_path, network, name="branch"):
    """Enter a probe that works with files over the pages; return its address."""
    shown = admin.post("/discovery/probes/card").text
    home = Home(tmp_path / name)
    card = zipapp.settle(home, name, re.search(r"itsm-probe-card:[\w=-]+", shown)[0])
    sent = {"name": name, "door": "files", "card": card, "network_ids": network}
    answer = admin.post("/discovery/probes", data=sent)
    assert answer.status_code == 303, answer.text[-2000:]
    return home, answer.headers["Location"]


def test_a_probe_that_works_by_files_is_entered_ordered_and_its_order_downloaded(admin, network, reading, tmp_path):
    home, url = entered_by_card(admin, tmp_path, network)
    page = admin.get(url).text
    assert home.keys().public.fingerprint in page
    with reading() as session:
        assert only(session.scalars(select(Network))).probe == "branch"
    assert admin.post(f"{url}/orders", data={"network_ids": network, "days": "3"}).status_code == 303
    link = re.search(r'href="(/discovery/probes/\d+/orders/\d+)"', admin.get(url).text)[1]
    with admin.get(link) as sent:
        assert (sent.status_code, sent.headers["Content-Disposition"].split("=")[1]) == (200, "order-branch-1.itsm")
        assert sent.data.startswith(b"ITSMPRB1")
    again = admin.post(f"{url}/orders", data={"network_ids": network, "days": "3"})
    assert again.status_code == 409
    refused = admin.post("/discovery/probes/results", data={"file": (io.BytesIO(b"hello"), "result")})
    assert (refused.status_code, "This is not the result of a probe" in refused.text) == (422, True)
    assert admin.post(f"{url}/revocation").status_code == 303
    assert admin.get(link).status_code == 404
    assert "revoked" in admin.get("/discovery/probes").text


def test_a_card_that_is_none_or_anothers_is_refused_in_place(admin, network, reading, tmp_path):
    card = zipapp.settle(Home(tmp_path / "x"), "elsewhere", None)
    changed = card[:-30] + ("A" if card[-30] != "A" else "B") + card[-29:]
    for text, said in (("nonsense", "begins with"), (card, "elsewhere"), (changed, "not that of the probe")):
        sent = {"name": "branch", "door": "files", "card": text}
        answer = admin.post("/discovery/probes", data=sent)
        assert (answer.status_code, said in answer.text) == (422, True), said
    for name in ("Branch", "a b", "-x", "x" * 31):
        assert admin.post("/discovery/probes", data={"name": name, "door": "files", "card": card}).status_code == 422
    with reading() as session:
        assert session.scalars(select(Probe)).all() == []


def test_a_live_probe_gets_a_token_that_is_shown_once(admin, network, reading, database_kind, drop_roles):
    sent = {"name": "berlin", "door": "database", "host": "db.example.net", "network_ids": network}
    sent["idempotency_key"] = "one click only"
    answer = admin.post("/discovery/probes", data=sent)
    if database_kind == "sqlite":
        assert (answer.status_code, "needs PostgreSQL" in answer.text) == (409, True)
        assert "need PostgreSQL" in admin.get("/discovery/probes").text
        return
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    text = re.search(r"itsm-probe-token:[\w=-]+", answer.text)[0]
    token = read_token(text)
    assert (token["name"], token["host"], token["port"]) == ("berlin", "db.example.net", 5432)
    repeated = admin.post("/discovery/probes", data=sent)
    assert (repeated.status_code, "itsm-probe-token" in repeated.text) == (303, False)
    with reading() as session:
        probe = only(session.scalars(select(Probe)))
        assert (probe.is_enrolled, probe.invited_until) == (False, NOON + timedelta(hours=24))
    url = repeated.headers["Location"]
    assert "itsm-probe-token" not in admin.get(url).text
    fresh = admin.post(f"{url}/invitation", data={"host": "10.0.0.9", "port": "6432"})
    other = read_token(re.search(r"itsm-probe-token:[\w=-]+", fresh.text)[0])
    assert (other["host"], other["port"], other["password"] != token["password"]) == ("10.0.0.9", 6432, True)
    swept = admin.post("/discovery/sweeps", data={"network_ids": network})
    assert (swept.status_code, "has not enrolled yet" in swept.text) == (409, True)


def test_a_network_goes_to_a_probe_of_its_own_company_only(admin, network, reading, tmp_path):
    entered_by_card(admin, tmp_path, network)
    form = {"name": "n", "ranges": "10.0.0.0/24", "pace": "5", "snmp_port": "161", "ssh_port": "22"}
    assert admin.post("/discovery/networks", data=form | {"probe": "nobody"}).status_code == 422
    assert admin.post("/discovery/networks", data=form | {"probe": "branch"}).status_code == 303
    with reading() as session:
        assert session.scalars(select(Network.probe).order_by(Network.id)).all() == ["branch", "branch"]
        page = admin.get(f"/discovery/networks/{network}").text
    assert '<option value="branch" selected' in page


def test_life_is_told_by_the_last_sign_of_it(admin, network, work, reading, clock, app):
    with work() as unit:
        mine = only(admin.actor.organization_ids)
        probe = Probe(name="berlin", organization_id=mine, door=ProbeDoor.DATABASE, sign_key="0" * 64, box_key="0" * 64)
        unit.session.add(probe)
        unit.session.flush()
        hostile = '{"program": "<b>x", "spool_rows": 7, "state": "spool_full", "host": "a\\u0000\\u202eb"}'
        unit.session.add(ProbeBeat(probe_id=probe.id, at=NOON, told=hostile))
        sweep = Sweep(organization_id=mine, network_ids=[network], state="running", progress={}, started_at=NOON)
        unit.session.add(sweep)
        unit.session.flush()
        unit.session.add(SweepPart(sweep_id=sweep.id, probe_id=probe.id, network_ids=[network], state="running"))
    page = admin.get("/discovery/probes").text
    assert ("alive" in page, "spool full" in page, "&lt;b&gt;x" in page, "\u202e" in page) == (True, True, True, False)
    assert "berlin: sweeping" in admin.get(f"/discovery/sweeps/{sweep.id}").text
    lives = []
    for later in (timedelta(minutes=3), timedelta(hours=2)):
        clock.moment = NOON + later
        with reading() as session:
            lives.append(probe_reading.standings(session, admin.actor, now=clock.now())[0].life)
            silent = probe_reading.silent_probes(session, clock.now())
    assert (lives, silent) == (["late", "silent"], ["berlin"])
    assert read_card(card_on(admin))[0] == "here"
    statements: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
        session = db.session()
        probe_reading.standings(session, admin.actor, now=clock.now())
    assert len(statements) <= 4


def card_on(admin) -> str:
    return re.search(r"itsm-probe-card:[\w=-]+", admin.post("/discovery/probes/card").text)[0]
