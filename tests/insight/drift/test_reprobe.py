"""Looking again after the fix: the address of the device is swept once more and the ticket is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from itsm.discovery.enums import SweepState, TargetResult
from itsm.discovery.models import Network, Sweep, TargetOutcome
from itsm.discovery.services.exclusions import ExclusionFacts, exclude
from itsm.discovery.services.orders import order_for
from itsm.discovery.services.sweeps import end_sweep, queue_sweep
from itsm.insight.drift import subscribers, tasks
from itsm.insight.drift.enums import RuleKey
from itsm.insight.drift.models import Reprobe
from itsm.kernel.actor import Role
from itsm.kernel.errors import RuleBroken
from itsm.tickets.events import TicketResolved
from itsm.tickets.queries import ticket_to_change
from itsm.tickets.services import lifecycle
from itsm.tickets.services.filing import NewTicket, file
from tests.application import only
from tests.discovery.services.test_intake import report
from tests.insight.drift.conftest import DISCOVERY


@pytest.fixture
def resolved(app, seen, sign_in):
    """Give the office, and what resolves a ticket about its switch as a technician does; returns the ticket's id."""
    tina = sign_in(Role.TECHNICIAN, organization=seen.organization_id, name="Tina")
    seen.part("/var", "filesystem", level=91)

    def resolve(actor=None):
        asset_id, who = seen.asset(), actor or tina.actor
        with seen.work(tina.actor) as unit:
            wish = NewTicket(title="Disk full", body="Help", asset_ids=(asset_id,))
            number = file(tina.actor, wish, now=unit.now).number
        with seen.work(who) as unit:
            lifecycle.resolve(who, ticket_to_change(who, number), now=unit.now)
            event = only(one for one in unit.events if isinstance(one, TicketResolved))
        with app.app_context():
            subscribers.look_again(event, "1")
            subscribers.look_again(event, "1")
            tasks.begin_looks()
        return event.ticket_id

    return resolve


def ended(office, app, *, answers: bool) -> None:
    """Let the queued sweep end."""
    with office.work(DISCOVERY) as unit:
        sweep = unit.session.scalars(select(Sweep).where(Sweep.state == SweepState.QUEUED)).one()
        if answers:
            outcome = {"sweep_id": sweep.id, "network_id": office.network_id, "address": "10.0.0.1", "at": unit.now}
            unit.session.add(TargetOutcome(**outcome, result=TargetResult.SAME))
        end_sweep(sweep, SweepState.FINISHED, now=unit.now)
        (event,) = unit.events
    with app.app_context():
        subscribers.tell_outcome(event, "2")
        subscribers.tell_outcome(event, "2")


def test_one_address_is_swept_and_the_ticket_told(app, seen, resolved):
    ticket_id = resolved()
    with seen.reading() as session:
        sweep = session.scalars(select(Sweep).where(Sweep.state == SweepState.QUEUED)).one()
        assert (sweep.addresses, sweep.network_ids) == (["10.0.0.1"], [seen.network_id])
        order = order_for(
            session, session.get_one(Network, seen.network_id), now=seen.clock.moment, only=["10.0.0.1", "10.9.9.9"]
        )
        assert list(order.addresses) == ["10.0.0.1"]
    seen.part("/var", "filesystem", level=40)
    ended(seen, app, answers=True)
    assert [(one["event"], one.get("rows")) for one in seen.told(ticket_id)] == [
        ("look_queued", None),
        ("look_answers", [["/var", "91 %", "40 %"]]),
    ]


def test_a_look_again_keeps_no_sweep_of_the_network_away(seen, resolved):
    resolved()
    with seen.work(DISCOVERY) as unit:
        network = unit.session.get_one(Network, seen.network_id)
        with pytest.raises(RuleBroken):
            queue_sweep(DISCOVERY, [network], now=unit.now, addresses=["10.0.0.1"])
        assert queue_sweep(DISCOVERY, [network], now=unit.now).addresses is None


def test_silence_is_told_too(app, seen, resolved):
    ticket_id = resolved()
    ended(seen, app, answers=False)
    assert [one["event"] for one in seen.told(ticket_id)] == ["look_queued", "look_silent"]


def test_what_the_house_resolved_is_not_looked_at_again(seen, resolved):
    resolved(DISCOVERY)
    with seen.reading() as session:
        assert session.scalars(select(Reprobe)).all() == []


def test_a_closed_window_is_waited_for_and_given_up_after_a_day(app, seen, resolved):
    with seen.work() as unit:
        network = unit.session.get_one(Network, seen.network_id)
        network.windows = [{"days": [6], "from": "01:00", "to": "02:00"}]
    ticket_id = resolved()
    with seen.reading() as session:
        assert session.scalars(select(Reprobe)).one().sweep_id is None
    seen.clock.moment = seen.now + timedelta(hours=25)
    with app.app_context():
        tasks.begin_looks()
    told = seen.told(ticket_id)
    assert [one["event"] for one in told] == ["look_queued", "look_failed"]
    assert "window for sweeps is closed" in told[1]["what"]


def test_a_look_at_one_address_says_nothing_about_the_others(seen):
    seen.only_rule(RuleKey.SILENT, confirmations=1)
    sweep_id = seen.sweep(report(address="10.0.0.2", serial="FOC9999Z9ZZ", name="sw-2"), look=False)
    with seen.work() as unit:
        unit.session.get_one(Sweep, sweep_id).addresses = ["10.0.0.2"]
    seen.look(sweep_id)
    assert seen.drift() == []


def test_what_nothing_may_ask_is_given_up_with_the_reason_and_is_not_silent(seen, resolved):
    seen.only_rule(RuleKey.SILENT, confirmations=1)
    with seen.work() as unit:
        facts = ExclusionFacts(ranges=["10.0.0.1"], reason="the press stops")
        exclude(DISCOVERY, None, facts, now=unit.now)
    ticket_id = resolved()
    assert [(one["event"], one.get("what")) for one in seen.told(ticket_id)] == [
        ("look_queued", None),
        ("look_failed", "10.0.0.1 must not be asked: the press stops"),
    ]
    seen.sweep()
    assert seen.drift() == []
