"""People, groups, roles and sign-in."""

from __future__ import annotations

from flask import Flask

from itsm.accounts import identity, views
from itsm.accounts.hits import people_found
from itsm.accounts.policies import PeoplePermission
from itsm.infra.bus import Bus
from itsm.kernel.actor import Role
from itsm.kernel.policy import is_administrator, is_auditor, is_technician
from itsm.web import nav
from itsm.web.nav import NavItem
from itsm.web.search import add_searcher

STAFF = frozenset({Role.TECHNICIAN, Role.ASSET_MANAGER, Role.BUYER, Role.AUDITOR, Role.ADMINISTRATOR})

READERS = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})


def register(app: Flask, bus: Bus) -> None:
    """Add this room's doors and listeners to the application."""
    identity.register(app, app.extensions["itsm.settings"])
    app.register_blueprint(views.bp)
    add_searcher(app, people_found)
    nav.add(
        app,
        NavItem("People", "accounts.list_people", "people", "/people", STAFF, order=60, shortcut="g p"),
        NavItem("Groups", "accounts.show_groups", "group", "/groups", STAFF, order=61),
        NavItem("Journal", "accounts.journal", "journal", "/admin/journal", READERS, "Administration", 92),
        NavItem("Failed sign-ins", "accounts.sign_ins", "shield", "/admin/sign-ins", READERS, "Administration", 93),
        NavItem("Jobs", "accounts.jobs", "job", "/admin/jobs", ADMINISTRATORS, "Administration", 94),
    )
    permissions = app.extensions.setdefault("itsm.permissions", {})
    permissions[PeoplePermission.ADD.value] = lambda actor: is_technician(actor, None)
    permissions[PeoplePermission.EDIT.value] = lambda actor: is_administrator(actor, None)
    permissions[PeoplePermission.GROUP_EDIT.value] = lambda actor: is_administrator(actor, None)
    permissions[PeoplePermission.IMPORT.value] = lambda actor: is_administrator(actor, None)
    permissions[PeoplePermission.EXPORT.value] = lambda actor: is_administrator(actor, None) or is_auditor(actor, None)
