"""What a new ticket starts from, in one statement: who asks, the state it begins in, the priority it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from itsm.accounts.models import Person
from itsm.infra.statements import kept, my_organizations, of, run
from itsm.kernel.actor import Actor
from itsm.tickets.enums import Level, Priority, StateCategory
from itsm.tickets.models import PriorityRule, State
from itsm.tickets.rules.priority import priority_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Who asks for help, and how his ticket begins."""

    requester_id: int
    requester_name: str
    organization_id: int
    location_id: int | None
    state_id: int
    category: StateCategory
    priority: Priority


def start_of(
    session: Session,
    actor: Actor,
    requester_id: int | None,
    *,
    category: StateCategory,
    impact: Level,
    urgency: Level,
) -> Start | None:
    """Return how this person's ticket starts, or None where nobody of this id may be put on one by the actor."""
    wanted = kept(("start of a ticket", actor.all_organizations), lambda: _start(actor))
    given = {**of(actor), "person": requester_id, "category": category, "impact": impact, "urgency": urgency}
    found = run(session, wanted, given).one_or_none()
    if found is None:
        return None
    matrix = {} if found.priority is None else {(impact, urgency): Priority(found.priority)}
    return Start(
        requester_id=found.id,
        requester_name=found.name,
        organization_id=found.organization_id,
        location_id=found.location_id,
        state_id=found.state_id,
        category=category,
        priority=priority_of(impact, urgency, matrix),
    )


def exists_for(session: Session, actor: Actor, person_id: int | None) -> bool:
    """Say whether somebody of this id may be put on a ticket by the actor."""
    wanted = kept(("somebody", actor.all_organizations), lambda: select(Person.id).where(*_is_somebody(actor)))
    return run(session, wanted, {**of(actor), "person": person_id}).one_or_none() is not None


def _start(actor: Actor) -> Select[Any]:
    begins = select(State.id).where(State.category == bindparam("category"))
    begins = begins.order_by(State.is_default.desc(), State.position).limit(1)
    cell = and_(PriorityRule.impact == bindparam("impact"), PriorityRule.urgency == bindparam("urgency"))
    return (
        select(Person.id, Person.name, Person.organization_id, Person.location_id)
        .add_columns(begins.scalar_subquery().label("state_id"), PriorityRule.priority)
        .outerjoin(PriorityRule, cell)
        .where(*_is_somebody(actor))
    )


def _is_somebody(actor: Actor) -> list[Any]:
    """Return the conditions: he is known to the actor, and has not left."""
    found: list[Any] = [Person.id == bindparam("person"), Person.left_on.is_(None)]
    return found if actor.all_organizations else [*found, Person.organization_id.in_(my_organizations(actor))]
