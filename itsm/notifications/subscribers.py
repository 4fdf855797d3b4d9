"""What this room listens to. Runs on the job engine; the notification's key makes it happen once."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app
from sqlalchemy import select

from itsm.accounts.models import GroupMember, Person, RoleGrant, UserAccount
from itsm.assets.events import SeenAfterRetirement
from itsm.assets.models import Asset
from itsm.discovery.events import HostKeyChanged
from itsm.infra.bus import Bus
from itsm.infra.jobs.engine import Jobs
from itsm.infra.unit import Unit, transaction
from itsm.infra.upsert import insert_missing
from itsm.kernel.actor import Actor, Door, Role
from itsm.kernel.text import many_lines, one_line
from itsm.notifications.enums import MailState, Reason
from itsm.notifications.models import Notification
from itsm.notifications.rules.recipients import Circle, hearers
from itsm.notifications.tasks import MAIL
from itsm.tickets.enums import ParticipantRole
from itsm.tickets.events import NoteAdded, ReplyAdded, TicketAssigned, TicketFiled, TicketReopened, TicketResolved
from itsm.tickets.models import Entry, Participant, Ticket

DESK = (Role.TECHNICIAN, Role.ADMINISTRATOR)
EXCERPT = 4000


def register(app: Flask, bus: Bus) -> None:
    """Subscribe to the facts that people should hear of."""
    kinds = (TicketFiled, ReplyAdded, NoteAdded, TicketAssigned, TicketResolved, TicketReopened)
    bus.deferred("notifications.tickets", tell_of_ticket, *kinds)
    bus.deferred("notifications.security", tell_of_security, SeenAfterRetirement, HostKeyChanged)


def tell_of_ticket(event: Any, delivery_id: str) -> None:
    """Notify the people around a ticket."""
    if isinstance(event, TicketResolved) and event.entry_id is not None:
        return  # the reply that solved it tells of it: one act, one message
    with transaction(Actor.house(Door.JOB, name="notifications")) as unit:
        ticket = unit.session.get(Ticket, event.ticket_id)
        if ticket is None:
            return
        circle = _circle(unit, ticket, filed=isinstance(event, TicketFiled))
        heard = hearers(event.name, circle, actor_id=event.person_id, side=getattr(event, "side", ""))
        entry_id = getattr(event, "entry_id", None)
        entry = unit.session.get(Entry, entry_id) if entry_id else None
        author = unit.session.get(Person, event.person_id) if event.person_id else None
        rows = [
            {
                "person_id": person_id,
                "key": f"{event.name}:{entry_id or delivery_id}",
                "kind": event.name,
                "reason": reason,
                "title": one_line(f"#{ticket.number} {ticket.title}", 300),
                "body": many_lines(entry.source, EXCERPT) if entry is not None else "",
                "actor_name": author.name if author is not None else "",
                "href": f"/tickets/{ticket.number}" if person_id in circle.desk_ids else f"/requests/{ticket.number}",
                "thread": f"ticket-{ticket.id}",
            }
            for person_id, reason in heard.items()
        ]
        tell(unit, rows)


def _circle(unit: Unit, ticket: Ticket, *, filed: bool) -> Circle:
    session = unit.session
    watching = select(Participant.person_id).where(
        Participant.ticket_id == ticket.id,
        Participant.role.in_((ParticipantRole.WATCHER, ParticipantRole.CC)),
        Participant.person_id.is_not(None),
    )
    watchers = tuple(one for one in session.scalars(watching) if one is not None)
    members: tuple[int, ...] = ()
    if ticket.group_id is not None and (filed or ticket.assignee_id is None):
        members = tuple(session.scalars(select(GroupMember.person_id).where(GroupMember.group_id == ticket.group_id)))
    around = {ticket.requester_id, ticket.affected_id, ticket.assignee_id, *members, *watchers} - {None}
    desk = select(UserAccount.person_id).join(RoleGrant, RoleGrant.user_id == UserAccount.id)
    desk = desk.where(RoleGrant.role.in_(DESK), UserAccount.person_id.in_(around))
    return Circle(
        requester_id=ticket.requester_id,
        affected_id=ticket.affected_id,
        assignee_id=ticket.assignee_id,
        group_ids=members,
        watcher_ids=watchers,
        desk_ids=frozenset(session.scalars(desk)),
    )


def tell_of_security(event: Any, delivery_id: str) -> None:
    """Notify administrators and asset managers of what should not happen."""
    with transaction(Actor.house(Door.JOB, name="notifications")) as unit:
        if isinstance(event, SeenAfterRetirement):
            asset = unit.session.get_one(Asset, event.asset_id)
            title = f"{asset.tag} {asset.name} is {asset.status.value} and answered at {event.address}"
            href, key = f"/assets/{asset.id}", f"{event.name}:{asset.id}:{event.at:%Y-%m-%d}"
        else:
            title = f"{event.address} shows another host key than the approved one"
            href, key = "/discovery/host-keys", f"{event.name}:{event.host_key_id}"
        wanted = select(UserAccount.person_id).join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        people = unit.session.scalars(wanted.where(RoleGrant.role.in_((Role.ADMINISTRATOR, Role.ASSET_MANAGER))))
        base = {"key": key, "kind": event.name, "reason": Reason.ROLE, "title": one_line(title, 300), "href": href}
        tell(unit, [base | {"person_id": one, "body": "", "actor_name": "", "thread": ""} for one in set(people)])


def tell(unit: Unit, rows: list[dict[str, Any]]) -> None:
    """Write the notifications that are not there yet, and put a mail on the queue for each of them."""
    if not rows:
        return
    session = unit.session
    full = [row | {"created_at": unit.now, "mail": MailState.QUEUED, "mail_error": ""} for row in rows]
    keys = {row["key"] for row in rows}
    known = select(Notification.id).where(Notification.key.in_(keys))
    before = set(session.scalars(known))
    insert_missing(session, Notification, full)
    jobs: Jobs = current_app.extensions["itsm.jobs"]
    new = sorted(set(session.scalars(known)) - before)
    jobs.enqueue_all(session, MAIL, [{"notification_id": notification_id} for notification_id in new])
