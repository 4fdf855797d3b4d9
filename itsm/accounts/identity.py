"""From a cookie to an actor, in one statement a request, whatever the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, current_app, g, request
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy import String, bindparam, func, literal, select, update

from itsm.accounts.models import GroupMember, Person, RoleGrant, UserAccount, UserSession
from itsm.accounts.services.sessions import token_hash
from itsm.infra.db import db
from itsm.infra.settings import Settings
from itsm.infra.statements import run
from itsm.infra.unit import clock, transaction
from itsm.kernel.actor import Actor, Door, Role, new_request_id
from itsm.web import identity, page

STATEMENT = "itsm.who_is_asking"
SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]
    """The signed-in user as flask-login knows him: the session's token is the identity, so it can be revoked."""

    token: str
    actor: Actor
    preferences: page.Preferences
    stale: bool
    unread: int

    def get_id(self) -> str:
        """Return the session token, which flask-login keeps in the signed cookie."""
        return self.token


def register(app: Flask, settings: Settings) -> None:
    """Connect flask-login with the session table and the web floor with flask-login."""
    manager = LoginManager()
    manager.session_protection = None  # the session row is the protection: it can be seen and revoked
    manager.user_loader(load)
    manager.init_app(app)
    app.extensions[identity.KEY] = lambda: current_user.actor if current_user.is_authenticated else None
    app.extensions[page.PREFERENCES] = lambda actor: current_user.preferences
    app.extensions[page.UNREAD] = lambda actor: current_user.unread

    @app.before_request
    def touch() -> None:
        """Move the session's end forward while it is used, at most every five minutes."""
        if request.endpoint != "static" and current_user.is_authenticated and current_user.stale:
            now = clock().now()
            with transaction(Actor.house(Door.WEB)) as unit:
                unit.session.execute(
                    update(UserSession)
                    .where(UserSession.token_hash == token_hash(current_user.token))
                    .values(seen_at=now, expires_at=now + timedelta(days=settings.session_days))
                )


def _words(column: Any) -> Any:
    """Return a column's values of one person as one text, joined by commas."""
    return func.aggregate_strings(column, ",")


_ROLES = _words(RoleGrant.role.cast(String) + ":" + func.coalesce(RoleGrant.organization_id.cast(String), ""))
_GROUPS = _words(GroupMember.group_id.cast(String))
_WHO = (
    select(UserAccount.id, Person.id.label("person_id"), Person.name, Person.organization_id, Person.language)
    .add_columns(Person.time_zone, Person.theme, UserSession.seen_at)
    .add_columns(select(_ROLES).where(RoleGrant.user_id == UserAccount.id).scalar_subquery().label("roles"))
    .add_columns(select(_GROUPS).where(GroupMember.person_id == Person.id).scalar_subquery().label("groups"))
    .join(UserAccount, UserAccount.id == UserSession.user_id)
    .join(Person, Person.id == UserAccount.person_id)
    .where(UserSession.token_hash == bindparam("token_hash"), UserSession.revoked_at.is_(None))
    .where(UserSession.expires_at > bindparam("now"), UserAccount.disabled_at.is_(None))
)


def _statement(app: Flask) -> Any:
    """Return the statement that every request sends; it is built once, and only its parameters change."""
    found = app.extensions.get(STATEMENT)
    if found is None:
        unread = app.extensions.get(page.UNREAD_OF)
        number = unread(Person.id) if unread is not None else literal(0)
        found = app.extensions[STATEMENT] = _WHO.add_columns(number.label("unread"))
    return found


def load(token: str) -> SignedIn | None:
    """Return who a session token stands for, or None where the session ended."""
    now = clock().now()
    given = {"token_hash": token_hash(token), "now": now}
    found = run(db.session(), _statement(current_app), given).one_or_none()
    if found is None:
        return None
    return SignedIn(
        token=token,
        actor=_actor(found),
        preferences=page.Preferences(found.language, found.time_zone, found.theme),
        stale=now - found.seen_at > SEEN_EVERY,
        unread=found.unread,
    )


def _actor(found: Any) -> Actor:
    roles, organizations, everywhere = set(), {int(found.organization_id)}, False
    for grant in found.roles.split(",") if found.roles else ():
        role, _, organization_id = grant.partition(":")
        roles.add(Role(role))
        if organization_id:
            organizations.add(int(organization_id))
        elif Role(role) is not Role.EMPLOYEE:
            everywhere = True
    return Actor(
        user_id=int(found.id),
        person_id=int(found.person_id),
        name=found.name,
        roles=frozenset(roles or {Role.EMPLOYEE}),
        group_ids=frozenset(map(int, found.groups.split(",")) if found.groups else ()),
        organization_ids=frozenset(organizations),
        all_organizations=everywhere,
        door=Door.WEB,
        address=request.remote_addr if request else None,
        request_id=g.get("request_id") or new_request_id(),
    )
