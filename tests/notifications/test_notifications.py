"""One fact, one message a person, through a real SMTP connection; the inbox is one's own."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from itsm.infra.bus import DELIVER
from itsm.infra.jobs.retry import RetryAfter
from itsm.kernel.actor import Role
from itsm.notifications import tasks
from itsm.notifications.enums import MailState, Reason
from itsm.notifications.models import Notification
from itsm.notifications.rules.recipients import Circle, hearers
from itsm.tickets.models import Ticket
from itsm.tickets.services import assignment, conversation, filing
from tests.application import only

ROUND = Circle(
    requester_id=1, affected_id=2, assignee_id=3, group_ids=(3, 4), watcher_ids=(5, 6), desk_ids=frozenset({3, 4, 5})
)


@pytest.mark.parametrize(
    ("kind", "actor", "side", "heard"),
    [
        ("ticket.filed", 1, "", {1: Reason.REQUESTER, 2: Reason.AFFECTED, 3: Reason.GROUP, 4: Reason.GROUP}),
        (
            "ticket.reply_added",
            3,
            "desk",
            {1: Reason.REQUESTER, 2: Reason.AFFECTED, 5: Reason.WATCHER, 6: Reason.WATCHER},
        ),
        ("ticket.reply_added", 1, "requester", {3: Reason.ASSIGNEE, 5: Reason.WATCHER, 6: Reason.WATCHER}),
        ("ticket.note_added", 4, "", {3: Reason.ASSIGNEE, 5: Reason.WATCHER}),
        ("ticket.assigned", 3, "", {}),
        ("ticket.assigned", 4, "", {3: Reason.ASSIGNEE}),
        ("ticket.edited", 4, "", {}),
    ],
)
def test_who_hears_of_what(kind, actor, side, heard):
    assert hearers(kind, ROUND, actor_id=actor, side=side) == heard


def run_deliveries(app, work):
    """Do what the worker does with the jobs that are waiting, once each."""
    from itsm.infra.db import db

    jobs = app.extensions["itsm.jobs"]
    with app.app_context():
        rows = (
            db.session.connection()
            .exec_driver_sql("SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
            .fetchall()
        )
        db.session.rollback()
    for _, name, payload in rows:
        arguments = json.loads(payload) if isinstance(payload, str) else payload
        if name in (DELIVER, tasks.MAIL):
            with app.app_context():
                jobs.registry.get(name).function(**arguments)


@pytest.fixture
def conversation_of_two(sign_in, work):
    ana = sign_in(Role.EMPLOYEE, name="Ana Horvat")
    ben = sign_in(Role.TECHNICIAN, name="Ben Okafor", email="ben@example.org")
    with work(ana.actor) as unit:
        number = filing.file(
            ana.actor, filing.NewTicket(title="Printer <b>dead</b>", body="It hums."), now=unit.now
        ).number
    with work(ben.actor) as unit:
        assignment.assign(
            ben.actor,
            _loaded(unit),
            assignment.Assignment(group_id=None, assignee_id=ben.actor.person_id),
            now=unit.now,
        )
        conversation.reply(ben.actor, _loaded(unit), conversation.Reply(body="Is it plugged in?"), now=unit.now)
    return ana, ben, number


def _loaded(unit):
    from sqlalchemy.orm import selectinload

    wanted = select(Ticket).options(selectinload(Ticket.participants)).execution_options(populate_existing=True)
    return unit.session.scalars(wanted).one()


def test_a_reply_reaches_the_requester_by_mail_and_inbox_once(
    app, work, reading, conversation_of_two, smtp_sink, monkeypatch
):
    ana, ben, number = conversation_of_two
    settings = app.extensions["itsm.settings"]
    with_mail = settings.model_copy(
        update={"mail_host": smtp_sink.host, "mail_port": smtp_sink.port, "mail_from": "desk@example.org"}
    )
    monkeypatch.setitem(app.extensions, "itsm.settings", with_mail)
    run_deliveries(app, work)
    run_deliveries(app, work)
    run_deliveries(app, work)
    with reading() as session:
        rows = session.scalars(
            select(Notification).where(Notification.person_id == ana.actor.person_id).order_by(Notification.id)
        ).all()
        assert [(row.kind, row.reason, row.mail) for row in rows] == [
            ("ticket.filed", Reason.REQUESTER, MailState.SENT),
            ("ticket.reply_added", Reason.REQUESTER, MailState.SENT),
        ]
        assert rows[1].href == f"/requests/{number}"
    mails = [one.message for one in smtp_sink.received]
    assert sorted(mail["Subject"] for mail in mails) == [f"[#{number}] Printer <b>dead</b>"] * 2
    reply = only(mail for mail in mails if "plugged in" in mail.get_content())
    assert reply["From"] == "Ben Okafor via itsm <desk@example.org>"
    assert f"http://localhost/requests/{number}" in reply.get_content()
    assert "because you asked" in reply.get_content()
    page = ana.get("/inbox").text
    assert ("Is it plugged in?" in page, "<b>dead</b>" in page) == (True, False)
    read = ana.post(f"/inbox/{rows[1].id}/reading")
    assert read.headers["Location"] == f"/requests/{number}"
    assert ben.post(f"/inbox/{rows[1].id}/reading").status_code == 404


def test_a_mail_server_that_is_away_is_tried_again_and_nothing_is_lost(
    app, work, reading, conversation_of_two, monkeypatch
):
    settings = app.extensions["itsm.settings"]
    away = settings.model_copy(update={"mail_host": "127.0.0.1", "mail_port": 9, "mail_from": "desk@example.org"})
    monkeypatch.setitem(app.extensions, "itsm.settings", away)
    with pytest.raises(RetryAfter):
        run_deliveries(app, work)
        run_deliveries(app, work)
    with reading() as session:
        assert MailState.QUEUED in set(session.scalars(select(Notification.mail)))
