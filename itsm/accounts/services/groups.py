"""Support groups: made, renamed, led, joined and left."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from itsm.accounts.models import Group, GroupMember, Person
from itsm.accounts.policies import POLICY, PeoplePermission
from itsm.infra.unit import current_unit, record
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.policy import require


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What is known about a group."""

    organization_id: int
    name: str
    email: str | None = None
    lead_id: int | None = None


def add_group(actor: Actor, facts: GroupFacts) -> Group:
    """Make a group. Raises Invalid for a name that another group of the organization has."""
    group = Group(organization_id=facts.organization_id, name=facts.name, email=facts.email)
    require(POLICY, actor, PeoplePermission.GROUP_EDIT, group)
    _check_name(group)
    session = current_unit().session
    session.add(group)
    session.flush()
    return group


def edit_group(actor: Actor, group: Group, facts: GroupFacts) -> None:
    """Rename a group, or change its mail address or lead. The organization stays."""
    require(POLICY, actor, PeoplePermission.GROUP_EDIT, group)
    group.name, group.email = facts.name, facts.email
    _check_name(group)
    if facts.lead_id is not None and facts.lead_id != group.lead_id and not _membership(group, facts.lead_id):
        raise Invalid({"lead_id": "The lead is one of the members."})
    group.lead_id = facts.lead_id


def _check_name(group: Group) -> None:
    with current_unit().session.no_autoflush:
        same = select(Group.id).where(Group.organization_id == group.organization_id, Group.name == group.name)
        taken = current_unit().session.scalar(same.where(Group.id != (group.id or 0)))
    if taken is not None:
        raise Invalid({"name": "Another group has this name."})


def _membership(group: Group, person_id: int) -> GroupMember | None:
    wanted = select(GroupMember).where(GroupMember.group_id == group.id, GroupMember.person_id == person_id)
    return current_unit().session.scalars(wanted).one_or_none()


def add_member(actor: Actor, group: Group, person: Person) -> None:
    """Add a person; who is a member already stays one."""
    require(POLICY, actor, PeoplePermission.GROUP_EDIT, group)
    require(POLICY, actor, PeoplePermission.READ, person)
    if person.left_on is not None:
        raise Invalid({"person_id": "This person has left."})
    if _membership(group, person.id) is None:
        current_unit().session.add(GroupMember(group_id=group.id, person_id=person.id))
        record("member_added", "group", group.id, label=group.name, person=person.name, person_id=person.id)


def remove_member(actor: Actor, group: Group, person_id: int) -> None:
    """Take a person out of the group; a lead who leaves leads no more. Raises NotFound for who is no member."""
    require(POLICY, actor, PeoplePermission.GROUP_EDIT, group)
    row = _membership(group, person_id)
    if row is None:
        raise NotFound()
    session = current_unit().session
    name = session.scalar(select(Person.name).where(Person.id == person_id))
    if group.lead_id == person_id:
        group.lead_id = None
    session.delete(row)
    record("member_removed", "group", group.id, label=group.name, person=name, person_id=person_id)
