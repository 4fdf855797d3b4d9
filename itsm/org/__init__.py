"""Organisation: companies, places, departments and who pays."""

from __future__ import annotations

from flask import Flask

from itsm.infra.bus import Bus
from itsm.infra.db import db
from itsm.kernel.actor import Role
from itsm.org import views
from itsm.org.services.installation import KeptLook
from itsm.web import nav
from itsm.web.nav import NavItem
from itsm.web.texts import N_

GROUP = N_("Administration")
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})


def register(app: Flask, bus: Bus) -> None:
    """Add this room's pages and the look of the installation to the application."""
    views.register(app)
    look = KeptLook()
    app.extensions["itsm.look"] = look
    app.extensions["itsm.product_name"] = lambda: look.get(db.session()).product_name
    app.jinja_env.globals["accent"] = lambda: look.get(db.session()).accent
    nav.add(
        app,
        _item("Organizations", "building", "organizations", 80),
        _item("Locations", "site", "locations", 81),
        _item("Departments", "tree", "departments", 82),
        _item("Cost centres", "money", "cost-centres", 83),
        NavItem("Installation", "org.show_installation", "admin", "/admin/installation", ADMINISTRATORS, GROUP, 84),
    )


def _item(label: str, icon: str, what: str, order: int) -> NavItem:
    return NavItem(label, f"org.{what.replace('-', '_')}", icon, f"/admin/{what}", ADMINISTRATORS, GROUP, order)
