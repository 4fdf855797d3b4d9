"""One person in detail: the account, its roles, the groups, what was done to him, and what a form offers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from itsm.accounts.models import Group, GroupMember, Person, RoleGrant, UserAccount
from itsm.infra.journal import JournalRow
from itsm.kernel.actor import Actor
from itsm.org.models import CostCentre, Department, Location, Organization


def account_of(session: Session, person_id: int) -> UserAccount | None:
    """Return the account of a person, or None."""
    return session.scalars(select(UserAccount).where(UserAccount.person_id == person_id)).one_or_none()


def grants_of(session: Session, user_id: int) -> list[Any]:
    """Return the roles of an account: (id, role, organization_id, organization)."""
    wanted = select(RoleGrant.id, RoleGrant.role, RoleGrant.organization_id, Organization.name.label("organization"))
    wanted = wanted.outerjoin(Organization, Organization.id == RoleGrant.organization_id)
    return list(session.execute(wanted.where(RoleGrant.user_id == user_id).order_by(RoleGrant.role, RoleGrant.id)))


def groups_of(session: Session, person_id: int) -> list[Any]:
    """Return the groups of a person: (id, name, lead_id)."""
    wanted = select(Group.id, Group.name, Group.lead_id).join(GroupMember, GroupMember.group_id == Group.id)
    return list(session.execute(wanted.where(GroupMember.person_id == person_id).order_by(Group.name, Group.id)))


def places_of(session: Session, person: Person) -> Any:
    """Return the names behind a person's ids: organization, department, location, cost_centre, manager."""
    manager = select(Person.name).where(Person.id == person.manager_id).scalar_subquery()
    return session.execute(
        select(Organization.name.label("organization"), Department.path.label("department"))
        .add_columns(Location.path.label("location"), CostCentre.code.label("cost_centre"), manager.label("manager"))
        .select_from(Person)
        .join(Organization, Organization.id == Person.organization_id)
        .outerjoin(Department, Department.id == Person.department_id)
        .outerjoin(Location, Location.id == Person.location_id)
        .outerjoin(CostCentre, CostCentre.id == Person.cost_centre_id)
        .where(Person.id == person.id)
    ).one()


def history_of(session: Session, person_id: int, user_id: int | None, *, most: int = 30) -> list[JournalRow]:
    """Return the latest journal lines about a person and his account, newest first."""
    about = [and_(JournalRow.subject_type == "person", JournalRow.subject_id == str(person_id))]
    if user_id is not None:
        about.append(and_(JournalRow.subject_type == "user_account", JournalRow.subject_id == str(user_id)))
    wanted = select(JournalRow).where(or_(*about)).order_by(JournalRow.sequence.desc()).limit(most)
    return list(session.scalars(wanted))


def offers(session: Session, actor: Actor) -> dict[str, list[tuple[int, str]]]:
    """Return what the form of a person offers: organizations, departments, locations, cost centres; 500 at most."""

    def of(what: Any, name: Any, owner: Any) -> list[tuple[int, str]]:
        wanted = select(what.id, name).order_by(name).limit(500)
        if not actor.all_organizations:
            wanted = wanted.where(owner.in_(actor.organization_ids))
        return [(id_, said) for id_, said in session.execute(wanted)]

    return {
        "organizations": of(Organization, Organization.name, Organization.id),
        "departments": of(Department, Department.path, Department.organization_id),
        "locations": of(Location, Location.path, Location.organization_id),
        "cost_centres": of(CostCentre, CostCentre.code + " " + CostCentre.name, CostCentre.organization_id),
    }
