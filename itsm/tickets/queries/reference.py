"""States, ways, matrix and topics: small tables that pages and services read whole."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.tickets.enums import Priority, StateCategory
from itsm.tickets.models import PriorityRule, State, TicketCategory, Transition
from itsm.tickets.rules.priority import Matrix
from itsm.tickets.rules.workflow import Way


def matrix(session: Session) -> Matrix:
    """Return the customer's priority matrix."""
    cells = session.execute(select(PriorityRule.impact, PriorityRule.urgency, PriorityRule.priority))
    return {(impact, urgency): Priority(priority) for impact, urgency, priority in cells}


def ways_from(session: Session, state_id: int) -> list[Way]:
    """Return the ways that lead out of a state, in the order of the states they lead to."""
    wanted = (
        select(State.id, State.name, State.category, Transition.permission)
        .join(Transition, Transition.to_id == State.id)
        .where(Transition.from_id == state_id)
        .order_by(State.position, State.id)
    )
    return [Way(*row) for row in session.execute(wanted)]


def default_state(session: Session, category: StateCategory) -> State:
    """Return the state that stands for a category."""
    wanted = select(State).where(State.category == category).order_by(State.is_default.desc(), State.position).limit(1)
    return session.scalars(wanted).one()


def state(session: Session, state_id: int) -> State:
    """Return a state. It is small and read often, so the session's copy serves."""
    return session.get_one(State, state_id)


def topics(session: Session) -> list[tuple[int, str]]:
    """Return the topics that a new ticket may have, as (id, path)."""
    wanted = select(TicketCategory.id, TicketCategory.path).where(TicketCategory.retired.is_(False))
    return [(id_, path) for id_, path in session.execute(wanted.order_by(TicketCategory.path))]
