"""Two records that became one thing have one drift, and each its own again when that is undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from itsm.assets.models import Asset, MergeRecord
from itsm.assets.services import merging
from itsm.insight.drift.enums import DriftState, RuleKey
from itsm.insight.drift.models import DriftBaseline, ExpectedChange, Reprobe
from itsm.insight.drift.queries import plans, worklist
from itsm.insight.drift.services import reprobe
from itsm.insight.drift.services.decisions import accept, drift_to_change
from itsm.kernel.actor import Actor
from itsm.tickets.enums import StateCategory
from tests.application import only
from tests.discovery.services.test_intake import report
from tests.insight.drift.conftest import DISCOVERY

HOUSE = Actor.house()
FIRST, SECOND = report(), report(address="10.0.0.2", serial=None, name="sw-2", macs=("3c:52:82:00:00:02",))


def merge(office, survivor="sw-1", absorbed="sw-2"):
    with office.work() as unit:
        rows = {row.name: row for row in unit.session.scalars(select(Asset))}
        merging.merge(HOUSE, rows[survivor], rows[absorbed], merging.Merging(sure=True), now=unit.now)


def undo(office):
    with office.work() as unit:
        row = unit.session.scalars(select(MergeRecord)).one()
        merging.undo(HOUSE, unit.session.get_one(Asset, row.survivor_id), row, now=unit.now)


@pytest.fixture
def both(seen):
    """Give the office with two switches that were seen."""
    seen.sweep(FIRST, SECOND)
    return seen


def low_on(office, *names):
    office.only_rule(RuleKey.SUPPLIES_LOW, kinds=[])
    for name in names:
        office.part("Black toner", "supply", asset=name, level=8)


def look_twice(office):
    office.sweep(FIRST, SECOND)
    office.sweep(FIRST, SECOND)


def test_what_one_record_has_is_no_news_of_the_other(both):
    both.part("Disk A", "disk", asset="sw-1", serial="S1")
    both.part("Disk B", "disk", asset="sw-2", serial="S2")
    first = both.asset("sw-1")
    with both.work() as unit:
        for row in unit.session.scalars(select(DriftBaseline)):
            serial = "S1" if row.asset_id == first else "S2"
            row.facts = row.facts | {"disks": {serial: f"Disk {'AB'[serial == 'S2']} {serial}"}}
    both.rule(RuleKey.DISK_CHANGED, enabled=True)
    merge(both)
    look_twice(both)
    assert both.drift(ended=True) == []
    with both.reading() as session:
        kept = {row.asset_id: set(row.facts["disks"]) for row in session.scalars(select(DriftBaseline))}
    assert kept == {both.asset("sw-1"): {"S1"}, both.asset("sw-2"): {"S2"}}
    undo(both)
    look_twice(both)
    assert both.drift(ended=True) == []


def test_a_case_of_the_absorbed_record_goes_on_as_the_survivors_and_gets_no_second_ticket(both):
    low_on(both, "sw-2")
    look_twice(both)
    ticket, row = only(both.tickets()), only(both.drift())
    assert row.asset_id == both.asset("sw-2")
    merge(both)
    look_twice(both)
    both.part("Cyan toner", "supply", asset="sw-1", level=5)
    look_twice(both)
    assert [one.id for one in both.tickets()] == [ticket.id]
    assert {one.case_id for one in both.drift()} == {only(both.cases()).id}
    with both.reading() as session:
        shown = worklist.page(session, HOUSE, worklist.Wish()).rows
        assert {(one.asset_id, one.subject) for one in shown} == {
            (both.asset("sw-1"), "Black toner"),
            (both.asset("sw-1"), "Cyan toner"),
        }
        assert len(worklist.of_asset(session, HOUSE, both.asset("sw-1"))) == 2
    undo(both)
    freed = {one.asset_id: one for one in both.drift()}
    assert freed[both.asset("sw-2")].case_id == only(both.cases()).id
    assert (freed[both.asset("sw-1")].case_id, freed[both.asset("sw-1")].state) == (None, DriftState.CONFIRMED)
    look_twice(both)
    assert len(both.tickets()) == 2 and {one.asset_id for one in both.cases()} == set(freed)


def test_two_cases_about_one_thing_end_together(both):
    low_on(both, "sw-1", "sw-2")
    look_twice(both)
    assert len(both.tickets()) == len(both.cases()) == 2
    merge(both)
    look_twice(both)
    assert len(both.tickets()) == 2 and {row.times_seen for row in both.drift()} == {4}
    for name in ("sw-1", "sw-2"):
        both.part("Black toner", "supply", asset=name, level=90)
    look_twice(both)
    assert both.drift() == [] and all(case.ended_at for case in both.cases())
    assert {ticket.category for ticket in both.tickets()} == {StateCategory.RESOLVED}


def test_what_is_accepted_of_a_merged_record_is_accepted_of_the_thing(both):
    low_on(both, "sw-2")
    look_twice(both)
    merge(both)
    found = only(both.drift()).id
    with both.work(DISCOVERY) as unit:
        rows = drift_to_change(HOUSE, [found])
        assert accept(HOUSE, rows, "spare is ordered", now=unit.now) == 1
    assert both.drift() == [] and only(both.tickets()).category is StateCategory.RESOLVED


def test_what_is_planned_for_a_merged_record_is_planned_for_the_thing(both):
    absorbed = both.asset("sw-2")
    with both.work() as unit:
        row = ExpectedChange(
            organization_id=both.organization_id, asset_id=absorbed, rule_key="",
            until_on=(both.now + timedelta(days=3)).date(), why="new toner",
        )  # fmt: skip
        unit.session.add(row)
    merge(both)
    low_on(both, "sw-1")
    look_twice(both)
    assert both.tickets() == []
    with both.reading() as session:
        assert only(plans.expected_page(session, HOUSE, asset_id=both.asset("sw-1")).rows).asset == "sw-1"


def test_an_absorbed_record_is_not_silent_beside_its_survivor(both):
    both.only_rule(RuleKey.SILENT)
    merge(both)
    both.sweep(FIRST)
    both.sweep(FIRST)
    assert both.drift(ended=True) == []
    both.sweep()
    both.sweep()
    assert [one.asset_id for one in both.drift()] == [both.asset("sw-1")]


def test_two_records_on_a_ticket_are_looked_at_again_once(both):
    low_on(both, "sw-2")
    look_twice(both)
    ticket = only(both.tickets())
    merge(both)
    survivor = both.asset("sw-1")
    with both.work(DISCOVERY) as unit:
        assert reprobe.ask(DISCOVERY, ticket.id, None, now=unit.now) == 1
        assert reprobe.ask(DISCOVERY, ticket.id, None, now=unit.now) == 0
        assert unit.session.scalars(select(Reprobe.asset_id)).all() == [survivor]
