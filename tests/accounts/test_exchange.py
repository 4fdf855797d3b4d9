"""People in and out as tables."""

import io

import pytest
from sqlalchemy import func, select

from itsm.accounts.models import Person, UserAccount
from itsm.accounts.services import importing
from itsm.infra.journal import JournalRow
from itsm.kernel.actor import Role
from tests.accounts.test_people import company  # noqa: F401 - a fixture

HEAD = "Name;E mail;Employee number;Department;Phone\n".replace("E mail", "email")


def look(browser, text, **more):
    data = {"file": (io.BytesIO(text.encode()), "people.csv"), **more}
    return browser.post("/people/import", data=data, content_type="multipart/form-data")


def digest_in(page):
    return page.text.split('name="digest" value="')[1][:64]


def outcomes(work, actor, text):
    with work(actor) as unit:
        rows = importing.csvio.read(io.BytesIO(text.encode()))
        return [(row.line, row.outcome.value, row.reason) for row in importing.plan(unit.session, actor, rows)]


@pytest.fixture
def admin(sign_in, company):  # noqa: F811
    return sign_in(Role.ADMINISTRATOR, organization=company["here"], name="Root")


def test_a_look_changes_nothing_and_the_import_is_one_action(admin, company, reading):  # noqa: F811
    table = HEAD + "Ana;ana@example.org;7;Finance / Payroll;\nNew One;new@example.org;8;Finance;123\n;x@y;9;;\n"
    page = look(admin, table)
    assert page.status_code == 200
    assert [f"1 {word}" in page.text for word in ("new", "changed", "refused")] == [True] * 3
    with reading() as session:
        assert session.scalar(select(func.count(Person.id)).where(Person.email == "new@example.org")) == 0
    data = {"digest": digest_in(page), "idempotency_key": "one-key-for-both"}
    assert [admin.post("/people/import/apply", data=data).status_code for _ in range(2)] == [303, 303]
    with reading() as session:
        new = session.scalars(select(Person).where(Person.email == "new@example.org")).one()
        assert (new.name, new.employee_number, new.phone) == ("New One", "8", "123")
        assert (new.department_id, new.organization_id) == (company["finance"], company["here"])
        assert session.get_one(Person, company["Ana"]).employee_number == "7"
        last = session.scalars(select(JournalRow).order_by(JournalRow.sequence.desc())).first()
        lines = session.scalars(select(JournalRow).where(JournalRow.request_id == last.request_id)).all()
        assert sorted(row.action for row in lines) == ["changed", "created", "imported"]
        assert last.detail["after"]["refused"] == 1
    again = look(admin, table)
    assert ["0 new" in again.text, "0 changed" in again.text, "2 unchanged" in again.text] == [True] * 3


def test_every_row_is_judged_by_its_line(admin, company, work):  # noqa: F811
    with work() as unit:
        unit.session.add(UserAccount(person_id=company["Bo"], login="bo@example.org"))
        unit.session.get_one(Person, company["Bo"]).employee_number = "B1"
    table = (
        "name,email,employee_number,department,joined_on,left_on\n"
        "Dee,dee@example.org,,Nowhere,,\n"
        "Eve,not-an-address,,,,\n"
        "Bo,bob@example.org,b1,,,\n"
        "Ana,ana@example.org,B1,,,\n"
        "Flo,,,,,\n"
        "Gus,gus@example.org,,,2026-13-01,\n"
        "Hal,hal@example.org,,,2026-02-01,2026-01-01\n"
        "Ivy,ivy@example.org,,,,\n"
        "Ivy,IVY@example.org,,,,\n"
    )
    assert outcomes(work, admin.actor, table) == [
        (2, "refused", "department: There is no department 'Nowhere' in this organization."),
        (3, "refused", "email: This is no mail address."),
        (4, "refused", "email: This person signs in with another address. Change it on the person's page."),
        (5, "refused", "email: The number is Bo's, the address Ana's."),
        (6, "refused", "Without a mail address or an employee number nobody can be recognised."),
        (7, "refused", "joined_on: Please write a date such as 2026-11-23."),
        (8, "refused", "left_on: This is before the first day."),
        (9, "new", ""),
        (10, "refused", "This person stands in the table twice."),
    ]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "empty"),
        ("name,salary\nA,1\n", "salary"),
        ("email\na@b\n", "needs a column called name"),
        ("name,email\n", "no rows"),
        ("name,email\nA,b,c\n", "Line 2 has 3 cells"),
    ],
)
def test_what_is_no_table_of_people_is_told(admin, table, said):
    page = look(admin, table)
    assert (page.status_code, said in page.text) == (422, True)


def test_only_administrators_import_and_only_into_their_organizations(admin, sign_in, company, work):  # noqa: F811
    tina = sign_in(Role.TECHNICIAN)
    assert [tina.get("/people/import").status_code, look(tina, "name\nA\n").status_code] == [403, 403]
    foreign = "name,email,organization\nA,a@example.org,There\n"
    assert outcomes(work, admin.actor, foreign) == [(2, "refused", "organization: There is no organization 'There'.")]
    assert admin.post("/people/import/apply", data={"digest": "0" * 64}).status_code == 422
    assert admin.post("/people/import/apply", data={"digest": "../x"}).status_code == 422


def test_an_export_holds_no_formula_and_only_ones_own(sign_in, company, work):  # noqa: F811
    with work() as unit:
        unit.session.get_one(Person, company["Ana"]).job_title = '=HYPERLINK("http://evil.example")'
    auditor = sign_in(Role.AUDITOR, organization=company["here"], name="Gus")
    page = auditor.get("/people/export.csv?q=example.org")
    lines = page.data.decode("utf-8-sig").splitlines()
    assert page.headers["Content-Type"].startswith("text/csv")
    assert lines[0] == "name,email,employee_number,phone,job_title,department,location"
    assert lines[1] == ('Ana,ana@example.org,,,"\'=HYPERLINK(""http://evil.example"")",Finance / Payroll,Leeds')
    assert not any("Cy" in line for line in lines)
    assert sign_in(Role.TECHNICIAN).get("/people/export.csv").status_code == 403
