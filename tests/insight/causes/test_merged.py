"""What a ticket learns of its device holds for a thing that was written down twice."""

import pytest
from sqlalchemy import select

from itsm.assets.enums import AssetKind, RelationshipType
from itsm.assets.models import Address, Asset, MergeRecord, Relationship
from itsm.assets.services import merging
from itsm.infra.db import db
from itsm.infra.unit import current_unit
from itsm.insight.causes.enums import SuspectState
from itsm.insight.causes.models import Suspect, SuspectTicket
from itsm.insight.causes.queries import impact
from itsm.insight.causes.queries.story import record_of
from itsm.insight.causes.services import suspects
from itsm.kernel.actor import Actor
from itsm.tickets.models import Ticket
from tests.application import NOON, only
from tests.insight.causes.test_panels import HOUR
from tests.insight.causes.test_suspects import hear, one_suspect

HOUSE = Actor.house()


def merge(site, survivor, absorbed):
    with site.work() as unit:
        ends = [unit.session.get_one(Asset, site.ids[name]) for name in (survivor, absorbed)]
        merging.merge(HOUSE, *ends, merging.Merging(sure=True), now=NOON)


def undo(site):
    with site.work() as unit:
        row = unit.session.scalars(select(MergeRecord).where(MergeRecord.undone_at.is_(None))).one()
        merging.undo(HOUSE, unit.session.get_one(Asset, row.survivor_id), row, now=NOON)


def view_of(app, site, name):
    with app.app_context():
        return impact.view(db.session(), HOUSE, db.session.get_one(Asset, site.ids[name]))


@pytest.fixture
def twice(site):
    """Give the site with sw-1 in the register a second time: bought, and declared to hang on the router."""
    with site.work():
        site.asset("bought", AssetKind.SWITCH)
        site.cable("bought", "r1", source="declared")
        site.asset("printer", AssetKind.PRINTER)
        site.cable("printer", "bought", "Gi0/40", source="declared")
    return site


def test_impact_counts_a_merged_switch_once_with_what_hangs_on_both_records(app, twice):
    before = {name: view_of(app, twice, name).reach for name in ("r1", "sw-1", "bought")}
    assert [one.fails for one in before.values()] == [22, 12, 1]
    twice.ticket("bought")
    merge(twice, "sw-1", "bought")
    after = view_of(app, twice, "sw-1")
    assert (after.reach.fails, after.reach.tickets) == (13, 1)
    assert {line.asset.name for line in after.fails} >= {"printer", "lap-0"}
    assert [one.name for one in after.above] == ["r1"]
    whole = view_of(app, twice, "r1")
    assert whole.reach.fails == 21 and "bought" not in {line.asset.name for line in whole.fails}
    undo(twice)
    assert {name: view_of(app, twice, name).reach.fails for name in before} == {"r1": 22, "sw-1": 12, "bought": 1}


def test_tickets_on_both_records_of_a_laptop_are_of_one_device(app, twice, reading):
    with twice.work():
        twice.asset("ana-bought")
    merge(twice, "lap-12", "ana-bought")
    for device in ("lap-12", "ana-bought"):
        hear(app, reading, twice.ticket(device))
    assert one_suspect(reading) is None  # two reports of one laptop say nothing of its switch
    for number in (13, 14):
        hear(app, reading, twice.ticket(f"lap-{number}"))
    assert one_suspect(reading).devices == 3


def test_a_suspicion_of_the_absorbed_goes_on_as_the_survivors(app, twice, reading):
    for number in (12, 13, 14):
        hear(app, reading, twice.ticket(f"lap-{number}"))
    with twice.work():
        twice.asset("sw-2 bought", AssetKind.SWITCH)
    merge(twice, "sw-2 bought", "sw-2")
    hear(app, reading, twice.ticket("lap-15"))
    found = one_suspect(reading)
    assert (found.asset_id, found.tickets, found.state) == (twice.ids["sw-2"], 4, SuspectState.OPEN)
    page = twice.desk.tina.get("/insight/strip").get_data(as_text=True)
    assert "sw-2 bought" in page and f'/assets/{twice.ids["sw-2"]}"' not in page


def test_of_two_suspicions_about_one_thing_one_goes_on_with_all_tickets(app, twice, reading):
    for number in (12, 13, 14):
        hear(app, reading, twice.ticket(f"lap-{number}"))
    other = twice.ticket("bought")
    with twice.work() as unit:
        row = Suspect(
            organization_id=twice.desk.organization_id, asset_id=twice.ids["bought"], state=SuspectState.OPEN,
            first_ticket_at=NOON, last_ticket_at=NOON,
        )  # fmt: skip
        unit.session.add(row)
        unit.session.flush()
        ticket_id = unit.session.scalars(select(Ticket.id).where(Ticket.number == other)).one()
        unit.session.add(SuspectTicket(suspect_id=row.id, ticket_id=ticket_id, added_at=NOON))
    merge(twice, "sw-2", "bought")
    with reading() as session:
        states = {row.asset_id: row.state for row in session.scalars(select(Suspect))}
        assert states == {twice.ids["sw-2"]: SuspectState.OPEN, twice.ids["bought"]: SuspectState.PAST}
        alive = session.scalars(select(Suspect).where(Suspect.state == SuspectState.OPEN)).one()
        below = select(SuspectTicket).where(SuspectTicket.suspect_id == alive.id)
        assert len(session.scalars(below).all()) == 4
    with twice.work():
        suspects.look_again(twice.desk.organization_id, now=NOON)


def suspicions(reading):
    """Return what stands of suspicions and their tickets, whatever their versions."""
    with reading() as session:
        rows = [
            tuple(
                getattr(row, one.name) for one in Suspect.__table__.columns if one.name not in ("version", "updated_at")
            )
            for row in session.scalars(select(Suspect).order_by(Suspect.id))
        ]
        below = session.execute(
            select(SuspectTicket.suspect_id, SuspectTicket.ticket_id, SuspectTicket.joined_from_id).order_by(
                SuspectTicket.suspect_id, SuspectTicket.ticket_id
            )
        ).all()
        return rows, below


def suspect_with(twice, name, *numbers, **more):
    """Make a device suspect for some tickets."""
    with twice.work() as unit:
        tickets = unit.session.scalars(select(Ticket).where(Ticket.number.in_(numbers))).all()
        row = Suspect(
            organization_id=twice.desk.organization_id, asset_id=twice.ids[name], tickets=len(tickets),
            first_ticket_at=min(one.created_at for one in tickets),
            last_ticket_at=max(one.created_at for one in tickets), **more,
        )  # fmt: skip
        unit.session.add(row)
        unit.session.flush()
        for one in tickets:
            unit.session.add(SuspectTicket(suspect_id=row.id, ticket_id=one.id, added_at=NOON))
        return row.id


def test_each_of_two_suspicions_has_its_own_tickets_again_when_the_merge_is_undone(app, twice, reading):
    shared, *numbers = (twice.ticket(f"lap-{n}") for n in (12, 13, 14, 15))
    suspect_with(twice, "sw-2", shared, numbers[0])
    second = suspect_with(twice, "bought", shared, *numbers[1:])
    before = suspicions(reading)
    merge(twice, "sw-2", "bought")
    assert len([row for row in suspicions(reading)[1] if row.joined_from_id == second]) == 2
    undo(twice)
    assert suspicions(reading) == before


def test_suspicions_of_three_records_come_apart_in_any_order_and_a_decision_stands(app, twice, reading):
    numbers = [twice.ticket(f"lap-{n}") for n in (12, 13, 14)]
    ids = [suspect_with(twice, name, number) for name, number in zip(("sw-1", "sw-2", "bought"), numbers, strict=True)]
    before = suspicions(reading)
    merge(twice, "sw-2", "sw-1")
    merge(twice, "bought", "sw-2")
    with twice.work() as unit:
        first = unit.session.scalars(select(MergeRecord).order_by(MergeRecord.id)).first()
        merging.undo(HOUSE, unit.session.get_one(Asset, twice.ids["bought"]), first, now=NOON)
    rows, below = suspicions(reading)
    assert [row[3] for row in rows] == [SuspectState.OPEN, SuspectState.PAST, SuspectState.OPEN]
    assert [(one, joined) for one, _, joined in below] == [
        (ids[0], None), (ids[1], None), (ids[2], ids[1]), (ids[2], None)
    ] or [(one, joined) for one, _, joined in below] == [
        (ids[0], None), (ids[1], None), (ids[2], None), (ids[2], ids[1])
    ]  # fmt: skip
    undo(twice)
    assert suspicions(reading) == before
    merge(twice, "sw-2", "bought")
    with twice.work(twice.desk.tina.actor) as unit:
        suspects.dismiss(twice.desk.tina.actor, unit.session.get_one(Suspect, ids[1]), "a cable", now=NOON)
    undo(twice)
    with reading() as session:
        assert session.get_one(Suspect, ids[2]).state is SuspectState.PAST


def test_the_story_of_a_thing_has_what_came_to_either_record(app, twice, reading):
    with twice.work() as unit:
        for name, address in (("lap-0", "10.0.0.1"), ("bought", "10.0.0.2")):
            for at, tail in ((NOON - 90 * HOUR, ""), (NOON - HOUR, "0")):
                unit.session.add(Address(asset_id=twice.ids[name], address=address + tail, first_seen_at=at))
    merge(twice, "lap-0", "bought")
    with app.app_context():
        session = db.session()
        asset = session.get_one(Asset, twice.ids["lap-0"])
        found = record_of(session, asset, NOON - 72 * HOUR, NOON + HOUR)
        assert {one.name for one in found.traces if one.sort == "address"} == {"10.0.0.10", "10.0.0.20"}


def test_the_panels_of_a_ticket_on_a_merged_record_are_the_survivors(twice):
    number = twice.ticket("bought")
    merge(twice, "sw-1", "bought")
    for panel in ("story", "commons", "place", "looks"):
        answer = twice.desk.tina.get(f"/tickets/{number}/insight/{panel}")
        assert answer.status_code == 200
    assert f"/assets/{twice.ids['sw-1']}" in twice.desk.tina.get(f"/tickets/{number}/insight/place").text


def test_a_stack_is_there_once_with_its_members_named(app, twice):
    with twice.work():
        for name in ("sw-1 · 1", "sw-1 · 2"):
            one = twice.asset(name, AssetKind.SWITCH, parent_id=twice.ids["sw-1"])
            row = Relationship(from_id=one.id, to_id=twice.ids["sw-1"], type=RelationshipType.PART_OF, source="snmp")
            current_unit().session.add(row)
    stack = view_of(app, twice, "sw-1")
    assert stack.reach.fails == 12 and [one.name for one in stack.members] == ["sw-1 · 1", "sw-1 · 2"]
    above = view_of(app, twice, "r1")
    assert above.reach.fails == 22
    assert only(line for line in above.fails if line.asset.name == "sw-1").members == ("sw-1 · 1", "sw-1 · 2")
    page = twice.desk.tina.get(f"/assets/{twice.ids['sw-1']}/impact").text
    assert page.count("sw-1 · 2") == 1 and "Its members" in page
    assert [one.name for one in view_of(app, twice, "sw-1 · 1").above] == ["sw-1", "r1"]
