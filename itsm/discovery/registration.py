"""Adds discovery's doors and listeners to the application.

Apart from the package itself, which must stay importable without Flask for the probe.
"""

from __future__ import annotations

from functools import partial

from flask import Flask

from itsm.assets.comparing import Comparer, add_comparer
from itsm.assets.events import MergeUndone
from itsm.assets.sayings import say_rules_by
from itsm.assets.tabs import AssetTab, add_tab
from itsm.discovery import comparing, tasks, views
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.services import splitting
from itsm.discovery.views import asset_tab
from itsm.discovery.views.evidence import rule_words
from itsm.infra.bus import Bus
from itsm.kernel.actor import Actor, Role
from itsm.kernel.policy import allowed
from itsm.web import nav


def _may(permission: DiscoveryPermission, actor: Actor) -> bool:
    return allowed(POLICY, actor, permission)


def register(app: Flask, bus: Bus) -> None:
    """Add this room's doors and listeners to the application."""
    tasks.register(app)
    app.register_blueprint(views.bp)
    add_tab(app, AssetTab("sightings", "Sightings", "evidence", asset_tab.content, order=40, shown=asset_tab.shown))
    say_rules_by(app, rule_words)
    add_comparer(app, Comparer(comparing.proofs, comparing.likely))
    bus.inline(MergeUndone, splitting.settle_after_undo)
    staff = frozenset({Role.TECHNICIAN, Role.ASSET_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR})
    nav.add(
        app,
        nav.NavItem("Discovery", "discovery.index", "discovery", "/discovery", staff, order=40, shortcut="g d"),
    )
    known = app.extensions.setdefault("itsm.permissions", {})
    known.update({name.value: partial(_may, name) for name in DiscoveryPermission})
