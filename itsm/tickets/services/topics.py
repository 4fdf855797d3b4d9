"""The tree of topics: made, renamed, moved, retired by administrators. A topic is never removed: tickets have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from itsm.accounts.models import Group
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Invalid, NotFound
from itsm.kernel.policy import require
from itsm.tickets.models import TicketCategory
from itsm.tickets.policies import POLICY, TicketPermission

SEPARATOR: Final = " / "
LONGEST: Final = 300
DEEPEST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFacts:
    """What is decided about a topic. Without ``parent_id`` it stands at the top; ``group_id`` gets its new tickets."""

    name: str
    parent_id: int | None = None
    group_id: int | None = None
    retired: bool = False


def add_topic(actor: Actor, facts: TopicFacts) -> TicketCategory:
    """Add a topic. Raises Invalid for a name that its parent has already, and for a tree that gets too deep."""
    require(POLICY, actor, TicketPermission.CONFIGURE)
    return _written(TicketCategory(), facts)


def edit_topic(actor: Actor, topic_id: int, facts: TopicFacts, *, version: int) -> TicketCategory:
    """Change a topic; what hangs below it comes along, and is retired with it. Raises as :func:`add_topic` does, and
    Conflict for a stale version, NotFound.
    """
    require(POLICY, actor, TicketPermission.CONFIGURE)
    topic = current_unit().session.get(TicketCategory, topic_id, with_for_update=True, populate_existing=True)
    if topic is None:
        raise NotFound()
    if topic.version != version:
        raise Conflict((), "Somebody changed this topic in the meantime. Please look again.")
    return _written(topic, facts)


def _written(topic: TicketCategory, facts: TopicFacts) -> TicketCategory:
    session = current_unit().session
    path = _path(session, topic, facts)
    if facts.group_id is not None and session.get(Group, facts.group_id) is None:
        raise Invalid({"group_id": "Choose a group from the list."})
    if topic.id is not None:
        _bring_along(session, topic, path, retire=facts.retired and not topic.retired)
    topic.name, topic.path = facts.name, path
    topic.parent_id, topic.group_id, topic.retired = facts.parent_id, facts.group_id, facts.retired
    session.add(topic)
    session.flush()
    return topic


def _path(session: Session, topic: TicketCategory, facts: TopicFacts) -> str:
    """Return the path that a topic will have. Raises Invalid where it cannot have it."""
    parent = session.get(TicketCategory, facts.parent_id) if facts.parent_id is not None else None
    if facts.parent_id is not None and parent is None:
        raise Invalid({"parent_id": "Choose a topic from the list."})
    if parent is not None and topic.id is not None and f"{parent.path}{SEPARATOR}".startswith(topic.path + SEPARATOR):
        raise Invalid({"parent_id": "A topic cannot hang below itself."})
    if parent is not None and parent.retired and not facts.retired:
        raise Invalid({"parent_id": "The topic above is retired. Take it up again first."})
    path = f"{parent.path}{SEPARATOR}{facts.name}" if parent is not None else facts.name
    if SEPARATOR.strip() in facts.name:
        raise Invalid({"name": "A slash stands between the levels of the tree; please leave it out of the name."})
    if len(path) > LONGEST or path.count(SEPARATOR) >= DEEPEST:
        raise Invalid({"parent_id": "The tree gets too deep here."})
    twin = select(TicketCategory.id).where(func.lower(TicketCategory.path) == path.lower())
    if session.scalar(twin.where(TicketCategory.id != (topic.id or 0))) is not None:
        raise Invalid({"name": "There is one of this name already."})
    return path


def _bring_along(session: Session, topic: TicketCategory, path: str, *, retire: bool) -> None:
    """Give everything below a topic its new path; retire it with the topic."""
    old = topic.path + SEPARATOR
    if path == topic.path and not retire:
        return
    below = select(TicketCategory).where(func.substr(TicketCategory.path, 1, len(old)) == literal(old))
    for row in session.scalars(below):
        row.path = path + SEPARATOR + row.path[len(old) :]
        row.retired = row.retired or retire
        if len(row.path) > LONGEST or row.path.count(SEPARATOR) >= DEEPEST:
            raise Invalid({"parent_id": "The tree gets too deep here."})
