"""Words for what the database keeps as values."""

from __future__ import annotations

from itsm.kernel.actor import Role
from itsm.web.texts import _


def role_words() -> dict[str, str]:
    """Return the roles in the reader's language, in the order in which they are offered."""
    return {
        Role.TECHNICIAN.value: _("Technician"),
        Role.ASSET_MANAGER.value: _("Asset manager"),
        Role.BUYER.value: _("Buyer"),
        Role.AUDITOR.value: _("Auditor"),
        Role.ADMINISTRATOR.value: _("Administrator"),
        Role.EMPLOYEE.value: _("Employee"),
    }


def action_words() -> dict[str, str]:
    """Return what journal lines say was done."""
    return {
        "created": _("created"),
        "changed": _("changed"),
        "deleted": _("deleted"),
        "signed_in": _("signed in"),
        "signed_out": _("signed out"),
        "sign_in_failed": _("sign-in failed"),
        "password_reset_requested": _("asked for a new password"),
        "password_reset": _("set a new password by mail"),
        "password_changed": _("changed the password"),
        "session_ended": _("ended a session"),
        "sessions_ended": _("ended all other sessions"),
        "invited": _("invited"),
        "member_added": _("added a member"),
        "member_removed": _("removed a member"),
        "exported": _("exported"),
        "imported": _("imported"),
        "job_retried": _("tried again"),
        "job_discarded": _("discarded"),
        "first_run_completed": _("made the first administrator"),
        "code_not_mailed": _("got no mail: no usable address"),
    }


def field_words() -> dict[str, str]:
    """Return what the fields of a person are called."""
    return {
        "name": _("Name"),
        "email": _("Mail address"),
        "phone": _("Phone"),
        "employee_number": _("Employee number"),
        "job_title": _("Job title"),
        "organization_id": _("Organization"),
        "department_id": _("Department"),
        "location_id": _("Location"),
        "cost_centre_id": _("Cost centre"),
        "manager_id": _("Manager"),
        "joined_on": _("First day"),
        "left_on": _("Last day"),
    }
