"""When a device says that its configuration was changed: told in uptimes, kept as a moment, listed until accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from itsm.assets.models import ObservedValue
from itsm.assets.rules.moments import WRAP, is_later
from itsm.demo.fleet import Fleet
from itsm.discovery.enums import TargetResult
from itsm.discovery.knowledge import configuration_changed
from itsm.discovery.models import Sighting, TargetOutcome
from itsm.discovery.runner import SweepRunner
from itsm.discovery.wire import OCTETS_HEX, TICKS, Varbind
from itsm.insight.drift.enums import DriftState, RuleKey
from itsm.insight.drift.models import MaintenanceWindow
from itsm.insight.drift.services import decisions, planning
from itsm.kernel.actor import Role
from tests.application import NOON, only
from tests.discovery.services.test_intake import report
from tests.discovery.test_runner import queue
from tests.insight.drift.conftest import DISCOVERY

UPTIME, RUNNING = "1.3.6.1.2.1.1.3.0", "1.3.6.1.4.1.9.9.43.1.1.1.0"
JUNIPER, HARDWARE = "1.3.6.1.4.1.2636.3.18.1.3.0", "1.3.6.1.2.1.47.1.4.1.0"
BOOT = NOON - timedelta(days=40)


def told(at, changed, *, boot=BOOT, **more):
    """Return the switch's report of a moment: up since ``boot``, its configuration changed at another."""
    rows = [Varbind(UPTIME, TICKS, str(int((at - boot).total_seconds() * 100)))]
    if changed is not None:
        rows.append(Varbind(RUNNING, TICKS, str(int((changed - boot).total_seconds() * 100))))
    seen = report(**more)
    return replace(seen, taken_at=at.isoformat(), varbinds=(*seen.varbinds, *rows))


def moment(*rows, at=NOON):
    found = configuration_changed(replace(report(), taken_at=at.isoformat(), varbinds=rows))
    return {one.what: one.at for one in found}


def test_moments_follow_from_uptimes_and_dates():
    up = Varbind(UPTIME, TICKS, "8640000")
    assert moment(up, Varbind(RUNNING, TICKS, "8280000")) == {"running": NOON - timedelta(hours=1)}
    both = moment(up, Varbind(RUNNING, TICKS, "8640250"), Varbind(HARDWARE, TICKS, "4320000"))
    assert both == {"running": NOON, "hardware": NOON - timedelta(hours=12)}
    # The counter began again since: 10 minutes before that and 10 after.
    wrapped = moment(Varbind(UPTIME, TICKS, "60000"), Varbind(RUNNING, TICKS, str(2**32 - 60000)))
    assert wrapped == {"running": NOON - timedelta(minutes=20)}
    assert moment(Varbind(JUNIPER, OCTETS_HEX, "07ea0118093005002b0100")) == {
        "running": datetime(2026, 1, 24, 8, 48, 5, tzinfo=UTC)
    }


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(RUNNING, "5")],
        [(UPTIME, "8640000"), (RUNNING, "0")],
        [(UPTIME, "8640000"), (RUNNING, "4000")],
        [(UPTIME, "soon"), (RUNNING, "900000")],
        [(UPTIME, "8640000"), (RUNNING, "-900000")],
        [(UPTIME, "8640000"), (RUNNING, str(2**40))],
        [(JUNIPER, "")],
        [(JUNIPER, "2026-11-24 09:48")],
    ],
)
def test_a_boot_and_nonsense_are_no_change(rows):
    assert moment(*(Varbind(oid, TICKS, value) for oid, value in rows)) == {}


def test_jitter_and_drift_are_no_other_moment():
    then = NOON - timedelta(days=100)
    assert [is_later(then + timedelta(seconds=s), then, now=NOON) for s in (-400, 3, 900, 1900)] == [0, 0, 0, 1]
    assert is_later(NOON - timedelta(minutes=2), then, now=NOON)
    assert not is_later(then + WRAP, then, now=then + WRAP + timedelta(hours=1))


@pytest.fixture
def watched(office):
    """Give the office, whose switch was seen once and says that it was changed ten days before."""
    office.only_rule(RuleKey.CONFIGURATION_CHANGED)
    office.sweep(told(NOON, NOON - timedelta(days=10)))
    assert office.drift() == []
    return office


def next_sweep(office):
    return office.now + timedelta(hours=1)


def test_a_change_is_told_at_once_although_nothing_else_is_new(watched):
    for jitter in (0, 4, -3):
        watched.sweep(told(next_sweep(watched), NOON - timedelta(days=10, seconds=jitter)))
        assert watched.drift() == []
    at = next_sweep(watched) - timedelta(minutes=10)
    watched.sweep(told(next_sweep(watched), at))
    with watched.reading() as session:
        assert len(session.scalars(select(Sighting.id)).all()) == 1
        assert (
            session.scalars(select(TargetOutcome.result).order_by(TargetOutcome.id.desc())).first() is TargetResult.SAME
        )
        values = select(ObservedValue).where(ObservedValue.field == "configuration_changed").order_by(ObservedValue.id)
        old, new = session.scalars(values)
        assert (old.times_seen, old.ended_at, new.ended_at) == (4, watched.now, None)
        assert (new.value, new.rule) == (at.isoformat(), "ccmHistoryRunningLastChanged")
    found = only(watched.drift())
    assert (found.subject, found.state) == ("running", DriftState.TICKETED)
    assert (found.before, found.after) == (
        f"{NOON - timedelta(10):%Y-%m-%d %H:%M:%S} UTC",
        f"{at:%Y-%m-%d %H:%M:%S} UTC",
    )
    watched.sweep(told(next_sweep(watched), at))
    assert only(watched.drift()).times_seen == 2


def test_it_stands_until_somebody_accepts_it_and_a_reboot_is_none(watched, sign_in):
    at = next_sweep(watched) - timedelta(minutes=10)
    watched.sweep(told(next_sweep(watched), at))
    rebooted = next_sweep(watched) - timedelta(minutes=30)
    watched.sweep(told(next_sweep(watched), rebooted + timedelta(seconds=40), boot=rebooted))
    found = only(watched.drift())
    tina = sign_in(Role.TECHNICIAN, organization=watched.organization_id)
    page = tina.get(f"/assets/{watched.asset()}").text
    assert "Configuration changed" in page
    with watched.work(tina.actor) as unit:
        rows = decisions.drift_to_change(tina.actor, [found.id])
        assert decisions.accept(tina.actor, rows, "the new VLAN", now=unit.now) == 1
    watched.sweep(told(next_sweep(watched), rebooted + timedelta(seconds=40), boot=rebooted))
    assert watched.drift() == []
    watched.sweep(told(next_sweep(watched), None, boot=rebooted))
    assert watched.drift() == []


def test_what_was_changed_in_maintenance_is_as_it_should_be_also_when_it_is_seen_later(watched):
    with watched.work() as unit:
        begins = watched.now + timedelta(minutes=5)
        window = MaintenanceWindow(organization_id=watched.organization_id, why="VLANs", starts_at=begins, weekly={})
        window.ends_at = begins + timedelta(minutes=20)
        unit.session.add(window)
    at = watched.now + timedelta(minutes=10)
    watched.sweep(told(next_sweep(watched), at))
    assert watched.drift(ended=True) == []
    watched.sweep(told(next_sweep(watched), next_sweep(watched) - timedelta(minutes=10)))
    assert len(watched.drift()) == 1


def test_an_expected_change_is_accepted(watched):
    with watched.work() as unit:
        key = RuleKey.CONFIGURATION_CHANGED
        planning.expect_change(
            DISCOVERY, watched.asset(), rule_key=key, until_on=date(2030, 1, 1), why="VLANs", now=unit.now
        )
    watched.sweep(told(next_sweep(watched), next_sweep(watched) - timedelta(minutes=10)))
    assert (watched.drift(), only(watched.drift(ended=True)).state) == ([], DriftState.ACCEPTED)


def test_a_switch_of_the_fleet_tells_what_a_story_does_to_it(app, work, reading, clock, tmp_path):
    def values():
        with reading() as session:
            wanted = select(ObservedValue.value).where(ObservedValue.field == "configuration_changed")
            return [datetime.fromisoformat(one) for one in session.scalars(wanted.order_by(ObservedValue.id))]

    clock.moment = datetime.now(UTC)
    with Fleet(tmp_path, net="127.43.33.0/24") as fleet:
        assert SweepRunner(queue(work, fleet), app.app_context).run()
        assert SweepRunner(queue(work, fleet), app.app_context).run()
        before = values()
        fleet.change("core-sw1", "configured", 1)
        assert SweepRunner(queue(work, fleet), app.app_context).run()
    new = only(set(values()) - set(before))
    assert len(before) >= 1 and abs(datetime.now(UTC) - new) < timedelta(minutes=2)
