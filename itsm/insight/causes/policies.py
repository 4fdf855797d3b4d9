"""Who may do what with what discovery tells a ticket."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.policy import Policy, is_asset_manager, is_auditor, is_signed_in, is_technician


class InsightPermission(StrEnum):
    """What can be done. ``read_impact`` is what fails if an asset fails, ``declare`` makes a parent incident, ``examine``
    looks at a device on the network.
    """

    READ = "insight:read"
    READ_IMPACT = "insight:read_impact"
    DECLARE = "insight:declare"
    DISMISS = "insight:dismiss"
    ANNOUNCE = "insight:announce"
    ANNOUNCE_TO_ALL = "insight:announce_to_all"
    EXAMINE = "insight:examine"
    JOIN = "insight:join"


def is_of_my_organizations(actor: Actor, thing: Any) -> bool:
    """The thing belongs to an organization the actor may see (or there is none at hand yet)."""
    return thing is None or actor.all_organizations or thing.organization_id in actor.organization_ids


def sees_every_organization(actor: Actor, _thing: Any) -> bool:
    """The actor has his role for the whole installation."""
    return actor.all_organizations


P = InsightPermission
_DESK = [is_technician, is_of_my_organizations]
POLICY: Policy = {
    P.READ: [_DESK, [is_auditor, is_of_my_organizations]],
    P.READ_IMPACT: [_DESK, [is_auditor, is_of_my_organizations], [is_asset_manager, is_of_my_organizations]],
    P.DECLARE: [_DESK],
    P.DISMISS: [_DESK],
    P.ANNOUNCE: [_DESK],
    P.ANNOUNCE_TO_ALL: [[is_technician, sees_every_organization]],
    P.EXAMINE: [_DESK],
    P.JOIN: [[is_signed_in]],
}
