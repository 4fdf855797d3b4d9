"""The verbs of a ticket: what they change, what they tell, what they refuse."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from itsm.accounts.models import Person
from itsm.infra import search
from itsm.kernel.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken
from itsm.tickets import events
from itsm.tickets.enums import EntryKind, Fact, Level, LinkKind, PendingReason, Priority, StateCategory, Turn
from itsm.tickets.models import Draft, Entry, Link, PriorityRule, State, Tally, Ticket
from itsm.tickets.queries import ticket_to_change, tickets_to_change
from itsm.tickets.services import assignment, drafts, editing, lifecycle, linking, merging, watching
from itsm.tickets.services.conversation import Reply, note, reply
from itsm.tickets.services.priority import Weight, weigh
from tests.application import NOON


def states(reading):
    with reading() as session:
        return {state.category.value: state.id for state in session.scalars(select(State))}


def tallies(reading):
    with reading() as session:
        rows = session.execute(select(Tally.category, Tally.turn, Tally.number).where(Tally.number != 0))
        return sorted((category.value, turn.value, number) for category, turn, number in rows)


def facts(reading, number):
    with reading() as session:
        wanted = select(Entry.fact).join(Ticket, Ticket.id == Entry.ticket_id).where(Ticket.number == number)
        return [fact.value for fact in session.scalars(wanted.where(Entry.kind == EntryKind.FACT).order_by(Entry.id))]


def test_filing_numbers_counts_tells_and_is_found_at_once(desk, reading):
    first, second = desk.filed(impact=Level.HIGH, urgency=Level.HIGH), desk.filed(title="Zürich printer")
    assert (first, second) == (1001, 1002)
    ticket = desk.ticket(first)
    assert (ticket.category, ticket.priority, ticket.turn) == (StateCategory.NEW, 1, Turn.DESK)
    assert ticket.organization_id == desk.organization_id
    assert tallies(reading) == [("new", "desk", 2)]
    with reading() as session:
        ids = search.matching(session, "ticket", "zurich horvat")
        assert list(session.scalars(select(Ticket.number).where(Ticket.id.in_(ids)))) == [second]


def test_what_was_said_and_who_wrote_it_down_stand_in_order(desk, reading):
    number = desk.filed(by=desk.tina, requester_id=desk.ana.actor.person_id, body="No *mail*.")
    said = desk.does(desk.tina, reply, number, Reply(body="Looking."))
    with reading() as session:
        rows = session.scalars(select(Entry).order_by(Entry.id)).all()
        words = [(row.kind.value, row.side.value, row.author_name, row.fact, row.data) for row in rows]
        assert words[:2] == [
            ("reply", "requester", "Ana Horvat", None, {}),
            ("fact", "desk", "Tina Okafor", Fact.FILED, {"requester": "Ana Horvat"}),
        ]
        assert (rows[0].source, rows[0].html) == ("No *mail*.", "<p>No <em>mail</em>.</p>\n")
        assert (rows[1].source, rows[1].html) == ("", "")
        assert (said.id, said.ticket_id) == (rows[2].id, rows[2].ticket_id)


def test_a_ticket_starts_as_the_customers_tables_say(desk, work, reading):
    with work() as unit:
        cell = select(PriorityRule).where(PriorityRule.impact == Level.LOW, PriorityRule.urgency == Level.HIGH)
        unit.session.scalars(cell).one().priority = 1
        medium = select(PriorityRule).where(PriorityRule.impact == Level.LOW, PriorityRule.urgency == Level.MEDIUM)
        unit.session.delete(unit.session.scalars(medium).one())
        unit.session.add(State(name="Arrived", category=StateCategory.NEW, position=0, is_default=False))
    urgent, usual = (desk.ticket(desk.filed(urgency=urgency)) for urgency in (Level.HIGH, Level.MEDIUM))
    assert (urgent.priority, usual.priority) == (1, 3)
    with reading() as session:
        assert session.get_one(State, urgent.state_id).is_default


def test_a_ticket_is_for_somebody_who_is_here(desk, work):
    with work() as unit:
        unit.session.get_one(Person, desk.bo.actor.person_id).left_on = NOON.date()
    for field in ("requester_id", "affected_id", "assignee_id"):
        known = {"requester_id": desk.ana.actor.person_id, field: desk.bo.actor.person_id}
        with pytest.raises(Invalid) as refused:
            desk.filed(by=desk.tina, **known)
        assert list(refused.value.errors) == [field]
    with pytest.raises(Invalid):
        desk.filed(by=desk.stranger, requester_id=desk.ana.actor.person_id)


def test_a_refused_filing_leaves_no_gap_in_the_numbers(desk):
    with pytest.raises(Invalid):
        desk.filed(asset_ids=(999,))
    assert desk.filed() == 1001


def test_an_employee_files_for_nobody_else_and_a_technician_for_his_own_company_only(desk):
    with pytest.raises(Forbidden):
        desk.filed(requester_id=desk.bo.actor.person_id)
    number = desk.filed(by=desk.tina, requester_id=desk.bo.actor.person_id, assignee_id=desk.tina.actor.person_id)
    ticket = desk.ticket(number)
    assert (ticket.requester_id, ticket.category) == (desk.bo.actor.person_id, StateCategory.OPEN)
    with pytest.raises(Invalid):
        desk.filed(by=desk.stranger, requester_id=desk.bo.actor.person_id)


def test_a_whole_story_keeps_turn_tallies_and_facts(desk, reading, clock):
    number, at = desk.filed(), states(reading)
    told = desk.told(desk.tina, assignment.take, number)
    assert [type(event) for event in told] == [events.TicketAssigned, events.StateChanged]
    assert tallies(reading) == [("open", "desk", 1)]
    clock.advance(timedelta(minutes=5))
    told = desk.told(desk.tina, reply, number, Reply(body="Which **program**?"))
    assert [event.name for event in told] == ["ticket.reply_added"]
    ticket = desk.ticket(number)
    assert (ticket.turn, ticket.turn_since) == (Turn.REQUESTER, NOON + timedelta(minutes=5))
    assert (ticket.reply_count, ticket.first_replied_at) == (2, NOON + timedelta(minutes=5))
    waits = Reply(body="I wait.", state_id=at["paused"], pending_reason=PendingReason.REQUESTER)
    desk.told(desk.tina, reply, number, waits)
    assert desk.ticket(number).category is StateCategory.PAUSED
    told = desk.told(desk.ana, reply, number, Reply(body="Outlook."))
    assert [event.name for event in told] == ["ticket.reply_added", "ticket.state_changed"]
    assert tallies(reading) == [("open", "desk", 1)]
    told = desk.told(desk.tina, reply, number, Reply(body="Mended.", state_id=at["resolved"]))
    assert [event.name for event in told] == ["ticket.reply_added", "ticket.state_changed", "ticket.resolved"]
    assert told[2].entry_id == told[0].entry_id
    told = desk.told(desk.ana, reply, number, Reply(body="No, it is not."))
    assert [event.name for event in told][1:] == ["ticket.state_changed", "ticket.reopened"]
    assert desk.ticket(number).resolved_at is None
    desk.does(desk.tina, reply, number, Reply(body="Now.", state_id=at["resolved"]))
    assert [event.name for event in desk.told(desk.ana, lifecycle.confirm, number)] == [
        "ticket.state_changed",
        "ticket.closed",
    ]
    assert tallies(reading) == [("closed", "nobody", 1)]
    assert facts(reading, number) == ["assigned", "state", "state", "state", "reopened", "state", "state"]


def test_a_reply_to_a_closed_ticket_opens_a_linked_follow_up(desk, reading):
    number, at = desk.filed(), states(reading)
    desk.does(desk.tina, reply, number, Reply(body="Done.", state_id=at["resolved"]))
    desk.does(desk.ana, lifecycle.confirm, number)
    with pytest.raises(RuleBroken):
        desk.does(desk.tina, reply, number, Reply(body="One more thing"))
    entry = desk.does(desk.ana, reply, number, Reply(body="It is back."))
    with reading() as session:
        opened = session.get_one(Ticket, entry.ticket_id)
        assert (opened.number, opened.title, opened.category) == (1002, "Mail is gone", StateCategory.NEW)
        tie = session.scalars(select(Link)).one()
        assert (tie.from_id, tie.kind) == (opened.id, LinkKind.FOLLOWS)
    assert desk.ticket(number).category is StateCategory.CLOSED


def test_the_workflow_is_checked_here_and_not_in_the_page(desk, reading):
    number, at = desk.filed(), states(reading)
    for wish in (at["closed"], at["merged"], 999):
        with pytest.raises(RuleBroken):
            desk.does(desk.tina, lifecycle.change_state, number, lifecycle.Move(state_id=wish))
    with pytest.raises(Invalid):
        desk.does(desk.tina, lifecycle.change_state, number, lifecycle.Move(state_id=at["paused"]))
    with pytest.raises(Forbidden):
        desk.does(desk.ana, lifecycle.change_state, number, lifecycle.Move(state_id=at["open"]))
    with pytest.raises(RuleBroken):
        desk.does(desk.ana, lifecycle.reopen, number)
    desk.does(desk.ana, lifecycle.withdraw, number)
    assert desk.ticket(number).category is StateCategory.CANCELLED


def test_what_a_paused_ticket_waits_for_can_change(desk, reading):
    number, at = desk.filed(), states(reading)
    waits = lifecycle.Move(state_id=at["paused"], pending_reason=PendingReason.REQUESTER)
    desk.does(desk.tina, lifecycle.change_state, number, waits)
    waits = lifecycle.Move(state_id=at["paused"], pending_reason=PendingReason.SUPPLIER)
    desk.does(desk.tina, lifecycle.change_state, number, waits)
    assert desk.ticket(number).turn is Turn.OTHERS
    assert tallies(reading) == [("paused", "others", 1)]


def test_a_note_reaches_nobody_but_the_desk(desk, reading):
    number = desk.filed()
    told = desk.told(desk.tina, note, number, "He forgot the password: canary")
    assert [event.name for event in told] == ["ticket.note_added"]
    ticket = desk.ticket(number)
    assert (ticket.note_count, ticket.reply_count, ticket.turn) == (1, 1, Turn.DESK)
    with pytest.raises(Forbidden):
        desk.does(desk.ana, note, number, "mine")
    with pytest.raises(Forbidden):
        desk.does(desk.auditor, note, number, "mine")


def test_somebody_elses_ticket_does_not_exist(desk):
    number = desk.filed()
    for nosy in (desk.bo, desk.stranger):
        with pytest.raises(NotFound):
            desk.does(nosy, reply, number, Reply(body="hello"))


def test_only_technicians_of_the_company_can_be_assigned(desk):
    number = desk.filed()
    for person in (desk.ana, desk.stranger, desk.auditor):
        wish = assignment.Assignment(group_id=None, assignee_id=person.actor.person_id)
        with pytest.raises(Invalid):
            desk.does(desk.tina, assignment.assign, number, wish)
    wish = assignment.Assignment(group_id=desk.group_id, assignee_id=desk.theo.actor.person_id)
    (told, _) = desk.told(desk.tina, assignment.assign, number, wish)
    assert (told.group_id, told.assignee_id, told.previous_assignee_id) == (
        desk.group_id,
        desk.theo.actor.person_id,
        None,
    )


def test_priority_follows_the_matrix_unless_somebody_says_why(desk):
    number = desk.filed()
    (told,) = desk.told(desk.tina, weigh, number, Weight(impact=Level.HIGH, urgency=Level.MEDIUM))
    assert (told.priority, told.previous) == (2, 3)
    by_hand = Weight(impact=Level.HIGH, urgency=Level.MEDIUM, priority=Priority.CRITICAL)
    with pytest.raises(Invalid):
        desk.does(desk.tina, weigh, number, by_hand)
    said = Weight(impact=Level.HIGH, urgency=Level.MEDIUM, priority=Priority.CRITICAL, reason="The board meets")
    desk.does(desk.tina, weigh, number, said)
    ticket = desk.ticket(number)
    assert (ticket.priority, ticket.priority_reason) == (1, "The board meets")


def test_two_edits_of_different_facts_both_stay_and_of_the_same_fact_both_are_shown(desk):
    number = desk.filed()
    version = desk.ticket(number).version
    base = {"title": "Mail is gone", "topic_id": None}
    desk.does(desk.tina, editing.edit, number, editing.Edit(version=version, values={"title": "Outlook"}, base=base))
    other = editing.Edit(version=version, values={"title": "Mail is gone", "topic_id": 1}, base=base)
    desk.does(desk.theo, editing.edit, number, other)
    ticket = desk.ticket(number)
    assert (ticket.title, ticket.topic_id) == ("Outlook", 1)
    late = editing.Edit(version=version, values={"title": "Thunderbird"}, base=base)
    with pytest.raises(Conflict) as refused:
        desk.does(desk.theo, editing.edit, number, late)
    (clash,) = refused.value.fields
    assert (clash.name, clash.theirs, clash.yours) == ("title", "Outlook", "Thunderbird")
    assert refused.value.version == ticket.version
    merged = editing.Edit(version=ticket.version, values={"title": "Outlook and Thunderbird"})
    desk.does(desk.theo, editing.edit, number, merged)
    assert desk.ticket(number).title == "Outlook and Thunderbird"


def test_drafts_belong_to_the_person_and_go_when_sent(desk, reading):
    number = desk.filed()
    with desk.work(desk.tina.actor) as unit:
        ticket = ticket_to_change(desk.tina.actor, number)
        drafts.save_draft(desk.tina.actor, ticket, drafts.DraftKind.REPLY, "Dear A", now=unit.now)
        drafts.save_draft(desk.tina.actor, ticket, drafts.DraftKind.REPLY, "Dear Ana", now=unit.now)
        drafts.save_draft(desk.tina.actor, ticket, drafts.DraftKind.NOTE, "hm", now=unit.now)
    with reading() as session:
        assert sorted(session.scalars(select(Draft.body))) == ["Dear Ana", "hm"]
    with pytest.raises(Forbidden):
        desk.does(desk.ana, drafts.save_draft, number, drafts.DraftKind.NOTE, "x")
    desk.does(desk.tina, reply, number, Reply(body="Dear Ana,"))
    with reading() as session:
        assert list(session.scalars(select(Draft.body))) == ["hm"]


def test_watching_lets_somebody_in_and_unwatching_out_again(desk):
    number = desk.filed()
    with pytest.raises(NotFound):
        desk.does(desk.bo, reply, number, Reply(body="me too"))
    desk.does(desk.tina, watching.watch, number, desk.bo.actor.person_id)
    desk.does(desk.bo, reply, number, Reply(body="me too"))
    with pytest.raises(Forbidden):
        desk.does(desk.bo, watching.watch, number, desk.stranger.actor.person_id)
    desk.does(desk.bo, watching.unwatch, number)
    with pytest.raises(NotFound):
        desk.does(desk.bo, reply, number, Reply(body="again"))


def test_links_are_kept_once_and_can_be_untied(desk, reading):
    first, second = desk.filed(), desk.filed()
    with desk.work(desk.tina.actor) as unit:
        a, b = tickets_to_change(desk.tina.actor, [first, second])
        made = linking.link(desk.tina.actor, a, b, LinkKind.RELATES_TO, now=unit.now)
        assert linking.link(desk.tina.actor, b, a, LinkKind.RELATES_TO, now=unit.now).id == made.id
        with pytest.raises(Invalid):
            linking.link(desk.tina.actor, a, a, LinkKind.BLOCKS, now=unit.now)
    desk.does(desk.tina, linking.unlink, second, made.id)
    with reading() as session:
        assert session.scalar(select(func.count(Link.id))) == 0
    with pytest.raises(NotFound):
        desk.does(desk.tina, linking.unlink, second, made.id)


def merged(desk, source, survivor):
    with desk.work(desk.tina.actor) as unit:
        found = {t.number: t for t in tickets_to_change(desk.tina.actor, [source, survivor])}
        return merging.merge(desk.tina.actor, found[source], found[survivor], now=unit.now).id


def test_merging_points_and_unmerging_takes_along_what_came_with_it(desk, reading):
    a, b, c = desk.filed(), desk.filed(by=desk.bo), desk.filed()
    first, second = merged(desk, a, b), merged(desk, b, c)
    ids = {number: desk.ticket(number).id for number in (a, b, c)}
    assert desk.ticket(a).merged_into_id == desk.ticket(b).merged_into_id == ids[c]
    assert {p.person_id for p in desk.ticket(c).participants} == {desk.bo.actor.person_id}
    assert tallies(reading) == [("merged", "nobody", 2), ("new", "desk", 1)]
    with pytest.raises(RuleBroken):
        merged(desk, a, c)
    with pytest.raises(NotFound):
        desk.does(desk.tina, merging.unmerge, c, first)
    desk.does(desk.tina, merging.unmerge, c, second)
    assert desk.ticket(c).participants == []
    assert (desk.ticket(b).merged_into_id, desk.ticket(b).category) == (None, StateCategory.NEW)
    assert desk.ticket(a).merged_into_id == ids[b]
    assert tallies(reading) == [("merged", "nobody", 1), ("new", "desk", 2)]
    with pytest.raises(RuleBroken):
        desk.does(desk.tina, merging.unmerge, c, second)


def test_auditors_read_and_change_nothing(desk, reading):
    number, at = desk.filed(), states(reading)
    verbs = [
        (reply, (Reply(body="x"),)),
        (assignment.take, ()),
        (lifecycle.change_state, (lifecycle.Move(state_id=at["open"]),)),
        (weigh, (Weight(impact=Level.HIGH, urgency=Level.HIGH),)),
        (watching.watch, ()),
        (editing.edit, (editing.Edit(version=1, values={"title": "x"}),)),
        (linking.unlink, (1,)),
        (merging.unmerge, (1,)),
        (drafts.save_draft, (drafts.DraftKind.REPLY, "x")),
    ]
    for verb, args in verbs:
        with pytest.raises(Forbidden):
            desk.does(desk.auditor, verb, number, *args)
    assert facts(reading, number) == []
