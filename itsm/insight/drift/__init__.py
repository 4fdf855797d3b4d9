"""Drift: what is no longer as it should be, told by one ticket an asset and rule, and ended when it is right again."""

from __future__ import annotations

from functools import partial

from flask import Flask

from itsm.assets.tabs import AssetTab, add_tab
from itsm.infra.bus import Bus
from itsm.insight.drift import models, subscribers, tasks, views
from itsm.insight.drift.policies import POLICY, READERS, DriftPermission, may_read
from itsm.insight.drift.views.cards import asset_tab
from itsm.kernel.actor import Actor, Role
from itsm.kernel.policy import allowed
from itsm.tickets.panels import TicketPanel, add_ticket_panel
from itsm.web import nav

__all__ = ["models", "register"]


def register(app: Flask, bus: Bus) -> None:
    """Add the doors and listeners of drift to the application."""
    tasks.register(app)
    subscribers.register(app, bus)
    app.register_blueprint(views.bp)
    add_tab(app, AssetTab("drift", "Drift", "versions", asset_tab, order=35, shown=may_read))
    add_ticket_panel(app, TicketPanel("drift_card", "Drift", "drift.ticket_card", order=30))
    staff = frozenset({*READERS, Role.ADMINISTRATOR})
    item = nav.NavItem("Drift", "drift.index", "versions", "/insight/drift", staff, order=45, shortcut="g f")
    nav.add(app, item)
    known = app.extensions.setdefault("itsm.permissions", {})
    known.update({name.value: partial(_may, name) for name in DriftPermission})


def _may(permission: DriftPermission, actor: Actor) -> bool:
    return allowed(POLICY, actor, permission)
