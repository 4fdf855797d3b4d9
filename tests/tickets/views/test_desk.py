"""The desk's pages: what they cost, what they do, what they refuse."""

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
from sqlalchemy import func, select

from itsm.kernel.actor import Role
from itsm.tickets.enums import StateCategory
from itsm.tickets.models import Draft, Entry, State, Ticket, View
from itsm.tickets.services import assignment
from itsm.tickets.services.conversation import note
from itsm.web.idempotency import new_key
from tests.factories.tickets import TicketFactory


def cost(statements, browser, path, **kw):
    """Return what a page costs once everything is warm; the installation's look is read anew every few seconds."""
    browser.get(path, **kw)
    counted = []
    for _again in range(2):
        statements.clear()
        assert browser.get(path, **kw).status_code == 200
        counted.append(len(statements))
    return min(counted)


def state_ids(reading):
    with reading() as session:
        return {state.category.value: state.id for state in session.scalars(select(State))}


def test_a_list_costs_the_same_with_one_and_three_rows_and_on_page_fifty(desk, work, statements):
    desk.filed()
    one = cost(statements, desk.tina, "/tickets")
    desk.filed(), desk.filed()
    assert cost(statements, desk.tina, "/tickets") == one <= 4
    with work():
        TicketFactory.create_batch(
            120, requester=None, requester_id=desk.ana.actor.person_id, organization_id=desk.organization_id
        )
    path, numbers = "/tickets", []
    while path:
        page = desk.tina.get(path).get_data(as_text=True)
        numbers += re.findall(r'id="ticket-(\d+)"', page)
        following = re.search(r'href="([^"]*after=[^"]*)" rel="next"', page)
        last, path = path, unescape(following[1]) if following else None
    assert (len(numbers), len(set(numbers))) == (123, 123)
    assert cost(statements, desk.tina, last) == one
    assert cost(statements, desk.tina, "/tickets?by=priority&q=mail&assignee=none&group=mine") <= 6


def test_a_ticket_costs_the_same_however_long_it_is(desk, statements):
    number = desk.filed()
    short = cost(statements, desk.tina, f"/tickets/{number}")
    for words in ("one", "two", "three"):
        desk.does(desk.tina, note, number, words)
    assert cost(statements, desk.tina, f"/tickets/{number}") == short <= 6


def test_filing_and_answering_take_a_fixed_number_of_statements(desk, statements, database_kind):
    """On SQLite the word index takes statements of its own, and the end of the journal another."""
    number = desk.filed(by=desk.tina, requester_id=desk.ana.actor.person_id, assignee_id=desk.tina.actor.person_id)
    wish = {"title": "Once more", "body": "please", "requester_id": desk.ana.actor.person_id}
    desk.tina.csrf_token()

    def taken(path, data):
        statements.clear()
        assert desk.tina.post(path, data=data).status_code == 303
        return len(statements)

    filing = [taken("/tickets", wish) for _again in range(3)]
    replies = [taken(f"/tickets/{number}/replies", {"body": "hello"}) for _again in range(3)]
    notes = [taken(f"/tickets/{number}/notes", {"body": "between us"}) for _again in range(3)]
    on_sqlite = database_kind == "sqlite"
    assert filing[1:] == [11 + 3 * on_sqlite] * 2
    assert replies[1:] == [11 + 4 * on_sqlite] * 2
    assert notes[1:] == [11 + 4 * on_sqlite] * 2


def test_a_kept_statement_shows_everybody_only_what_exists_for_him(desk, sign_in):
    number = desk.filed()
    here = sign_in(Role.TECHNICIAN, organization=desk.organization_id)
    there = sign_in(Role.TECHNICIAN, organization=desk.other_organization_id)
    for _once_built_once_kept in range(2):
        for browser, seen in ((here, [str(number)]), (there, []), (here, [str(number)])):
            assert re.findall(r'id="ticket-(\d+)"', browser.get("/tickets").text) == seen
            assert browser.get(f"/tickets/{number}").status_code == (200 if seen else 404)


def test_a_list_that_asks_again_keeps_its_rows_and_tells_how_many_came(desk, clock):
    from datetime import timedelta

    first = desk.filed()
    page = desk.tina.get("/tickets").get_data(as_text=True)
    again = unescape(re.search(r'id="queue_rows" hx-get="([^"]+)"', page)[1])
    asked = desk.tina.htmx(again, "queue_rows")
    assert asked.status_code == 200
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#queue_rows"}
    same = desk.tina.get(again, headers={**headers, "If-None-Match": asked.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    clock.advance(timedelta(minutes=1))
    desk.filed(title="Printer on fire")
    changed = desk.tina.get(again, headers={**headers, "If-None-Match": asked.headers["ETag"]})
    text = changed.get_data(as_text=True)
    assert "1 new" in text
    assert re.findall(r'id="ticket-(\d+)"', text) == [str(first)]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", {"Mail is gone", "Zürich printer"}),
        ("q=zurich", {"Zürich printer"}),
        ("q=1002", {"Zürich printer"}),
        ("q=%231001", {"Mail is gone"}),
        ("q=nowhere", set()),
        ("q=%22%29%27+OR+1%3D1", set()),
        ("assignee=me", set()),
        ("assignee=none", {"Mail is gone", "Zürich printer"}),
        ("state=closed", set()),
        ("state=rubbish&priority=99&by=rubbish&assignee=x", {"Mail is gone", "Zürich printer"}),
        ("after=broken&before=broken", {"Mail is gone", "Zürich printer"}),
        ("priority=1", {"Zürich printer"}),
        ("turn=requester", set()),
    ],
)
def test_filters_and_hostile_addresses(desk, query, titles):
    desk.filed()
    desk.filed(title="Zürich printer", impact="high", urgency="high")
    page = desk.tina.get(f"/tickets?{query}").get_data(as_text=True)
    assert {unescape(t) for t in re.findall(r"data-open>([^<]+)</a>", page)} == titles


def test_twenty_equal_clicks_file_one_ticket(desk, app, reading):
    data = {"title": "Once", "body": "please", "idempotency_key": new_key(), "csrf_token": desk.ana.csrf_token()}
    cookie = desk.ana.get_cookie("itsm").value

    def click(_n):
        client = app.test_client()
        client.set_cookie("itsm", cookie)
        answer = client.post("/report", data=data)
        return answer.status_code, answer.headers.get("Location")

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(click, range(20)))
    assert answers == {(303, "/requests/1001")}
    with reading() as session:
        assert session.scalar(select(func.count(Ticket.id))) == 1
        assert session.scalar(select(func.count(Entry.id))) == 1


def test_two_replies_at_once_are_both_kept(desk, app, reading):
    number = desk.filed()

    def say(browser, words):
        data = {"body": words, "idempotency_key": new_key(), "csrf_token": browser.csrf_token()}
        client = app.test_client()
        client.set_cookie("itsm", browser.get_cookie("itsm").value)
        return client.post(f"/tickets/{number}/replies", data=data).status_code

    desk.tina.csrf_token(), desk.theo.csrf_token()
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(say, (desk.tina, desk.theo)[n % 2], f"words {n}") for n in range(8)]
        assert {job.result() for job in jobs} == {303}
    ticket = desk.ticket(number)
    assert (ticket.reply_count, ticket.category) == (9, StateCategory.OPEN)


def facts_form(browser, number):
    page = browser.get(f"/tickets/{number}/facts").get_data(as_text=True)
    found = dict(re.findall(r'<input[^>]*name="(title|version|base)"[^>]*value="([^"]*)"', page))
    return {name: unescape(value) for name, value in found.items()}


def test_two_technicians_edit_one_ticket_and_nothing_is_overwritten(desk):
    number = desk.filed()
    tinas, theos = facts_form(desk.tina, number), facts_form(desk.theo, number)
    rest = {"kind": "incident", "requester_id": desk.ana.actor.person_id, "affected_id": "", "location_id": ""}
    saved = desk.tina.post(f"/tickets/{number}/facts", data={**tinas, **rest, "topic_id": "", "title": "Outlook"})
    assert saved.status_code == 303
    clash = desk.theo.post(f"/tickets/{number}/facts", data={**theos, **rest, "topic_id": "1", "title": "Thunderbird"})
    text = clash.get_data(as_text=True)
    assert clash.status_code == 409
    assert desk.ticket(number).title == "Outlook"
    assert re.findall(r'name="title" value="([^"]*)"', text) == ["Thunderbird", "Outlook"]
    version = re.search(r'name="version" value="(\d+)"', text)[1]
    keep = dict(re.findall(r'<input type="hidden" name="(kind|requester_id|topic_id)" value="([^"]*)"', text))
    assert keep == {"kind": "incident", "requester_id": str(desk.ana.actor.person_id), "topic_id": "1"}
    chosen = desk.theo.post(f"/tickets/{number}/facts", data={**rest, **keep, "version": version, "title": "Outlook"})
    assert chosen.status_code == 303
    assert (desk.ticket(number).title, desk.ticket(number).topic_id) == ("Outlook", 1)


def test_a_refused_reply_brings_back_what_was_typed(desk):
    number = desk.filed()
    refused = desk.tina.post(f"/tickets/{number}/replies", data={"body": "My long words", "then": "3"})
    assert refused.status_code == 422
    assert "My long words" in refused.get_data(as_text=True)
    assert desk.ticket(number).reply_count == 1
    unknown = desk.tina.post(f"/tickets/{number}/replies", data={"body": "x", "requester_id": "1"})
    assert unknown.status_code == 422


def test_a_draft_comes_back_to_its_writer_alone(desk, reading):
    number = desk.filed()
    kept = desk.tina.post(f"/tickets/{number}/drafts", data={"draft_kind": "reply", "body": "half a <b>word"})
    assert kept.status_code == 204
    assert "half a &lt;b&gt;word" in desk.tina.get(f"/tickets/{number}").get_data(as_text=True)
    assert "half a" not in desk.theo.get(f"/tickets/{number}").get_data(as_text=True)
    desk.tina.post(f"/tickets/{number}/drafts", data={"draft_kind": "reply", "body": ""})
    with reading() as session:
        assert session.scalar(select(func.count(Draft.id))) == 0


def test_many_at_once_and_back_again(desk, reading):
    numbers, at = [desk.filed(), desk.filed(), desk.filed()], state_ids(reading)
    done = desk.tina.post("/tickets/bulk", data={"verb": "take", "ids": [str(n) for n in numbers], "back": "q=mail"})
    assert done.status_code == 303
    did = re.search(r"did=([0-9a-f]{32})", done.headers["Location"])[1]
    assert "changed=3&refused=0" in done.headers["Location"]
    assert {desk.ticket(n).assignee_id for n in numbers} == {desk.tina.actor.person_id}
    page = desk.tina.get(done.headers["Location"]).get_data(as_text=True)
    assert "3 tickets changed." in page
    assert desk.theo.post(f"/tickets/bulk/{did}/undoing", data={}).status_code == 404
    desk.theo.post(f"/tickets/{numbers[0]}/taking", data={})
    assert desk.tina.post(f"/tickets/bulk/{did}/undoing", data={}).status_code == 303
    assert [desk.ticket(n).assignee_id for n in numbers] == [desk.theo.actor.person_id, None, None]
    assert [desk.ticket(n).category.value for n in numbers] == ["open", "new", "new"]
    ids = [str(n) for n in numbers]
    desk.tina.post("/tickets/bulk", data={"verb": "state", "ids": ids, "then": str(at["closed"])})
    assert {desk.ticket(n).category.value for n in numbers} == {"open", "new"}
    none = desk.tina.post("/tickets/bulk", data={"verb": "take"})
    assert none.status_code == 303
    desk.tina.post("/tickets/bulk", data={"verb": "assign", "ids": ids, "group_id": str(desk.group_id)})
    assert {desk.ticket(n).group_id for n in numbers} == {desk.group_id}
    assert desk.ticket(numbers[0]).assignee_id == desk.theo.actor.person_id


def test_saved_views_are_ones_own_unless_an_administrator_shares_them(desk, sign_in, reading):
    desk.filed()
    saved = desk.tina.post("/tickets/views", data={"name": "Mine, critical", "query": "priority=3&evil=1&sort=created"})
    assert saved.headers["Location"] == "/tickets?priority=3&sort=created"
    assert "Mine, critical" in desk.tina.get("/tickets").get_data(as_text=True)
    assert "Mine, critical" not in desk.theo.get("/tickets").get_data(as_text=True)
    with reading() as session:
        view_id = session.scalars(select(View.id)).one()
    assert desk.theo.post(f"/tickets/views/{view_id}/removal", data={}).status_code == 404
    assert desk.tina.post("/tickets/views", data={"name": "All", "query": "", "shared": "1"}).status_code == 403
    chief = sign_in(Role.ADMINISTRATOR, organization=desk.organization_id)
    assert chief.post("/tickets/views", data={"name": "Hot", "query": "priority=1", "shared": "1"}).status_code == 303
    assert "Hot" in desk.theo.get("/tickets").get_data(as_text=True)
    assert desk.tina.post(f"/tickets/views/{view_id}/removal", data={}).status_code == 303


def test_the_export_holds_what_the_list_holds_and_no_formula(desk):
    desk.filed(title="=HYPERLINK(1)")
    desk.filed(title="Umlaute äöü")
    sent = desk.tina.get("/tickets/export.csv?sort=created")
    rows = list(csv.DictReader(io.StringIO(sent.get_data(as_text=True).lstrip("\ufeff"))))
    assert [row["title"] for row in rows] == ["Umlaute äöü", "'=HYPERLINK(1)"]
    assert rows[0]["state"] == "New"
    stranger = desk.stranger.get("/tickets/export.csv").get_data(as_text=True)
    assert "Umlaute" not in stranger


def test_a_merged_ticket_leads_to_the_one_it_is_part_of(desk):
    first, second = desk.filed(title="Twin"), desk.filed(by=desk.bo)
    done = desk.tina.post(f"/tickets/{first}/merging", data={"number": str(second)})
    assert done.headers["Location"] == f"/tickets/{second}"
    assert desk.tina.get(f"/tickets/{first}").headers["Location"] == f"/tickets/{second}"
    page = desk.tina.get(f"/tickets/{second}").get_data(as_text=True)
    assert page.count("Since this morning.") == 2
    assert "from a merged ticket" in page
    undo = re.search(rf'action="(/tickets/{second}/merges/\d+/undoing)"', page)[1]
    assert desk.tina.post(undo, data={}).status_code == 303
    assert desk.tina.get(f"/tickets/{first}").status_code == 200


def test_forms_at_the_side_do_what_they_say(desk, reading):
    number, other = desk.filed(), desk.filed()
    posts = [
        ("assignment", {"group_id": str(desk.group_id), "assignee_id": str(desk.theo.actor.person_id)}),
        ("priority", {"impact": "high", "urgency": "high", "priority": "", "reason": ""}),
        ("watchers", {"person_id": str(desk.bo.actor.person_id)}),
        ("links", {"kind": "inverse:blocks", "number": str(other)}),
        ("state", {"then": f"{state_ids(reading)['paused']}:supplier"}),
        ("following", {}),
    ]
    for what, data in posts:
        assert (what, desk.tina.post(f"/tickets/{number}/{what}", data=data).status_code) == (what, 303)
    ticket = desk.ticket(number)
    assert (ticket.assignee_id, ticket.priority, ticket.category) == (desk.theo.actor.person_id, 1, "paused")
    page = desk.tina.get(f"/tickets/{number}").get_data(as_text=True)
    for words in ("is blocked by", "waiting for a supplier", "Bo Lind", "Stop following"):
        assert words in page
    assert desk.tina.post(f"/tickets/{number}/links", data={"kind": "blocks", "number": "9999"}).status_code == 422
    assert desk.tina.post(f"/tickets/{number}/links", data={"kind": "eats", "number": str(other)}).status_code == 422
    assert desk.tina.post(f"/tickets/{number}/assignment", data={"assignee_id": "999999"}).status_code == 422


def steps_shown(browser, number):
    """Return what the menu of states offers, and the buttons beside it: (labels, verbs)."""
    page = browser.get(f"/tickets/{number}").get_data(as_text=True)
    menu = re.search(r'<details class="menu menu-start state-menu".*?</details>', page, re.DOTALL)
    buttons = re.search(r'<form class="ticket-steps".*?</form>', page, re.DOTALL)
    labels = re.findall(r"</span><span>([^<]+)</span></button>", menu[0]) if menu else []
    return labels, re.findall(r"<span>([^<]+)</span></button>", buttons[0]) if buttons else []


def test_the_next_states_are_offered_and_the_usual_ones_are_one_click(desk, sign_in, reading):
    number = desk.filed()
    at = state_ids(reading)
    waits = ["for Ana", "for a supplier", "for a planned change"]
    assert steps_shown(desk.tina, number) == (["In progress", "Resolved", "Cancelled", *waits], ["Resolve"])
    state = f"/tickets/{number}/state"
    assert desk.tina.post(state, data={"then": f"{at['paused']}:requester", "was": at["new"]}).status_code == 303
    assert steps_shown(desk.tina, number) == (
        ["In progress", "Resolved", "Cancelled", *waits[1:]],
        ["Go on with it", "Resolve"],
    )
    assert desk.tina.post(state, data={"then": str(at["resolved"]), "was": at["new"]}).status_code == 409
    assert desk.ticket(number).category == "paused"
    assert desk.tina.post(state, data={"then": str(at["resolved"]), "was": at["paused"]}).status_code == 303
    assert steps_shown(desk.tina, number)[1] == ["Reopen", "Close"]
    auditor = sign_in(Role.AUDITOR, organization=desk.organization_id)
    assert steps_shown(auditor, number) == ([], [])


def test_a_ticket_for_somebody_keeps_what_was_typed_and_then_is_filed(desk):
    data = {"title": "", "body": "She called", "requester_id": str(desk.ana.actor.person_id), "urgency": "high"}
    refused = desk.tina.post("/tickets", data=data)
    assert refused.status_code == 422
    assert "She called" in refused.get_data(as_text=True)
    filed = desk.tina.post("/tickets", data={**data, "title": "No dial tone", "assignee_id": ""})
    assert filed.headers["Location"] == "/tickets/1001"
    page = desk.tina.get("/tickets/1001").get_data(as_text=True)
    assert "Tina Okafor wrote this down for Ana Horvat" in page


def test_the_administrator_sets_matrix_and_words(desk, sign_in, reading):
    chief = sign_in(Role.ADMINISTRATOR, organization=desk.organization_id)
    levels = ("high", "medium", "low")
    cells = {f"{i}-{u}": "1" for i in levels for u in levels}
    assert chief.post("/tickets/settings/matrix", data=cells).status_code == 303
    assert desk.ticket(desk.filed()).priority == 1
    assert chief.post("/tickets/settings/matrix", data={**cells, "low-low": "9"}).status_code == 422
    at = state_ids(reading)
    assert chief.post("/tickets/settings/states", data={f"state-{at['open']}": "In work"}).status_code == 303
    clash = chief.post("/tickets/settings/states", data={f"state-{at['open']}": "new"})
    assert clash.status_code == 422
    assert desk.tina.get("/tickets/settings").status_code == 403
    assert "In work" in chief.get("/tickets/settings").get_data(as_text=True)


def test_the_history_tells_in_words_and_names_who_and_what(desk):
    number = desk.filed(title="No mail")
    desk.does(desk.tina, assignment.take, number)
    page = desk.tina.get(f"/tickets/{number}/history").get_data(as_text=True)
    facts = dict(re.findall(r"<dt>([^<]+)</dt><dd>(?:<del[^>]*>[^<]*</del> → )?([^<]+)</dd>", page))
    assert facts["Title"] == "No mail"
    assert facts["State"] == "New"
    assert facts["Technician"] == desk.tina.actor.name
    assert "assignee_id" not in page
