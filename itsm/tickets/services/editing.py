"""The facts of a ticket: edited side by side without overwriting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.accounts.models import Person
from itsm.infra import search
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, FieldConflict, Invalid
from itsm.kernel.policy import require
from itsm.org.models import Location
from itsm.tickets.enums import Fact, TicketKind
from itsm.tickets.events import TicketEdited
from itsm.tickets.models import Ticket, TicketCategory
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.services import keeping

FIELDS: Final = {
    "title": "Title",
    "kind": "Kind",
    "topic_id": "Topic",
    "requester_id": "Requester",
    "affected_id": "Affected person",
    "location_id": "Location",
}
"""What can be edited as a fact, and what it is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """New values of some facts. ``base`` are the values that stood in the form when it was opened at ``version``."""

    version: int
    values: Mapping[str, Any]
    base: Mapping[str, Any] = field(default_factory=dict)


def edit(actor: Actor, ticket: Ticket, command: Edit, *, now: datetime) -> Ticket:
    """Change facts. What somebody else changed in the meantime and this edit left alone stays as it is.

    Raises Conflict, with both values, for a field that both sides changed to different values.
    """
    require(POLICY, actor, TicketPermission.EDIT, ticket)
    changes = _changes(ticket, command)
    if not changes:
        return ticket
    _check(actor, ticket, changes)
    before = {name: getattr(ticket, name) for name in changes}
    with keeping.changing(ticket, now=now):
        for name, value in changes.items():
            setattr(ticket, name, value)
    session = current_unit().session
    labels = {name: (_label(session, name, before[name]), _label(session, name, new)) for name, new in changes.items()}
    keeping.add_fact(
        actor,
        ticket,
        Fact.EDITED,
        now=now,
        fields=[{"name": name, "before": old, "after": new} for name, (old, new) in labels.items()],
    )
    if "title" in changes:
        title = f"{ticket.number} {ticket.title}"
        search.append(current_unit().session, keeping.SEARCH_KIND, ticket.id, at=now, title=title)
    emit(
        TicketEdited(
            at=now,
            actor_id=actor.user_id,
            person_id=actor.person_id,
            ticket_id=ticket.id,
            fields=tuple(sorted(changes)),
        )
    )
    return ticket


def _changes(ticket: Ticket, command: Edit) -> dict[str, Any]:
    """Return what this edit changes. Raises Conflict where somebody else changed the same to something else."""
    unknown = set(command.values) - set(FIELDS)
    if unknown:
        raise Invalid(dict.fromkeys(unknown, "This cannot be edited."))
    stale = command.version != ticket.version
    changes: dict[str, Any] = {}
    conflicts: list[FieldConflict] = []
    for name, yours in command.values.items():
        theirs = getattr(ticket, name)
        if yours == theirs:
            continue
        if stale and name in command.base:
            base = command.base[name]
            if yours == base:
                continue  # left alone here, changed there
            if theirs == base:
                changes[name] = yours  # changed here, left alone there
                continue
        if stale:
            conflicts.append(FieldConflict(name, FIELDS[name], theirs, yours))
        changes[name] = yours
    if conflicts:
        raise Conflict(conflicts, version=ticket.version)
    return changes


def _check(actor: Actor, ticket: Ticket, changes: Mapping[str, Any]) -> None:
    errors: dict[str, str] = {}
    session = current_unit().session
    if "title" in changes and not changes["title"]:
        errors["title"] = "Please fill this in."
    if "requester_id" in changes and changes["requester_id"] is None:
        errors["requester_id"] = "Choose somebody from the list."
    for name in ("requester_id", "affected_id"):
        if changes.get(name) is not None:
            person = session.get(Person, changes[name])
            if person is None or person.organization_id != ticket.organization_id:
                errors[name] = "Choose somebody of this ticket's organization."
    if changes.get("location_id") is not None:
        place = session.get(Location, changes["location_id"])
        if place is None or place.organization_id != ticket.organization_id:
            errors["location_id"] = "Choose a place of this ticket's organization."
    if changes.get("topic_id") is not None:
        topic = session.get(TicketCategory, changes["topic_id"])
        if topic is None or topic.retired:
            errors["topic_id"] = "Choose a topic from the list."
    if errors:
        raise Invalid(errors)


_NAMES: Final[Mapping[str, Any]] = {
    "topic_id": TicketCategory.path,
    "requester_id": Person.name,
    "affected_id": Person.name,
    "location_id": Location.path,
}


def _label(session: Session, name: str, value: Any) -> str | None:
    """Return a value as people read it, frozen for the conversation."""
    if value is None:
        return None
    column = _NAMES.get(name)
    if column is None:
        return value.value if isinstance(value, TicketKind) else str(value)
    wanted = select(column).where(column.class_.id == value)
    found: str | None = session.scalar(wanted)
    return found


def labels_of(session: Session, fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of facts as people read them, for showing both sides of a conflict."""
    return {name: _label(session, name, value) or "" for name, value in fields.items()}
