"""What the register's forms do through the doors, and who may knock at which."""

import io
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from itsm.assets.enums import AssetStatus, DisagreementState
from itsm.assets.models import Asset, AssetView, Category, CustodyPeriod, Disagreement, Model, Relationship
from itsm.assets.services.observation import Observation, observe
from itsm.fields.models import CustomField
from itsm.kernel.actor import Actor, Role
from tests.application import NOON, only
from tests.assets.views.test_pages import entered, home_of, names_in
from tests.factories.org import DepartmentFactory

DENIED = 403


def upload(browser, url, **files):
    """Send files through a form."""
    data = {"csrf_token": browser.csrf_token(), "idempotency_key": "a key of this test", **files}
    return FlaskClient.post(browser, url, data=data, content_type="multipart/form-data")


def test_an_asset_is_handed_out_and_taken_back(work, sign_in, reading):
    browser = sign_in(Role.TECHNICIAN)
    asset_id = entered(work, home_of(browser))
    assert "Check out lap-ana" in browser.get(f"/assets/{asset_id}/handover").text
    nobody = browser.post(f"/assets/{asset_id}/handover", data={"person_id": ""})
    assert nobody.status_code == 422
    assert "Please choose who gets it." in nobody.text
    to = {"person_id": browser.actor.person_id, "note": "with dock", "expected_return_on": "2026-12-01"}
    assert browser.post(f"/assets/{asset_id}/handover", data=to).status_code == 303
    assert "with dock" in browser.get(f"/assets/{asset_id}/custody").text
    assert "Check in lap-ana" in browser.get(f"/assets/{asset_id}/return").text
    assert browser.post(f"/assets/{asset_id}/return", data={"repair": "1"}).status_code == 303
    with reading() as session:
        asset = session.get_one(Asset, asset_id)
        assert (asset.custodian_id, asset.status) == (None, AssetStatus.IN_REPAIR)
        assert only(session.scalars(select(CustodyPeriod))).ended_at == NOON


def test_a_disagreement_is_decided_from_the_worklist_once(work, sign_in, reading):
    browser = sign_in(Role.ASSET_MANAGER)
    form = {"name": "lap-1", "kind": "laptop", "serial": "AAA111"}
    url = browser.post("/assets/new", data=form).headers["Location"]
    with work() as unit:
        asset = only(unit.session.scalars(select(Asset)))
        observe(Actor.house(), asset, [Observation("serial", "BBB222", "snmp", rule="chassis")], now=NOON)
    listed = browser.get("/assets/disagreements").text
    assert "BBB222" in listed
    assert "BBB222" in browser.get(url).text
    assert names_in(browser.get("/assets?flag=disagreement")) == ["lap-1"]
    address = re.search(r'action="([^"]*disagreements/\d+[^"]*)"', listed).group(1).replace("&amp;", "&")
    decided = browser.post(address, data={"decision": "accept", "version": "1"})
    assert (decided.status_code, decided.headers["Location"]) == (303, "/assets/disagreements")
    assert browser.post(address, data={"decision": "keep"}).status_code == 409
    assert browser.post(address, data={"decision": "burn"}).status_code == 422
    with reading() as session:
        assert session.scalars(select(Asset.serial)).all() == ["BBB222"]
        assert session.scalars(select(Disagreement.state)).all() == [DisagreementState.ACCEPTED]


def test_a_bulk_edit_is_done_told_and_undone_through_the_page(work, sign_in, reading):
    browser = sign_in(Role.ASSET_MANAGER)
    ids = [entered(work, home_of(browser), f"lap-{n}") for n in range(2)]
    with work():
        department = DepartmentFactory(organization=None, organization_id=home_of(browser)).id
    done = browser.post("/assets/bulk", data={"ids": ids, "department_id": str(department), "back": "q=lap"})
    told = done.headers["Location"]
    assert "changed=2" in told
    assert "q=lap" in told
    shown = browser.get(told).text
    assert "2 assets changed." in shown
    address = re.search(r'action="(/assets/bulk/[0-9a-f]{32}/undoing)"', shown).group(1)
    assert browser.post(address, data={"back": "q=lap"}).headers["Location"] == "/assets?q=lap"
    assert browser.post(address).status_code == 409
    with reading() as session:
        assert session.scalars(select(Asset.department_id)).all() == [None, None]
    assert "Change 2 assets" in browser.post("/assets/bulk/form", data={"ids": ids}).text
    assert browser.post("/assets/bulk", data={"ids": ids, "status": "melted"}).status_code == 303
    assert sign_in(Role.TECHNICIAN).post("/assets/bulk", data={"ids": ids, "status": "in_use"}).status_code == DENIED


def test_views_are_saved_shown_and_removed_by_their_owner_only(work, sign_in, reading):
    browser, other = sign_in(Role.TECHNICIAN), sign_in(Role.TECHNICIAN)
    saved = browser.post("/assets/views", data={"name": "Printers", "query": "kind=printer&cols=status.serial&x=1"})
    assert saved.headers["Location"] == "/assets?kind=printer&cols=status.serial"
    assert "Printers" in browser.get("/assets").text
    assert ">Printers<" not in other.get("/assets").text
    with reading() as session:
        view_id = only(session.scalars(select(AssetView))).id
    assert other.post(f"/assets/views/{view_id}/removal").status_code == 404
    assert browser.post("/assets/views", data={"name": "All", "shared": "1"}).status_code == DENIED
    assert browser.post(f"/assets/views/{view_id}/removal").status_code == 303
    with reading() as session:
        assert session.scalars(select(AssetView)).all() == []


def test_the_export_is_safe_in_a_spreadsheet_and_keeps_the_filter(work, sign_in):
    browser = sign_in(Role.AUDITOR)
    entered(work, home_of(browser), "=HYPERLINK(1)", serial="+49", maker="@SUM(1)", model="Z4")
    entered(work, home_of(browser), "zzz", status=AssetStatus.RETIRED)
    answer = browser.get("/assets/export.csv?status=in_stock")
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("LAP-00001,'=HYPERLINK(1),Laptop,'@SUM(1),In stock,Z4,+49")
    assert "attachment" in answer.headers["Content-Disposition"]


def test_documents_and_relationships_belong_to_an_asset(work, sign_in, reading):
    browser = sign_in(Role.TECHNICIAN)
    here = home_of(browser)
    asset_id, other = entered(work, here, "vm-1"), entered(work, here, "host-1")
    sent = upload(browser, f"/assets/{asset_id}/documents", files=(io.BytesIO(b"%PDF-1.4 receipt"), "receipt.pdf"))
    assert sent.status_code == 303
    page = browser.get(f"/assets/{asset_id}/documents").text
    assert "receipt.pdf" in page
    file_address = re.search(r'href="(/[^"]*attachments?/\d+)"', page).group(1)
    with browser.get(file_address) as answer:
        assert answer.data == b"%PDF-1.4 receipt"
    assert sign_in(Role.EMPLOYEE, organization=here).get(file_address).status_code == 404
    wish = {"type": "runs_on", "other_id": other, "needed": "1"}
    assert browser.post(f"/assets/{asset_id}/relationships", data=wish).status_code == 303
    assert "hosts" in browser.get(f"/assets/{other}/relationships").text
    itself = browser.post(f"/assets/{asset_id}/relationships", data={**wish, "other_id": asset_id})
    assert itself.status_code == 422
    with reading() as session:
        row = only(session.scalars(select(Relationship)))
        assert (row.from_id, row.to_id, row.source) == (asset_id, other, "declared")
    ended = browser.post(f"/assets/{asset_id}/relationships/{row.id}/end")
    assert ended.status_code == 303
    assert "host-1" not in browser.get(f"/assets/{asset_id}/relationships").text


def test_a_table_is_shown_first_and_then_carried_out(sign_in, reading):
    browser = sign_in(Role.ASSET_MANAGER)
    nothing = upload(browser, "/assets/import")
    assert nothing.status_code == 422
    assert "Choose one table." in nothing.text
    table = (io.BytesIO(b"Name,Kind,Serial number\nlap-x,laptop,S1\nlap-y,rocket,S2\n"), "assets.csv")
    sent = upload(browser, "/assets/import", files=table)
    preview = browser.get(sent.headers["Location"]).text
    assert "“rocket” is no kind of asset." in preview
    assert "Enter 1 and change 0" in preview
    with reading() as session:
        assert session.scalars(select(Asset)).all() == []
    assert sign_in(Role.ASSET_MANAGER).get(sent.headers["Location"]).status_code == 404
    assert browser.post(sent.headers["Location"]).status_code == 303
    with reading() as session:
        assert [(row.name, row.serial) for row in session.scalars(select(Asset))] == [("lap-x", "S1")]


def test_categories_fields_and_models_are_configured(work, sign_in, reading):
    browser = sign_in(Role.ASSET_MANAGER)
    category = {"name": "Beamers", "kind": "peripheral", "tag_prefix": "B-", "tag_digits": "2", "next_number": "7"}
    assert browser.post("/assets/catalogue/categories", data=category).status_code == 303
    assert browser.post("/assets/catalogue/categories", data=category).status_code == 422
    with reading() as session:
        category_id = only(session.scalars(select(Category))).id
    field = {"name": "Lamp", "type": "choice", "choices": "new\nworn", "category_id": category_id, "required": "1"}
    assert browser.post("/assets/catalogue/fields", data=field).status_code == 303
    new = {"name": "beamer", "kind": "peripheral", "category_id": category_id, "maker": "Epson", "model": "EB-1"}
    missing = browser.post("/assets/new", data=new)
    assert missing.status_code == 422
    made = browser.post("/assets/new", data={**new, "custom.lamp": "worn"})
    assert made.status_code == 303
    assert "worn" in browser.get(made.headers["Location"]).text
    with reading() as session:
        asset = only(session.scalars(select(Asset)))
        assert (asset.tag, asset.custom) == ("B-07", {"lamp": "worn"})
        model_id, field_id = only(session.scalars(select(Model))).id, only(session.scalars(select(CustomField))).id
    dates = {"name": "EB-1", "kind": "peripheral", "end_of_support_on": "2030-01-31", "version": "1"}
    assert browser.post(f"/assets/catalogue/models/{model_id}", data=dates).status_code == 303
    assert browser.post(f"/assets/catalogue/models/{model_id}", data=dates).status_code == 409
    listed = browser.get("/assets/catalogue").text
    assert re.findall(rf'href="(/assets[^"]*categor(?:y=|ies/){category_id}[^"]*)"', listed) == [
        f"/assets/catalogue/categories/{category_id}",
        f"/assets/catalogue/categories/{category_id}#fields",
        f"/assets?category={category_id}&amp;status=all",
    ]
    assert ("B-08" in listed, "Lamp" in browser.get(f"/assets/catalogue/categories/{category_id}").text) == (True, True)
    assert f'value="{category_id}" selected' in browser.get(f"/assets/catalogue/fields?category={category_id}").text
    assert "EB-1" in browser.get("/assets/catalogue/models?q=epson").text
    assert "EB-1" not in browser.get("/assets/catalogue/models?q=canon").text
    assert browser.get(f"/assets/catalogue/models/{model_id}").status_code == 200
    assert browser.post(f"/assets/catalogue/fields/{field_id}/removal").status_code == 303
    with reading() as session:
        assert session.scalars(select(Asset.custom)).all() == [{"lamp": "worn"}]


def test_the_next_tags_of_a_category_are_shown_before_it_is_saved(sign_in, reading):
    browser = sign_in(Role.ASSET_MANAGER)
    alone = {"HX-Request": "true", "HX-Target": "div#tag_preview"}
    typed = {"name": "", "kind": "", "tag_prefix": "B-", "tag_digits": "3", "next_number": "99"}
    shown = browser.post("/assets/catalogue/categories/preview", data=typed, headers=alone).text
    assert re.findall(r"B-\d+", shown) == ["B-099", "B-100", "B-101"]
    for wrong in ({"tag_digits": "0"}, {"next_number": "x"}, {"tag_digits": "13"}):
        refused = browser.post("/assets/catalogue/categories/preview", data={**typed, **wrong}, headers=alone).text
        assert (re.findall(r"B-\d+", refused), "The next tags stand here." in refused) == ([], True)
    with reading() as session:
        assert session.scalars(select(Category.id)).all() == []


STAFF = (Role.TECHNICIAN, Role.ASSET_MANAGER, Role.BUYER, Role.AUDITOR, Role.ADMINISTRATOR)
MANAGERS = (Role.ASSET_MANAGER, Role.ADMINISTRATOR)
WRITERS = (Role.TECHNICIAN, *MANAGERS)
GET = {
    "/assets": STAFF,
    "/assets/export.csv": STAFF,
    "/assets/disagreements": STAFF,
    "/assets/{id}": STAFF,
    "/assets/{id}/history": STAFF,
    "/assets/{id}/qr.svg": STAFF,
    "/assets/{id}/label": STAFF,
    "/assets/labels?ids={id}": STAFF,
    "/assets/pick?q=lap": (Role.EMPLOYEE, *STAFF),
    "/assets/pick/people?q=a": STAFF,
    "/assets/new": WRITERS,
    "/assets/{id}/edit": WRITERS,
    "/assets/{id}/handover": WRITERS,
    "/assets/{id}/return": WRITERS,
    "/assets/import": MANAGERS,
    "/assets/catalogue": MANAGERS,
    "/assets/catalogue/fields": MANAGERS,
    "/assets/catalogue/models": MANAGERS,
}
POST = {
    "/assets/new": WRITERS,
    "/assets/views": STAFF,
    "/assets/{id}/edit": WRITERS,
    "/assets/{id}/status": WRITERS,
    "/assets/{id}/handover": WRITERS,
    "/assets/{id}/return": WRITERS,
    "/assets/{id}/documents": WRITERS,
    "/assets/{id}/relationships": WRITERS,
    "/assets/{id}/relationships/1/end": WRITERS,
    "/assets/{id}/disagreements/1": WRITERS,
    "/assets/bulk": MANAGERS,
    "/assets/bulk/form": MANAGERS,
    "/assets/bulk/0/undoing": MANAGERS,
    "/assets/import": MANAGERS,
    "/assets/import/1": MANAGERS,
    "/assets/catalogue/categories": MANAGERS,
    "/assets/catalogue/categories/preview": MANAGERS,
    "/assets/catalogue/categories/1": MANAGERS,
    "/assets/catalogue/fields": MANAGERS,
    "/assets/catalogue/fields/1/removal": MANAGERS,
    "/assets/catalogue/models/1": MANAGERS,
    "/assets/catalogue/models/1/merger": MANAGERS,
    "/assets/catalogue/makers/1": MANAGERS,
    "/assets/catalogue/makers/1/merger": MANAGERS,
}


@pytest.mark.parametrize("role", list(Role))
def test_every_route_opens_for_its_roles_only(work, sign_in, role):
    browser = sign_in(role)
    asset_id = entered(work, home_of(browser))
    for url, roles in GET.items():
        status = browser.get(url.format(id=asset_id)).status_code
        assert status == (200 if role in roles else DENIED), url
    for url, roles in POST.items():
        status = browser.post(url.format(id=asset_id), data={}).status_code
        assert (status == DENIED) is (role not in roles), (url, status)
        assert status != 500, url
