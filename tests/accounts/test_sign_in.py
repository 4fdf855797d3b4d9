"""Signing in: right and wrong, throttled, revoked; and the first run."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from itsm.accounts.models import RoleGrant, UserAccount, UserSession
from itsm.accounts.services import first_run, passwords
from itsm.infra.journal import JournalRow
from itsm.kernel.actor import Role
from tests.factories.accounts import UserAccountFactory

GOOD = "four ordinary words hold"


@pytest.fixture
def ana(work):
    with work() as unit:
        user = UserAccountFactory(login="ana@example.org", password_hash=passwords.hashed(GOOD))
        unit.session.add(RoleGrant(user_id=user.id, role=Role.ADMINISTRATOR))
        return user.id


def sign_in(browser, password, login="ana@example.org", **more):
    return browser.post("/sign-in", data={"login": login, "password": password, **more})


def test_the_right_password_opens_a_session_and_goes_where_it_was_headed(anonymous, ana, reading):
    answer = sign_in(anonymous, GOOD, login="Ana@Example.org", next="/sign-in?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?x=1")
    with reading() as session:
        assert session.scalar(select(func.count(UserSession.id)).where(UserSession.user_id == ana)) == 1
        line = session.scalars(select(JournalRow).order_by(JournalRow.sequence.desc()).limit(1)).one()
        who = session.get_one(UserAccount, ana, options=[joinedload(UserAccount.person)]).person.name
        assert (line.action, line.actor_id, line.detail["actor"]) == ("signed_in", ana, who)
        assert (line.detail["label"], line.detail["address"]) == ("ana@example.org", "127.0.0.1")
    assert anonymous.get("/sign-in").headers["Location"] == "/"


def test_a_failed_try_stays_a_stranger_s_and_keeps_the_name_that_was_typed(anonymous, ana, reading):
    sign_in(anonymous, "wrong", login="Ana@example.org")
    with reading() as session:
        line = session.scalars(select(JournalRow).order_by(JournalRow.sequence.desc()).limit(1)).one()
    assert (line.action, line.actor_id, line.subject_id, line.detail["actor"]) == (
        "sign_in_failed",
        None,
        "",
        "anonymous",
    )
    assert line.detail["after"] == {"login": "ana@example.org"}


@pytest.mark.parametrize(("login", "password"), [("ana@example.org", "wrong"), ("nobody@example.org", GOOD)])
def test_a_wrong_try_says_the_same_for_known_and_unknown_names(anonymous, ana, login, password):
    answer = sign_in(anonymous, password, login=login)
    assert answer.status_code == 422
    assert "This name and password do not belong together." in answer.text
    assert password not in answer.text


def test_the_sixth_wrong_try_waits_and_even_the_right_password_waits(anonymous, ana, clock):
    assert [sign_in(anonymous, "wrong").status_code for _ in range(6)] == [422] * 5 + [429]
    answer = sign_in(anonymous, GOOD)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    clock.advance(timedelta(seconds=31))
    assert sign_in(anonymous, GOOD).status_code == 303


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"])
def test_signing_in_never_leads_to_another_site(anonymous, ana, target):
    assert sign_in(anonymous, GOOD, next=target).headers["Location"] == "/"


def test_a_revoked_session_and_a_disabled_account_are_signed_out(anonymous, ana, work, clock):
    sign_in(anonymous, GOOD)
    with work() as unit:
        unit.session.execute(update(UserSession).values(revoked_at=unit.now))
    assert anonymous.get("/sign-in").status_code == 200
    sign_in(anonymous, GOOD)
    with work() as unit:
        unit.session.execute(update(UserAccount).values(disabled_at=unit.now))
    assert anonymous.get("/sign-in").status_code == 200


def test_signing_out_ends_the_session_in_the_table(anonymous, ana, reading):
    sign_in(anonymous, GOOD)
    assert anonymous.post("/sign-out").status_code == 303
    with reading() as session:
        assert session.scalar(select(func.count(UserSession.id)).where(UserSession.revoked_at.is_(None))) == 0


FIRST = {"organization": "Larch", "name": "Ana", "email": "Ana@Example.org", "password": GOOD}


def test_the_first_run_makes_one_administrator_and_is_gone(anonymous, app, work, reading):
    assert anonymous.get("/sign-in").headers["Location"] == "/first-run"
    with work() as unit:
        code = first_run.new_code(now=unit.now)
    wrong = anonymous.post("/first-run", data={**FIRST, "code": "AAAA-AAAA-AAAA-AAAA"})
    assert (wrong.status_code, "not the one on the console" in wrong.text) == (422, True)
    assert anonymous.post("/first-run", data={**FIRST, "code": code.lower()}).status_code == 303
    with reading() as session:
        assert session.execute(select(UserAccount.login, RoleGrant.role).join(RoleGrant)).all() == [
            ("ana@example.org", Role.ADMINISTRATOR)
        ]
    other = app.test_client()
    assert other.get("/first-run").status_code == 404
    assert anonymous.post("/first-run", data={**FIRST, "code": code}).status_code == 404


@pytest.mark.parametrize("password", ["short", "passwordpassword", "ana@example.org1", "aaaaaaaaaaaaaaaaaaaa"])
def test_passwords_that_would_not_hold_are_refused(anonymous, work, password):
    with work() as unit:
        code = first_run.new_code(now=unit.now)
    answer = anonymous.post("/first-run", data={**FIRST, "code": code, "password": password})
    assert answer.status_code == 422
    assert "is-invalid" in answer.text


def test_a_form_without_a_token_or_with_a_foreign_field_is_refused(anonymous, ana):
    assert anonymous.post("/sign-in", data={"login": "x", "password": "y"}, bare=True).status_code == 400
    assert sign_in(anonymous, GOOD, is_admin="1").status_code == 422
