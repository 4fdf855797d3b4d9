"""Sending the mail of one notification: tried until the server took it or refused it for good."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, current_app, render_template
from flask_babel import force_locale
from sqlalchemy import select

from itsm.accounts.models import Person
from itsm.infra.db import db
from itsm.infra.jobs.retry import Retry, RetryAfter
from itsm.infra.message import BadAddress, Mailbox, Threading, compose
from itsm.infra.relay import relay_of
from itsm.infra.settings import Settings
from itsm.infra.smtp import Fate, Outcome, send
from itsm.infra.unit import clock, transaction
from itsm.kernel.actor import Actor, Door
from itsm.notifications.enums import MailState
from itsm.notifications.models import Notification

MAIL = "notifications.mail"


def register(app: Flask) -> None:
    """Register the task on the job engine."""
    jobs = app.extensions["itsm.jobs"]

    @jobs.task(name=MAIL, retry=Retry(attempts=12))  # type: ignore[untyped-decorator]
    def mail(notification_id: int) -> None:
        """Send one mail."""
        deliver(notification_id)


def deliver(notification_id: int) -> None:
    """Send the mail of a notification, unless it was sent. Raises RetryAfter where trying again may help.

    A crash between the server's yes and our commit sends it again, under the same Message-ID.
    """
    settings: Settings = current_app.extensions["itsm.settings"]
    session = db.session()
    found = session.execute(
        select(Notification, Person)
        .join(Person, Person.id == Notification.person_id)
        .where(Notification.id == notification_id)
    ).one_or_none()
    if found is None or found.Notification.mail is not MailState.QUEUED:
        return
    note, person = found
    relay = relay_of(settings)
    if relay is None:
        _settle(notification_id, MailState.NONE, "no mail server is set up")
        return
    if not person.email or person.undeliverable or person.left_on is not None:
        _settle(notification_id, MailState.REFUSED, "there is no usable mail address")
        return
    try:
        recipient = Mailbox.of(person.email, person.name)
        sender = Mailbox.of(settings.mail_from, f"{note.actor_name} via itsm" if note.actor_name else "itsm")
    except BadAddress as error:
        _settle(notification_id, MailState.REFUSED, str(error))
        return
    with force_locale(person.language):
        text = render_template("mail/notification.txt", note=note, person=person, base_url=settings.base_url)
    host = urlsplit(settings.base_url).hostname or "localhost"
    message = compose(
        sender=sender,
        to=[recipient],
        subject=f"[{note.title.split(' ', 1)[0]}] {note.title.split(' ', 1)[-1]}",
        text=text,
        at=note.created_at,
        threading=Threading(
            message_id=f"<notification-{note.id}@{host}>",
            references=(f"<{note.thread}@{host}>",) if note.thread else (),
        ),
    )
    session.rollback()  # no transaction stays open while the network is waited for
    (outcome,) = send(relay, message, sender=settings.mail_from, recipients=[recipient.address])
    _conclude(notification_id, outcome)


def _conclude(notification_id: int, outcome: Outcome) -> None:
    if outcome.fate is Fate.TEMPORARY:
        raise RetryAfter(timedelta(minutes=1), f"{outcome.code} {outcome.words}")
    taken = outcome.fate is Fate.ACCEPTED
    _settle(notification_id, MailState.SENT if taken else MailState.REFUSED, "" if taken else outcome.words)


def _settle(notification_id: int, state: MailState, error: str = "") -> None:
    with transaction(Actor.house(Door.JOB, name="notifications")) as unit:
        note = unit.session.get_one(Notification, notification_id)
        note.mail, note.mail_error = state, error[:300]
        note.mailed_at = clock().now() if state is MailState.SENT else None
