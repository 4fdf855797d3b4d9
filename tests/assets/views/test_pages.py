"""The pages of the register: what they show, whom they let in, what they cost."""

import re

import pytest
from sqlalchemy import event, select

from itsm.assets.enums import AssetKind, AssetStatus
from itsm.assets.models import Asset, CustodyPeriod, FieldChoice
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.infra.db import db
from itsm.kernel.actor import Actor, Role
from tests.application import NOON, only

HOUSE = Actor.house()
TABS = ("hardware", "network", "software", "relationships", "custody", "documents", "history")


def entered(work, organization_id, name="lap-ana", **more):
    """Enter an asset and return its id."""
    with work():
        new = NewAsset(organization_id=organization_id, name=name, kind=AssetKind.LAPTOP, **more)
        return register_asset(HOUSE, new, now=NOON).id


def home_of(browser):
    return only(browser.actor.organization_ids)


def names_in(response):
    return re.findall(r"data-open>([^<]+)<", response.text)


def statements(app, browser, url):
    """Return how many statements a page costs."""
    seen = []

    def count(*args):
        seen.append(args[2])

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        assert browser.get(url).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len([text for text in seen if not text.startswith(("PRAGMA", "SAVEPOINT"))])


def test_the_list_costs_the_same_with_one_row_and_with_three(app, work, sign_in):
    browser = sign_in(Role.TECHNICIAN)
    entered(work, home_of(browser))
    browser.get("/assets")  # a new connection asks its server a question of its own
    first = statements(app, browser, "/assets?cols=status.model.custodian.location.department.category.address")
    for number in range(2):
        entered(work, home_of(browser), f"lap-{number}")
    again = statements(app, browser, "/assets?cols=status.model.custodian.location.department.category.address")
    assert (first, again) == (again, again)
    assert again <= 5


def test_the_list_finds_by_tag_name_serial_and_says_when_nothing_matches(work, sign_in):
    browser = sign_in(Role.TECHNICIAN)
    here = home_of(browser)
    entered(work, here, "lap-ana", serial="PF-123X", maker="Lenovo", model="ThinkPad T14")
    entered(work, here, "lap-ben", serial="ZZ-9")
    assert names_in(browser.get("/assets")) == ["lap-ana", "lap-ben"]
    assert names_in(browser.get("/assets?sort=name&down=1")) == ["lap-ben", "lap-ana"]
    for words in ("PF-123X", "pf123x", "thinkpad", "LAP-00001", "ana"):
        assert names_in(browser.get("/assets", query_string={"q": words})) == ["lap-ana"], words
    nothing = browser.get("/assets?q=zebra")
    assert names_in(nothing) == []
    assert "Nothing matches “zebra”" in nothing.text


def test_the_list_narrows_by_status_and_kind_and_asks_for_one_block(work, sign_in):
    browser = sign_in(Role.ASSET_MANAGER)
    here = home_of(browser)
    entered(work, here, "old", status=AssetStatus.RETIRED)
    entered(work, here, "new", status=AssetStatus.IN_USE)
    assert names_in(browser.get("/assets")) == ["new"]
    assert names_in(browser.get("/assets?status=any")) == ["new", "old"]
    assert names_in(browser.get("/assets?status=retired")) == ["old"]
    assert names_in(browser.get("/assets?kind=printer")) == []
    part = browser.htmx("/assets?status=any", "asset_list")
    assert part.text.count("<tr id=") == 2
    assert "<html" not in part.text


@pytest.mark.parametrize("tab", ["", *(f"/{tab}" for tab in TABS)])
def test_every_tab_opens(work, sign_in, tab):
    browser = sign_in(Role.TECHNICIAN)
    asset_id = entered(work, home_of(browser))
    response = browser.get(f"/assets/{asset_id}{tab}")
    assert response.status_code == 200
    assert "lap-ana" in response.text
    assert browser.get(f"/assets/{asset_id}/nonsense").status_code == 404


def test_what_another_organization_has_does_not_exist(work, sign_in):
    browser = sign_in(Role.TECHNICIAN)
    other = sign_in(Role.TECHNICIAN, organization=home_of(browser))
    stranger = sign_in(Role.TECHNICIAN)
    asset_id = entered(work, home_of(stranger), "secret")
    assert other.get(f"/assets/{asset_id}").status_code == 404
    assert names_in(other.get("/assets")) == []
    assert other.get("/assets/pick?q=secret").json == []
    assert "secret" not in other.get("/assets/export.csv").text
    for url in ("edit", "qr.svg", "label", "handover", "history"):
        assert other.get(f"/assets/{asset_id}/{url}").status_code == 404, url
    for url in ("edit", "status", "handover", "return", "documents", "relationships"):
        data = {"status": "in_use", "name": "x", "kind": "laptop", "version": "1", "type": "uses", "other_id": "1"}
        wanted = {"edit": ("name", "kind", "version"), "status": ("status",), "relationships": ("type", "other_id")}
        sent = {name: data[name] for name in wanted.get(url, ())}
        assert other.post(f"/assets/{asset_id}/{url}", data=sent).status_code in (404, 422), url


def test_employees_are_kept_out_of_the_register_but_see_what_they_scan(work, sign_in, reading):
    employee = sign_in(Role.EMPLOYEE)
    mine = entered(work, home_of(employee), "lap-mine", facts={"custodian_id": employee.actor.person_id})
    entered(work, home_of(employee), "lap-other")
    foreign = sign_in(Role.EMPLOYEE)
    for url in ("/assets", f"/assets/{mine}", "/assets/new", "/assets/export.csv", "/assets/disagreements"):
        assert employee.get(url).status_code == 403, url
    assert [row["label"] for row in employee.get("/assets/pick?q=lap").json] == ["lap-mine"]
    own = employee.get("/a/LAP-00001")
    assert "This is yours." in own.text
    assert "/report?asset=LAP-00001" in own.text
    others = employee.get("/a/lap-00002")
    assert others.status_code == 200
    assert "lap-other" not in others.text
    assert foreign.get("/a/LAP-00001").status_code == 404
    assert employee.get("/a/NOT-THERE").status_code == 404


def test_a_scan_leads_staff_to_the_page_and_an_old_tag_still_does(work, sign_in):
    browser = sign_in(Role.ASSET_MANAGER)
    asset_id = entered(work, home_of(browser))
    form = {"name": "lap-ana", "kind": "laptop", "tag": "NEW-1", "version": "1", "base": "{}"}
    assert browser.post(f"/assets/{asset_id}/edit", data=form).status_code == 303
    for tag in ("LAP-00001", "NEW-1"):
        assert browser.get(f"/a/{tag}").headers["Location"] == f"/assets/{asset_id}"
    picture = browser.get(f"/assets/{asset_id}/qr.svg")
    assert picture.mimetype == "image/svg+xml"
    assert picture.text.startswith("<?xml")


def test_a_new_asset_is_entered_once_and_what_was_typed_counts_as_chosen(work, sign_in, reading):
    browser = sign_in(Role.ASSET_MANAGER)
    form = {
        "name": "lap-new",
        "kind": "laptop",
        "status": "in_use",
        "maker": "Dell Inc.",
        "model": "Latitude 7440",
        "serial": "ABC 123",
        "custodian_id": str(browser.actor.person_id),
        "price": "1 299,50",
        "currency": "EUR",
        "purchased_on": "2026-01-31",
        "notes": "two\r\nlines",
        "idempotency_key": "the same key",
    }
    first = browser.post("/assets/new", data=form)
    again = browser.post("/assets/new", data=form)
    assert first.status_code == 303
    assert first.headers["Location"] == again.headers["Location"]
    with reading() as session:
        asset = only(session.scalars(select(Asset)))
        assert (asset.tag, asset.name, asset.serial_key, asset.price_minor) == (
            "LAP-00001",
            "lap-new",
            "ABC123",
            129950,
        )
        assert (asset.notes, asset.status) == ("two\nlines", AssetStatus.IN_USE)
        assert sorted(session.scalars(select(FieldChoice.field))) == ["manufacturer", "model", "name", "serial"]
        assert only(session.scalars(select(CustodyPeriod))).person_id == browser.actor.person_id


def test_a_form_with_mistakes_comes_back_with_what_was_typed(sign_in, reading):
    browser = sign_in(Role.TECHNICIAN)
    answer = browser.post("/assets/new", data={"name": "", "kind": "laptop", "serial": "KEEP-ME", "price": "lots"})
    assert answer.status_code == 422
    assert "KEEP-ME" in answer.text
    with reading() as session:
        assert session.scalars(select(Asset)).all() == []
    refused = browser.post("/assets/new", data={"name": "x", "kind": "laptop", "open_disagreements": "9"})
    assert refused.status_code == 422


def test_edits_of_different_fields_merge_and_of_the_same_are_asked_about(work, sign_in, reading):
    ana, ben = sign_in(Role.ASSET_MANAGER, name="Ana"), sign_in(Role.ASSET_MANAGER, name="Ben")
    asset_id = entered(work, home_of(ana), serial="S-1")
    opened = ana.get(f"/assets/{asset_id}/edit").text
    assert 'name="version" value="1"' in opened
    base = '{"name":"lap-ana","serial":"S-1","tag":"LAP-00001","notes":""}'
    common = {"kind": "laptop", "tag": "LAP-00001", "version": "1", "base": base}
    assert ana.post(f"/assets/{asset_id}/edit", data={**common, "name": "lap-ana", "serial": "S-2"}).status_code == 303
    merged = ben.post(f"/assets/{asset_id}/edit", data={**common, "name": "lap-ben", "serial": "S-1"})
    assert merged.status_code == 303
    clash = ben.post(f"/assets/{asset_id}/edit", data={**common, "name": "lap-ben", "serial": "S-3"})
    assert clash.status_code == 409
    assert 'value="S-3"' in clash.text
    assert 'value="S-2"' in clash.text
    with reading() as session:
        asset = session.get_one(Asset, asset_id)
        assert (asset.name, asset.serial) == ("lap-ben", "S-2")
        version = asset.version
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', clash.text))
    fields = {name: value.replace("&#34;", '"') for name, value in fields.items() if name not in ("csrf_token", "q")}
    assert fields["version"] == str(version)
    chosen = ben.post(f"/assets/{asset_id}/edit", data={**fields, "serial": "S-3"})
    assert chosen.status_code == 303
    with reading() as session:
        assert session.get_one(Asset, asset_id).serial == "S-3"
