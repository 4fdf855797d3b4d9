"""Who may do what with assets."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.policy import (
    Policy,
    is_administrator,
    is_asset_manager,
    is_auditor,
    is_buyer,
    is_signed_in,
    is_technician,
)


class AssetPermission(StrEnum):
    """What can be done with assets."""

    READ = "asset:read"
    LIST = "asset:list"
    CREATE = "asset:create"
    EDIT = "asset:edit"
    EDIT_MONEY = "asset:edit_money"
    MOVE = "asset:move"
    DECIDE = "asset:decide"
    BULK = "asset:bulk"
    IMPORT = "asset:import"
    EXPORT = "asset:export"
    MERGE = "asset:merge"
    CONFIGURE = "asset:configure"
    OBSERVE = "asset:observe"
    REPORT = "asset:report"
    SHARE_VIEW = "asset:share_view"


def is_of_my_organizations(actor: Actor, asset: Any) -> bool:
    """The asset belongs to an organization the actor may see (or there is no asset at hand yet)."""
    return asset is None or actor.all_organizations or asset.organization_id in actor.organization_ids


def holds_it(actor: Actor, asset: Any) -> bool:
    """The actor is the asset's custodian."""
    return asset is not None and actor.person_id is not None and asset.custodian_id == actor.person_id


def is_the_house(actor: Actor, _asset: Any) -> bool:
    """The actor is the system itself: a sweep, an import job."""
    return actor.is_house


P = AssetPermission
POLICY: Policy = {
    P.READ: [
        [is_technician, is_of_my_organizations],
        [is_asset_manager, is_of_my_organizations],
        [is_buyer, is_of_my_organizations],
        [is_auditor, is_of_my_organizations],
        [holds_it],
    ],
    P.LIST: [[is_technician], [is_asset_manager], [is_buyer], [is_auditor]],
    P.CREATE: [[is_technician], [is_asset_manager]],
    P.EDIT: [[is_technician, is_of_my_organizations], [is_asset_manager, is_of_my_organizations]],
    P.EDIT_MONEY: [[is_asset_manager, is_of_my_organizations], [is_buyer, is_of_my_organizations]],
    P.MOVE: [[is_technician, is_of_my_organizations], [is_asset_manager, is_of_my_organizations]],
    P.DECIDE: [[is_technician, is_of_my_organizations], [is_asset_manager, is_of_my_organizations]],
    P.BULK: [[is_asset_manager, is_of_my_organizations]],
    P.IMPORT: [[is_asset_manager]],
    P.EXPORT: [[is_technician], [is_asset_manager], [is_buyer], [is_auditor]],
    P.MERGE: [[is_technician, is_of_my_organizations], [is_asset_manager, is_of_my_organizations]],
    P.CONFIGURE: [[is_asset_manager], [is_administrator]],
    P.OBSERVE: [[is_the_house]],
    P.REPORT: [[is_signed_in, is_of_my_organizations], [holds_it]],
    P.SHARE_VIEW: [[is_asset_manager], [is_administrator]],
}
