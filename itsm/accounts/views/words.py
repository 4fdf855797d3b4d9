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
        "accepted": _("accepted as it is"),
        "merged": _("merged"),
        "merge_undone": _("taken apart again"),
        "split": _("split"),
        "told_apart": _("told apart"),
        "sent_back": _("sent back to wait"),
        "resurfaced": _("seen after its end"),
        "resurfacing_acknowledged": _("looked into"),
        "rotated": _("changed for a new one"),
        "secret_changed": _("got a new secret"),
        "replied": _("answered"),
        "noted": _("wrote a note"),
    }


def thing_words() -> dict[str, str]:
    """Return what the sorts of things are called that journal lines are about, whatever room they belong to."""
    return {
        "asset": _("asset"),
        "asset_alias": _("former record of an asset"),
        "asset_view": _("view of the register"),
        "attachment": _("file"),
        "banner": _("banner"),
        "category": _("category"),
        "cost_centre": _("cost centre"),
        "credential": _("credential"),
        "custody_period": _("time in somebody's hands"),
        "custom_field": _("custom field"),
        "department": _("department"),
        "disagreement": _("disagreement"),
        "distinction": _("distinction"),
        "drift": _("drift"),
        "drift_rule": _("drift rule"),
        "exclusion": _("exclusion"),
        "expected_change": _("expected change"),
        "field_choice": _("choice of a source"),
        "group": _("group"),
        "group_member": _("member of a group"),
        "host_key": _("host key"),
        "job": _("job"),
        "location": _("location"),
        "look": _("look at a device"),
        "maintenance_window": _("maintenance"),
        "manufacturer": _("maker"),
        "match": _("match"),
        "merge": _("merged record"),
        "model": _("model"),
        "network": _("network"),
        "organization": _("organization"),
        "person": _("person"),
        "precedence": _("order of sources"),
        "probe": _("probe"),
        "probe_order": _("order of a probe"),
        "probe_result": _("result of a probe"),
        "relationship": _("relationship"),
        "role_grant": _("role"),
        "schedule": _("schedule"),
        "sealing_key": _("sealing key"),
        "set_aside": _("setting aside"),
        "setting": _("setting"),
        "stale_rule": _("days of silence"),
        "suspect": _("suspect"),
        "sweep": _("sweep"),
        "ticket": _("ticket"),
        "ticket_asset": _("device of a ticket"),
        "ticket_category": _("topic"),
        "ticket_link": _("link of a ticket"),
        "ticket_merge": _("merge of tickets"),
        "ticket_participant": _("watcher of a ticket"),
        "ticket_priority_rule": _("cell of the priority matrix"),
        "ticket_state": _("state of tickets"),
        "ticket_transition": _("way between states"),
        "ticket_view": _("view of the queue"),
        "user_account": _("user account"),
    }


def door_words() -> dict[str, str]:
    """Return what the doors are called through which something came."""
    return {
        "web": _("page"),
        "api": _("interface"),
        "mail": _("mail"),
        "job": _("job"),
        "probe": _("sweep"),
        "cli": _("command line"),
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
