"""The pages of drift: what stands there, who gets it, and what they change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from itsm.assets.models import Component
from itsm.infra.db import db
from itsm.infra.journal import JournalRow
from itsm.insight.drift import sentences
from itsm.insight.drift.enums import DriftState, RuleKey
from itsm.insight.drift.models import DriftBaseline, DriftRule, ExpectedChange, MaintenanceWindow
from itsm.kernel.actor import Role
from tests.application import only
from tests.discovery.services.test_intake import report
from tests.factories.org import OrganizationFactory


@pytest.fixture
def statements(app):
    """Give ``statements(browser, path)``: how many statements the second call of a page takes."""
    told = []
    with app.app_context():
        engine = db.engine

    def tell(_conn, _cursor, statement, *_rest):
        told.append(statement)

    def counted(browser, path):
        browser.get(path)
        told.clear()
        assert browser.get(path).status_code == 200
        return len(told)

    event.listen(engine, "before_cursor_execute", tell)
    yield counted
    event.remove(engine, "before_cursor_execute", tell)


@pytest.fixture
def tina(seen, sign_in):
    return sign_in(Role.TECHNICIAN, organization=seen.organization_id, name="Tina")


@pytest.fixture
def low(seen):
    """Give the office with a printer supply that has its ticket."""
    seen.only_rule(RuleKey.SUPPLIES_LOW, kinds=[])
    seen.part("Black <b>toner</b>", "supply", level=8)
    seen.sweep(report())
    seen.sweep(report())
    return seen


def test_the_worklist_shows_what_stands_and_accepts_many(low, tina):
    ticket = only(low.tickets())
    page = tina.get("/insight/drift").text
    assert "Supplies low" in page and f"#{ticket.number}" in page
    assert "Black &lt;b&gt;toner&lt;/b&gt;" in page and "<b>toner" not in page
    assert "Nothing matches" in tina.get("/insight/drift?state=suspected").text
    assert "sw-1" in tina.get("/insight/drift?q=TONER&rule=supplies_low").text
    row = only(low.drift())
    shown = tina.get(f"/insight/drift/{row.id}").text
    assert "&gt; 10 %" in shown and "/discovery/sightings/" in shown
    answer = tina.post("/insight/drift/acceptance", data={"ids": row.id, "why": "Enough for us"})
    assert answer.status_code == 303
    assert only(low.drift(ended=True)).state is DriftState.ACCEPTED
    assert tina.post("/insight/drift/acceptance", data={"ids": 4711}).status_code == 404
    with low.reading() as session:
        line = session.scalars(select(JournalRow).where(JournalRow.subject_type == "drift")).one()
        assert (line.action, line.detail["after"]["why"]) == ("accepted", "Enough for us")


def test_the_worklist_takes_few_statements(low, tina, statements):
    first = statements(tina, "/insight/drift")
    asset_id = low.asset()
    with low.work() as unit:
        for n in range(20):
            part = {"asset_id": asset_id, "kind": "supply", "level": 1, "key": f"s{n}", "first_seen_at": unit.now}
            unit.session.add(Component(name=f"Supply {n}", **part))
    low.sweep(report())
    low.sweep(report())
    assert statements(tina, "/insight/drift") == first <= 6


def test_the_ticket_and_the_asset_show_it_and_the_portal_does_not(low, tina, sign_in):
    number = only(low.tickets()).number
    card = tina.htmx(f"/insight/drift/tickets/{number}", "drift_card")
    assert "8 %" in card.text and "<html" not in card.text
    assert f"/insight/drift/tickets/{number}" in tina.get(f"/tickets/{number}").text
    assert "8 %" in tina.get(f"/assets/{low.asset()}/drift").text
    ana = sign_in(organization=low.organization_id, name="Ana")
    assert ana.get("/insight/drift").status_code == 403
    assert ana.get(f"/insight/drift/tickets/{number}").status_code == 403
    assert ana.get(f"/assets/{low.asset()}/drift").status_code in (403, 404)
    with low.work():
        other = OrganizationFactory(name="Other").id
    sid = sign_in(Role.TECHNICIAN, organization=other, name="Sid")
    row = only(low.drift())
    assert sid.get(f"/insight/drift/{row.id}").status_code == 404
    assert sid.post("/insight/drift/acceptance", data={"ids": row.id}).status_code == 404
    assert "Supplies low" not in sid.get("/insight/drift").text


def rule_form(**values):
    return {
        "enabled": "1",
        "confirmations": 3,
        "threshold": 20,
        "impact": "high",
        "urgency": "low",
        "kinds": ["printer"],
        "cap_per_hour": 5,
        "quiet_days": 7,
        **values,
    }


def test_an_administrator_changes_a_rule_and_a_stale_form_is_refused(seen, sign_in, tina):
    ada = sign_in(Role.ADMINISTRATOR, name="Ada")
    page = ada.get("/insight/drift/rules/supplies_low")
    assert "Save the rule" in page.text and "Save the rule" not in tina.get("/insight/drift/rules/supplies_low").text
    with seen.reading() as session:
        version = session.scalars(select(DriftRule.version).where(DriftRule.key == "supplies_low")).one()
    assert ada.post("/insight/drift/rules/supplies_low", data=rule_form(version=version)).status_code == 303
    with seen.reading() as session:
        row = session.scalars(select(DriftRule).where(DriftRule.key == "supplies_low")).one()
        assert (row.threshold, row.confirmations, row.kinds, row.opens_ticket) == (20, 3, ["printer"], False)
        wanted = select(JournalRow).where(JournalRow.subject_type == "drift_rule", JournalRow.action == "changed")
        assert session.scalars(wanted).one().detail["after"]["threshold"] == 20
    stale = ada.post("/insight/drift/rules/supplies_low", data=rule_form(version=version, threshold=33))
    assert stale.status_code == 409 and 'value="33"' in stale.text
    wrong = ada.post("/insight/drift/rules/supplies_low", data=rule_form(confirmations=0))
    assert wrong.status_code == 422
    assert ada.get("/insight/drift/rules/unheard_of").status_code == 404
    assert tina.post("/insight/drift/rules/supplies_low", data=rule_form()).status_code == 403
    assert ada.post("/insight/drift/rules/supplies_low/switch").status_code == 303
    with seen.reading() as session:
        assert not session.scalars(select(DriftRule.enabled).where(DriftRule.key == "supplies_low")).one()


def test_a_trial_tells_what_would_follow_and_writes_nothing(seen, tina):
    seen.rule(RuleKey.SUPPLIES_LOW, kinds=[])
    seen.part("Black toner", "supply", level=8)
    page = tina.get("/insight/drift/rules/supplies_low/trial").text
    assert "It would open 1 ticket." in page and "Black toner" in page
    assert (seen.drift(ended=True), seen.tickets()) == ([], [])
    quiet = tina.get("/insight/drift/rules/silent/trial").text
    assert "It would find nothing" in quiet


def test_a_rule_is_told_in_sentences_before_it_is_saved(seen, sign_in, tina):
    ada = sign_in(Role.ADMINISTRATOR, name="Ada")
    said = "When a supply is at 10 % or less, in 2 sweeps in a row."
    assert said in tina.get("/insight/drift/rules").text
    assert said in tina.get("/insight/drift/rules/supplies_low").text
    trial = "/insight/drift/rules/supplies_low/trial"
    alone = {"HX-Request": "true", "HX-Target": "div#rule_preview"}
    typed = rule_form(threshold=7, confirmations=1, opens_ticket="1", tells_custodian="1", cap_per_hour=1)
    shown = ada.post(trial, data=typed, headers=alone).text
    assert "When a supply is at 7 % or less, in 1 sweep." in shown
    assert (
        "One ticket a device is opened: impact high, urgency low. Who holds the device is told. "
        "More than 1 ticket an hour becomes a single one. What comes back within 7 days reopens its ticket."
    ) in shown
    assert "It stands in the worklist; no ticket is opened." in ada.post(trial, data=rule_form(), headers=alone).text
    unfinished = ada.post(trial, data=rule_form(confirmations=""), headers=alone)
    assert (unfinished.status_code, "When a supply" in unfinished.text) == (200, False)
    seen.rule(RuleKey.SUPPLIES_LOW, kinds=[])
    seen.part("Black toner", "supply", level=15)
    found = ada.post(trial, data=rule_form(kinds=[], opens_ticket="1"))
    assert "not saved" in found.text and "It would open 1 ticket." in found.text
    assert "It would find nothing" in ada.get(trial).text
    assert ada.post(trial, data=rule_form(confirmations=0)).status_code == 422
    assert tina.post(trial, data=rule_form()).status_code == 403
    assert (seen.drift(ended=True), seen.tickets()) == ([], [])


@pytest.mark.parametrize(("threshold", "said"), [("", "Please fill this in."), ("101", "A percentage is at most 100.")])
def test_a_threshold_that_means_nothing_is_refused(seen, sign_in, threshold, said):
    ada = sign_in(Role.ADMINISTRATOR, name="Ada")
    refused = ada.post("/insight/drift/rules/disk_full", data=rule_form(threshold=threshold))
    assert (refused.status_code, said in refused.text) == (422, True)
    assert ada.post("/insight/drift/rules/silent", data=rule_form(threshold="")).status_code == 303
    assert ada.get("/insight/drift/rules/silent").status_code == 200


def test_every_rule_has_its_sentence():
    named = [key for _title, keys in sentences.groups() for key in keys]
    assert sorted(named) == sorted(RuleKey)
    for key in RuleKey:
        assert sentences.condition(key, 3).startswith("When ")


def test_maintenance_holds_everything_still(seen, tina):
    seen.only_rule(RuleKey.SUPPLIES_LOW, kinds=[])
    seen.part("Black toner", "supply", level=8)
    form = {"why": "Move", "starts_at": "2026-11-23T12:30", "ends_at": "2026-11-23T15:30", "time_zone": "UTC"}
    assert tina.post("/insight/drift/plans/maintenance", data=form).status_code == 303
    seen.sweep(report())
    seen.sweep(report())
    assert seen.drift() == []
    page = tina.get("/insight/drift/plans").text
    assert "Move" in page and "everything" in page
    with seen.reading() as session:
        window = session.scalars(select(MaintenanceWindow)).one()
    assert tina.post(f"/insight/drift/plans/maintenance/{window.id}/end").status_code == 303
    assert tina.post(f"/insight/drift/plans/maintenance/{window.id}/end").status_code == 409
    seen.sweep(report())
    assert only(seen.drift()).state is DriftState.SUSPECTED


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"ends_at": ""}, "Say from when"),
        ({"ends_at": "2026-11-23T10:00"}, "after the beginning"),
        ({"days": ["0"], "clock_from": "19:00", "clock_to": "late"}, "Every week needs"),
        ({"time_zone": "Mars/Olympus"}, "no time zone"),
        ({"time_zone": "Europe"}, "no time zone"),
        ({"time_zone": "../../etc/hostname"}, "no time zone"),
    ],
)
def test_maintenance_that_never_is_is_refused(seen, tina, given, field):
    form = {"why": "Move", "starts_at": "2026-11-23T12:30", "ends_at": "2026-11-23T15:30", "time_zone": "UTC"}
    answer = tina.post("/insight/drift/plans/maintenance", data=form | given)
    assert answer.status_code == 422 and field in answer.text


def test_an_expected_change_becomes_the_baseline_without_a_ticket(seen, tina):
    seen.part("sda", "disk", serial="S3Z1NB0K", size=512_000_000_000)
    with seen.work() as unit:
        for row in unit.session.scalars(select(DriftBaseline)):
            unit.session.delete(row)
    seen.only_rule(RuleKey.DISK_CHANGED)
    seen.sweep(report())
    until = (seen.now + timedelta(days=3)).date()
    form = {"asset_id": seen.asset(), "rule_key": "disk_changed", "until_on": until, "why": "Gets a bigger disk"}
    assert tina.post("/insight/drift/plans/changes", data=form).status_code == 303
    seen.part("sda", "disk", serial="WD-7788")
    seen.sweep(report())
    seen.sweep(report())
    assert seen.tickets() == []
    assert {(row.state, row.why) for row in seen.drift(ended=True)} == {(DriftState.ACCEPTED, "Gets a bigger disk")}
    seen.sweep(report())
    assert seen.drift() == []
    with seen.reading() as session:
        change = session.scalars(select(ExpectedChange)).one()
        assert change.met_at is not None
    assert "Gets a bigger disk" in tina.get(f"/assets/{seen.asset()}/drift").text
    assert tina.post(f"/insight/drift/plans/changes/{change.id}/end").status_code == 303
