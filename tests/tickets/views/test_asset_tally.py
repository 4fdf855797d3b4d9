"""What whoever looks after assets is told of their tickets: that they are, and nothing that people wrote in them."""

import re

import pytest

from itsm.kernel.actor import Role
from itsm.tickets.services import conversation, lifecycle
from tests.factories.assets import AssetFactory

SECRET = "my manager must not know"


@pytest.fixture
def asset_id(desk, work):
    with work():
        return AssetFactory(organization_id=desk.organization_id, organization=None, name="lap-1").id


def about(desk, asset_id, **given):
    return desk.filed(title=SECRET, body=SECRET, asset_ids=(asset_id,), **given)


def test_a_manager_sees_how_many_and_not_what(desk, sign_in, asset_id):
    joost = sign_in(Role.ASSET_MANAGER, organization=desk.organization_id, name="Joost")
    empty = joost.get(f"/assets/{asset_id}/tickets").text
    assert "No ticket is about this" in empty
    first, second = about(desk, asset_id), about(desk, asset_id, by=desk.bo)
    desk.does(desk.tina, conversation.note, first, SECRET)
    desk.does(desk.tina, lifecycle.resolve, first)
    page = joost.get(f"/assets/{asset_id}/tickets").text
    numbers = re.findall(r'stat-value">(?:<svg.*?</svg>)?\s*(\d+)', page)
    assert (SECRET in page, "Ana Horvat" in page, numbers) == (False, False, ["1", "2", "2"])
    assert re.findall(r"#(10\d\d)", page) == [str(second), str(first)]
    assert ("Resolved" in page, f"/tickets/{first}" in page) == (True, False)
    assert joost.get(f"/tickets/{first}").status_code == 403
    assert joost.get(f"/t/{first}").status_code == 404
    assert SECRET in desk.tina.get(f"/assets/{asset_id}/tickets").text


def test_what_is_a_manager_s_own_affair_he_may_read(desk, sign_in, asset_id):
    joost = sign_in(Role.ASSET_MANAGER, organization=desk.organization_id, name="Joost")
    mine = about(desk, asset_id, by=joost)
    page = joost.get(f"/assets/{asset_id}/tickets").text
    assert (SECRET in page, f'href="/t/{mine}"' in page) == (True, True)


@pytest.mark.parametrize(
    ("role", "tabs"),
    [
        (Role.TECHNICIAN, [200, 200]),
        (Role.AUDITOR, [200, 200]),
        (Role.ASSET_MANAGER, [200, 200]),
        (Role.BUYER, [404, 404]),
        (Role.EMPLOYEE, [403, 403]),
    ],
)
def test_who_gets_tickets_and_impact_of_an_asset(desk, sign_in, asset_id, role, tabs):
    somebody = sign_in(role, organization=desk.organization_id)
    assert [somebody.get(f"/assets/{asset_id}/{tab}").status_code for tab in ("tickets", "impact")] == tabs
    listed = somebody.get(f"/assets/{asset_id}").text
    assert [f"/assets/{asset_id}/{tab}" in listed for tab in ("tickets", "impact")] == [n == 200 for n in tabs]


def test_a_manager_of_another_company_sees_nothing(desk, sign_in, asset_id):
    about(desk, asset_id)
    stranger = sign_in(Role.ASSET_MANAGER, organization=desk.other_organization_id)
    assert stranger.get(f"/assets/{asset_id}/tickets").status_code == 404
