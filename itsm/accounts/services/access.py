"""Sign-in and roles: invite, disable, enable, grant, revoke.

An administrator of one organization may touch only people of it whose roles do not reach beyond it; otherwise he
could make
himself more than he is. For the same reason all roles of one account have one scope: every organization, or one.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update

from itsm.accounts.events import PersonInvited
from itsm.accounts.models import OneTimeCode, Person, RoleGrant, UserAccount
from itsm.accounts.policies import POLICY, PeoplePermission
from itsm.accounts.services.sessions import revoke_sessions
from itsm.infra.unit import current_unit, emit, record
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Forbidden, Invalid, NotFound, RuleBroken
from itsm.kernel.policy import require
from itsm.org.models import Organization

BEYOND = (
    "This person's roles reach beyond your organization. Only an administrator of all organizations can change this."
)
LAST = "This is the last administrator of all organizations. Give that role to somebody else first."


def check_reach(actor: Actor, person: Person, user: UserAccount | None) -> None:
    """Raise Forbidden where the person or his roles reach beyond what the actor administers."""
    mine = _administered(actor)
    if mine is None:
        return
    theirs: set[int | None] = {person.organization_id}
    if user is not None:
        theirs |= set(
            current_unit().session.scalars(select(RoleGrant.organization_id).where(RoleGrant.user_id == user.id))
        )
    if not theirs <= mine:
        raise Forbidden(BEYOND)


def _administered(actor: Actor) -> set[int | None] | None:
    """Return the organizations that the actor is administrator of; None for all."""
    if actor.is_house:
        return None
    wanted = select(RoleGrant.organization_id).where(RoleGrant.user_id == actor.user_id)
    found = set(current_unit().session.scalars(wanted.where(RoleGrant.role == Role.ADMINISTRATOR)))
    return None if None in found else found


def _account(person: Person) -> UserAccount:
    """Return the account of a person, locked. Raises RuleBroken where there is none."""
    wanted = select(UserAccount).where(UserAccount.person_id == person.id).with_for_update()
    found = current_unit().session.scalars(wanted).one_or_none()
    if found is None:
        raise RuleBroken("This person has no sign-in yet. Invite him first.")
    return found


def invite(actor: Actor, person: Person, *, now: datetime) -> UserAccount:
    """Give a person a sign-in and have the invitation mailed; again for who has not chosen a password yet."""
    require(POLICY, actor, PeoplePermission.ACCESS, person)
    session = current_unit().session
    if person.email is None:
        raise RuleBroken("An invitation is a mail. Enter this person's mail address first.")
    user = session.scalars(select(UserAccount).where(UserAccount.person_id == person.id)).one_or_none()
    check_reach(actor, person, user)
    if user is None:
        if session.scalar(select(UserAccount.id).where(UserAccount.login == person.email)) is not None:
            raise RuleBroken("Somebody else signs in with this mail address.")
        user = UserAccount(person_id=person.id, login=person.email)
        session.add(user)
        session.flush()
    elif user.password_hash is not None or user.disabled_at is not None:
        raise RuleBroken("This person has a sign-in already.")
    record("invited", "user_account", user.id, label=user.login)
    emit(PersonInvited(at=now, actor_id=actor.user_id, user_id=user.id))
    return user


def disable(actor: Actor, person: Person, *, now: datetime) -> None:
    """Close a person's sign-in: all sessions and codes end now."""
    require(POLICY, actor, PeoplePermission.ACCESS, person)
    user = _account(person)
    check_reach(actor, person, user)
    if user.id == actor.user_id:
        raise RuleBroken("You cannot close your own sign-in.")
    if user.disabled_at is not None:
        return
    _check_not_last(user.id)
    user.disabled_at = now
    revoke_sessions(user.id, now=now)
    codes = update(OneTimeCode).where(OneTimeCode.user_id == user.id, OneTimeCode.used_at.is_(None))
    current_unit().session.execute(codes.values(used_at=now))


def enable(actor: Actor, person: Person) -> None:
    """Open a closed sign-in again."""
    require(POLICY, actor, PeoplePermission.ACCESS, person)
    user = _account(person)
    check_reach(actor, person, user)
    user.disabled_at = None


def grant(actor: Actor, person: Person, role: Role, organization_id: int | None) -> None:
    """Give a role, for one organization or (None) for all; a role that is there already stays as it is."""
    require(POLICY, actor, PeoplePermission.ACCESS, person)
    user = _account(person)
    check_reach(actor, person, user)
    session, mine = current_unit().session, _administered(actor)
    if mine is not None and organization_id not in mine:
        raise Forbidden("You can give roles for your own organization only.")
    if role is Role.EMPLOYEE:
        raise Invalid({"role": "Everybody is an employee; this needs no role."})
    if organization_id is not None and session.get(Organization, organization_id) is None:
        raise Invalid({"organization_id": "Please choose one of the values offered."})
    held = session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id)).all()
    if any(row.organization_id != organization_id for row in held):
        raise RuleBroken("All roles of one person are for the same organizations. Take the other ones away first.")
    if all(row.role is not role for row in held):
        session.add(RoleGrant(user_id=user.id, role=role, organization_id=organization_id))


def revoke(actor: Actor, person: Person, grant_id: int) -> None:
    """Take a role away. Raises RuleBroken for the last administrator."""
    require(POLICY, actor, PeoplePermission.ACCESS, person)
    user = _account(person)
    check_reach(actor, person, user)
    session = current_unit().session
    row = session.get(RoleGrant, grant_id)
    if row is None or row.user_id != user.id:
        raise NotFound()
    if row.role is Role.ADMINISTRATOR and row.organization_id is None:
        _check_not_last(user.id)
    session.delete(row)


def _check_not_last(user_id: int) -> None:
    """Raise RuleBroken where nobody else administers all organizations. Locks all of them: two who revoke each other at
    once must not both succeed."""
    session = current_unit().session
    wanted = select(RoleGrant.user_id).where(RoleGrant.role == Role.ADMINISTRATOR, RoleGrant.organization_id.is_(None))
    holders = set(session.scalars(wanted.order_by(RoleGrant.id).with_for_update()))
    others = select(func.count()).where(UserAccount.id.in_(holders - {user_id}), UserAccount.disabled_at.is_(None))
    if user_id in holders and not session.scalar(others):
        raise RuleBroken(LAST)
