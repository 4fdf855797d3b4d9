"""From the first suspicion to the ticket that ends by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from itsm.accounts.models import Person
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.insight.drift.enums import DriftState, RuleKey
from itsm.insight.drift.models import Drift, DriftCase, DriftHouse, DriftRule
from itsm.insight.drift.services import evaluation
from itsm.insight.drift.services.decisions import accept, drift_to_change
from itsm.insight.drift.services.rules import save_rule
from itsm.kernel.actor import Role
from itsm.tickets.enums import StateCategory
from itsm.tickets.models import Entry, Ticket, TicketAsset
from itsm.tickets.queries import ticket_to_change
from itsm.tickets.services import conversation, lifecycle
from itsm.tickets.services.linking import Link
from tests.application import NOON, only
from tests.discovery.services.test_intake import report
from tests.insight.drift.conftest import DISCOVERY


@pytest.fixture
def low(seen):
    """Give the office with a supply that is low, seen once."""
    seen.only_rule(RuleKey.SUPPLIES_LOW, kinds=[])
    seen.part("Black toner", "supply", level=8)
    seen.sweep(report())
    return seen


def test_one_sweep_is_a_suspicion_and_two_are_a_ticket(low):
    row = only(low.drift())
    assert (row.state, row.times_seen, row.before, row.after) == (DriftState.SUSPECTED, 1, "> 10 %", "8 %")
    assert low.tickets() == []
    low.sweep(report())
    row, ticket, case = only(low.drift()), only(low.tickets()), only(low.cases())
    assert (row.state, row.case_id, case.ticket_id, case.ended_at) == (DriftState.TICKETED, case.id, ticket.id, None)
    assert ticket.title.startswith("Supplies low: ") and ticket.title.endswith("sw-1")
    assert (ticket.category, ticket.organization_id) == (StateCategory.NEW, low.organization_id)
    with low.reading() as session:
        assert session.scalars(select(TicketAsset.asset_id)).all() == [low.asset()]
        asks = session.get_one(DriftHouse, low.organization_id).person_id
        assert (ticket.requester_id, session.get_one(Person, asks).name) == (asks, "Discovery")
        words = session.scalars(select(Entry.source).where(Entry.ticket_id == ticket.id, Entry.kind == "reply")).one()
    assert "`Black toner`: `> 10 %` → `8 %`" in words


def test_a_suspicion_that_passes_leaves_no_trace(low):
    low.part("Black toner", "supply", level=80)
    low.sweep(report())
    assert low.drift(ended=True) == []


def test_more_of_the_same_goes_to_the_open_ticket(low):
    low.sweep(report())
    low.part("Cyan toner", "supply", level=3)
    low.sweep(report())
    low.sweep(report())
    ticket = only(low.tickets())
    assert [row.state for row in low.drift()] == [DriftState.TICKETED, DriftState.TICKETED]
    assert [(one["event"], one["rows"]) for one in low.told(ticket.id)] == [
        ("found", [["Cyan toner", "> 10 %", "3 %"]])
    ]


def test_the_ticket_ends_by_itself_after_two_looks(low):
    low.sweep(report())
    low.part("Black toner", "supply", level=100)
    low.sweep(report())
    assert only(low.tickets()).category is StateCategory.NEW
    low.sweep(report())
    ticket, case = only(low.tickets()), only(low.cases())
    assert (ticket.category, ticket.resolved_at, case.ended_at) == (StateCategory.RESOLVED, low.now, low.now)
    assert only(low.drift(ended=True)).state is DriftState.CLEARED
    assert [one["event"] for one in low.told(ticket.id)] == ["cleared"]


def test_what_a_person_has_in_hand_is_left_to_him(low, sign_in):
    tina = sign_in(Role.TECHNICIAN, organization=low.organization_id, name="Tina")
    low.sweep(report())
    ticket = only(low.tickets())
    with low.work(tina.actor) as unit:
        conversation.note(tina.actor, ticket_to_change(tina.actor, ticket.number), "Ordered.", now=unit.now)
    low.part("Black toner", "supply", level=100)
    low.sweep(report())
    low.sweep(report())
    assert only(low.tickets()).category is StateCategory.NEW
    assert [one["event"] for one in low.told(ticket.id)] == ["cleared_left"]
    assert only(low.cases()).ended_at is not None


def test_what_comes_back_soon_takes_its_ticket_up_again_and_must_last_longer(low):
    low.sweep(report())
    low.part("Black toner", "supply", level=100)
    low.sweep(report())
    low.sweep(report())
    low.part("Black toner", "supply", level=5)
    low.sweep(report())
    low.sweep(report())
    assert only(low.tickets()).category is StateCategory.RESOLVED
    assert only(low.drift()).state is DriftState.SUSPECTED
    low.sweep(report())
    low.sweep(report())
    ticket = only(low.tickets())
    assert ticket.category is StateCategory.OPEN
    assert [one["event"] for one in low.told(ticket.id)] == ["cleared", "back"]


def test_after_the_ticket_was_closed_a_new_one_is_linked(low):
    low.sweep(report())
    low.part("Black toner", "supply", level=100)
    low.sweep(report())
    low.sweep(report())
    first = only(low.tickets())
    with low.work(DISCOVERY) as unit:
        lifecycle.confirm(DISCOVERY, ticket_to_change(DISCOVERY, first.number), now=unit.now)
    low.now += timedelta(days=20)
    low.part("Black toner", "supply", level=5)
    low.sweep(report())
    low.sweep(report())
    _, second = low.tickets()
    assert second.category is StateCategory.NEW
    with low.reading() as session:
        assert [(one.from_id, one.to_id) for one in session.scalars(select(Link))] == [(second.id, first.id)]


def test_a_look_counts_once_however_often_its_job_runs(low):
    sweep_id = low.sweep(report(), look=False)
    assert low.look(sweep_id).opened == 1
    assert low.look(sweep_id) is None
    assert only(low.drift()).times_seen == 2
    assert len(low.tickets()) == 1


def test_two_looks_at_the_same_moment_open_one_ticket(app, low):
    twins = [low.sweep(report(), look=False), low.sweep(report(), look=False)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda sweep_id: one_look(app, sweep_id), [*twins, *twins]))
    assert sum(one.opened for one in results if one is not None) == 1
    assert len(low.tickets()) == len(low.cases()) == 1
    assert only(low.drift()).times_seen == 3


def one_look(app, sweep_id):
    """Take a look in a thread of its own, as a worker does."""
    with app.app_context():
        seen = evaluation.see(db.session(), sweep_id, now=NOON)
        if seen is None:
            return None
        with transaction(DISCOVERY) as unit:
            return evaluation.look_after_sweep(DISCOVERY, sweep_id, now=unit.now, seen=seen)


def test_the_database_refuses_a_second_open_case_and_drift(low):
    low.sweep(report())
    case, row = only(low.cases()), only(low.drift())
    with pytest.raises(IntegrityError), low.work() as unit:
        twin = {name: getattr(case, name) for name in ("organization_id", "rule_id", "asset_id", "ticket_id")}
        unit.session.add(DriftCase(**twin, opened_at=unit.now))
    with pytest.raises(IntegrityError), low.work() as unit:
        names = ("organization_id", "rule_id", "asset_id", "subject", "state", "before", "after", "manner", "returns")
        times = {"first_seen_at": unit.now, "last_seen_at": unit.now, "times_seen": 1, "times_clear": 0}
        unit.session.add(Drift(**{name: getattr(row, name) for name in names}, **times))


def test_resolving_without_a_change_is_answered_once(low, sign_in):
    tina = sign_in(Role.TECHNICIAN, organization=low.organization_id, name="Tina")
    low.sweep(report())
    number = only(low.tickets()).number

    def resolve():
        with low.work(tina.actor) as unit:
            lifecycle.resolve(tina.actor, ticket_to_change(tina.actor, number), now=unit.now)

    resolve()
    low.sweep(report())
    assert only(low.tickets()).category is StateCategory.RESOLVED
    low.sweep(report())
    ticket = only(low.tickets())
    assert ticket.category is StateCategory.OPEN
    assert [one["event"] for one in low.told(ticket.id)][-1] == "still"
    resolve()
    for _ in range(3):
        low.sweep(report())
    assert only(low.tickets()).category is StateCategory.RESOLVED


def test_accepting_ends_drift_and_resolves_its_ticket(low, sign_in):
    tina = sign_in(Role.TECHNICIAN, organization=low.organization_id, name="Tina")
    low.sweep(report())
    row = only(low.drift())
    with low.work(tina.actor) as unit:
        assert accept(tina.actor, drift_to_change(tina.actor, [row.id]), "It lasts for weeks.", now=unit.now) == 1
    done, ticket = only(low.drift(ended=True)), only(low.tickets())
    assert (done.state, done.decided_by_id, done.why) == (
        DriftState.ACCEPTED,
        tina.actor.person_id,
        "It lasts for weeks.",
    )
    assert ticket.category is StateCategory.RESOLVED
    assert only(low.told(ticket.id))["event"] == "accepted"


def test_a_rule_for_many_at_once_opens_one_ticket(seen):
    seen.only_rule(RuleKey.SUPPLIES_LOW, kinds=[], cap_per_hour=3)
    others = [report(address=f"10.0.0.{n}", serial=f"FOC1234X{n:03}", name=f"prn-{n}") for n in range(10, 16)]
    seen.sweep(*others)
    for n in range(10, 16):
        seen.part("Black toner", "supply", asset=f"prn-{n}", level=n - 10)
    seen.sweep(*others)
    seen.sweep(*others)
    ticket = only(seen.tickets())
    assert ticket.title == "Supplies low: 6 devices"
    assert {case.ticket_id for case in seen.cases()} == {ticket.id}
    assert all(case.collective for case in seen.cases())
    for n in range(10, 15):
        seen.part("Black toner", "supply", asset=f"prn-{n}", level=90)
    seen.sweep(*others)
    seen.sweep(*others)
    assert only(seen.tickets()).category is StateCategory.NEW
    seen.part("Black toner", "supply", asset="prn-15", level=90)
    seen.sweep(*others)
    seen.sweep(*others)
    assert only(seen.tickets()).category is StateCategory.RESOLVED


def test_hostile_names_stand_as_code(seen):
    seen.only_rule(RuleKey.SUPPLIES_LOW, kinds=[])
    seen.part("`[free](https://evil.example) <b>ink</b>", "supply", level=1)
    seen.sweep(report())
    seen.sweep(report())
    with seen.reading() as session:
        html = session.scalars(select(Entry.html).where(Entry.kind == "reply")).one()
    assert "<a " not in html and "<b>" not in html
    assert "<code>'[free](https://evil.example) &lt;b&gt;ink&lt;/b&gt;</code>" in html


def test_switching_a_rule_off_forgets_and_leaves_tickets_to_people(low, sign_in):
    admin = sign_in(Role.ADMINISTRATOR, name="Ada")
    low.sweep(report())
    with low.work(admin.actor) as unit:
        save_rule(admin.actor, RuleKey.SUPPLIES_LOW, {"enabled": False}, version=None, now=unit.now)
    assert low.drift() == []
    assert only(low.tickets()).category is StateCategory.NEW
    with low.reading() as session:
        assert session.scalar(select(func.count(DriftRule.id))) == len(RuleKey)
        assert session.scalar(select(func.count(Ticket.id))) == 1
