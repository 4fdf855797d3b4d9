"""Organizations, trees, cost centres and the look of the installation."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from itsm.kernel.actor import Role
from itsm.org.forms import ACCENTS
from itsm.org.models import CostCentre, Department, Location, Organization
from tests.factories.org import DepartmentFactory, LocationFactory, OrganizationFactory


@pytest.fixture
def here(work):
    with work():
        return OrganizationFactory(name="Here").id


@pytest.fixture
def admin(sign_in, here):
    return sign_in(Role.ADMINISTRATOR, name="Root")


@pytest.fixture(autouse=True)
def fresh_look(app):
    app.extensions["itsm.look"].forget()
    yield
    app.extensions["itsm.look"].forget()


def paths(reading, model=Location):
    with reading() as session:
        return session.scalars(select(model.path).order_by(model.path)).all()


def place(here, name, **more):
    return {"organization_id": here, "name": name, "kind": "site", **more}


def test_a_tree_grows_moves_and_keeps_its_paths(admin, here, reading):
    assert admin.post("/admin/locations", data=place(here, "Leeds")).status_code == 303
    with reading() as session:
        leeds = session.scalars(select(Location.id)).one()
    floor = place(here, "2nd floor", kind="floor", parent_id=leeds, time_zone="Europe/London")
    assert admin.post("/admin/locations", data=floor).status_code == 303
    assert paths(reading) == ["Leeds", "Leeds / 2nd floor"]
    data = place(here, "Leeds North", version=1)
    assert admin.post(f"/admin/locations/{leeds}", data=data).status_code == 303
    assert paths(reading) == ["Leeds North", "Leeds North / 2nd floor"]
    stale = admin.post(f"/admin/locations/{leeds}", data=place(here, "Other", version=1))
    assert (stale.status_code, "Yours was: Other" in stale.text, "Leeds North" in stale.text) == (409, True, True)
    with reading() as session:
        below = session.scalars(select(Location).where(Location.parent_id == leeds)).one()
    circle = place(here, "Leeds North", parent_id=below.id, version=2)
    assert admin.post(f"/admin/locations/{leeds}", data=circle).status_code == 422
    assert admin.post(f"/admin/locations/{leeds}/remove").status_code == 409
    assert admin.post(f"/admin/locations/{below.id}/remove").status_code == 303
    assert admin.post(f"/admin/locations/{leeds}/remove").status_code == 303
    assert paths(reading) == []


@pytest.mark.parametrize(
    "wrong",
    [{"name": "a / b"}, {"name": ""}, {"kind": "moon"}, {"time_zone": "Mars/Base"}, {"parent_id": "999"}, {"x": "1"}],
)
def test_places_that_cannot_be(admin, here, reading, wrong):
    assert admin.post("/admin/locations", data={**place(here, "Leeds"), **wrong}).status_code == 422
    assert paths(reading) == []


def test_the_same_name_twice_is_refused_at_the_same_place_only(admin, here, reading):
    for _again in range(2):
        answer = admin.post("/admin/departments", data={"organization_id": here, "name": "Finance"})
    assert answer.status_code == 422
    with reading() as session:
        top = session.scalars(select(Department.id)).one()
    data = {"organization_id": here, "name": "Finance", "parent_id": top}
    assert admin.post("/admin/departments", data=data).status_code == 303
    assert paths(reading, Department) == ["Finance", "Finance / Finance"]


def test_cost_centres_and_organizations(admin, here, reading):
    centre = {"organization_id": here, "code": "4711", "name": "IT"}
    assert admin.post("/admin/cost-centres", data=centre).status_code == 303
    assert admin.post("/admin/cost-centres", data=centre).status_code == 422
    assert admin.post("/admin/organizations", data={"name": "There"}).status_code == 303
    assert admin.post("/admin/organizations", data={"name": "there"}).status_code == 422
    assert admin.post(f"/admin/organizations/{here}", data={"name": "Hier", "version": 1}).status_code == 303
    with reading() as session:
        assert session.get_one(Organization, here).name == "Hier"
        assert session.scalars(select(CostCentre.code)).all() == ["4711"]
    for what in ("organizations", "locations", "departments", "cost-centres"):
        assert admin.get(f"/admin/{what}").status_code == 200
        assert admin.get(f"/admin/{what}?edit=99999").status_code == 404


def test_an_administrator_of_one_organization_stays_in_it(sign_in, here, work):
    with work():
        there = OrganizationFactory(name="There").id
        place_there = LocationFactory(organization=None, organization_id=there, name="Zzyzx").id
        DepartmentFactory(organization=None, organization_id=there, name="Zzyzx away")
    local = sign_in(Role.ADMINISTRATOR, organization=here)
    assert "Zzyzx" not in local.get("/admin/locations").text + local.get("/admin/departments").text
    assert local.post("/admin/locations", data=place(there, "Mine")).status_code == 403
    assert local.post(f"/admin/locations/{place_there}", data=place(there, "X", version=1)).status_code == 404
    assert local.post(f"/admin/locations/{place_there}/remove").status_code == 404
    assert local.post("/admin/organizations", data={"name": "New"}).status_code == 403
    assert local.get("/admin/installation").status_code == 403
    tina = sign_in(Role.TECHNICIAN)
    assert [tina.get(f"/admin/{what}").status_code for what in ("locations", "installation")] == [403, 403]


def test_the_product_has_a_name_and_an_accent(admin, anonymous):
    page = admin.get("/admin/installation").text
    assert 'class="no-script accent-blue"' in page
    data = {"product_name": "Help at <Acme>", "accent": "teal", "version": 0}
    assert admin.post("/admin/installation", data=data).status_code == 303
    page = anonymous.get("/sign-in").text
    assert ("Help at &lt;Acme&gt;" in page, "accent-teal" in page) == (True, True)
    assert admin.post("/admin/installation", data=data).status_code == 409
    assert admin.post("/admin/installation", data={**data, "accent": "url(x)", "version": 1}).status_code == 422


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("accent", ACCENTS)
def test_every_accent_is_readable(accent, theme):
    css = (Path(__file__).resolve().parents[2] / "static" / "css" / "app.css").read_text(encoding="utf-8")
    base = css.split(f':root[data-bs-theme="{theme}"] {{')[1].split("}")[0]
    own = "" if accent == "blue" else css.split(f':root.accent-{accent}[data-bs-theme="{theme}"] {{')[1].split("}")[0]
    tokens = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", base)) | dict(
        re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", own)
    )
    assert contrast(tokens["--accent"], "#ffffff") >= 4.5
    for ground in ("--ground", "--surface" if theme == "dark" else "--side", "--accent-soft"):
        assert contrast(tokens["--accent-text"], tokens[ground]) >= 4.5, ground
