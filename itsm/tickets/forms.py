"""HTTP in, a service's command out."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import StringConstraints

from itsm.tickets.enums import AssetRole, Level, LinkKind, PendingReason, Priority, TicketKind
from itsm.tickets.services.assignment import Assignment
from itsm.tickets.services.conversation import Reply
from itsm.tickets.services.editing import Edit
from itsm.tickets.services.filing import NewTicket
from itsm.tickets.services.lifecycle import Move
from itsm.tickets.services.priority import Weight
from itsm.tickets.services.topics import TopicFacts
from itsm.web.forms import Blank, Body, Line, OptionalBody, OptionalLine, OptionalRowId, RowId, Schema


class DeskTicket(Schema):
    """A ticket that a technician files for somebody."""

    requester_id: RowId
    title: Line
    body: Body
    kind: TicketKind = TicketKind.INCIDENT
    impact: Level = Level.LOW
    urgency: Level = Level.MEDIUM
    topic_id: OptionalRowId = None
    group_id: OptionalRowId = None
    assignee_id: OptionalRowId = None
    asset_ids: list[RowId] = []
    watcher_ids: list[RowId] = []

    def command(self) -> NewTicket:
        """Return the service's command."""
        values = self.model_dump()
        return NewTicket(**{**values, "asset_ids": tuple(self.asset_ids), "watcher_ids": tuple(self.watcher_ids)})


class Report(Schema):
    """What an employee says: what it is about, which device, how bad."""

    title: Line
    body: Body
    kind: TicketKind = TicketKind.INCIDENT
    asset_id: OptionalRowId = None
    tag: OptionalLine = ""
    reach: Level = Level.LOW
    """How many are hit: low is "only me"."""
    hurry: Level = Level.MEDIUM
    """How bad it is: high is "I cannot work"."""

    def command(self, asset_ids: tuple[int, ...]) -> NewTicket:
        """Return the service's command."""
        return NewTicket(
            title=self.title,
            body=self.body,
            kind=self.kind,
            impact=self.reach,
            urgency=self.hurry,
            asset_ids=asset_ids,
        )


class ReplyForm(Schema):
    """A public reply. ``then`` is the state that follows: empty, a state's id, or ``id:reason`` for a pause."""

    body: Body
    then: Annotated[str, StringConstraints(pattern=r"^(\d{1,9}(:(requester|supplier|change))?)?$")] = ""

    def command(self) -> Reply:
        """Return the service's command."""
        state, _, reason = self.then.partition(":")
        return Reply(
            body=self.body,
            state_id=int(state) if state else None,
            pending_reason=PendingReason(reason) if reason else None,
        )


class NoteForm(Schema):
    """An internal note."""

    body: Body


class DraftForm(Schema):
    """What is being written, sent while it is written."""

    draft_kind: str = "reply"
    body: OptionalBody = ""
    then: str = ""


class StateForm(Schema):
    """A new state: a state's id, or ``id:reason`` for a pause. ``was`` is the state that the page showed."""

    then: Annotated[str, StringConstraints(pattern=r"^\d{1,9}(:(requester|supplier|change))?$")]
    was: OptionalRowId = None

    def command(self) -> Move:
        """Return the service's command."""
        state, _, reason = self.then.partition(":")
        return Move(state_id=int(state), pending_reason=PendingReason(reason) if reason else None, was=self.was)


class AssignmentForm(Schema):
    """Who shall work on it."""

    group_id: OptionalRowId = None
    assignee_id: OptionalRowId = None

    def command(self) -> Assignment:
        """Return the service's command."""
        return Assignment(group_id=self.group_id, assignee_id=self.assignee_id)


class PriorityForm(Schema):
    """Impact and urgency, and a priority by hand with its reason."""

    impact: Level
    urgency: Level
    priority: Annotated[Priority | None, Blank] = None
    reason: OptionalLine = ""

    def command(self) -> Weight:
        """Return the service's command."""
        return Weight(impact=self.impact, urgency=self.urgency, priority=self.priority, reason=self.reason)


class FactsForm(Schema):
    """The facts of a ticket. ``base`` is what stood in the form when it was opened, as JSON."""

    version: int
    base: Annotated[str, StringConstraints(max_length=4000)] = "{}"
    title: Line
    kind: TicketKind
    requester_id: RowId
    topic_id: OptionalRowId = None
    affected_id: OptionalRowId = None
    location_id: OptionalRowId = None

    def command(self) -> Edit:
        """Return the service's command; a broken base counts as none."""
        values = self.model_dump(exclude={"version", "base"})
        return Edit(version=self.version, values=values, base=_base(self.base))


def _base(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class PersonForm(Schema):
    """One person."""

    person_id: RowId


class LinkForm(Schema):
    """A tie to another ticket, by its number. ``kind`` may begin with ``inverse:``."""

    number: RowId
    kind: Annotated[str, StringConstraints(max_length=40)] = LinkKind.RELATES_TO.value


class NumberForm(Schema):
    """Another ticket, by its number."""

    number: RowId


class AssetForm(Schema):
    """An asset for a ticket."""

    asset_id: RowId
    role: AssetRole = AssetRole.AFFECTED


class BulkForm(Schema):
    """What shall be done with the selected tickets."""

    ids: list[RowId] = []
    verb: Annotated[str, StringConstraints(pattern=r"^(take|assign|state)$")]
    assignee_id: Annotated[str, StringConstraints(pattern=r"^(keep|none|\d{1,15})$")] = "keep"
    group_id: Annotated[str, StringConstraints(pattern=r"^(keep|none|\d{1,15})$")] = "keep"
    then: Annotated[str, StringConstraints(pattern=r"^(\d{1,9}(:(requester|supplier|change))?)?$")] = ""
    back: OptionalLine = ""


class ViewForm(Schema):
    """A view to save under a name: the queue's own query string."""

    name: Annotated[Line, StringConstraints(max_length=80)]
    query: Annotated[str, StringConstraints(max_length=2000)] = ""
    shared: bool = False


class TopicForm(Schema):
    """A topic of the tree."""

    name: Annotated[Line, StringConstraints(max_length=80)]
    parent_id: OptionalRowId = None
    group_id: OptionalRowId = None
    retired: bool = False

    def facts(self) -> TopicFacts:
        """Return what the service takes."""
        return TopicFacts(**self.model_dump())
