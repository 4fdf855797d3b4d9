"""What is said on a ticket: public replies and internal notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from itsm.infra import search
from itsm.infra.unit import current_unit, emit, record
from itsm.kernel.actor import Actor
from itsm.kernel.errors import RuleBroken
from itsm.kernel.policy import require
from itsm.tickets.enums import FINAL, DraftKind, EntryKind, Fact, LinkKind, PendingReason, Side
from itsm.tickets.events import NoteAdded, ReplyAdded
from itsm.tickets.models import Entry, Link, Ticket
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries import reference
from itsm.tickets.rules import workflow
from itsm.tickets.services import entries, keeping, lifecycle
from itsm.tickets.services.drafts import discard
from itsm.tickets.services.filing import NewTicket, file


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A public reply, and the state that the ticket goes to with it (None: what the house does by itself)."""

    body: str
    state_id: int | None = None
    pending_reason: PendingReason | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """An entry that was written: its id, and the ticket it stands in."""

    id: int
    ticket_id: int


def reply(actor: Actor, ticket: Ticket, command: Reply, *, now: datetime) -> Said:
    """Write a public reply.

    The requester's reply to a closed ticket opens a linked follow-up and stands there; look at the entry's
    ``ticket_id``. Raises RuleBroken where the desk answers a final ticket, or anybody one that was merged.
    """
    require(POLICY, actor, TicketPermission.REPLY, ticket)
    side = keeping.side_of(actor, ticket)
    if ticket.category in FINAL:
        if side is Side.DESK or ticket.merged_into_id is not None:
            raise RuleBroken("This ticket has come to its end. Open a new one, and link it to this one.")
        return _follow_up(actor, ticket, command, now)
    entry = _append(actor, ticket, EntryKind.REPLY, side, command.body, now)
    with keeping.changing(ticket, now=now):
        ticket.reply_count += 1
        ticket.last_public_at, ticket.last_public_side = now, side
        if side is Side.DESK and ticket.first_replied_at is None:
            ticket.first_replied_at = now
    search.append(current_unit().session, keeping.SEARCH_KIND, ticket.id, at=now, body=command.body)
    emit(
        ReplyAdded(
            at=now,
            actor_id=actor.user_id,
            person_id=actor.person_id,
            ticket_id=ticket.id,
            entry_id=entry.id,
            side=side.value,
        )
    )
    discard(actor, ticket, DraftKind.REPLY)
    _move_on(actor, ticket, command, side, entry, now)
    return entry


def note(actor: Actor, ticket: Ticket, body: str, *, now: datetime) -> Said:
    """Write an internal note: technicians and auditors read it, the requester never."""
    require(POLICY, actor, TicketPermission.NOTE, ticket)
    entry = _append(actor, ticket, EntryKind.NOTE, Side.DESK, body, now)
    with keeping.changing(ticket, now=now):
        ticket.note_count += 1
    search.append(current_unit().session, keeping.SEARCH_KIND, ticket.id, at=now, internal=body)
    emit(NoteAdded(at=now, actor_id=actor.user_id, person_id=actor.person_id, ticket_id=ticket.id, entry_id=entry.id))
    discard(actor, ticket, DraftKind.NOTE)
    return entry


def _append(actor: Actor, ticket: Ticket, kind: EntryKind, side: Side, body: str, now: datetime) -> Said:
    words = entries.said(actor, ticket.id, kind, side, body, now=now, by=(actor.person_id, actor.name))
    entry = Said(entries.append(words)[0], ticket.id)
    record("replied" if kind is EntryKind.REPLY else "noted", "ticket", ticket.id, entry=entry.id)
    return entry


def _move_on(actor: Actor, ticket: Ticket, command: Reply, side: Side, entry: Said, now: datetime) -> None:
    """Change the state as the reply asks, or as the house does after such a reply."""
    if command.state_id is not None and command.state_id != ticket.state_id:
        wish = lifecycle.Move(state_id=command.state_id, pending_reason=command.pending_reason, solution_id=entry.id)
        lifecycle.change_state(actor, ticket, wish, now=now)
        return
    if command.state_id is not None:
        return
    category = workflow.after_reply(ticket.category, ticket.pending_reason, side)
    if category is not None:
        way = workflow.way_into(reference.ways_from(current_unit().session, ticket.state_id), category)
        if way is not None:
            lifecycle.go(actor, ticket, way, now=now)


def _follow_up(actor: Actor, ticket: Ticket, command: Reply, now: datetime) -> Said:
    """Open a new ticket with the words that answered a closed one, and link the two."""
    wish = NewTicket(
        title=ticket.title,
        body=command.body,
        kind=ticket.kind,
        impact=ticket.impact,
        urgency=ticket.urgency,
        topic_id=ticket.topic_id,
    )
    opened = file(actor, wish, now=now)
    session = current_unit().session
    session.add(Link(from_id=opened.id, to_id=ticket.id, kind=LinkKind.FOLLOWS, by_id=actor.person_id))
    keeping.add_fact(actor, opened, Fact.FOLLOW_UP, now=now, number=ticket.number, follows=True)
    keeping.add_fact(actor, ticket, Fact.FOLLOW_UP, now=now, number=opened.number, follows=False)
    session.flush()
    discard(actor, ticket, DraftKind.REPLY)
    words = select(Entry.id).where(Entry.ticket_id == opened.id, Entry.kind == EntryKind.REPLY)
    return Said(session.scalars(words).one(), opened.id)
