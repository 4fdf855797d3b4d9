"""The employees' pages, and what must never be seen there."""

import io
import re

import pytest
from sqlalchemy import select

from itsm.assets.enums import AssetKind, AssetStatus
from itsm.assets.models import Asset
from itsm.tickets.enums import Level, Priority, StateCategory
from itsm.tickets.models import Entry, State, Ticket, TicketAsset
from itsm.tickets.services import assignment, lifecycle, watching
from itsm.tickets.services.conversation import Reply, note, reply
from itsm.tickets.services.priority import Weight, weigh

CANARY = "canary-7f3a"


def asset(work, desk, **given):
    with work() as unit:
        row = Asset(
            **{
                "organization_id": desk.organization_id,
                "tag": "A-1",
                "name": "ana-x1",
                "kind": AssetKind.LAPTOP,
                "status": AssetStatus.IN_USE,
                "custodian_id": desk.ana.actor.person_id,
                "serial": "PF4X",
                **given,
            }
        )
        unit.session.add(row)
        unit.session.flush()
        return row.id


def text_of(browser, path):
    response = browser.get(path)
    assert response.status_code == 200, path
    return response.get_data(as_text=True)


def content(browser, href):
    with browser.get(href) as response:
        return response.data


def test_one_device_is_chosen_beforehand_and_goes_along_with_a_snapshot(desk, work, reading):
    asset_id = asset(work, desk)
    page = text_of(desk.ana, "/report")
    assert re.search(rf'name="asset_id" value="{asset_id}" checked', page)
    sent = desk.ana.post(
        "/report",
        data={
            "title": "No mail",
            "body": "Since noon",
            "kind": "incident",
            "asset_id": str(asset_id),
            "hurry": "high",
            "reach": "low",
            "files": (io.BytesIO(b"log line"), "outlook.log"),
        },
        content_type="multipart/form-data",
    )
    assert sent.headers["Location"] == "/requests/1001"
    with reading() as session:
        tie = session.scalars(select(TicketAsset)).one()
        assert (tie.snapshot["serial"], tie.snapshot["tag"], tie.snapshot["kind"]) == ("PF4X", "A-1", "laptop")
    with work() as unit:
        unit.session.get_one(Asset, asset_id).serial = "OTHER"
    assert "Serial: PF4X → OTHER" in text_of(desk.tina, "/tickets/1001")
    href = re.search(r'href="(/attachments/\d+)"', text_of(desk.ana, "/requests/1001"))[1]
    assert content(desk.ana, href) == b"log line"
    assert desk.bo.get(href).status_code == 404


def test_a_tag_that_was_scanned_names_a_thing_that_one_does_not_hold(desk, work, reading):
    printer = asset(work, desk, tag="P-7", name="prn-2-east", kind=AssetKind.PRINTER, custodian_id=None)
    foreign = asset(work, desk, tag="X-1", organization_id=desk.other_organization_id, custodian_id=None)
    assert "prn-2-east" in text_of(desk.ana, "/report?asset=P-7")
    assert "We do not know a device" in text_of(desk.ana, "/report?asset=X-1")
    base = {"title": "Grey stripes", "body": "On every page"}
    for stolen in ({"asset_id": str(foreign)}, {"asset_id": str(foreign), "tag": "X-1"}, {"asset_id": str(printer)}):
        assert desk.ana.post("/report", data={**base, **stolen}).status_code == 422
    assert desk.ana.post("/report", data={**base, "asset_id": str(printer), "tag": "P-7"}).status_code == 303


def test_a_refused_report_keeps_every_word(desk):
    refused = desk.ana.post("/report", data={"title": "", "body": "All my words", "hurry": "high"})
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "All my words" in page
    assert re.search(r'name="hurry" value="high" checked', page)


def test_a_request_from_first_to_last_word(desk, reading):
    number = desk.filed()
    assert "We have it." in text_of(desk.ana, "/")
    with reading() as session:
        at = {s.category.value: s.id for s in session.scalars(select(State))}
    desk.does(desk.tina, assignment.take, number)
    assert "Tina Okafor is working on it." in text_of(desk.ana, "/requests")
    desk.does(desk.tina, reply, number, Reply(body="Which program?"))
    assert "Tina Okafor answered. It is your turn." in text_of(desk.ana, f"/requests/{number}")
    assert desk.ana.post(f"/requests/{number}/replies", data={"body": "Outlook"}).status_code == 303
    desk.does(desk.tina, reply, number, Reply(body="Mended.", state_id=at["resolved"]))
    assert "We think it is solved." in text_of(desk.ana, f"/requests/{number}")
    assert desk.ana.post(f"/requests/{number}/reopening", data={}).status_code == 303
    assert desk.ticket(number).category is StateCategory.OPEN
    desk.does(desk.tina, reply, number, Reply(body="Now?", state_id=at["resolved"]))
    assert desk.ana.post(f"/requests/{number}/confirmation", data={}).status_code == 303
    assert desk.ticket(number).category is StateCategory.CLOSED
    again = desk.ana.post(f"/requests/{number}/replies", data={"body": "It is back"})
    assert again.headers["Location"].startswith("/requests/1002#entry-")
    follow = text_of(desk.ana, "/requests/1002")
    assert f"Follow-up of #{number}" in follow
    assert desk.ana.post("/requests/1002/withdrawal", data={}).status_code == 303
    assert desk.ana.post("/requests/1002/confirmation", data={}).status_code == 409


@pytest.fixture
def secretive(desk):
    """Give a ticket with secrets on it: notes, a reason, a watcher, another's ticket linked in words."""
    number = desk.filed()
    desk.does(desk.tina, note, number, f"note {CANARY}")
    desk.does(
        desk.tina,
        weigh,
        number,
        Weight(impact=Level.HIGH, urgency=Level.HIGH, priority=Priority.LOW, reason=f"why {CANARY}"),
    )
    desk.does(desk.tina, watching.watch, number, desk.theo.actor.person_id)
    desk.does(desk.tina, assignment.assign, number, assignment.Assignment(group_id=desk.group_id, assignee_id=None))
    desk.filed(by=desk.bo, title=f"bo {CANARY}", body=CANARY)
    return number


def test_a_requester_sees_no_note_no_fact_of_the_desk_and_nothing_of_others(desk, secretive, reading):
    for path in ("/", "/requests", f"/requests/{secretive}", "/report", "/things"):
        page = text_of(desk.ana, path)
        assert CANARY not in page, path
        assert "Theo Eze" not in page, path
        assert "Service desk" not in page, path
    for block in ("request_conversation", "request_state"):
        assert CANARY not in desk.ana.htmx(f"/requests/{secretive}", block).get_data(as_text=True)


def test_a_requester_meets_a_closed_door_everywhere_else(desk, secretive):
    for path in (
        "/tickets",
        f"/tickets/{secretive}",
        f"/tickets/{secretive}/history",
        f"/tickets/{secretive}/facts",
        "/tickets/export.csv",
        "/tickets/new",
        "/tickets/lookup/people?q=b",
        "/tickets/lookup/assets?q=a",
        "/tickets/lookup/tickets?q=canary",
        "/tickets/settings",
    ):
        refused = desk.ana.get(path)
        assert (path, refused.status_code) == (path, 403)
        assert CANARY not in refused.get_data(as_text=True)
    for path in ("replies", "notes", "drafts", "taking", "state", "merging", "assets", "links", "watchers"):
        assert desk.ana.post(f"/tickets/{secretive}/{path}", data={"body": "x"}).status_code == 403
    others = secretive + 1
    for path in (f"/requests/{others}", f"/t/{others}", "/requests/99999"):
        assert desk.ana.get(path).status_code == 404
    for verb in ("replies", "drafts", "confirmation", "reopening", "withdrawal"):
        assert desk.ana.post(f"/requests/{others}/{verb}", data={"body": "x"}).status_code == 404


def test_technicians_of_another_company_see_nothing_either(desk, secretive):
    assert CANARY not in text_of(desk.stranger, "/tickets?state=all")
    assert 'class="count">1<' not in text_of(desk.stranger, "/tickets").split("<main")[1]
    assert desk.stranger.get(f"/tickets/{secretive}").status_code == 404
    assert desk.stranger.get("/tickets/lookup/tickets?q=canary").json == []
    assert desk.stranger.get("/tickets/lookup/people?q=horvat").json == []
    assert desk.stranger.post(f"/tickets/{secretive}/taking", data={}).status_code == 404
    sent = desk.stranger.post("/tickets/bulk", data={"verb": "take", "ids": [str(secretive)]})
    assert "changed=0&refused=0" in sent.headers["Location"]
    own = desk.filed(by=desk.stranger)
    linked = desk.stranger.post(f"/tickets/{own}/links", data={"kind": "blocks", "number": str(secretive)})
    assert (linked.status_code, CANARY in linked.get_data(as_text=True)) == (422, False)


def test_auditors_read_everything_and_change_nothing(desk, secretive):
    page = text_of(desk.auditor, f"/tickets/{secretive}")
    assert CANARY in page
    assert 'id="composer"' not in page
    for verb in ("replies", "notes", "taking", "state", "following", "facts", "merging"):
        assert desk.auditor.post(f"/tickets/{secretive}/{verb}", data={"body": "x"}).status_code == 403
    assert desk.auditor.post("/tickets/bulk", data={"verb": "take", "ids": ["1001"]}).status_code == 403


def test_files_of_a_note_are_the_desks(desk, reading):
    number = desk.filed()
    sent = desk.tina.post(
        f"/tickets/{number}/notes",
        data={"body": "see file", "files": (io.BytesIO(b"secret"), "secret.txt")},
        content_type="multipart/form-data",
    )
    assert sent.status_code == 303
    href = re.search(r'href="(/attachments/\d+)"', text_of(desk.tina, f"/tickets/{number}"))[1]
    assert content(desk.theo, href) == b"secret"
    assert desk.ana.get(href).status_code == 404
    assert desk.stranger.get(href).status_code == 404
    with reading() as session:
        assert session.scalars(select(Entry.source).where(Entry.kind == "note")).one() == "see file"


def test_the_door_leads_each_to_his_own(desk):
    number = desk.filed()
    assert desk.tina.get("/").headers["Location"] == "/tickets"
    desk.tina.post(f"/tickets/{number}/taking", data={"idempotency_key": ""})
    assert desk.tina.get("/").headers["Location"] == "/tickets?assignee=me"
    assert desk.ana.get("/").status_code == 200
    assert desk.tina.get(f"/t/{number}").headers["Location"] == f"/tickets/{number}"
    assert desk.ana.get(f"/t/{number}").headers["Location"] == f"/requests/{number}"


def test_markup_in_words_is_shown_and_never_run(desk):
    number = desk.filed(
        title="<script>alert(1)</script>", body="<img src=x onerror=alert(1)> **bold** [x](javascript:1)"
    )
    for browser, path in (
        (desk.ana, f"/requests/{number}"),
        (desk.tina, f"/tickets/{number}"),
        (desk.tina, "/tickets"),
    ):
        page = text_of(browser, path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page
    assert "<strong>bold</strong>" in text_of(desk.ana, f"/requests/{number}")


def test_my_things_are_mine(desk, work):
    asset(work, desk)
    asset(work, desk, tag="B-1", name="bos-phone", custodian_id=desk.bo.actor.person_id)
    asset(work, desk, tag="A-9", name="old-thing", status=AssetStatus.DISPOSED)
    page = text_of(desk.ana, "/things")
    assert ("ana-x1" in page, "bos-phone" in page, "old-thing" in page) == (True, False, False)
    assert "/report?asset=A-1" in page


def test_numbers_of_lifecycle_are_kept(desk, reading):
    number = desk.filed()
    desk.does(desk.ana, lifecycle.withdraw, number)
    with reading() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert (ticket.category, ticket.is_open, ticket.closed_at is not None) == (StateCategory.CANCELLED, False, True)


def test_an_asset_shows_its_tickets_to_the_desk(desk, work):
    asset_id = asset(work, desk)
    assert "No ticket is about this" in text_of(desk.tina, f"/assets/{asset_id}/tickets")
    number = desk.filed(asset_ids=(asset_id,))
    assert f'href="/tickets/{number}"' in text_of(desk.tina, f"/assets/{asset_id}/tickets")


def test_the_search_finds_own_requests_and_things_and_leads_on_to_a_report(desk):
    desk.filed(title="Printer eats 100% of the paper")
    desk.filed(title="Secret printer", by=desk.stranger)
    found = text_of(desk.ana, "/requests?q=PAPER+printer")
    assert "Printer eats" in found and "Secret" not in found
    assert "Printer eats" not in text_of(desk.ana, "/requests?q=1%25_")
    nothing = text_of(desk.ana, "/requests?q=new+phone")
    assert "Nothing of yours is called so" in nothing and "/report?title=new+phone" in nothing
