"""What is kept beside a ticket in the transaction that changes it: facts, turn, tallies, the search document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from itsm.infra.statements import kept, run
from itsm.infra.unit import current_unit
from itsm.infra.upsert import insert_into
from itsm.kernel.actor import Actor
from itsm.kernel.policy import is_technician
from itsm.tickets.enums import FINAL, UNSOLVED, Fact, Side, StateCategory, Turn
from itsm.tickets.models import Entry, Tally, Ticket, TicketSequence
from itsm.tickets.policies import is_of_my_organizations
from itsm.tickets.rules.turn import turn_of
from itsm.tickets.services import entries

SEARCH_KIND = "ticket"


@dataclass(frozen=True, slots=True, order=True)
class TallyKey:
    """Where a ticket is counted."""

    organization_id: int
    group_id: int
    assignee_id: int
    category: StateCategory
    turn: Turn


def tally_key(ticket: Ticket) -> TallyKey:
    """Return where the ticket is counted now."""
    return TallyKey(
        ticket.organization_id, ticket.group_id or 0, ticket.assignee_id or 0, ticket.category, Turn(ticket.turn)
    )


def next_number() -> int:
    """Take the next ticket number. It is given back when the transaction fails, so none is ever missing."""
    return int(run(current_unit().session, kept("next number", _taking)).scalar_one())


def _taking() -> Any:
    sequence: Any = TicketSequence.__table__
    taken = update(sequence).where(sequence.c.id == 1).values(last=sequence.c.last + 1)
    return taken.returning(sequence.c.last)


@contextmanager
def changing(ticket: Ticket, *, now: datetime) -> Iterator[Ticket]:
    """Let a ticket be changed: afterwards turn, openness, activity and tallies are right again."""
    before = tally_key(ticket)
    yield ticket
    turn = turn_of(ticket.category, ticket.pending_reason, ticket.last_public_side)
    if turn is not ticket.turn:
        ticket.turn, ticket.turn_since = turn, now
    ticket.is_open = ticket.category in UNSOLVED
    ticket.last_activity_at = now
    if ticket.category not in FINAL:
        ticket.closed_at = None
    elif ticket.closed_at is None:
        ticket.closed_at = now
    after = tally_key(ticket)
    if after != before:
        count(before, -1, after, 1)


def count(first: TallyKey, first_by: int, second: TallyKey | None = None, second_by: int = 0) -> None:
    """Change one or two tallies."""
    count_all({first: first_by} if second is None else {first: first_by, second: second_by})


def count_all(steps: Mapping[TallyKey, int]) -> None:
    """Change tallies, always in the order of their keys, so that two transactions cannot wait for each other."""
    session = current_unit().session
    session.flush()
    dialect = session.get_bind().dialect.name
    rows = [
        {**{name: getattr(key, name) for name in TallyKey.__slots__}, "number": steps[key]} for key in sorted(steps)
    ]
    run(session, kept(("tally", dialect), lambda: _tallying(session)), rows)


def _tallying(session: Session) -> Any:
    made = insert_into(session, Tally)
    changed = {"number": Tally.__table__.c.number + made.excluded.number}
    return made.on_conflict_do_update(index_elements=list(TallyKey.__slots__), set_=changed)


def lock_tallies(organization_ids: set[int]) -> None:
    """Take the tallies of organizations in one order, before many tickets change in one transaction."""
    order = (Tally.organization_id, Tally.group_id, Tally.assignee_id, Tally.category, Tally.turn)
    wanted = select(Tally.number).where(Tally.organization_id.in_(organization_ids)).order_by(*order)
    current_unit().session.execute(wanted.with_for_update()).all()


def add_fact(actor: Actor, ticket: Ticket, fact: Fact, *, now: datetime, **data: Any) -> None:
    """Append a grey line to the conversation, with what is flushed next: a service may add many."""
    current_unit().session.add(Entry(**entries.happened(actor, ticket.id, fact, side_of(actor, ticket), data, now=now)))


def side_of(actor: Actor, ticket: Ticket) -> Side:
    """Return on which side the actor stands at this ticket. Who asked is the requester, whatever else he is."""
    if actor.is_house:
        return Side.HOUSE
    asks = {ticket.requester_id, ticket.affected_id, *(p.person_id for p in ticket.participants)} - {None}
    if actor.person_id in (ticket.requester_id, ticket.affected_id):
        return Side.REQUESTER
    from_desk = actor.person_id == ticket.assignee_id or (
        is_technician(actor, ticket) and is_of_my_organizations(actor, ticket)
    )
    return Side.DESK if from_desk or actor.person_id not in asks else Side.REQUESTER
