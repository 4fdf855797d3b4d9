"""Causes: what changed before a ticket, who else is hit, what is suspect above them, what hangs on what, and a look."""

from __future__ import annotations

from functools import partial

from flask import Flask

from itsm.assets.tabs import AssetTab, add_tab
from itsm.infra.bus import Bus
from itsm.insight.causes import subscribers, tasks, views
from itsm.insight.causes.policies import POLICY, InsightPermission
from itsm.insight.causes.views import impact, portal
from itsm.kernel.actor import Actor, Role
from itsm.kernel.policy import allowed
from itsm.tickets.panels import Place, TicketPanel, add_notices, add_ticket_panel
from itsm.web import nav
from itsm.web.texts import N_

DESK = frozenset({Role.TECHNICIAN, Role.AUDITOR})


def _may(permission: InsightPermission, actor: Actor) -> bool:
    return allowed(POLICY, actor, permission)


def register(app: Flask, bus: Bus) -> None:
    """Add this part's doors, listeners, panels and places in the navigation to the application."""
    tasks.register(app)
    subscribers.register(bus)
    app.register_blueprint(views.bp)
    reads = partial(_may, InsightPermission.READ)
    rail = [
        ("insight_place", N_("What it hangs on"), "insight.place", 10),
        ("insight_story", N_("What changed before"), "insight.story", 20),
        ("insight_commons", N_("Who else is affected"), "insight.commons", 30),
        ("insight_looks", N_("Look at the device"), "insight.looks", 40),
    ]
    for key, label, endpoint, order in rail:
        add_ticket_panel(app, TicketPanel(key, label, endpoint, order=order, shown=reads))
    strip = TicketPanel("insight_strip", N_("Suspects"), "insight.strip", Place.QUEUE, shown=reads)
    add_ticket_panel(app, strip)
    add_notices(app, portal.notices)
    add_tab(
        app,
        AssetTab(
            "impact", N_("Impact"), "tree", impact.content, order=40, shown=partial(_may, InsightPermission.READ_IMPACT)
        ),
    )
    nav.add(app, nav.NavItem("Suspects", "insight.index", "zoom-question", "/insight", DESK, order=15))
    known = app.extensions.setdefault("itsm.permissions", {})
    known.update({name.value: partial(_may, name) for name in InsightPermission})
