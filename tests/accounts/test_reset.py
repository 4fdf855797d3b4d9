"""A new password by mail: the code works once, and nobody learns who has an account."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from itsm.accounts.events import PasswordResetRequested
from itsm.accounts.models import OneTimeCode, UserAccount, UserSession
from itsm.accounts.services import passwords, reset
from itsm.accounts.services.sessions import open_session
from tests.application import NOON
from tests.factories.accounts import UserAccountFactory

NEW = "another four words entirely"


@pytest.fixture
def ana(work):
    with work() as unit:
        user = UserAccountFactory(login="ana@example.org", password_hash=passwords.hashed("four ordinary words hold"))
        open_session(user.id, lasts=timedelta(days=1), address="", browser="old", now=unit.now)
        return user.id


@pytest.fixture
def code(work, ana):
    with work() as unit:
        return reset.issue_code(ana, unit.now)


@pytest.fixture
def told(app, monkeypatch):
    """The facts that were told."""
    heard = []
    monkeypatch.setattr(type(app.extensions["itsm.bus"]), "tell", lambda _bus, _session, event: heard.append(event))
    return heard


def test_known_and_unknown_names_get_the_same_answer(anonymous, ana, told):
    known = anonymous.post("/forgot", data={"login": "Ana@example.org"})
    unknown = anonymous.post("/forgot", data={"login": "nobody@example.org"})
    assert (known.status_code, unknown.status_code) == (200, 200)
    token = anonymous.csrf_token()
    assert known.text.replace(token, "") == unknown.text.replace(token, "")
    assert told == [PasswordResetRequested(at=NOON, user_id=ana)]


def test_one_inbox_is_not_flooded_and_one_address_is_slowed_down(anonymous, ana, told, clock):
    answers = [anonymous.post("/forgot", data={"login": "ana@example.org"}).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert len(told) == reset.TRIES_BY_LOGIN
    clock.advance(timedelta(minutes=16))
    assert anonymous.post("/forgot", data={"login": "ana@example.org"}).status_code == 200
    assert len(told) == reset.TRIES_BY_LOGIN + 1


def test_a_code_sets_the_password_once_and_ends_all_sessions(anonymous, ana, code, reading):
    assert "ana@example.org" in anonymous.get(f"/reset/{code}").text
    assert anonymous.post(f"/reset/{code}", data={"password": NEW}).headers["Location"] == "/sign-in"
    with reading() as session:
        assert passwords.matches(session.get_one(UserAccount, ana).password_hash, NEW)
        assert session.scalar(select(func.count(UserSession.id)).where(UserSession.revoked_at.is_(None))) == 0
        assert code not in session.scalars(select(OneTimeCode.code_hash)).all()
    again = anonymous.post(f"/reset/{code}", data={"password": "yet another four words"})
    assert again.status_code == 404
    assert anonymous.get(f"/reset/{code}").status_code == 404
    with reading() as session:
        assert passwords.matches(session.get_one(UserAccount, ana).password_hash, NEW)


def test_a_weak_password_leaves_the_code_good(anonymous, code):
    answer = anonymous.post(f"/reset/{code}", data={"password": "short"})
    assert (answer.status_code, "At least" in answer.text or "at least" in answer.text) == (422, True)
    assert anonymous.post(f"/reset/{code}", data={"password": NEW}).status_code == 303


def test_another_code_of_the_account_dies_with_the_first(anonymous, ana, code, work):
    with work() as unit:
        second = reset.issue_invitation(ana, unit.now)
    assert anonymous.post(f"/reset/{code}", data={"password": NEW}).status_code == 303
    assert anonymous.get(f"/reset/{second}").status_code == 404


@pytest.mark.parametrize("wrong", ["%20", "x", "x" * 32, "x" * 5000, "%00" * 30, "e3b0c44298fc1c149afbf4c8996fb924"])
def test_wrong_codes_match_nothing(anonymous, code, wrong):
    assert anonymous.get(f"/reset/{wrong}").status_code == 404
    assert anonymous.post(f"/reset/{wrong}", data={"password": NEW}).status_code == 404
    assert anonymous.get("/reset/").status_code == 404


def test_a_code_ends_after_an_hour_and_an_invitation_after_a_week(anonymous, ana, code, work, clock):
    with work() as unit:
        invitation = reset.issue_invitation(ana, unit.now)
    clock.advance(timedelta(minutes=61))
    assert anonymous.get(f"/reset/{code}").status_code == 404
    assert anonymous.get(f"/reset/{invitation}").status_code == 200
    clock.advance(timedelta(days=7))
    assert anonymous.get(f"/reset/{invitation}").status_code == 404


def test_a_disabled_account_gets_no_mail_and_its_code_opens_nothing(anonymous, ana, code, work, told):
    with work() as unit:
        unit.session.get_one(UserAccount, ana).disabled_at = unit.now
    assert anonymous.get(f"/reset/{code}").status_code == 404
    assert anonymous.post("/forgot", data={"login": "ana@example.org"}).status_code == 200
    assert told == []
