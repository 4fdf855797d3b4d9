"""The pages of the worklists, of merging and of whose word counts: what they show, and what they cost."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itsm.accounts.models import Person
from itsm.assets.enums import AssetKind, AssetStatus, DisagreementState
from itsm.assets.models import Asset, Disagreement, FieldChoice, MergeRecord, Precedence, Resurfacing, SetAside
from itsm.assets.services.observation import Observation, observe
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.discovery.models import Sighting
from itsm.kernel.actor import Actor, Role
from itsm.tickets.models import Ticket
from tests.application import NOON, only
from tests.assets.views.test_pages import statements
from tests.discovery.services.test_intake import report, take
from tests.factories.discovery import NetworkFactory

HOUSE = Actor.house()
MOST = 6
LISTS = ("disagreements", "unbooked", "unseen", "resurfaced", "precedence")


def enter(home, name, **more):
    new = {"kind": AssetKind.SWITCH, "status": AssetStatus.IN_USE, **more}
    return register_asset(HOUSE, NewAsset(organization_id=home, name=name, **new), now=NOON)


@pytest.fixture
def ana(sign_in):
    return sign_in(Role.ASSET_MANAGER, Role.TECHNICIAN)


def filled(work, browser, number):
    """Put ``number`` things on every list."""
    home = only(browser.actor.organization_ids)
    with work() as unit:
        for n in range(number):
            seen = enter(home, f"seen-{n}")
            observe(HOUSE, seen, [Observation("os_name", "IOS", "snmp")], now=NOON - timedelta(days=60))
            asset = enter(home, f"named-{n}", serial="AAA")
            unit.session.add(FieldChoice(asset_id=asset.id, field="serial", person_id=browser.actor.person_id))
            unit.session.add(FieldChoice(asset_id=seen.id, field="model", source="snmp"))
            unit.session.flush()
            observe(HOUSE, asset, [Observation("serial", "BBB", "snmp")], now=NOON)
            ended = enter(home, f"ended-{n}", status=AssetStatus.RETIRED)
            observe(HOUSE, ended, [Observation("serial", f"E{n}", "snmp")], now=NOON, address="10.0.0.9")
    return home


@pytest.mark.parametrize("number", [1, 35])
def test_a_list_costs_the_same_however_long_it_is(work, app, ana, number):
    filled(work, ana, number)
    for name in LISTS:
        url = f"/assets/{name}"
        assert ana.get(url).text.count("data-row") >= number if number == 1 else 30
        assert statements(app, ana, url) <= MOST, url


def test_nothing_on_a_list_says_what_would_be_there(ana):
    for name, said in (
        ("disagreements", "Record and reality agree"),
        ("unbooked", "Everything that answers is on the books"),
        ("unseen", "Everything on the books was seen"),
        ("resurfaced", "What ended stayed silent"),
        ("precedence", "No single source is trusted"),
    ):
        assert said in ana.get(f"/assets/{name}").text


def test_the_lists_are_answered_from_their_pages(work, reading, ana):
    filled(work, ana, 1)
    with reading() as session:
        ids = {row.name: row.id for row in session.execute(select(Asset.name, Asset.id))}
        row = only(session.scalars(select(Disagreement)))
        back = only(session.scalars(select(Resurfacing.id)))
    assert "seen-0" in ana.get("/assets/unbooked.csv").text
    assert "seen-0" in ana.get("/assets/unseen").text
    aside = {"ids": ids["seen-0"], "do": "aside", "reason": "leased", "until": "2027-01-01"}
    assert ana.post("/assets/unseen", data=aside).status_code == 303
    assert "seen-0" not in ana.get("/assets/unseen").text
    assert "leased" in ana.get("/assets/unseen?aside=1").text
    assert ana.post("/assets/unbooked", data={"ids": ids["seen-0"], "do": "adopt"}).status_code == 303
    assert "Please choose who answers for them." in ana.get("/assets/unbooked").text
    ana.post("/assets/unbooked", data={"ids": ids["seen-0"], "do": "adopt", "owner_id": ana.actor.person_id})
    ana.post(f"/assets/resurfaced/{back}", data={"note": "a test", "status": "in_use"})
    assert "a test" in ana.get("/assets/resurfaced?done=1").text
    made = ana.post(f"/tickets/about-disagreement/{row.id}", data={"version": row.version})
    assert made.status_code == 303
    assert "ticket #" in ana.get("/assets/disagreements?referred=1").text
    with reading() as session:
        assert session.scalar(select(Asset.owner_id).where(Asset.id == ids["seen-0"])) == ana.actor.person_id
        assert session.scalar(select(Asset.status).where(Asset.id == ids["ended-0"])) is AssetStatus.IN_USE
        assert session.get_one(Disagreement, row.id).state is DisagreementState.REFERRED
        assert only(session.scalars(select(Ticket))).asset_id == ids["named-0"]
        assert only(session.scalars(select(SetAside))).reason == "leased"


def test_two_records_are_compared_merged_and_taken_apart(work, reading, ana):
    home = only(ana.actor.organization_ids)
    with work() as unit:
        holder = unit.session.scalars(select(Person.id)).first()
        one = enter(home, "one", serial="AAA111")
        other = enter(home, "other", serial="BBB222", facts={"custodian_id": holder, "supplier": "Bechtle"})
        ids = one.id, other.id, other.tag
    page = ana.get(f"/assets/{ids[0]}/merge?with={ids[1]}").text
    assert "Are these one thing?" in page
    assert "they differ in Serial number" in page
    sent = {"other_id": ids[1], "left_version": 1, "right_version": 1, "f_supplier": "take", "why": "same"}
    assert ana.post(f"/assets/{ids[0]}/merge", data=sent).status_code == 409
    assert ana.post(f"/assets/{ids[0]}/merge", data=sent | {"sure": "1"}).status_code == 303
    moved = ana.get(f"/assets/{ids[1]}/network")
    assert (moved.status_code, moved.headers["Location"]) == (302, f"/assets/{ids[0]}/network")
    assert ana.get(f"/a/{ids[2]}").headers["Location"].endswith(f"/assets/{ids[0]}")
    assert ana.get(f"/assets/{ids[1]}/edit").status_code == 404
    assert "Also recorded as" in ana.get(f"/assets/{ids[0]}").text
    assert ana.get("/assets").text.count("data-row") == 1
    assert ids[2] not in ana.get("/assets/export.csv").text
    assert "merged" in ana.get(f"/assets/{ids[0]}/history").text
    with reading() as session:
        merge_id = only(session.scalars(select(MergeRecord.id)))
    assert ana.post(f"/assets/{ids[0]}/merges/{merge_id}/undo", data={"apart": "1"}).status_code == 303
    assert ana.get("/assets").text.count("data-row") == 2
    assert "said that these are two things" in ana.get(f"/assets/{ids[0]}/merge?with={ids[1]}").text
    assert "No other record shares" in ana.get(f"/assets/{ids[0]}/merge").text


def test_an_order_is_looked_at_before_it_is_saved(reading, ana):
    order = ["lldp", "snmp", "ssh", "cdp", "import"]
    page = ana.get("/assets/precedence/serial", query_string={"order": order}).text
    assert "0 assets would change" in page
    assert "Put every source" in ana.get("/assets/precedence/serial?order=ssh&order=ssh").text
    assert ana.post("/assets/precedence/serial", data={"order": order, "version": 0}).status_code == 303
    with reading() as session:
        assert only(session.scalars(select(Precedence))).sources == order
    assert ana.post("/assets/precedence/serial", data={"order": order, "version": 0}).status_code == 409
    days = ana.post("/assets/staleness", data={"days_server": "5", "version_server": "0"})
    assert days.status_code == 303
    assert 'value="5"' in ana.get("/assets/staleness").text
    assert ana.post("/assets/staleness", data={"days_server": "x"}).status_code == 422


def test_what_is_another_device_is_split_off_on_its_page(work, reading, ana):
    home = only(ana.actor.organization_ids)
    with work() as unit:
        network = NetworkFactory(organization_id=home, organization=None)
        take(network, report(macs=("3c:52:82:00:00:01",), name="sw-1"))
        take(network, report(address="10.0.0.2", macs=("3c:52:82:00:00:99",), name="sw-2"))
        asset_id = only(unit.session.scalars(select(Asset.id)))
        wrong = unit.session.scalar(select(Sighting.id).where(Sighting.address == "10.0.0.2"))
    page = ana.get(f"/assets/{asset_id}/sightings").text
    assert page.count("data-row") == 2
    sent = {"sighting_ids": wrong, "why": "a clone", "other_id": ""}
    assert ana.post(f"/discovery/assets/{asset_id}/split", data=sent).status_code == 303
    assert ana.get(f"/assets/{asset_id}/sightings").text.count("data-row") == 1
    assert "10.0.0.2" in ana.get(f"/assets/{asset_id}/history").text
    with reading() as session:
        assert sorted(session.scalars(select(Asset.name))) == ["sw-1", "sw-2"]
