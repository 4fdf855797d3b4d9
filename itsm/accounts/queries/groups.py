"""Support groups and their members."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from itsm.accounts.models import Group, GroupMember, Person
from itsm.infra.db import db
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.org.models import Organization


def visible_groups(actor: Actor) -> Any:
    """Return a select of the groups that exist for the actor."""
    wanted = select(Group)
    return wanted if actor.all_organizations else wanted.where(Group.organization_id.in_(actor.organization_ids))


def get_group(actor: Actor, group_id: int, *, session: Session | None = None) -> Group:
    """Return a group. Raises NotFound where the actor may not know of it."""
    found: Group | None = (
        (session or db.session()).scalars(visible_groups(actor).where(Group.id == group_id)).one_or_none()
    )
    if found is None:
        raise NotFound()
    return found


def list_groups(session: Session, actor: Actor) -> list[Any]:
    """Return the groups with lead and size: (id, name, email, organization, lead, members); 500 at most."""
    members = select(func.count()).where(GroupMember.group_id == Group.id).correlate(Group).scalar_subquery()
    wanted = (
        select(Group.id, Group.name, Group.email, Organization.name.label("organization"))
        .add_columns(Person.name.label("lead"), members.label("members"))
        .join(Organization, Organization.id == Group.organization_id)
        .outerjoin(Person, Person.id == Group.lead_id)
        .order_by(Group.name, Group.id)
        .limit(500)
    )
    if not actor.all_organizations:
        wanted = wanted.where(Group.organization_id.in_(actor.organization_ids))
    return list(session.execute(wanted))


def members_of(session: Session, group_id: int) -> list[Any]:
    """Return the members of a group: (id, name, email, job_title); 1,000 at most."""
    wanted = select(Person.id, Person.name, Person.email, Person.job_title)
    wanted = wanted.join(GroupMember, GroupMember.person_id == Person.id).where(GroupMember.group_id == group_id)
    return list(session.execute(wanted.order_by(Person.name, Person.id).limit(1000)))
