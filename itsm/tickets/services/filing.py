"""Filing a ticket: from the portal for oneself, from the desk for somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from itsm.accounts.models import Group, Person
from itsm.infra import search
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.tickets.enums import EntryKind, Fact, Level, ParticipantRole, Side, StateCategory, TicketKind, Turn
from itsm.tickets.events import TicketAssigned, TicketFiled
from itsm.tickets.models import Entry, Participant, Ticket, TicketCategory
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries import reference
from itsm.tickets.rules.priority import priority_of
from itsm.tickets.services import keeping
from itsm.tickets.services.assets import attach_to_new
from itsm.tickets.services.words import rendered


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
    requester = _person(actor, requester_id, "requester_id")
    if command.affected_id is not None:
        _person(actor, command.affected_id, "affected_id")
    ticket = _new(actor, command, requester, now)
    session.add(ticket)
    session.flush()
    for watcher_id in dict.fromkeys(command.watcher_ids):
        _person(actor, watcher_id, "watcher_ids")
        ticket.participants.append(Participant(ticket_id=ticket.id, person_id=watcher_id, role=ParticipantRole.WATCHER))
    entry = _first_words(actor, ticket, requester, command.body, now)
    names = attach_to_new(actor, ticket, command.asset_ids, now=now)
    keeping.count(keeping.tally_key(ticket), 1)
    search.write(
        session,
        keeping.SEARCH_KIND,
        ticket.id,
        at=now,
        title=f"{ticket.number} {ticket.title}",
        body=" ".join([requester.name, *names, command.body]),
    )
    by: dict[str, Any] = {"at": now, "actor_id": actor.user_id, "person_id": actor.person_id, "ticket_id": ticket.id}
    emit(TicketFiled(**by, entry_id=entry.id))
    if ticket.assignee_id is not None:
        to: dict[str, Any] = {"group_id": ticket.group_id, "assignee_id": ticket.assignee_id}
        emit(TicketAssigned(**by, **to, previous_group_id=None, previous_assignee_id=None))
    return ticket


def _new(actor: Actor, command: NewTicket, requester: Person, now: datetime) -> Ticket:
    session = current_unit().session
    group_id = command.group_id or _group_of(command.topic_id, requester.organization_id)
    _demand_group(actor, group_id)
    taken = command.assignee_id is not None
    state = reference.default_state(session, StateCategory.OPEN if taken else StateCategory.NEW)
    return Ticket(
        number=keeping.next_number(),
        organization_id=requester.organization_id,
        kind=command.kind,
        title=command.title,
        state_id=state.id,
        category=state.category,
        impact=command.impact,
        urgency=command.urgency,
        priority=int(priority_of(command.impact, command.urgency, reference.matrix(session))),
        topic_id=command.topic_id,
        group_id=group_id,
        assignee_id=_person(actor, command.assignee_id, "assignee_id").id if taken else None,
        requester_id=requester.id,
        affected_id=command.affected_id if command.affected_id != requester.id else None,
        created_by_id=actor.person_id,
        location_id=command.location_id or requester.location_id,
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


def _first_words(actor: Actor, ticket: Ticket, requester: Person, body: str, now: datetime) -> Entry:
    """Append what the requester said. Where a technician wrote it down for him, a fact says so."""
    own = actor.person_id == requester.id
    entry = Entry(
        ticket_id=ticket.id,
        kind=EntryKind.REPLY,
        side=Side.REQUESTER,
        at=now,
        author_id=requester.id,
        author_name=requester.name,
        door=actor.door,
        source=body,
        html=str(rendered(body)),
        request_id=actor.request_id,
    )
    session = current_unit().session
    session.add(entry)
    session.flush()
    if not own:
        keeping.add_fact(actor, ticket, Fact.FILED, now=now, requester=requester.name)
    return entry


def _person(actor: Actor, person_id: int | None, field: str) -> Person:
    wanted = select(Person).where(Person.id == person_id, Person.left_on.is_(None))
    if not actor.all_organizations:
        wanted = wanted.where(Person.organization_id.in_(actor.organization_ids))
    person = current_unit().session.scalars(wanted).one_or_none()
    if person is None:
        raise Invalid({field: "Choose somebody from the list."})
    return person


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
