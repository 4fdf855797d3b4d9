"""Who may change the organisation and the installation: one table."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.policy import Policy, is_administrator, is_staff


class OrgPermission(StrEnum):
    """What can be allowed."""

    READ = "org:read"
    EDIT = "org:edit"
    FOUND = "org:found"
    CONFIGURE = "installation:configure"


def is_mine(actor: Actor, thing: Any) -> bool:
    """The organization, or what belongs to one, exists for the actor. ``thing`` is the organization's id."""
    return actor.all_organizations or thing in actor.organization_ids


def sees_everything(actor: Actor, _thing: Any) -> bool:
    """The actor's role is for the whole installation."""
    return actor.all_organizations


POLICY: Policy = {
    OrgPermission.READ: [[is_staff, is_mine]],
    OrgPermission.EDIT: [[is_administrator, is_mine]],
    OrgPermission.FOUND: [[is_administrator, sees_everything]],
    OrgPermission.CONFIGURE: [[is_administrator, sees_everything]],
}
"""Any row whose every predicate says yes. ``EDIT`` covers names, places, departments and cost centres of an
organization;
``FOUND`` makes a new organization."""
