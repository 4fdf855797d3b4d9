"""Who may do what with discovery."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.policy import Policy, is_administrator, is_asset_manager, is_auditor, is_technician


class DiscoveryPermission(StrEnum):
    """What can be done with discovery."""

    READ = "discovery:read"
    SWEEP = "discovery:sweep"
    CANCEL = "discovery:cancel"
    DECIDE = "discovery:decide"
    SPLIT = "discovery:split"
    CONFIGURE = "discovery:configure"
    EXCLUDE = "discovery:exclude"
    READ_CREDENTIALS = "discovery:read_credentials"
    APPROVE_KEYS = "discovery:approve_keys"


def is_of_my_organizations(actor: Actor, thing: Any) -> bool:
    """The thing belongs to an organization the actor may see (or there is none at hand yet)."""
    return thing is None or actor.all_organizations or thing.organization_id in actor.organization_ids


P = DiscoveryPermission
POLICY: Policy = {
    P.READ: [
        [is_technician, is_of_my_organizations],
        [is_asset_manager, is_of_my_organizations],
        [is_auditor, is_of_my_organizations],
    ],
    P.SWEEP: [[is_technician, is_of_my_organizations], [is_asset_manager, is_of_my_organizations]],
    P.CANCEL: [[is_technician, is_of_my_organizations], [is_asset_manager, is_of_my_organizations]],
    P.DECIDE: [[is_technician, is_of_my_organizations], [is_asset_manager, is_of_my_organizations]],
    P.SPLIT: [[is_technician, is_of_my_organizations], [is_asset_manager, is_of_my_organizations]],
    P.CONFIGURE: [[is_administrator]],
    P.EXCLUDE: [[is_administrator, is_of_my_organizations]],
    P.READ_CREDENTIALS: [[is_administrator], [is_auditor, is_of_my_organizations]],
    P.APPROVE_KEYS: [[is_administrator], [is_technician, is_of_my_organizations]],
}
