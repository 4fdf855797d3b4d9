"""One search over everything; each finds only what he may see."""

import pytest

from itsm.assets.services import indexing
from itsm.kernel.actor import Role
from itsm.tickets.services.filing import NewTicket, file
from tests.factories.accounts import PersonFactory
from tests.factories.assets import AssetFactory
from tests.factories.org import OrganizationFactory


@pytest.fixture
def house(sign_in, work):
    with work():
        here, there = OrganizationFactory().id, OrganizationFactory().id
    ana = sign_in(organization=here, name="Ana Marigold")
    tina = sign_in(Role.TECHNICIAN, organization=here, name="Tina")
    with work(ana.actor) as unit:
        number = file(ana.actor, NewTicket(title="Marigold screen flickers", body="Help"), now=unit.now).number
    with work() as unit:
        PersonFactory(name="Cy Marigold", organization=None, organization_id=there)
        for owner, name in ((here, "marigold-1"), (there, "marigold-2")):
            asset = AssetFactory(name=name, organization=None, organization_id=owner)
            asset.custodian_id = ana.actor.person_id if owner == here else None
            unit.session.flush()
            indexing.index([asset.id])
    return ana, tina, number


def test_staff_find_people_tickets_and_assets_of_their_organizations(house):
    _ana, tina, number = house
    page = tina.get("/search?q=Marigold").text
    assert [word in page for word in ("Ana Marigold", "screen flickers", "marigold-1")] == [True] * 3
    assert [word in page for word in ("Cy Marigold", "marigold-2")] == [False] * 2
    assert f"#{number}" in tina.get(f"/search?q=%23{number}").text
    palette = tina.get("/search/palette?q=marigold").text
    assert palette.count('role="option"') == 3
    assert 'id="palette-hit-1-1"' in palette


def test_employees_find_their_own_requests_only(house, sign_in, anonymous):
    ana, _tina, number = house
    page = ana.get("/search?q=marigold").text
    assert (f"/requests/{number}" in page, "marigold-1" in page, "/people/" in page) == (True, False, False)
    other = sign_in(name="Bo").get("/search?q=marigold").text
    assert ("flickers" in other, "Nothing was found" in other) == (False, True)
    assert anonymous.get("/search?q=marigold").status_code == 303


@pytest.mark.parametrize("words", ["", "%20", "'\"*()", "%25", "a" * 5000, "%00x", "🦊 NEAR/ OR AND"])
def test_odd_words_find_nothing_and_break_nothing(house, words):
    _ana, tina, _number = house
    page = tina.get(f"/search?q={words}")
    assert (page.status_code, "flickers" in page.text) == (200, False)
    assert tina.get(f"/search/palette?q={words}").status_code == 200


def test_the_page_of_a_person_shows_what_he_holds_and_asked(house):
    ana, tina, _number = house
    page = tina.get(f"/people/{ana.actor.person_id}").text
    assert [word in page for word in ("marigold-1", "screen flickers")] == [True] * 2
    assert "marigold-2" not in page
