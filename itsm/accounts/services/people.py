"""Adding people and changing their facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from itsm.accounts.models import Person, UserAccount
from itsm.accounts.policies import POLICY, PeoplePermission
from itsm.accounts.queries.people import visible_people
from itsm.accounts.services import access
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.org.models import CostCentre, Department, Location

TAKEN = "This belongs to somebody else already."


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """What is known about a person."""

    organization_id: int
    name: str
    email: str | None = None
    phone: str | None = None
    employee_number: str | None = None
    job_title: str | None = None
    manager_id: int | None = None
    department_id: int | None = None
    location_id: int | None = None
    cost_centre_id: int | None = None
    joined_on: date | None = None
    left_on: date | None = None


def add_person(actor: Actor, facts: PersonFacts) -> Person:
    """Add a person without a sign-in. Raises Invalid for an address or number that somebody has."""
    require(POLICY, actor, PeoplePermission.ADD)
    _check(actor, facts, None)
    person = Person(**_columns(facts))
    session = current_unit().session
    session.add(person)
    session.flush()
    return person


def edit_person(actor: Actor, person: Person, facts: PersonFacts, *, now: datetime) -> None:
    """Change a person's facts. A sign-in under the old mail address moves to the new one; who has left is signed out."""
    require(POLICY, actor, PeoplePermission.EDIT, person)
    _check(actor, facts, person)
    session = current_unit().session
    user = session.scalars(select(UserAccount).where(UserAccount.person_id == person.id)).one_or_none()
    if user is not None and facts.email != person.email:
        access.check_reach(actor, person, user)
        if facts.email is None:
            raise Invalid({"email": "This person signs in: a mail address is needed."})
        if user.login == person.email:
            _check_free(UserAccount.login == facts.email, "email", user.id, UserAccount.id)
            user.login = facts.email
        person.undeliverable = False
    if facts.organization_id != person.organization_id and user is not None:
        access.check_reach(actor, person, user)
    for name, value in _columns(facts).items():
        setattr(person, name, value)
    if user is not None and facts.left_on is not None and facts.left_on <= now.date() and user.disabled_at is None:
        access.disable(actor, person, now=now)


def _columns(facts: PersonFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in PersonFacts.__dataclass_fields__}


def _check(actor: Actor, facts: PersonFacts, person: Person | None) -> None:
    """Raise Invalid for what cannot be: a foreign organization, department or manager, a taken address or number."""
    if not actor.all_organizations and facts.organization_id not in actor.organization_ids:
        raise Invalid({"organization_id": "Please choose one of the values offered."})
    session, own = current_unit().session, person.id if person is not None else None
    for name, model in (("department_id", Department), ("location_id", Location), ("cost_centre_id", CostCentre)):
        wanted = getattr(facts, name)
        owner = select(model.organization_id).where(model.id == wanted)
        if wanted is not None and session.scalar(owner) != facts.organization_id:
            raise Invalid({name: "This belongs to another organization. Please choose another one."})
    if facts.manager_id is not None:
        known = session.scalar(select(visible_people(actor).where(Person.id == facts.manager_id).exists()))
        if not known or facts.manager_id == own:
            raise Invalid({"manager_id": "Please choose somebody else."})
    if facts.email is not None:
        _check_free(Person.email == facts.email, "email", own, Person.id)
    if facts.employee_number is not None:
        same = func.lower(Person.employee_number) == facts.employee_number.lower()
        _check_free(same & (Person.organization_id == facts.organization_id), "employee_number", own, Person.id)
    if facts.joined_on is not None and facts.left_on is not None and facts.left_on < facts.joined_on:
        raise Invalid({"left_on": "This is before the first day."})


def _check_free(taken: Any, field: str, own: int | None, id_column: Any) -> None:
    wanted = select(id_column).where(taken)
    if own is not None:
        wanted = wanted.where(id_column != own)
    if current_unit().session.scalar(wanted.limit(1)) is not None:
        raise Invalid({field: TAKEN})
