"""Mails with a code: a new password, a first one. They are no notifications: a code is never stored, and a mail that
could
not be sent is made anew with a fresh one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, render_template
from flask_babel import force_locale

from itsm.accounts.events import PasswordResetRequested, PersonInvited
from itsm.accounts.models import Person, UserAccount
from itsm.accounts.services import reset
from itsm.infra.bus import Bus
from itsm.infra.jobs.retry import RetryAfter
from itsm.infra.message import BadAddress, Mailbox, Threading, compose
from itsm.infra.relay import relay_of
from itsm.infra.settings import Settings
from itsm.infra.smtp import Fate, send
from itsm.infra.unit import Unit, record, transaction
from itsm.kernel.actor import Actor, Door
from itsm.web.texts import _


def register(app: Flask, bus: Bus) -> None:
    """Subscribe to what needs a mail with a code."""
    bus.deferred("notifications.codes", mail_code, PasswordResetRequested, PersonInvited)


def mail_code(event: Any, delivery_id: str) -> None:
    """Mail a link with a fresh code to the owner of the account. Raises RetryAfter where trying again may help."""
    settings: Settings = current_app.extensions["itsm.settings"]
    relay = relay_of(settings)
    if relay is None:
        return  # no mail server is set up; the doctor says so
    with transaction(Actor.house(Door.JOB, name="notifications")) as unit:
        user = unit.session.get(UserAccount, event.user_id)
        if user is None or user.disabled_at is not None:
            return
        person = unit.session.get_one(Person, user.person_id)
        recipient = _mailbox(person)
        if recipient is None:
            record("code_not_mailed", "user_account", user.id, label=user.login, reason="no usable mail address")
            return
        code = _code(event, unit)
    invited = isinstance(event, PersonInvited)
    with force_locale(person.language):
        link = f"{settings.base_url}/reset/{code}"
        text = render_template("mail/code.txt", person=person, login=user.login, link=link, invited=invited)
        subject = _("Your sign-in: please choose a password") if invited else _("Your new password")
    host = urlsplit(settings.base_url).hostname or "localhost"
    message = compose(
        sender=Mailbox.of(settings.mail_from, "itsm"),
        to=[recipient],
        subject=subject,
        text=text,
        at=event.at,
        threading=Threading(message_id=f"<code-{delivery_id}@{host}>"),
    )
    (outcome,) = send(relay, message, sender=settings.mail_from, recipients=[recipient.address])
    if outcome.fate is Fate.TEMPORARY:
        raise RetryAfter(timedelta(minutes=1), f"{outcome.code} {outcome.words}")


def _code(event: Any, unit: Unit) -> str:
    issue = reset.issue_invitation if isinstance(event, PersonInvited) else reset.issue_code
    return issue(event.user_id, unit.now)


def _mailbox(person: Person) -> Mailbox | None:
    try:
        return Mailbox.of(person.email, person.name) if person.email and not person.undeliverable else None
    except BadAddress:
        return None
