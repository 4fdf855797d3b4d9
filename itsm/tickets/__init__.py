"""Tickets: somebody needs help, and the help is given, from the first word to the last."""

from __future__ import annotations

from flask import Flask

from itsm.accounts.panels import add_panel
from itsm.assets.tabs import AssetTab, DisagreementDoor, add_disagreement_door, add_tab
from itsm.attachments.owners import register_owner
from itsm.infra.bus import Bus
from itsm.kernel.actor import Actor, Role
from itsm.kernel.policy import allowed, is_administrator, is_auditor, is_technician
from itsm.tickets import views
from itsm.tickets.hits import requests_panel, tickets_found
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries.files import ENTRY, may_read_entry
from itsm.tickets.views import asset_tab
from itsm.web import nav
from itsm.web.nav import NavItem
from itsm.web.search import add_searcher

DESK = frozenset({Role.TECHNICIAN, Role.AUDITOR, Role.ADMINISTRATOR})


def register(app: Flask, bus: Bus) -> None:
    """Add this room's doors and its places in the navigation to the application."""
    views.register(app)
    register_owner(app, ENTRY, may_read_entry)
    add_searcher(app, tickets_found)
    add_panel(app, requests_panel)
    nav.add(
        app,
        NavItem("Tickets", "tickets.index", "ticket", "/tickets", DESK, order=10, shortcut="g t"),
        NavItem(
            "Ticket settings",
            "tickets.settings",
            "settings",
            "/tickets/settings",
            frozenset({Role.ADMINISTRATOR}),
            group="Administration",
            order=90,
        ),
        _portal("Home", "portal.home", "home", "/", 10),
        _portal("My requests", "portal.index", "ticket", "/requests", 20),
        _portal("My things", "portal.things", "kind-laptop", "/things", 30),
    )
    add_tab(app, AssetTab("tickets", "Tickets", "ticket", asset_tab.content, order=30, shown=knows_of_tickets))
    door = DisagreementDoor("Open a ticket", "tickets.about_disagreement", "ticket", files_tickets)
    add_disagreement_door(app, door)
    permissions = app.extensions.setdefault("itsm.permissions", {})
    permissions[TicketPermission.FILE_FOR_OTHERS.value] = lambda actor: is_technician(actor, None)
    permissions[TicketPermission.WORK.value] = lambda actor: is_technician(actor, None)
    permissions[TicketPermission.EXPORT.value] = lambda actor: is_technician(actor, None) or is_auditor(actor, None)
    permissions[TicketPermission.SHARE_VIEW.value] = lambda actor: is_administrator(actor, None)


def _portal(label: str, endpoint: str, icon: str, section: str, order: int) -> NavItem:
    return NavItem(label, endpoint, icon, section, order=order, shell="portal")  # noqa: S604 - the portal's shell


def knows_of_tickets(actor: Actor) -> bool:
    """Say whether the actor may know which tickets an asset of his has."""
    return allowed(POLICY, actor, TicketPermission.TALLY)


def files_tickets(actor: Actor) -> bool:
    """Say whether the actor may open a ticket about a disagreement."""
    return is_technician(actor, None)
