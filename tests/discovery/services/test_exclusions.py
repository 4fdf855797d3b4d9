"""What nothing may ever ask: who keeps the list, and that every way that sends packets keeps to it."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from itsm.discovery.models import Exclusion, Network
from itsm.discovery.probe.credentials import Community
from itsm.discovery.probe.find import Pace
from itsm.discovery.probe.order import Order
from itsm.discovery.probe.remote.parcel import NetworkPlan
from itsm.discovery.probe.sweep import Sweep
from itsm.discovery.services import exclusions, parcels
from itsm.discovery.services.exclusions import ExclusionFacts, in_effect
from itsm.discovery.services.orders import covers, order_for
from itsm.infra.journal import JournalRow
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Forbidden
from tests.application import NOON, only
from tests.discovery.probe.responder import Agent, Farm, switch
from tests.factories.discovery import NetworkFactory

HOUSE = Actor.house()


def excluded(work, organization_id, *ranges, reason="the press stops", until=None):
    with work() as unit:
        facts = ExclusionFacts(ranges=ranges, reason=reason, until_on=until)
        return exclusions.exclude(HOUSE, organization_id, facts, now=unit.now).id


@pytest.fixture
def network(work):
    with work() as unit:
        made = NetworkFactory(ranges=["10.0.0.0/29"], exclusions=["10.0.0.1"])
        return unit.session.get_one(Network, made.id)


def test_orders_of_our_own_and_of_probes_leave_it_out(work, reading, network):
    excluded(work, network.organization_id, "10.0.0.2", "10.0.0.6-10.9.255.255")
    excluded(work, None, "10.0.0.4")
    with work():
        other = NetworkFactory().organization_id
    excluded(work, other, "0.0.0.0/0")
    left = ["10.0.0.0", "10.0.0.3", "10.0.0.5"]
    with reading() as session:
        here = session.get_one(Network, network.id)
        assert list(order_for(session, here, now=NOON).addresses) == left
        assert list(order_for(session, here, now=NOON, only=["10.0.0.3", "10.0.0.4"]).addresses) == ["10.0.0.3"]
        told = parcels.described(session, here, now=NOON)
        assert told["exclusions"] == ["10.0.0.1", "10.0.0.2", "10.0.0.6-10.0.0.7", "10.0.0.4"]
        assert NetworkPlan.from_json(told).addresses() == left
        ours = order_for(session, here, now=NOON)
        assert (ours.pace, ours.pace.subnet_rate) == (NetworkPlan.from_json(told).order(()).pace, 400.0)
        del told["subnet_pace"]  # an order of an older house
        assert NetworkPlan.from_json(told).order(()).pace == ours.pace
        never = in_effect(session, network.organization_id, now=NOON)
        assert (never.reason_for("10.0.0.7"), never.reason_for("10.0.0.3")) == ("the press stops", None)
        assert [covers(here, one, never) for one in ("10.0.0.1", "10.0.0.4", "10.0.0.5")] == [False, False, True]


def test_it_ends_with_its_last_day(work, reading, network):
    excluded(work, network.organization_id, "10.0.0.2", until=date(2026, 12, 24))
    held = []
    with reading() as session:
        for day in (23, 24, 25):
            now = NOON.replace(year=2026, month=12, day=day)
            held.append(in_effect(session, network.organization_id, now=now).holds("10.0.0.2"))
    assert held == [True, True, False]


def test_what_is_excluded_while_a_sweep_runs_is_not_asked_any_more():
    """Twenty addresses a second: the last would be asked long after the first has answered."""
    everyone = [f"127.72.31.{host}" for host in range(1, 16)]
    last = Agent(switch(1))
    with Farm({everyone[-1]: last, everyone[0]: Agent(switch(1))}) as farm:
        key = Community("c", "public", (ipaddress.ip_network("127.72.31.0/24"),), "2c")
        order = Order(everyone, credentials=(key,), snmp_port=farm.port, pace=Pace(20.0, (0.1,), 0.2))
        sweep, heard = Sweep(order), []

        async def run():
            async for report in sweep.reports():
                heard.append(report.address)
                sweep.spare([ipaddress.ip_network(f"{everyone[-1]}/32")])

        asyncio.run(run())
    assert heard == [everyone[0]]


def test_an_administrator_of_one_organization_keeps_his_own_list(work, network):
    admin = Actor(roles=frozenset({Role.ADMINISTRATOR}), organization_ids=frozenset({network.organization_id}))
    facts = ExclusionFacts(ranges=["10.0.0.2"], reason="x")
    with work(admin) as unit:
        exclusions.exclude(admin, network.organization_id, facts, now=unit.now)
        for home in (None, network.organization_id + 1):
            with pytest.raises(Forbidden):
                exclusions.exclude(admin, home, facts, now=unit.now)


def test_the_list_on_its_page(sign_in, reading, network):
    admin = sign_in(Role.ADMINISTRATOR)
    tina = sign_in(Role.TECHNICIAN, organization=network.organization_id)
    wish = {"ranges": "10.0.0.4\n10.20.0.0/16", "reason": "<b>Press</b> line"}
    for wrong in ({"ranges": ""}, {"ranges": "ten"}, {"reason": " "}, {"until_on": "2020-01-01"}):
        assert admin.post("/discovery/exclusions", data=wish | wrong).status_code == 422, wrong
    assert tina.post("/discovery/exclusions", data=wish).status_code == 403
    key = {"idempotency_key": "one-click-one-effect"}
    for _ in range(2):
        assert admin.post("/discovery/exclusions", data=wish | key).headers["Location"] == "/discovery/exclusions"
    with reading() as session:
        row = only(session.scalars(select(Exclusion)))
        assert (row.ranges, row.organization_id, row.by_id) == (
            ["10.0.0.4", "10.20.0.0/16"],
            None,
            admin.actor.person_id,
        )
    for who in (admin, tina):
        page = who.get("/discovery/exclusions").text
        assert "&lt;b&gt;Press&lt;/b&gt; line" in page and "everything" in page
    plan = tina.get(f"/discovery/networks/{network.id}/plan").text
    assert plan.count("&lt;b&gt;Press&lt;/b&gt; line") == 1 and "this network never touches it" in plan
    end = f"/discovery/exclusions/{row.id}/end"
    assert admin.post(end, data={"version": "7"}).status_code == 409
    assert tina.post(end, data={"version": str(row.version)}).status_code == 403
    assert only(re.findall(r'name="version" value="(\d+)"', admin.get("/discovery/exclusions").text)) == str(
        row.version
    )
    assert admin.post(end, data={"version": str(row.version)}).status_code == 303
    with reading() as session:
        assert not in_effect(session, network.organization_id, now=NOON + timedelta(1)).lines
        kept = select(JournalRow.action).where(JournalRow.subject_type == "exclusion").order_by(JournalRow.sequence)
        assert len(session.scalars(kept).all()) == 2
