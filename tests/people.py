"""People who use the application under test: signed in through a real session row, with a client of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from itsm.accounts.models import RoleGrant
from itsm.accounts.services.sessions import open_session
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Role
from itsm.web.idempotency import new_key
from tests.application import NOON
from tests.factories.accounts import UserAccountFactory


class Browser(FlaskClient):
    """A test client that sends what our forms send: the CSRF token and, unless given, an idempotency key."""

    actor: Actor
    token: str = ""

    def begin(self) -> None:
        """Start a clean browser session, signed in where this browser's person was."""
        with self.session_transaction() as session:
            session.clear()
            if self.token:
                session["_user_id"] = self.token
                session["_fresh"] = True

    def post(self, *args: Any, **kw: Any) -> TestResponse:
        """Post a form as the page would."""
        data = kw.get("data")
        if kw.get("json") is None and not kw.pop("bare", False):
            data = dict(data or {})
            data.setdefault("csrf_token", self.csrf_token())
            data.setdefault("idempotency_key", new_key())
            kw["data"] = data
        return super().post(*args, **kw)

    def csrf_token(self) -> str:
        """Return a valid CSRF token for this client's session."""
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", "0" * 40)
        app: Flask = self.application
        return str(URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps(raw))

    def htmx(self, url: str, target: str, **kw: Any) -> TestResponse:
        """Ask for one block of a page, as htmx 4 does."""
        headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": f"div#{target}"}
        return self.get(url, headers=headers, **kw)


@pytest.fixture
def anonymous(app: Flask) -> Browser:
    """Give the browser of somebody who has not signed in."""
    return new_browser(app)


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., Browser]:
    """Give ``sign_in(*roles, organization=None, groups=(), name=…)`` -> a browser; its person is ``browser.actor``."""
    return partial(sign_in_to, app)


def new_browser(app: Flask) -> Browser:
    """Return a browser that has not signed in."""
    app.test_client_class = Browser
    client: Browser = app.test_client()  # type: ignore[assignment]
    return client


def sign_in_to(
    app: Flask,
    *roles: Role,
    organization: Any = None,
    organization_of: Any = None,
    groups: Any = (),
    **person: Any,
) -> Browser:
    """Return a browser in which a new person with these roles is signed in.

    ``organization`` limits roles and person to a company; ``organization_of`` says only where the person belongs.
    """
    client = new_browser(app)
    with app.app_context():
        with transaction(Actor.house()) as unit:
            given = {f"person__{name}": value for name, value in person.items()}
            if organization is not None or organization_of is not None:
                given["person__organization"] = None
                given["person__organization_id"] = organization or organization_of
            user = UserAccountFactory(**given)
            for role in roles:
                unit.session.add(RoleGrant(user_id=user.id, role=role, organization_id=organization))
            for group_id in groups:
                join(unit, group_id, user.person_id)
            token = open_session(user.id, lasts=timedelta(days=1), address="127.0.0.1", browser="tests", now=NOON)
        client.actor = actor_of(user, user.person, frozenset(roles) or {Role.EMPLOYEE}, organization, groups)
    client.token = token
    client.begin()
    return client


def join(unit: Any, group_id: int, person_id: int) -> None:
    """Make a person a member of a group."""
    from itsm.accounts.models import GroupMember

    unit.session.add(GroupMember(group_id=group_id, person_id=person_id))


def actor_of(user: Any, person: Any, roles: Any, organization: Any, groups: Any) -> Actor:
    """Return the actor that stands behind a user account."""
    return replace(
        Actor(),
        user_id=user.id,
        person_id=person.id,
        name=person.name,
        roles=frozenset(roles),
        group_ids=frozenset(groups),
        organization_ids=frozenset({person.organization_id}),
        all_organizations=organization is None and bool(set(roles) - {Role.EMPLOYEE}),
    )
