"""The tree of topics: it grows, moves, is retired as a whole, and sends tickets to groups."""

import pytest
from sqlalchemy import select

from itsm.kernel.actor import Role
from itsm.tickets.models import TicketCategory
from tests.factories.accounts import GroupFactory

URL = "/tickets/settings/topics"


@pytest.fixture
def chief(desk, sign_in):
    return sign_in(Role.ADMINISTRATOR, organization=desk.organization_id)


def topic(reading, path):
    with reading() as session:
        return session.scalars(select(TicketCategory).where(TicketCategory.path == path)).one()


def add(chief, reading, name, path=None, **given):
    assert chief.post(URL, data={"name": name, **given}).status_code == 303
    return topic(reading, path or name).id


def test_a_topic_is_added_moved_with_all_below_it_and_retired(chief, desk, reading):
    printing = topic(reading, "Printing").id
    colour = add(chief, reading, "Colour", "Printing / Colour", parent_id=printing)
    banding = add(chief, reading, "Banding", "Printing / Colour / Banding", parent_id=colour)
    number = desk.filed(topic_id=banding)
    moved = {"name": "Colours", "parent_id": "", "version": "1"}
    assert chief.post(f"{URL}/{colour}", data=moved).status_code == 303
    assert topic(reading, "Colours / Banding").id == banding
    retired = {"name": "Colours", "retired": "1", "version": "2"}
    assert chief.post(f"{URL}/{colour}", data=retired).status_code == 303
    assert (topic(reading, "Colours").retired, topic(reading, "Colours / Banding").retired) == (True, True)
    assert "Colours / Banding" in desk.tina.get(f"/tickets/{number}").text
    assert "Colours / Banding" not in desk.tina.get("/tickets/new").text
    page = chief.get(f"{URL}?edit={banding}").text
    assert (f"/tickets?topic={banding}" in page, page.count(">retired</span>")) == (True, 2)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": "printing"}, "There is one of this name already."),
        ({"name": "Inks / toners"}, "A slash stands between the levels of the tree"),
        ({"name": "x", "parent_id": "999999"}, "Choose a topic from the list."),
        ({"name": "x", "group_id": "999999"}, "Choose a group from the list."),
        ({"name": ""}, "Please fill this in."),
    ],
)
def test_what_cannot_be_is_said(chief, sent, said):
    refused = chief.post(URL, data=sent)
    assert (refused.status_code, said in refused.text) == (422, True)


def test_no_circle_no_stale_version_no_topic_below_a_retired_one(chief, reading):
    top = add(chief, reading, "Top")
    below = add(chief, reading, "Below", "Top / Below", parent_id=top)
    circle = chief.post(f"{URL}/{top}", data={"name": "Top", "parent_id": below, "version": "1"})
    assert (circle.status_code, "A topic cannot hang below itself." in circle.text) == (422, True)
    assert chief.post(f"{URL}/{top}", data={"name": "Top", "retired": "1", "version": "1"}).status_code == 303
    assert chief.post(f"{URL}/{top}", data={"name": "Other", "version": "1"}).status_code == 409
    late = chief.post(URL, data={"name": "Late", "parent_id": top})
    assert (late.status_code, "The topic above is retired." in late.text) == (422, True)
    assert chief.get(f"{URL}?edit=999999").status_code == 404


def test_a_topic_sends_tickets_to_its_group_but_never_to_another_company(chief, desk, reading, work):
    with work():
        foreign = GroupFactory(organization_id=desk.other_organization_id, organization=None).id
    ours = add(chief, reading, "Ours", group_id=desk.group_id)
    theirs = add(chief, reading, "Theirs", group_id=foreign)
    assert desk.ticket(desk.filed(topic_id=ours)).group_id == desk.group_id
    assert desk.ticket(desk.filed(topic_id=theirs)).group_id is None
