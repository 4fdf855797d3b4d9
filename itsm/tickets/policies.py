"""Who may do what with a ticket: one table. What has no row is forbidden to everybody."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from itsm.kernel.actor import Actor, Role
from itsm.kernel.policy import Policy, is_administrator, is_asset_manager, is_auditor, is_signed_in, is_technician


class TicketPermission(StrEnum):
    """What can be allowed. ``work`` is changing the state, ``edit`` the facts and the priority, ``tally`` knowing that
    tickets about an asset exist: how many, in which state, since when; nothing of what they say.
    """

    READ = "ticket:read"
    READ_INTERNAL = "ticket:read_internal"
    TALLY = "ticket:tally"
    FILE = "ticket:file"
    FILE_FOR_OTHERS = "ticket:file_for_others"
    REPLY = "ticket:reply"
    NOTE = "ticket:note"
    ASSIGN = "ticket:assign"
    WORK = "ticket:work"
    REOPEN = "ticket:reopen"
    CLOSE = "ticket:close"
    CANCEL = "ticket:cancel"
    EDIT = "ticket:edit"
    FOLLOW = "ticket:follow"
    INVITE = "ticket:invite"
    LINK = "ticket:link"
    MERGE = "ticket:merge"
    ATTACH_ASSET = "ticket:attach_asset"
    EXPORT = "ticket:export"
    SAVE_VIEW = "ticket:save_view"
    SHARE_VIEW = "ticket:share_view"
    CONFIGURE = "ticket:configure"


def is_of_my_organizations(actor: Actor, ticket: Any) -> bool:
    """The ticket belongs to an organization that exists for the actor."""
    return actor.all_organizations or ticket.organization_id in actor.organization_ids


def is_requester(actor: Actor, ticket: Any) -> bool:
    """The actor asked for help, or has the trouble."""
    return actor.person_id is not None and actor.person_id in (ticket.requester_id, ticket.affected_id)


def is_participant(actor: Actor, ticket: Any) -> bool:
    """The actor watches the ticket or was put in copy."""
    return actor.person_id is not None and any(p.person_id == actor.person_id for p in ticket.participants)


_DESK = [is_technician, is_of_my_organizations]

POLICY: Policy = {
    TicketPermission.READ: [_DESK, [is_auditor, is_of_my_organizations], [is_requester], [is_participant]],
    TicketPermission.READ_INTERNAL: [_DESK, [is_auditor, is_of_my_organizations]],
    TicketPermission.TALLY: [[is_technician], [is_auditor], [is_asset_manager]],
    TicketPermission.FILE: [[is_signed_in]],
    TicketPermission.FILE_FOR_OTHERS: [[is_technician]],
    TicketPermission.REPLY: [_DESK, [is_requester], [is_participant]],
    TicketPermission.NOTE: [_DESK],
    TicketPermission.ASSIGN: [_DESK],
    TicketPermission.WORK: [_DESK],
    TicketPermission.REOPEN: [_DESK, [is_requester]],
    TicketPermission.CLOSE: [_DESK, [is_requester]],
    TicketPermission.CANCEL: [_DESK, [is_requester]],
    TicketPermission.EDIT: [_DESK],
    TicketPermission.FOLLOW: [_DESK, [is_requester], [is_participant]],
    TicketPermission.INVITE: [_DESK],
    TicketPermission.LINK: [_DESK],
    TicketPermission.MERGE: [_DESK],
    TicketPermission.ATTACH_ASSET: [_DESK],
    TicketPermission.EXPORT: [[is_technician], [is_auditor]],
    TicketPermission.SAVE_VIEW: [[is_technician], [is_auditor]],
    TicketPermission.SHARE_VIEW: [[is_administrator]],
    TicketPermission.CONFIGURE: [[is_administrator]],
}
"""Any row whose every predicate says yes. An auditor reads everything and changes nothing."""

DESK_ROLES = (Role.TECHNICIAN, Role.AUDITOR)
"""Who works with the queue; the administrator is always included."""


def works_at_desk(actor: Actor) -> bool:
    """Say whether the actor may look at tickets that are not his own."""
    return actor.has(*DESK_ROLES, Role.ADMINISTRATOR)
