"""The journal, failed sign-ins and the dead letters, for those they are for."""

import pytest
from sqlalchemy import text

from itsm.accounts.views.words import thing_words
from itsm.infra.db import Base
from itsm.kernel.actor import Role
from tests.factories.accounts import PersonFactory
from tests.factories.org import OrganizationFactory

PAGES = ("/admin/journal", "/admin/sign-ins", "/admin/jobs")


def test_who_may_look(sign_in, anonymous, work):
    with work():
        here = OrganizationFactory().id
    told = {
        "administrator": [sign_in(Role.ADMINISTRATOR).get(path).status_code for path in PAGES],
        "auditor": [sign_in(Role.AUDITOR).get(path).status_code for path in PAGES],
        "technician": [sign_in(Role.TECHNICIAN).get(path).status_code for path in PAGES],
        "local auditor": [sign_in(Role.AUDITOR, organization=here).get(path).status_code for path in PAGES],
        "local administrator": [sign_in(Role.ADMINISTRATOR, organization=here).get(path).status_code for path in PAGES],
        "nobody": [anonymous.get(path).status_code for path in PAGES],
    }
    assert told == {
        "administrator": [200, 200, 200],
        "auditor": [200, 200, 403],
        "technician": [403, 403, 403],
        "local auditor": [403, 403, 403],
        "local administrator": [403, 403, 403],
        "nobody": [303, 303, 303],
    }


def test_the_journal_shows_before_and_after_and_narrows(sign_in, work, reading, counted):
    auditor = sign_in(Role.AUDITOR, name="Gus")
    with work() as unit:
        person = PersonFactory(name="Ana <b>")
        request = unit.actor.request_id
    with work() as unit:
        unit.session.get_one(type(person), person.id).phone = "12345"
    page = auditor.get(f"/admin/journal?subject=person&subject_id={person.id}").text
    assert ("12345" in page, "Ana &lt;b&gt;" in page, "<b>" in page) == (True, True, False)
    assert page.count("data-row") == 2
    assert auditor.get("/admin/journal?action=changed").text.count("data-row") == 1
    assert "12345" not in auditor.get(f"/admin/journal?request={request}").text
    assert auditor.get("/admin/journal?actor=nobody@example.org").text.count("data-row") == 0
    with work():
        for _number in range(120):
            PersonFactory()
    auditor.get("/admin/journal")
    with counted() as said:
        page = auditor.get("/admin/journal").text
    assert (page.count("data-row"), len(said) <= 5) == (50, True)


def test_failed_sign_ins_are_listed_with_name_and_address(sign_in, anonymous):
    anonymous.post("/sign-in", data={"login": "root@example.org", "password": "let me in please"})
    page = sign_in(Role.ADMINISTRATOR).get("/admin/sign-ins").text
    assert ("root@example.org" in page, "127.0.0.1" in page, "let me in" in page) == (True, True, False)


@pytest.fixture
def dead(app, work):
    with work() as unit:
        jobs = app.extensions["itsm.jobs"]
        for _number in range(2):
            jobs.enqueue(unit.session, "bus.deliver", {"subscriber": "x", "event": "y", "data": {}, "delivery_id": "z"})
        unit.session.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
        return list(unit.session.scalars(text("SELECT id FROM procrastinate_jobs ORDER BY id")))


def test_dead_letters_are_tried_again_or_discarded(sign_in, dead, reading):
    admin = sign_in(Role.ADMINISTRATOR)
    assert admin.get("/admin/jobs").text.count("bus.deliver") == 2
    assert admin.post(f"/admin/jobs/{dead[0]}/retry").status_code == 303
    assert admin.post(f"/admin/jobs/{dead[0]}/retry").status_code == 404
    assert admin.post(f"/admin/jobs/{dead[1]}/discard").status_code == 303
    assert admin.post(f"/admin/jobs/{dead[1]}/discard").status_code == 404
    with reading() as session:
        rows = session.execute(text("SELECT id, status FROM procrastinate_jobs ORDER BY id")).all()
        assert [tuple(row) for row in rows] == [(dead[0], "todo")]
    technician = sign_in(Role.TECHNICIAN)
    assert technician.post(f"/admin/jobs/{dead[0]}/discard").status_code == 403


def test_every_thing_that_is_journalled_has_a_word(app):
    with app.test_request_context():
        known = thing_words()
        names = {getattr(mapper.class_, "__journal__", None) for mapper in Base.registry.mappers}
        assert {name for name in names if name} - known.keys() == set()


def test_the_journal_names_who_signed_in_and_what_in_words(sign_in, anonymous):
    auditor = sign_in(Role.AUDITOR, name="Gus")
    anonymous.post("/sign-in", data={"login": "root@example.org", "password": "let me in please"})
    page = auditor.get("/admin/journal?action=sign_in_failed").text
    assert ("nobody signed in" in page, ">user account</a> sign-in failed" in page) == (True, True)
