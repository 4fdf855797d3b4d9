"""Making one incident of several tickets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from itsm.assets.queries import one_thing
from itsm.infra.unit import current_unit, emit
from itsm.insight.causes.enums import SuspectState
from itsm.insight.causes.events import IncidentDeclared
from itsm.insight.causes.models import Suspect
from itsm.insight.causes.policies import POLICY, InsightPermission
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.tickets.enums import FINAL, Level, LinkKind
from itsm.tickets.models import Link, Ticket
from itsm.tickets.queries import tickets_to_change
from itsm.tickets.services import filing, keeping, linking

MOST_PARTS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What becomes one incident: the ``numbers`` of its tickets, and the incident that there is already, if any."""

    numbers: tuple[int, ...]
    title: str
    body: str
    asset_id: int | None = None
    parent: int | None = None


def declare(actor: Actor, command: Incident, *, now: datetime) -> Ticket:
    """Make tickets parts of one incident, a new one or one that there is. Those that are parts already stay so.

    Raises Invalid where fewer than one ticket is left, or the incident named is none that could take them.
    """
    require(POLICY, actor, InsightPermission.DECLARE)
    known = tickets_to_change(actor, sorted({*command.numbers[:MOST_PARTS], *filter(None, [command.parent])}))
    by_number = {ticket.number: ticket for ticket in known}
    parts = [by_number[n] for n in sorted(set(command.numbers)) if n in by_number and n != command.parent]
    parts = [part for part in parts if part.category not in FINAL]
    if not parts:
        raise Invalid({"": "There is no open ticket left to make an incident of."})
    for part in parts:
        require(POLICY, actor, InsightPermission.DECLARE, part)
    parent = by_number.get(command.parent) if command.parent is not None else _new(actor, command, parts, now)
    if parent is None or parent.category in FINAL:
        raise Invalid({"parent": "That incident has come to its end. Make a new one."})
    taken = _parts_already({part.id for part in parts})
    joined = [part for part in parts if part.id not in taken]
    for part in joined:
        linking.link(actor, parent, part, LinkKind.PARENT_OF, now=now)
    _confirm(actor, command.asset_id, parent, now)
    emit(
        IncidentDeclared(
            at=now, actor_id=actor.user_id, ticket_id=parent.id, part_ids=tuple(part.id for part in joined)
        )
    )
    return parent


def _new(actor: Actor, command: Incident, parts: list[Ticket], now: datetime) -> Ticket:
    """File the incident: as far-reaching as the number of its parts, in their company."""
    first = parts[0]
    wish = filing.NewTicket(
        title=command.title[:200],
        body=command.body,
        impact=Level.HIGH if len(parts) >= 10 else Level.MEDIUM,
        urgency=max((part.urgency for part in parts), key=lambda level: _RANK[level]),
        asset_ids=(command.asset_id,) if command.asset_id is not None else (),
    )
    parent = filing.file(actor, wish, now=now)
    if parent.organization_id != first.organization_id:
        with keeping.changing(parent, now=now):
            parent.organization_id = first.organization_id
    return parent


_RANK = {Level.LOW: 0, Level.MEDIUM: 1, Level.HIGH: 2}


def _parts_already(ids: set[int]) -> set[int]:
    """Return which of the tickets are parts of an open incident."""
    wanted = (
        select(Link.to_id)
        .join(Ticket, Ticket.id == Link.from_id)
        .where(Link.kind == LinkKind.PARENT_OF, Link.to_id.in_(ids), Ticket.is_open)
    )
    return set(current_unit().session.scalars(wanted))


def _confirm(actor: Actor, asset_id: int | None, parent: Ticket, now: datetime) -> None:
    """Note on an open suspicion that an incident was made of it."""
    if asset_id is None:
        return
    wanted = select(Suspect).where(Suspect.asset_id.in_(one_thing(asset_id)), Suspect.state == SuspectState.OPEN)
    for suspect in current_unit().session.scalars(wanted.with_for_update()):
        suspect.state, suspect.incident_id = SuspectState.CONFIRMED, parent.id
        suspect.decided_by_id, suspect.decided_at = actor.person_id, now
