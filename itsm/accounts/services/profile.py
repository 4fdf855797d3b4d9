"""What a person does about himself: his facts, his password, his sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from itsm.accounts.models import Person, UserAccount, UserSession
from itsm.accounts.policies import POLICY, PeoplePermission
from itsm.accounts.services import passwords
from itsm.accounts.services.sessions import revoke_sessions
from itsm.infra.unit import current_unit, record
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.policy import require


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person sets about himself."""

    name: str
    phone: str
    language: str
    time_zone: str
    theme: str


def myself(actor: Actor) -> Person:
    """Return the actor's person, for changing. Raises NotFound where there is none."""
    person = current_unit().session.get(Person, actor.person_id) if actor.person_id is not None else None
    if person is None:
        raise NotFound()
    return person


def save_profile(actor: Actor, person: Person, wish: Profile) -> None:
    """Change what a person sets about himself."""
    require(POLICY, actor, PeoplePermission.EDIT_SELF, person)
    person.name, person.phone = wish.name, wish.phone or None
    person.language, person.time_zone, person.theme = wish.language, wish.time_zone, wish.theme


def choose_theme(actor: Actor, theme: str) -> None:
    """Remember how the actor wants pages to look."""
    person = myself(actor)
    require(POLICY, actor, PeoplePermission.EDIT_SELF, person)
    person.theme = theme


def account(actor: Actor) -> UserAccount:
    """Return the actor's account. Raises NotFound where there is none."""
    found = current_unit().session.scalars(select(UserAccount).where(UserAccount.id == actor.user_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def change_password(actor: Actor, *, proven: str | None, password: str, keep_token: str, now: datetime) -> None:
    """Set a new password and end the actor's other sessions.

    ``proven`` is the stored hash that the old password was found to match, outside the transaction; where it is not the
    stored one any more, Invalid is raised.
    """
    user = account(actor)
    if proven is None or user.password_hash != proven:
        raise Invalid({"old": "This is not your password."})
    passwords.check_strength(password, login=user.login)
    user.password_hash = passwords.hashed(password)
    user.password_set_at = now
    revoke_sessions(user.id, now=now, keep_token=keep_token)
    record("password_changed", "user_account", user.id, label=user.login)


def end_session(actor: Actor, session_id: int, *, now: datetime) -> None:
    """End one of the actor's own sessions. Raises NotFound for anybody else's."""
    ended = current_unit().session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == actor.user_id, UserSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound()
    record("session_ended", "user_account", actor.user_id, label=actor.name, session=session_id)


def end_other_sessions(actor: Actor, *, keep_token: str, now: datetime) -> None:
    """End all sessions of the actor but the one he uses now."""
    if actor.user_id is None:
        raise NotFound()
    revoke_sessions(actor.user_id, now=now, keep_token=keep_token)
    record("sessions_ended", "user_account", actor.user_id, label=actor.name)
