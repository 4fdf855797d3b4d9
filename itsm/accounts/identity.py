"""From a cookie to an actor: two statements a request, whatever the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, g, request
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy import Integer, String, bindparam, literal, select, union_all, update

from itsm.accounts.models import GroupMember, Person, RoleGrant, UserAccount, UserSession
from itsm.accounts.services.sessions import token_hash
from itsm.infra.db import db
from itsm.infra.settings import Settings
from itsm.infra.unit import clock, transaction
from itsm.kernel.actor import Actor, Door, Role, new_request_id
from itsm.web import identity, page

SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]
    """The signed-in user as flask-login knows him: the session's token is the identity, so it can be revoked."""

    token: str
    actor: Actor
    preferences: page.Preferences
    stale: bool

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


# Every request sends these two, so they are built once and only their parameters change.
_SESSION = (
    select(UserAccount.id, Person.id.label("person_id"), Person.name, Person.organization_id, Person.language)
    .add_columns(Person.time_zone, Person.theme, UserSession.seen_at)
    .join(UserAccount, UserAccount.id == UserSession.user_id)
    .join(Person, Person.id == UserAccount.person_id)
    .where(UserSession.token_hash == bindparam("token_hash"), UserSession.revoked_at.is_(None))
    .where(UserSession.expires_at > bindparam("now"), UserAccount.disabled_at.is_(None))
)
_GRANTS = union_all(
    select(literal("role").label("what"), RoleGrant.role.cast(String).label("value"))
    .add_columns(RoleGrant.organization_id.cast(Integer).label("organization_id"))
    .where(RoleGrant.user_id == bindparam("user_id")),
    select(literal("group"), GroupMember.group_id.cast(String), literal(None, Integer)).where(
        GroupMember.person_id == bindparam("person_id")
    ),
)


def load(token: str) -> SignedIn | None:
    """Return who a session token stands for, or None where the session ended."""
    now = clock().now()
    found = db.session.execute(_SESSION, {"token_hash": token_hash(token), "now": now}).one_or_none()
    if found is None:
        return None
    return SignedIn(
        token=token,
        actor=_actor(found),
        preferences=page.Preferences(found.language, found.time_zone, found.theme),
        stale=now - found.seen_at > SEEN_EVERY,
    )


def _actor(found: Any) -> Actor:
    roles, groups, organizations, everywhere = set(), set(), {int(found.organization_id)}, False
    for what, value, organization_id in db.session.execute(
        _GRANTS, {"user_id": found.id, "person_id": found.person_id}
    ):
        if what == "role":
            roles.add(Role(value))
            if organization_id is not None:
                organizations.add(int(organization_id))
            elif Role(value) is not Role.EMPLOYEE:
                everywhere = True
        else:
            groups.add(int(value))
    return Actor(
        user_id=int(found.id),
        person_id=int(found.person_id),
        name=found.name,
        roles=frozenset(roles or {Role.EMPLOYEE}),
        group_ids=frozenset(groups),
        organization_ids=frozenset(organizations),
        all_organizations=everywhere,
        door=Door.WEB,
        address=request.remote_addr if request else None,
        request_id=g.get("request_id") or new_request_id(),
    )
