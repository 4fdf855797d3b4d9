"""Assets: what the company has, who holds it, where it is, and how we know."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from itsm.accounts.panels import add_panel
from itsm.assets import views
from itsm.assets.events import AssetChanged, AssetCreated, AssetsMerged, MergeUndone, SeenAfterRetirement
from itsm.assets.hits import assets_found, custody_panel
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries.visible import may_read
from itsm.assets.services import attention, indexing
from itsm.assets.views.blueprints import NETWORK_READERS, READERS
from itsm.attachments.owners import register_owner
from itsm.infra.bus import Bus
from itsm.kernel.actor import Actor
from itsm.kernel.policy import allowed
from itsm.web import nav
from itsm.web.nav import NavItem
from itsm.web.search import add_searcher

OWNER = "asset"


def register(app: Flask, bus: Bus) -> None:
    """Add this room's doors, listeners and its place in the navigation to the application."""
    views.register_doors(app)
    bus.inline(AssetCreated, indexing.follow)
    bus.inline(AssetChanged, indexing.follow)
    bus.inline(SeenAfterRetirement, attention.note_resurfacing)
    bus.inline(AssetsMerged, indexing.follow_merge)
    bus.inline(MergeUndone, indexing.follow_merge)
    register_owner(app, OWNER, may_read)
    add_searcher(app, assets_found)
    add_panel(app, custody_panel)
    nav.add(app, NavItem("Assets", "assets.index", "assets", "/assets", frozenset(READERS), order=20, shortcut="g a"))
    nav.add(
        app,
        NavItem(
            "Network", "network.show_map", "topology", "/network", frozenset(NETWORK_READERS), order=41, shortcut="g n"
        ),
    )
    permissions = app.extensions.setdefault("itsm.permissions", {})
    for permission in AssetPermission:
        permissions[permission.value] = _asked(permission)


def _asked(permission: AssetPermission) -> Callable[[Actor], bool]:
    def may(actor: Actor) -> bool:
        return allowed(POLICY, actor, permission)

    return may
