"""Who may do what with drift. Whoever works with tickets or assets sees it; employees never do."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from itsm.kernel.actor import Actor, Role
from itsm.kernel.policy import Policy, is_administrator, is_asset_manager, is_auditor, is_technician


class DriftPermission(StrEnum):
    """What can be done with drift."""

    READ = "drift:read"
    DECIDE = "drift:decide"
    PLAN = "drift:plan"
    CONFIGURE = "drift:configure"


def is_of_my_organizations(actor: Actor, thing: Any) -> bool:
    """The thing belongs to an organization that exists for the actor (or there is none at hand yet)."""
    return thing is None or actor.all_organizations or thing.organization_id in actor.organization_ids


P = DriftPermission
POLICY: Policy = {
    P.READ: [
        [is_technician, is_of_my_organizations],
        [is_asset_manager, is_of_my_organizations],
        [is_auditor, is_of_my_organizations],
    ],
    P.DECIDE: [[is_technician, is_of_my_organizations], [is_asset_manager, is_of_my_organizations]],
    P.PLAN: [[is_technician, is_of_my_organizations], [is_asset_manager, is_of_my_organizations]],
    P.CONFIGURE: [[is_administrator]],
}

READERS = (Role.TECHNICIAN, Role.ASSET_MANAGER, Role.AUDITOR)
DECIDERS = (Role.TECHNICIAN, Role.ASSET_MANAGER)


def may_read(actor: Actor) -> bool:
    """Say whether the actor gets to see drift at all."""
    return actor.has(*READERS, Role.ADMINISTRATOR)
