"""People: who sees whom, the list and its cost, editing without overwriting, sign-in and roles, groups."""

import pytest
from sqlalchemy import func, select

from itsm.accounts.events import PersonInvited
from itsm.accounts.models import Group, GroupMember, Person, RoleGrant, UserAccount, UserSession
from itsm.accounts.services import access
from itsm.kernel.actor import Role
from itsm.kernel.errors import RuleBroken
from itsm.web.conflict import base_of
from tests.accounts.test_reset import told  # noqa: F401 - a fixture
from tests.application import NOON
from tests.factories.accounts import GroupFactory, PersonFactory, UserAccountFactory
from tests.factories.org import DepartmentFactory, LocationFactory, OrganizationFactory


@pytest.fixture
def company(work):
    with work() as unit:
        here, there = OrganizationFactory(name="Here"), OrganizationFactory(name="There")
        finance = DepartmentFactory(organization=None, organization_id=here.id, name="Finance")
        pay = DepartmentFactory(
            organization=None, organization_id=here.id, name="Payroll", path="Finance / Payroll", parent_id=finance.id
        )
        leeds = LocationFactory(organization=None, organization_id=here.id, name="Leeds")
        for name, owner, department, place in (
            ("Ana", here, pay, leeds),
            ("Bo", here, None, None),
            ("Cy", there, None, None),
        ):
            PersonFactory(
                name=name,
                email=f"{name.lower()}@example.org",
                organization=None,
                organization_id=owner.id,
                department_id=department.id if department else None,
                location_id=place.id if place else None,
            )
        ids = dict(unit.session.execute(select(Person.name, Person.id)).all())
        return {"here": here.id, "there": there.id, "finance": finance.id, "leeds": leeds.id, **ids}


def names(page):
    return [name for name in ("Ana", "Bo", "Cy") if f">{name}</a>" in page.text]


def test_the_list_shows_the_askers_organizations_and_narrows(sign_in, company):
    tina = sign_in(Role.TECHNICIAN, organization=company["here"], name="Tina")
    assert names(tina.get("/people")) == ["Ana", "Bo"]
    assert names(sign_in(Role.AUDITOR, name="Gus").get("/people")) == ["Ana", "Bo", "Cy"]
    for query, expected in (
        ("q=ANA", ["Ana"]),
        ("q=%25", []),
        (f"department={company['finance']}", ["Ana"]),
        (f"site={company['leeds']}", ["Ana"]),
        ("access=no", ["Ana", "Bo"]),
        ("role=technician", []),
        ("gone=1", []),
        ("role=nonsense&department=x&after=!!", ["Ana", "Bo"]),
    ):
        assert (query, names(tina.get(f"/people?{query}"))) == (query, expected)


def test_a_list_page_costs_six_statements_at_most_however_long(sign_in, company, work, counted):
    tina = sign_in(Role.TECHNICIAN, name="Tina")
    tina.get("/people")
    with work():
        for number in range(120):
            UserAccountFactory(person__name=f"Many {number:03}")
    with counted() as said:
        page = tina.get("/people")
    assert len(said) <= 6
    assert page.text.count("data-row") == 50
    more = tina.get("/people?q=Many")
    link = more.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "Many 050" in tina.get(link).text


def test_employees_and_strangers_are_kept_out(sign_in, anonymous, company):
    employee = sign_in(organization=company["here"])
    tina = sign_in(Role.TECHNICIAN, organization=company["here"])
    admin = sign_in(Role.ADMINISTRATOR, organization=company["here"])
    cy = company["Cy"]
    assert anonymous.get("/people").status_code == 303
    assert [employee.get(path).status_code for path in ("/people", f"/people/{company['Ana']}", "/groups")] == [403] * 3
    assert employee.get("/people/pick?q=a").status_code == 403
    assert [tina.get(f"/people/{cy}").status_code, admin.get(f"/people/{cy}/edit").status_code] == [404, 404]
    assert tina.get(f"/people/{company['Ana']}/edit").status_code == 403
    for verb in ("invite", "disable", "enable", "roles", "roles/1/revoke", ""):
        path = f"/people/{cy}/{verb}".rstrip("/")
        data = {"role": "technician"} if verb == "roles" else {}
        assert (verb, tina.post(path, data=data).status_code) == (verb, 403)
        assert (verb, admin.post(path, data=data).status_code) == (verb, 404)


def test_pickers_get_json_of_their_own_organizations(sign_in, company):
    tina = sign_in(Role.TECHNICIAN, organization=company["here"], name="Tina")
    found = tina.get("/people/pick?q=an").json
    assert found == [{"value": company["Ana"], "label": "Ana", "hint": "ana@example.org"}]
    assert tina.get("/people/pick?q=cy").json == []


def test_a_technician_adds_somebody_once(sign_in, company, reading):
    tina = sign_in(Role.TECHNICIAN, organization=company["here"])
    assert tina.get("/people/new").status_code == 200
    data = {"organization_id": company["here"], "name": "Dee", "email": "Dee@Example.org", "phone": ""}
    data["idempotency_key"] = "one-and-the-same-key"
    first = tina.post("/people", data=data)
    assert (first.status_code, first.headers["Location"]) == (303, tina.post("/people", data=data).headers["Location"])
    with reading() as session:
        dee = session.scalars(select(Person).where(Person.name == "Dee")).one()
        assert (dee.email, dee.phone, dee.organization_id) == ("dee@example.org", None, company["here"])
    taken = tina.post("/people", data={**data, "name": "Twin", "idempotency_key": "another-key-here"})
    assert (taken.status_code, "somebody else already" in taken.text) == (422, True)
    foreign = {"organization_id": company["there"], "name": "Eve"}
    assert tina.post("/people", data=foreign).status_code == 422
    wrong = {"organization_id": company["here"], "name": "Eve", "manager_id": company["Cy"]}
    assert tina.post("/people", data=wrong).status_code == 422


def values_of(person):
    names = ("organization_id", "name", "email", "phone", "employee_number", "job_title", "manager_id")
    names += ("department_id", "location_id", "cost_centre_id", "joined_on", "left_on")
    now = {name: getattr(person, name) or "" for name in names}
    return {**now, "base": base_of(now), "version": person.version}


def test_two_edits_of_different_fields_merge_and_of_the_same_field_ask(sign_in, company, reading):
    admin = sign_in(Role.ADMINISTRATOR)
    with reading() as session:
        sent = values_of(session.get_one(Person, company["Bo"]))
    path = f"/people/{company['Bo']}"
    assert admin.post(path, data={**sent, "phone": "111"}).status_code == 303
    assert admin.post(path, data={**sent, "job_title": "Buyer"}).status_code == 303
    clash = admin.post(path, data={**sent, "phone": "222"})
    assert (clash.status_code, 'value="222" checked' in clash.text, 'value="111"' in clash.text) == (409, True, True)
    with reading() as session:
        bo = session.get_one(Person, company["Bo"])
        assert (bo.phone, bo.job_title) == ("111", "Buyer")
    page = admin.get(path)
    assert ("111" in page.text, "Buyer" in page.text, "changed" in page.text) == (True, True, True)


def test_a_new_mail_address_moves_the_sign_in_and_the_last_day_closes_it(sign_in, company, work, reading):
    admin = sign_in(Role.ADMINISTRATOR)
    with work() as unit:
        unit.session.add(UserAccount(person_id=company["Bo"], login="bo@example.org"))
    with reading() as session:
        sent = values_of(session.get_one(Person, company["Bo"]))
    path = f"/people/{company['Bo']}"
    assert admin.post(path, data={**sent, "email": "bob@example.org", "left_on": "2026-11-20"}).status_code == 303
    with reading() as session:
        user = session.scalars(select(UserAccount).where(UserAccount.person_id == company["Bo"])).one()
        assert (user.login, user.disabled_at) == ("bob@example.org", NOON)


def test_inviting_makes_an_account_and_tells_the_house(sign_in, company, reading, told):  # noqa: F811
    admin = sign_in(Role.ADMINISTRATOR)
    path = f"/people/{company['Bo']}"
    assert admin.post(f"{path}/invite").status_code == 303
    with reading() as session:
        user = session.scalars(select(UserAccount).where(UserAccount.person_id == company["Bo"])).one()
        assert (user.login, user.password_hash) == ("bo@example.org", None)
    assert told == [PersonInvited(at=NOON, actor_id=admin.actor.user_id, user_id=user.id)]
    assert admin.post(f"{path}/disable").status_code == 303
    assert admin.post(f"{path}/invite").status_code == 409
    assert admin.post(f"{path}/enable").status_code == 303


def test_roles_are_given_taken_and_the_last_administrator_stays(sign_in, company, work, reading):
    admin = sign_in(Role.ADMINISTRATOR, name="Root")
    with work() as unit:
        unit.session.add(UserAccount(person_id=company["Bo"], login="bo@example.org"))
    path = f"/people/{company['Bo']}"
    own = f"/people/{admin.actor.person_id}"
    with reading() as session:
        mine = session.scalars(select(RoleGrant.id).where(RoleGrant.user_id == admin.actor.user_id)).one()
    assert admin.post(f"{own}/roles/{mine}/revoke").status_code == 409
    assert admin.post(f"{path}/roles", data={"role": "administrator"}).status_code == 303
    assert admin.post(f"{path}/roles", data={"role": "administrator"}).status_code == 303
    assert admin.post(f"{path}/roles", data={"role": "employee"}).status_code == 422
    mixed = admin.post(f"{path}/roles", data={"role": "technician", "organization_id": company["here"]})
    assert mixed.status_code == 409
    with reading() as session:
        held = session.execute(select(RoleGrant.role, RoleGrant.organization_id).where(RoleGrant.id != mine)).all()
        assert held == [(Role.ADMINISTRATOR, None)]
    assert admin.post(f"{path}/roles/{mine}/revoke").status_code == 404
    assert admin.post(f"{own}/roles/{mine}/revoke").status_code == 303
    assert admin.get("/people/new").status_code == 403


def test_a_closed_sign_in_of_the_other_administrator_does_not_count(sign_in, company, work):
    admin = sign_in(Role.ADMINISTRATOR)
    with work() as unit:
        user = UserAccount(person_id=company["Bo"], login="bo@example.org", disabled_at=NOON)
        unit.session.add(user)
        unit.session.flush()
        unit.session.add(RoleGrant(user_id=user.id, role=Role.ADMINISTRATOR))
    with work() as unit, pytest.raises(RuntimeError):
        person = unit.session.get_one(Person, admin.actor.person_id)
        with pytest.raises(RuleBroken):
            access.disable(unit.actor, person, now=NOON)
        raise RuntimeError("roll back")


def test_an_administrator_of_one_organization_does_not_grow(sign_in, company, work):
    local = sign_in(Role.ADMINISTRATOR, organization=company["here"])
    with work() as unit:
        for name in ("Ana", "Bo"):
            unit.session.add(UserAccount(person_id=company[name], login=f"{name.lower()}@example.org"))
        unit.session.flush()
        ana = unit.session.scalars(select(UserAccount.id).where(UserAccount.person_id == company["Ana"])).one()
        unit.session.add(RoleGrant(user_id=ana, role=Role.AUDITOR))
    grant = {"role": "administrator"}
    bo, own = f"/people/{company['Bo']}/roles", f"/people/{local.actor.person_id}/roles"
    assert local.post(bo, data=grant).status_code == 403
    assert local.post(own, data=grant).status_code == 403
    assert local.post(bo, data={**grant, "organization_id": company["there"]}).status_code == 403
    assert local.post(bo, data={**grant, "organization_id": company["here"]}).status_code == 303
    assert local.post(f"/people/{company['Ana']}/disable").status_code == 403


def test_a_closed_sign_in_ends_its_sessions(sign_in, company, reading):
    admin, bo = sign_in(Role.ADMINISTRATOR), sign_in()
    assert bo.get("/profile").status_code == 200
    assert admin.post(f"/people/{bo.actor.person_id}/disable").status_code == 303
    assert bo.get("/profile").status_code == 303
    assert admin.post(f"/people/{admin.actor.person_id}/disable").status_code == 409
    with reading() as session:
        open_ = select(func.count(UserSession.id)).where(UserSession.revoked_at.is_(None))
        assert session.scalar(open_) == 1


def test_groups_have_members_and_a_lead(sign_in, company, work, reading):
    admin = sign_in(Role.ADMINISTRATOR)
    made = admin.post("/groups", data={"name": "Network", "organization_id": company["here"]})
    path = made.headers["Location"]
    group_id = int(path.rsplit("/", 1)[1])
    again = admin.post("/groups", data={"name": "Network", "organization_id": company["here"]})
    assert (made.status_code, again.status_code) == (303, 422)
    form = {"name": "Networks", "organization_id": company["here"], "lead_id": company["Ana"], "version": 1}
    assert admin.post(path, data=form).status_code == 422
    for _again in range(2):
        assert admin.post(f"{path}/members", data={"person_id": company["Ana"]}).status_code == 303
    assert admin.post(path, data=form).status_code == 303
    assert admin.post(path, data=form).status_code == 409
    with reading() as session:
        group = session.get_one(Group, group_id)
        assert (group.name, group.lead_id) == ("Networks", company["Ana"])
        assert session.scalar(select(func.count(GroupMember.id))) == 1
    page = admin.get(path).text
    assert ("Ana" in page, "Networks" in admin.get("/groups").text) == (True, True)
    assert admin.post(f"{path}/members/{company['Ana']}/remove").status_code == 303
    assert admin.post(f"{path}/members/{company['Ana']}/remove").status_code == 404
    with reading() as session:
        assert session.get_one(Group, group_id).lead_id is None


def test_groups_of_another_organization_do_not_exist(sign_in, company, work):
    with work():
        group = GroupFactory(organization=None, organization_id=company["there"]).id
    local = sign_in(Role.ADMINISTRATOR, organization=company["here"])
    assert local.get(f"/groups/{group}").status_code == 404
    data = {"name": "Mine", "organization_id": company["there"], "version": 1}
    assert local.post(f"/groups/{group}", data=data).status_code == 404
    assert local.post(f"/groups/{group}/members", data={"person_id": company["Bo"]}).status_code == 404
    assert local.post("/groups", data={"name": "Mine", "organization_id": company["there"]}).status_code == 403
