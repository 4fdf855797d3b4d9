"""New passwords by mail: a code that works once, and answers that tell nobody who has an account.

The code never leaves by the page. Who mails it (a listener to ``PasswordResetRequested`` and ``PersonInvited``) asks
for
it here, inside its own transaction, and sends the address ``/reset/<code>``.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from itsm.accounts.events import PasswordResetRequested
from itsm.accounts.models import OneTimeCode, SignInAttempt, UserAccount
from itsm.accounts.models.session import CodePurpose
from itsm.accounts.services import passwords
from itsm.accounts.services.sessions import revoke_sessions, token_hash
from itsm.accounts.services.sign_in import WINDOW, account_of, recognise
from itsm.infra.unit import current_unit, emit, record
from itsm.kernel.errors import Busy, NotFound

LASTS = timedelta(hours=1)
INVITATION_LASTS = timedelta(days=7)
TRIES_BY_LOGIN = 3
TRIES_BY_ADDRESS = 10
_PURPOSES = (CodePurpose.PASSWORD_RESET, CodePurpose.INVITATION)


def request_reset(login: str, address: str, *, now: datetime) -> None:
    """Have a mail sent to the owner of a login, where there is one that may sign in; say nothing either way.

    Raises Busy after too many wishes from one address. Too many for one login are swallowed: whoever asks learns
    nothing,
    and nobody's inbox is flooded.
    """
    session = current_unit().session
    name, place = f"reset:{login}"[:254], f"r:{address}"[:45]
    since = now - WINDOW
    recent = select(func.count()).where(SignInAttempt.at > since)
    if session.scalar(recent.where(SignInAttempt.address == place)) >= TRIES_BY_ADDRESS:  # type: ignore[operator]
        raise Busy("Too many wishes. Please wait a quarter of an hour.", retry_after=int(WINDOW.total_seconds()))
    asked = session.scalar(recent.where(SignInAttempt.login == name)) or 0
    session.add(SignInAttempt(login=name, address=place, at=now))
    record("password_reset_requested", "user_account", "", login=login[:254])
    user = account_of(login)
    if user is not None and asked < TRIES_BY_LOGIN:
        emit(PasswordResetRequested(at=now, user_id=user.id))


def issue_code(user_id: int, now: datetime) -> str:
    """Return a fresh code for a password reset; it works once, within the hour."""
    return _issue(user_id, CodePurpose.PASSWORD_RESET, now, LASTS)


def issue_invitation(user_id: int, now: datetime) -> str:
    """Return a fresh code for a first password; it works once, within a week."""
    return _issue(user_id, CodePurpose.INVITATION, now, INVITATION_LASTS)


def _issue(user_id: int, purpose: CodePurpose, now: datetime, lasts: timedelta) -> str:
    code = secrets.token_urlsafe(24)
    row = OneTimeCode(
        purpose=purpose, user_id=user_id, code_hash=token_hash(code), created_at=now, expires_at=now + lasts
    )
    current_unit().session.add(row)
    return code


def owner_of(session: Session, code: str, *, now: datetime) -> UserAccount:
    """Return whose password a code may set. Raises NotFound for one that is wrong, spent or too old."""
    if not 20 <= len(code) <= 100:
        raise NotFound(GONE)
    wanted = (
        select(UserAccount)
        .join(OneTimeCode, OneTimeCode.user_id == UserAccount.id)
        .where(OneTimeCode.code_hash == token_hash(code), OneTimeCode.purpose.in_(_PURPOSES))
        .where(OneTimeCode.used_at.is_(None), OneTimeCode.expires_at > now, UserAccount.disabled_at.is_(None))
    )
    user = session.scalars(wanted).one_or_none()
    if user is None:
        raise NotFound(GONE)
    return user


GONE = "This link was used already or is too old. You can ask for a new one."


def set_password(code: str, password: str, *, now: datetime) -> UserAccount:
    """Set the password that a code stands for. All codes and sessions of the account end. Raises NotFound, Invalid."""
    session = current_unit().session
    user = owner_of(session, code, now=now)
    passwords.check_strength(password, login=user.login)
    spent = session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.code_hash == token_hash(code), OneTimeCode.used_at.is_(None))
        .values(used_at=now)
    )
    if spent.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound(GONE)  # a twin was faster
    user.password_hash = passwords.hashed(password)
    user.password_set_at = now
    mine = update(OneTimeCode).where(OneTimeCode.user_id == user.id, OneTimeCode.used_at.is_(None))
    session.execute(mine.values(used_at=now))
    revoke_sessions(user.id, now=now)
    recognise(user)
    record("password_reset", "user_account", user.id, label=user.login)
    return user
