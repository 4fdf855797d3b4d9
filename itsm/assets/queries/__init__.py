"""The read side of the register: what the actor may see, and how it is found."""

from itsm.assets.queries.visible import (
    all_merged,
    asset_to_change,
    assets_to_change,
    find_by_tag,
    get_asset,
    held_by,
    is_staff_here,
    merged_into,
    one_thing,
    pick,
    root_of,
    survivor_of,
    visible_assets,
)

__all__ = [
    "all_merged",
    "asset_to_change",
    "assets_to_change",
    "find_by_tag",
    "get_asset",
    "held_by",
    "is_staff_here",
    "merged_into",
    "one_thing",
    "pick",
    "root_of",
    "survivor_of",
    "visible_assets",
]
