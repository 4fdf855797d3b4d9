"""Signing in and out. Failed tries slow down the next ones, by login and by address."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from itsm.accounts.models import Person, SignInAttempt, UserAccount
from itsm.accounts.services import passwords
from itsm.infra.unit import current_unit, proven, record
from itsm.kernel.errors import Busy, Invalid
from itsm.kernel.text import phrase

WINDOW = timedelta(minutes=15)
TRIES_BY_LOGIN = 5
TRIES_BY_ADDRESS = 30
WRONG = "This name and password do not belong together."


def check_pace(login: str, address: str, *, now: datetime) -> None:
    """Raise Busy where there were too many failed tries for this login or from this address lately."""
    since = now - WINDOW
    session = current_unit().session
    for column, value, limit in (
        (SignInAttempt.login, login, TRIES_BY_LOGIN),
        (SignInAttempt.address, address, TRIES_BY_ADDRESS),
    ):
        tries, last = session.execute(
            select(func.count(), func.max(SignInAttempt.at)).where(column == value, SignInAttempt.at > since)
        ).one()
        if tries >= limit:
            ends = last + timedelta(seconds=min(900, 30 * 2 ** (tries - limit)))
            if ends > now:
                wait = max(1, int((ends - now).total_seconds()))
                raise Busy(phrase("Too many failed tries. Please wait %(wait)s seconds.", wait=wait), retry_after=wait)


def account_of(login: str) -> UserAccount | None:
    """Return the account of a login name that may sign in, or None."""
    found = current_unit().session.scalars(select(UserAccount).where(UserAccount.login == login)).one_or_none()
    return found if found is not None and found.disabled_at is None else None


def note_failure(login: str, address: str, *, now: datetime) -> None:
    """Remember a failed try."""
    current_unit().session.add(SignInAttempt(login=login[:254], address=address[:45], at=now))
    record("sign_in_failed", "user_account", "", login=login[:254])


def note_success(user: UserAccount, password: str, *, now: datetime) -> None:
    """Forget the failed tries of an account that signed in, and renew an outdated hash."""
    session = current_unit().session
    session.execute(delete(SignInAttempt).where(SignInAttempt.login == user.login))
    if user.password_hash and passwords.wants_rehash(user.password_hash):
        user.password_hash = passwords.hashed(password)
    recognise(user)
    record("signed_in", "user_account", user.id, label=user.login)


def recognise(user: UserAccount) -> None:
    """Let the journal name the person who has just proven to be this account; whoever is known already stays so."""
    unit = current_unit()
    if not (unit.actor.is_signed_in or unit.actor.is_house):
        person = unit.session.get_one(Person, user.person_id)
        proven(user.id, person.id, person.name)


def refuse() -> Invalid:
    """Return the one answer to every wrong try: it tells neither whether the name exists nor what was wrong."""
    return Invalid({"": WRONG})
