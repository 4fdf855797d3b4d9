"""Everybody's own page: facts with a version check, the theme switch, password and sessions."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from itsm.accounts.models import Person, UserAccount, UserSession
from itsm.accounts.services import passwords
from itsm.accounts.services.sessions import open_session
from itsm.infra.journal import JournalRow
from itsm.kernel.actor import Role
from itsm.web.conflict import base_of
from tests.application import NOON

OLD = "four ordinary words hold"
NEW = "another four words entirely"


def person_of(reading, browser):
    with reading() as session:
        return session.get_one(Person, browser.actor.person_id)


def wish(person, **changed):
    now = {name: getattr(person, name) or "" for name in ("name", "phone", "language", "time_zone", "theme")}
    return {**now, "version": person.version, "base": base_of(now), **changed}


@pytest.mark.parametrize("role", [None, Role.TECHNICIAN, Role.ADMINISTRATOR])
def test_everybody_changes_his_own_facts(sign_in, reading, role):
    browser = sign_in(*([role] if role else []), name="Ana")
    assert browser.get("/profile").status_code == 200
    sent = wish(
        person_of(reading, browser), name="Ana María", phone="+49 30 123", language="de", time_zone="Europe/Berlin"
    )
    assert browser.post("/profile", data=sent).headers["Location"] == "/profile"
    person = person_of(reading, browser)
    assert (person.name, person.phone, person.language) == ("Ana María", "+49 30 123", "de")
    assert (person.time_zone, person.theme, person.version) == ("Europe/Berlin", "auto", 2)
    with reading() as session:
        row = session.scalars(select(JournalRow).order_by(JournalRow.sequence.desc())).first()
        assert (row.action, row.subject_type, row.subject_id) == ("changed", "person", str(person.id))
        assert row.detail["before"]["name"] == "Ana"


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("language", "xx"), ("time_zone", "../etc"), ("theme", "pink"), ("phone", "<b>"), ("email", "a@b")],
)
def test_what_a_profile_does_not_take(sign_in, reading, field, value):
    browser = sign_in(name="Ana")
    answer = browser.post("/profile", data=wish(person_of(reading, browser), **{field: value}))
    assert answer.status_code == 422
    assert person_of(reading, browser).version == 1


def test_changes_elsewhere_merge_and_the_same_field_asks(sign_in, reading):
    browser = sign_in(name="Ana")
    first = person_of(reading, browser)
    browser.post("/profile/theme", data={"theme": "dark"})
    assert browser.post("/profile", data=wish(first, phone="1234")).status_code == 303
    person = person_of(reading, browser)
    assert (person.theme, person.phone) == ("dark", "1234")
    answer = browser.post("/profile", data=wish(first, phone="999"))
    assert answer.status_code == 409
    assert 'value="999" checked' in answer.text
    assert 'value="1234"' in answer.text
    assert person_of(reading, browser).phone == "1234"


def test_the_theme_switch_returns_to_its_page_and_only_there(sign_in, reading):
    browser = sign_in()
    answer = browser.post("/profile/theme", data={"theme": "dark", "next": "/requests"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/requests")
    assert person_of(reading, browser).theme == "dark"
    assert 'data-theme="dark"' in browser.get("/profile").text
    foreign = browser.post("/profile/theme", data={"theme": "auto", "next": "//evil.example"})
    assert foreign.headers["Location"] == "/profile"
    assert browser.post("/profile/theme", data={"theme": "pink"}).status_code == 422
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/requests"}
    same = browser.post("/profile/theme", data={"theme": "light", "next": "/requests"}, headers=headers)
    assert (same.status_code, same.headers["HX-Refresh"]) == (204, "true")


def give_password(work, browser):
    with work() as unit:
        stored = passwords.hashed(OLD)
        unit.session.execute(
            update(UserAccount).where(UserAccount.id == browser.actor.user_id).values(password_hash=stored)
        )
        return open_session(
            browser.actor.user_id, lasts=timedelta(days=1), address="10.0.0.9", browser="Elsewhere", now=NOON
        )


def open_sessions(reading, browser):
    with reading() as session:
        mine = select(UserSession).where(UserSession.user_id == browser.actor.user_id)
        return session.scalars(mine.where(UserSession.revoked_at.is_(None)).order_by(UserSession.id)).all()


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(sign_in, work, reading):
    browser = sign_in()
    give_password(work, browser)
    assert len(open_sessions(reading, browser)) == 2
    wrong = browser.post("/profile/password", data={"old": "not this one at all", "password": NEW})
    assert (wrong.status_code, NEW in wrong.text, "not this one" in wrong.text) == (422, False, False)
    weak = browser.post("/profile/password", data={"old": OLD, "password": "short"})
    assert weak.status_code == 422
    assert len(open_sessions(reading, browser)) == 2
    assert browser.post("/profile/password", data={"old": OLD, "password": NEW}).status_code == 303
    with reading() as session:
        user = session.get_one(UserAccount, browser.actor.user_id)
        assert (passwords.matches(user.password_hash, NEW), user.password_set_at) == (True, NOON)
    assert [row.browser for row in open_sessions(reading, browser)] == ["tests"]
    assert browser.get("/profile").status_code == 200


def test_guessing_the_old_password_is_slowed_down(sign_in, work):
    browser = sign_in()
    give_password(work, browser)
    data = {"old": "not this one at all", "password": NEW}
    assert [browser.post("/profile/password", data=data).status_code for _ in range(6)] == [422] * 5 + [429]


def test_sessions_are_listed_and_ended_one_by_one_but_only_ones_own(sign_in, work, reading):
    browser, stranger = sign_in(name="Ana"), sign_in(name="Bo")
    give_password(work, browser)
    page = browser.get("/profile").text
    assert ("Elsewhere" in page, "10.0.0.9" in page) == (True, True)
    other = open_sessions(reading, browser)[1].id
    assert stranger.post(f"/profile/sessions/{other}/end").status_code == 404
    assert browser.post(f"/profile/sessions/{other}/end").status_code == 303
    assert [row.browser for row in open_sessions(reading, browser)] == ["tests"]
    assert browser.post(f"/profile/sessions/{other}/end").status_code == 404


def test_all_others_end_at_once(sign_in, work, reading):
    browser = sign_in()
    give_password(work, browser)
    give_password(work, browser)
    assert browser.post("/profile/sessions/end-others").status_code == 303
    assert [row.browser for row in open_sessions(reading, browser)] == ["tests"]


def test_the_page_is_for_the_signed_in(anonymous):
    assert anonymous.get("/profile").status_code == 303
    assert anonymous.post("/profile/theme", data={"theme": "dark"}).status_code == 303
