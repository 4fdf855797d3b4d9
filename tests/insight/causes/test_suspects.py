"""From several tickets below one switch to a suspect, an incident, a banner, and its end."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from itsm.assets.models import Asset
from itsm.discovery.enums import MatchState, SweepState
from itsm.discovery.events import SweepFinished
from itsm.discovery.models import Match, Sighting, Sweep
from itsm.infra.journal import JournalRow
from itsm.insight.causes.enums import SuspectState
from itsm.insight.causes.models import Banner, Suspect, SuspectTicket
from itsm.insight.causes.services import suspects
from itsm.insight.causes.subscribers import look_above, look_again
from itsm.tickets.enums import LinkKind, StateCategory
from itsm.tickets.events import TicketFiled
from itsm.tickets.models import Link, Participant, Ticket
from itsm.tickets.services import lifecycle
from tests.application import NOON
from tests.factories.discovery import NetworkFactory
from tests.insight.causes.test_panels import HOUR


def hear(app, reading, number):
    """Deliver the fact that a ticket was filed, as the job engine does."""
    with reading() as session:
        ticket_id = session.scalars(select(Ticket.id).where(Ticket.number == number)).one()
    with app.app_context():
        look_above(TicketFiled(at=NOON, ticket_id=ticket_id, entry_id=1), "delivery")
    return ticket_id


def sweep_without(site, work, name, *, last_seen, began, addresses=None):
    """Note that a sweep of a device's network began after the device answered last."""
    with work() as unit:
        network = NetworkFactory(organization=None, organization_id=site.desk.organization_id)
        seen = Sighting(
            network_id=network.id, address="10.0.0.2", content_hash="x", wire=1, raw=b"", taken_at=last_seen,
            last_seen_at=last_seen,
        )  # fmt: skip
        unit.session.add(seen)
        unit.session.flush()
        match = Match(
            organization_id=site.desk.organization_id, sighting_id=seen.id, asset_id=site.ids[name],
            state=MatchState.MATCHED,
        )  # fmt: skip
        sweep = Sweep(
            organization_id=site.desk.organization_id, network_ids=[network.id], state=SweepState.FINISHED,
            started_at=began, finished_at=began + timedelta(minutes=2), addresses=addresses,
        )  # fmt: skip
        unit.session.add_all([match, sweep])
        unit.session.flush()
        unit.session.get_one(type(site.asset("spare")), site.ids[name]).last_seen_at = last_seen
        return sweep.id


@pytest.mark.parametrize(("addresses", "silent"), [(None, True), (["10.0.0.77"], False)])
def test_a_look_at_another_address_makes_nobody_silent(site, work, reading, addresses, silent):
    sweep_without(site, work, "lap-12", last_seen=NOON - HOUR, began=NOON - HOUR / 2, addresses=addresses)
    with reading() as session:
        asset = session.get_one(Asset, site.ids["lap-12"])
        assert suspects.silent_since(session, asset) == (NOON - HOUR if silent else None)


def one_suspect(reading):
    with reading() as session:
        return session.scalars(select(Suspect)).one_or_none()


def test_three_tickets_below_one_switch_make_it_suspect_once_however_often_it_is_told(app, site, work, reading):
    numbers = [site.ticket(f"lap-{n}") for n in (12, 13)]
    for number in numbers:
        hear(app, reading, number)
    assert one_suspect(reading) is None
    third = site.ticket("lap-14")
    for _ in range(3):
        hear(app, reading, third)
    found = one_suspect(reading)
    assert (found.asset_id, found.state, found.tickets) == (site.ids["sw-2"], SuspectState.OPEN, 3)
    assert (found.devices, found.looked_at, found.below, found.silent_since) == (3, 3, 6, None)
    assert 0 < found.chance < 0.05
    hear(app, reading, site.ticket("lap-15"))
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(SuspectTicket)) == 4
        assert session.scalars(select(Suspect.tickets)).one() == 4


def test_two_tickets_below_a_silent_switch_say_since_when_and_the_next_sweep_takes_it_back(
    app, site, work, reading, clock
):
    quiet = NOON - timedelta(hours=1, minutes=18)
    sweep_id = sweep_without(site, work, "sw-1", last_seen=quiet, began=NOON - timedelta(minutes=30))
    hear(app, reading, site.ticket("lap-1"))
    hear(app, reading, site.ticket("lap-2"))
    found = one_suspect(reading)
    assert (found.asset_id, found.tickets, found.silent_since) == (site.ids["sw-1"], 2, quiet)
    page = site.desk.tina.get("/insight/strip").get_data(as_text=True)
    assert "2 tickets below" in page and "silent since" in page
    with work() as unit:
        unit.session.get_one(type(site.asset("other")), site.ids["sw-1"]).last_seen_at = NOON
    with app.app_context():
        look_again(SweepFinished(at=NOON, sweep_id=sweep_id, state="finished"), "delivery")
    assert one_suspect(reading).silent_since is None


def test_a_dismissed_suspicion_stays_away_for_a_while_and_is_told_why(app, site, work, reading, clock):
    for n in (12, 13, 14):
        hear(app, reading, site.ticket(f"lap-{n}"))
    suspect_id = one_suspect(reading).id
    assert site.desk.auditor.post(f"/insight/suspects/{suspect_id}/dismissal").status_code == 403
    assert site.desk.stranger.post(f"/insight/suspects/{suspect_id}/dismissal").status_code == 404
    assert site.desk.ana.post(f"/insight/suspects/{suspect_id}/dismissal").status_code == 403
    done = site.desk.tina.post(f"/insight/suspects/{suspect_id}/dismissal", data={"reason": "planned work"})
    assert done.status_code == 303
    found = one_suspect(reading)
    assert (found.state, found.reason) == (SuspectState.DISMISSED, "planned work")
    assert found.decided_by_id == site.desk.tina.actor.person_id
    hear(app, reading, site.ticket("lap-15"))
    assert one_suspect(reading).tickets == 3
    with reading() as session:
        rows = session.scalars(select(JournalRow).where(JournalRow.subject_type == "suspect")).all()
        assert rows[-1].detail["after"]["state"] == "dismissed"
    assert "planned work" in site.desk.tina.get("/insight").get_data(as_text=True)


def test_a_suspicion_is_over_when_no_ticket_comes_for_a_day(app, site, work, reading, clock):
    for n in (12, 13, 14):
        hear(app, reading, site.ticket(f"lap-{n}"))
    assert "sw-2" in site.desk.tina.get("/insight/strip").get_data(as_text=True)
    clock.advance(timedelta(hours=25))
    assert "sw-2" not in site.desk.tina.get("/insight/strip").get_data(as_text=True)
    for n in (15, 16, 17):
        hear(app, reading, site.ticket(f"lap-{n}"))
    with reading() as session:
        states = list(session.scalars(select(Suspect.state).order_by(Suspect.id)))
    assert states == [SuspectState.PAST, SuspectState.OPEN]


def test_others_see_no_suspect_and_no_number(app, site, reading):
    for n in (12, 13, 14):
        hear(app, reading, site.ticket(f"lap-{n}"))
    for path in ("/insight", "/insight/strip"):
        told = site.desk.stranger.get(path).get_data(as_text=True)
        assert "sw-2" not in told and "tickets below" not in told
        assert site.desk.ana.get(path).status_code == 403


def test_one_click_makes_an_incident_of_the_tickets_and_the_portal_says_so(app, site, work, reading):
    numbers = [site.ticket(f"lap-{n}") for n in (12, 13, 14)]
    for number in numbers:
        hear(app, reading, number)
    suspect_id = one_suspect(reading).id
    key = {"idempotency_key": "one-click-one-effect"}
    first = site.desk.tina.post(f"/insight/suspects/{suspect_id}/incident", data=key)
    again = site.desk.tina.post(f"/insight/suspects/{suspect_id}/incident", data=key)
    assert (first.status_code, first.headers["Location"]) == (303, again.headers["Location"])
    number = int(first.headers["Location"].rpartition("/")[2])
    incident = site.desk.ticket(number)
    assert (incident.title, incident.asset_id) == ("Several reports: sw-2", site.ids["sw-2"])
    with reading() as session:
        links = session.execute(select(Link.from_id, Link.kind)).all()
        assert links == [(incident.id, LinkKind.PARENT_OF)] * 3
        found = session.scalars(select(Suspect)).one()
        assert (found.state, found.incident_id) == (SuspectState.CONFIRMED, incident.id)
    fourth = site.ticket("lap-15")
    hear(app, reading, fourth)
    page = site.desk.tina.get(f"/tickets/{fourth}/insight/place").get_data(as_text=True)
    assert f"Add them to #{number}" in page
    site.desk.tina.post(f"/insight/suspects/{suspect_id}/incident")
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Link)) == 4
        assert session.scalar(select(func.count()).select_from(Ticket)) == 5

    shown = site.desk.tina.post(
        f"/tickets/{number}/banner",
        data={"message": "No network in <b>Harrow</b>", "scope": "organization", "hours": "4"},
    )
    assert shown.status_code == 303
    home = site.desk.bo.get("/").get_data(as_text=True)
    assert "No network in &lt;b&gt;Harrow&lt;/b&gt;" in home and "It hits me too" in home
    assert "No network in" in site.desk.bo.get("/report").get_data(as_text=True)
    with reading() as session:
        banner_id = session.scalars(select(Banner.id)).one()
    for _ in range(2):
        assert site.desk.bo.post(f"/known/{banner_id}/joining").status_code == 303
    with reading() as session:
        joined = session.scalars(select(Participant.person_id).where(Participant.ticket_id == incident.id)).all()
    assert joined == [site.desk.bo.actor.person_id]
    home = site.desk.bo.get("/").get_data(as_text=True)
    assert "You are on the list" in home and "It hits me too" not in home
    followed = site.desk.bo.get(f"/requests/{number}").get_data(as_text=True)
    for other in numbers:
        assert f"#{other}" not in followed
    assert "Ana Horvat" not in followed.replace("Tina", "")
    resolved = reading_state(reading, StateCategory.RESOLVED)
    site.desk.does(site.desk.tina, move(resolved), number)
    assert "No network in" not in site.desk.bo.get("/").get_data(as_text=True)


def reading_state(reading, category):
    from itsm.tickets.queries import reference

    with reading() as session:
        return reference.default_state(session, category).id


def move(state_id):
    def verb(actor, ticket, *, now):
        return lifecycle.change_state(actor, ticket, lifecycle.Move(state_id=state_id), now=now)

    return verb
