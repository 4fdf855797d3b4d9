"""The first run: a one-time code on the console makes the first administrator. There is no default password anywhere."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from itsm.accounts.models import OneTimeCode, Person, RoleGrant, UserAccount
from itsm.accounts.models.session import CodePurpose
from itsm.accounts.services import passwords
from itsm.accounts.services.sessions import token_hash
from itsm.accounts.services.sign_in import recognise
from itsm.infra.unit import current_unit, record
from itsm.kernel.actor import Role
from itsm.kernel.errors import Invalid, NotFound
from itsm.org.models import Organization

LASTS = timedelta(hours=24)
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def is_open(session: Session) -> bool:
    """Say whether the installation still waits for its first administrator."""
    wanted = select(RoleGrant.id).where(RoleGrant.role == Role.ADMINISTRATOR).limit(1)
    return session.scalar(wanted) is None


def new_code(*, now: datetime) -> str:
    """Return a fresh first-run code for the console; earlier ones stop working."""
    session = current_unit().session
    session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.purpose == CodePurpose.FIRST_RUN, OneTimeCode.used_at.is_(None))
        .values(used_at=now)
    )
    code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    session.add(
        OneTimeCode(purpose=CodePurpose.FIRST_RUN, code_hash=token_hash(code), created_at=now, expires_at=now + LASTS)
    )
    return code


def create_administrator(
    code: str, *, organization: str, name: str, email: str, password: str, now: datetime
) -> UserAccount:
    """Make the organization and its first administrator. Raises NotFound once there is one, Invalid for a wrong code."""
    session = current_unit().session
    if not is_open(session):
        raise NotFound()
    spent = session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.code_hash == token_hash(code.strip().upper()), OneTimeCode.used_at.is_(None))
        .where(OneTimeCode.purpose == CodePurpose.FIRST_RUN, OneTimeCode.expires_at > now)
        .values(used_at=now)
    )
    if spent.rowcount != 1:  # type: ignore[attr-defined]
        raise Invalid({"code": "This code is not the one on the console. Restarting the server prints a new one."})
    login = email.strip().casefold()
    passwords.check_strength(password, login=login)
    company = session.scalars(select(Organization).order_by(Organization.id).limit(1)).one_or_none()
    if company is None:
        company = Organization(name=organization)
        session.add(company)
        session.flush()
    person = Person(organization_id=company.id, name=name, email=login)
    session.add(person)
    session.flush()
    user = UserAccount(person_id=person.id, login=login, password_hash=passwords.hashed(password), password_set_at=now)
    session.add(user)
    session.flush()
    session.add(RoleGrant(user_id=user.id, role=Role.ADMINISTRATOR))
    recognise(user)
    record("first_run_completed", "user_account", user.id, label=login)
    return user
