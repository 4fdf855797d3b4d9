"""What an administrator decides for all tickets: the matrix and the words for states."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.tickets.enums import Level, Priority
from itsm.tickets.models import PriorityRule, State
from itsm.tickets.policies import POLICY, TicketPermission


def set_matrix(actor: Actor, cells: Mapping[tuple[Level, Level], Priority]) -> None:
    """Set the priorities of these cells. Tickets keep theirs until impact or urgency is set again."""
    require(POLICY, actor, TicketPermission.CONFIGURE)
    session = current_unit().session
    rules = {(rule.impact, rule.urgency): rule for rule in session.scalars(select(PriorityRule))}
    for (impact, urgency), priority in cells.items():
        rule = rules.get((impact, urgency))
        if rule is None:
            session.add(PriorityRule(impact=impact, urgency=urgency, priority=int(priority)))
        elif rule.priority != priority:
            rule.priority = int(priority)


def rename_states(actor: Actor, names: Mapping[int, str]) -> None:
    """Give states other words. Raises Invalid for an empty word or one that two states would share."""
    require(POLICY, actor, TicketPermission.CONFIGURE)
    session = current_unit().session
    states = {state.id: state for state in session.scalars(select(State))}
    wanted = {state_id: names.get(state_id, state.name).strip() for state_id, state in states.items()}
    if "" in wanted.values():
        raise Invalid({"": "Every state needs a word."})
    if len({name.lower() for name in wanted.values()}) != len(wanted):
        raise Invalid({"": "Two states cannot share a word."})
    for state_id, state in states.items():
        state.name = wanted[state_id]
