"""The mail with a code: one link that works, to the owner only, in his language."""

import re

from itsm.accounts.models import Person, UserAccount
from tests.application import only
from tests.factories.accounts import UserAccountFactory
from tests.notifications.test_notifications import run_deliveries


def with_mail(app, smtp_sink, monkeypatch):
    given = {"mail_host": smtp_sink.host, "mail_port": smtp_sink.port, "mail_from": "desk@example.org"}
    changed = app.extensions["itsm.settings"].model_copy(update=given)
    monkeypatch.setitem(app.extensions, "itsm.settings", changed)


def test_asking_mails_a_link_that_sets_the_password(app, work, reading, anonymous, smtp_sink, monkeypatch):
    with work():
        ana = UserAccountFactory(login="ana@example.org", person__email="ana@example.org", person__name="Ana").id
        UserAccountFactory(login="bo@example.org", person__email="bo@example.org")
    with_mail(app, smtp_sink, monkeypatch)
    anonymous.post("/forgot", data={"login": "ana@example.org"})
    anonymous.post("/forgot", data={"login": "nobody@example.org"})
    run_deliveries(app, work)
    mail = only(smtp_sink.received).message
    assert mail["To"] == "Ana <ana@example.org>"
    link = only(re.findall(r"http://localhost(/reset/[\w-]+)", mail.get_content()))
    answer = anonymous.post(link, data={"password": "another four words entirely"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert anonymous.get(link).status_code == 404
    with reading() as session:
        assert session.get_one(UserAccount, ana).password_hash.startswith("$argon2id$")


def test_nobody_without_a_good_address_gets_a_code(app, work, anonymous, smtp_sink, monkeypatch):
    with work() as unit:
        user = UserAccountFactory(login="ana@example.org", person__email="ana@example.org")
        unit.session.get_one(Person, user.person_id).undeliverable = True
    with_mail(app, smtp_sink, monkeypatch)
    anonymous.post("/forgot", data={"login": "ana@example.org"})
    run_deliveries(app, work)
    assert smtp_sink.received == []
