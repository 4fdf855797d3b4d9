"""Who may do what with people, sign-ins and groups: one table. What has no row is forbidden to everybody."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.policy import Policy, is_administrator, is_auditor, is_staff, is_technician


class PeoplePermission(StrEnum):
    """What can be allowed. ``access`` is everything about sign-in and roles."""

    READ = "person:read"
    ADD = "person:add"
    EDIT = "person:edit"
    EDIT_SELF = "person:edit_self"
    ACCESS = "person:access"
    IMPORT = "person:import"
    EXPORT = "person:export"
    GROUP_READ = "group:read"
    GROUP_EDIT = "group:edit"
    JOURNAL_READ = "journal:read"
    JOBS_MANAGE = "jobs:manage"


def is_of_my_organizations(actor: Actor, thing: Any) -> bool:
    """The person or group belongs to an organization that exists for the actor."""
    return actor.all_organizations or thing.organization_id in actor.organization_ids


def is_self(actor: Actor, person: Any) -> bool:
    """The person is the actor himself."""
    return actor.person_id is not None and person.id == actor.person_id


def sees_everything(actor: Actor, _thing: Any) -> bool:
    """The actor's role is for the whole installation, not for one organization."""
    return actor.all_organizations


POLICY: Policy = {
    PeoplePermission.READ: [[is_staff, is_of_my_organizations], [is_self]],
    PeoplePermission.ADD: [[is_technician]],
    PeoplePermission.EDIT: [[is_administrator, is_of_my_organizations]],
    PeoplePermission.EDIT_SELF: [[is_self]],
    PeoplePermission.ACCESS: [[is_administrator, is_of_my_organizations]],
    PeoplePermission.IMPORT: [[is_administrator]],
    PeoplePermission.EXPORT: [[is_administrator], [is_auditor]],
    PeoplePermission.GROUP_READ: [[is_staff, is_of_my_organizations]],
    PeoplePermission.GROUP_EDIT: [[is_administrator, is_of_my_organizations]],
    PeoplePermission.JOURNAL_READ: [[is_administrator, sees_everything], [is_auditor, sees_everything]],
    PeoplePermission.JOBS_MANAGE: [[is_administrator, sees_everything]],
}
"""Any row whose every predicate says yes. Technicians add callers but do not edit addresses: a mail address is the way
to a new password. Whose access an administrator of one organization may touch is narrowed further in
:mod:`itsm.accounts.services.access`."""
