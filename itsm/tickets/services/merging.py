"""Two tickets that are one trouble: a row that points, never rows that move. So a merge can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update

from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, NotFound, RuleBroken
from itsm.kernel.policy import require
from itsm.kernel.text import phrase
from itsm.tickets.enums import Fact, ParticipantRole, StateCategory
from itsm.tickets.events import MergeUndone, TicketsMerged
from itsm.tickets.models import Merge, Participant, State, Ticket
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.queries import reference, ticket_to_change
from itsm.tickets.services import keeping


def merge(actor: Actor, source: Ticket, survivor: Ticket, *, now: datetime) -> Merge:
    """Merge ``source`` into ``survivor``, which is read with the entries of both from now on.

    The requester of the source is put in copy of the survivor. Raises Invalid for tickets of two organizations or one
    and the same ticket, RuleBroken where one of them is merged already.
    """
    for ticket in (source, survivor):
        require(POLICY, actor, TicketPermission.MERGE, ticket)
        if ticket.category is StateCategory.MERGED:
            raise RuleBroken(phrase("#%(number)s was merged already.", number=ticket.number))
    if source.id == survivor.id:
        raise Invalid({"number": "A ticket cannot be merged into itself."})
    if source.organization_id != survivor.organization_id:
        raise Invalid({"number": "Tickets of two organizations cannot be merged."})
    session = current_unit().session
    made = Merge(source_id=source.id, survivor_id=survivor.id, by_id=actor.person_id, state_before_id=source.state_id)
    session.add(made)
    merged = reference.default_state(session, StateCategory.MERGED)
    with keeping.changing(source, now=now):
        source.state_id, source.category, source.pending_reason = merged.id, StateCategory.MERGED, None
        source.merged_into_id = survivor.id
    session.flush()
    _point(_behind(source.id), survivor.id)
    with keeping.changing(survivor, now=now):
        _put_in_copy(survivor, source.requester_id)
    keeping.add_fact(actor, source, Fact.MERGED_AWAY, now=now, number=survivor.number)
    keeping.add_fact(
        actor, survivor, Fact.MERGED_HERE, now=now, number=source.number, merge_id=made.id, title=source.title
    )
    who = {"at": now, "actor_id": actor.user_id, "person_id": actor.person_id}
    emit(TicketsMerged(ticket_id=source.id, survivor_id=survivor.id, merge_id=made.id, **who))  # type: ignore[arg-type]
    return made


def unmerge(actor: Actor, survivor: Ticket, merge_id: int, *, now: datetime) -> Ticket:
    """Undo a merge into ``survivor`` and return the ticket that stands on its own again.

    What was merged into it earlier goes with it. Raises NotFound for a merge that is not one of this ticket,
    RuleBroken where it was undone already.
    """
    require(POLICY, actor, TicketPermission.MERGE, survivor)
    session = current_unit().session
    made = session.get(Merge, merge_id, with_for_update=True, populate_existing=True)
    if made is None or made.survivor_id != survivor.id:
        raise NotFound()
    if made.undone_at is not None:
        raise RuleBroken("This merge was undone already.")
    made.undone_at, made.undone_by_id = now, actor.person_id
    source = ticket_to_change(actor, session.get_one(Ticket, made.source_id).number)
    state = session.get_one(State, made.state_before_id)
    with keeping.changing(source, now=now):
        source.state_id, source.category, source.merged_into_id = state.id, state.category, None
        if state.category is StateCategory.PAUSED:
            opened = reference.default_state(session, StateCategory.OPEN)
            source.state_id, source.category = opened.id, opened.category
        if state.category is StateCategory.RESOLVED and source.resolved_at is None:
            source.resolved_at = now
    session.flush()
    _point(_behind(source.id), source.id)
    _take_out_of_copy(survivor, source.requester_id)
    keeping.add_fact(actor, source, Fact.UNMERGED, now=now, number=survivor.number)
    keeping.add_fact(actor, survivor, Fact.UNMERGED, now=now, number=source.number)
    who = {"at": now, "actor_id": actor.user_id, "person_id": actor.person_id}
    emit(MergeUndone(ticket_id=source.id, survivor_id=survivor.id, merge_id=made.id, **who))  # type: ignore[arg-type]
    return source


def _behind(ticket_id: int) -> set[int]:
    """Return the ids of all tickets that merges in force lead to this one, however many steps away."""
    session = current_unit().session
    found: set[int] = set()
    edge = {ticket_id}
    while edge:
        wanted = select(Merge.source_id).where(Merge.survivor_id.in_(edge), Merge.undone_at.is_(None))
        edge = set(session.scalars(wanted)) - found - {ticket_id}
        found |= edge
    return found


def _point(ticket_ids: Iterable[int], survivor_id: int) -> None:
    """Let merged tickets point straight at the one that survives."""
    ids = sorted(ticket_ids)
    if ids:
        statement = update(Ticket).where(Ticket.id.in_(ids)).values(merged_into_id=survivor_id)
        current_unit().session.execute(statement.execution_options(synchronize_session="fetch"))


def _put_in_copy(survivor: Ticket, person_id: int) -> None:
    known = {survivor.requester_id, survivor.affected_id, *(p.person_id for p in survivor.participants)}
    if person_id not in known:
        survivor.participants.append(Participant(ticket_id=survivor.id, person_id=person_id, role=ParticipantRole.CC))


def _take_out_of_copy(survivor: Ticket, person_id: int) -> None:
    for participant in [p for p in survivor.participants if p.role is ParticipantRole.CC]:
        if participant.person_id == person_id:
            survivor.participants.remove(participant)
            current_unit().session.delete(participant)
