"""Filing a ticket: from the portal for oneself, from the desk for somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from itsm.accounts.models import Group
from itsm.infra import search
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.tickets.enums import EntryKind, Fact, Level, ParticipantRole, Side, StateCategory, TicketKind, Turn
from itsm.tickets.events import TicketAssigned, TicketFiled
from itsm.tickets.models import Participant, Ticket, TicketCategory
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries.start import Start, exists_for, start_of
from itsm.tickets.services import entries, keeping
from itsm.tickets.services.assets import attach_to_new


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """What is known of a ticket when it is filed. Ids of None are "nobody" and "not known"."""

    title: str
    body: str
    kind: TicketKind = TicketKind.INCIDENT
    requester_id: int | None = None
    """None: the actor himself."""
    affected_id: int | None = None
    impact: Level = Level.LOW
    urgency: Level = Level.MEDIUM
    topic_id: int | None = None
    group_id: int | None = None
    assignee_id: int | None = None
    location_id: int | None = None
    asset_ids: tuple[int, ...] = ()
    watcher_ids: tuple[int, ...] = ()


def file(actor: Actor, command: NewTicket, *, now: datetime) -> Ticket:
    """File a ticket. Raises Invalid for a requester, group or asset that does not exist for the actor."""
    requester_id = command.requester_id or actor.person_id
    for_another = requester_id != actor.person_id or command.assignee_id or command.group_id
    require(POLICY, actor, TicketPermission.FILE_FOR_OTHERS if for_another else TicketPermission.FILE)
    session = current_unit().session
    start = _start(actor, command, requester_id)
    if command.affected_id is not None:
        _demand_person(actor, command.affected_id, "affected_id")
    ticket = _new(actor, command, start, now)
    session.add(ticket)
    session.flush()
    for watcher_id in dict.fromkeys(command.watcher_ids):
        _demand_person(actor, watcher_id, "watcher_ids")
        ticket.participants.append(Participant(ticket_id=ticket.id, person_id=watcher_id, role=ParticipantRole.WATCHER))
    entry_id = _first_words(actor, ticket, start, command.body, now)
    names = attach_to_new(actor, ticket, command.asset_ids, now=now)
    keeping.count(keeping.tally_key(ticket), 1)
    search.write(
        session,
        keeping.SEARCH_KIND,
        ticket.id,
        at=now,
        title=f"{ticket.number} {ticket.title}",
        body=" ".join([start.requester_name, *names, command.body]),
    )
    by: dict[str, Any] = {"at": now, "actor_id": actor.user_id, "person_id": actor.person_id, "ticket_id": ticket.id}
    emit(TicketFiled(**by, entry_id=entry_id))
    if ticket.assignee_id is not None:
        to: dict[str, Any] = {"group_id": ticket.group_id, "assignee_id": ticket.assignee_id}
        emit(TicketAssigned(**by, **to, previous_group_id=None, previous_assignee_id=None))
    return ticket


def _start(actor: Actor, command: NewTicket, requester_id: int | None) -> Start:
    begins = StateCategory.NEW if command.assignee_id is None else StateCategory.OPEN
    weight = {"impact": command.impact, "urgency": command.urgency}
    start = start_of(current_unit().session, actor, requester_id, category=begins, **weight)
    if start is None:
        raise Invalid({"requester_id": "Choose somebody from the list."})
    return start


def _new(actor: Actor, command: NewTicket, start: Start, now: datetime) -> Ticket:
    group_id = command.group_id or _group_of(command.topic_id, start.organization_id)
    _demand_group(actor, group_id)
    if command.assignee_id is not None:
        _demand_person(actor, command.assignee_id, "assignee_id")
    return Ticket(
        number=keeping.next_number(),
        organization_id=start.organization_id,
        kind=command.kind,
        title=command.title,
        state_id=start.state_id,
        category=start.category,
        impact=command.impact,
        urgency=command.urgency,
        priority=int(start.priority),
        topic_id=command.topic_id,
        group_id=group_id,
        assignee_id=command.assignee_id,
        requester_id=start.requester_id,
        affected_id=command.affected_id if command.affected_id != start.requester_id else None,
        created_by_id=actor.person_id,
        location_id=command.location_id or start.location_id,
        door=actor.door,
        created_at=now,
        turn=Turn.DESK,
        turn_since=now,
        last_activity_at=now,
        last_public_at=now,
        last_public_side=Side.REQUESTER,
        is_open=True,
        reply_count=1,
        participants=[],
    )


def _first_words(actor: Actor, ticket: Ticket, start: Start, body: str, now: datetime) -> int:
    """Append what the requester said. Where a technician wrote it down for him, a fact says so."""
    by = start.requester_id, start.requester_name
    words = entries.said(actor, ticket.id, EntryKind.REPLY, Side.REQUESTER, body, now=now, by=by)
    if actor.person_id == start.requester_id:
        return entries.append(words)[0]
    side, told = keeping.side_of(actor, ticket), {"requester": start.requester_name}
    return entries.append(words, entries.happened(actor, ticket.id, Fact.FILED, side, told, now=now))[0]


def _demand_person(actor: Actor, person_id: int, field: str) -> None:
    if not exists_for(current_unit().session, actor, person_id):
        raise Invalid({field: "Choose somebody from the list."})


def _group_of(topic_id: int | None, organization_id: int) -> int | None:
    """Return the group of a topic, where it is one of this organization: topics are everybody's, groups are not."""
    if topic_id is None:
        return None
    topic = current_unit().session.get(TicketCategory, topic_id)
    if topic is None or topic.retired:
        raise Invalid({"topic_id": "Choose a topic from the list."})
    group = current_unit().session.get(Group, topic.group_id) if topic.group_id is not None else None
    return group.id if group is not None and group.organization_id == organization_id else None


def _demand_group(actor: Actor, group_id: int | None) -> None:
    if group_id is None:
        return
    group = current_unit().session.get(Group, group_id)
    if group is None or not (actor.all_organizations or group.organization_id in actor.organization_ids):
        raise Invalid({"group_id": "Choose a group from the list."})
