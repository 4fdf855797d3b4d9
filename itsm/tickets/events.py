"""Facts of tickets. Ids and plain values only: a listener reads what it needs when it hears them.

``actor_id`` is the user account, ``person_id`` the person behind it (None for the house).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from itsm.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent(Event):
    """The base of all facts about one ticket."""

    ticket_id: int
    person_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFiled(TicketEvent):
    """Somebody asked for help; the first words are entry ``entry_id``."""

    name: ClassVar[str] = "ticket.filed"
    entry_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyAdded(TicketEvent):
    """A public reply was written. ``side`` is ``requester`` or ``desk``."""

    name: ClassVar[str] = "ticket.reply_added"
    entry_id: int
    side: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded(TicketEvent):
    """An internal note was written."""

    name: ClassVar[str] = "ticket.note_added"
    entry_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAssigned(TicketEvent):
    """Group or assignee changed; None is nobody."""

    name: ClassVar[str] = "ticket.assigned"
    group_id: int | None
    assignee_id: int | None
    previous_group_id: int | None
    previous_assignee_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged(TicketEvent):
    """The state changed; ``before`` and ``after`` are state categories. Told for every change of state."""

    name: ClassVar[str] = "ticket.state_changed"
    state_id: int
    previous_state_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketResolved(TicketEvent):
    """A fix was offered; ``entry_id`` is the reply that says which, where there is one."""

    name: ClassVar[str] = "ticket.resolved"
    entry_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReopened(TicketEvent):
    """A resolved ticket was taken up again."""

    name: ClassVar[str] = "ticket.reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketClosed(TicketEvent):
    """A ticket came to its end."""

    name: ClassVar[str] = "ticket.closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityChanged(TicketEvent):
    """Impact, urgency or priority changed; priorities are 1 (critical) to 4 (low)."""

    name: ClassVar[str] = "ticket.priority_changed"
    priority: int
    previous: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEdited(TicketEvent):
    """Facts of the ticket were edited; ``fields`` are the column names."""

    name: ClassVar[str] = "ticket.edited"
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherAdded(TicketEvent):
    """Somebody follows the ticket from now on."""

    name: ClassVar[str] = "ticket.watcher_added"
    watcher_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherRemoved(TicketEvent):
    """Somebody no longer follows the ticket."""

    name: ClassVar[str] = "ticket.watcher_removed"
    watcher_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLinked(TicketEvent):
    """The ticket was linked to another."""

    name: ClassVar[str] = "ticket.linked"
    other_id: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketsMerged(TicketEvent):
    """The ticket (``ticket_id``) was merged into ``survivor_id``."""

    name: ClassVar[str] = "ticket.merged"
    survivor_id: int
    merge_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeUndone(TicketEvent):
    """A merge was undone: ``ticket_id`` stands on its own again."""

    name: ClassVar[str] = "ticket.merge_undone"
    survivor_id: int
    merge_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetAttached(TicketEvent):
    """An asset was put on the ticket, with a snapshot of it."""

    name: ClassVar[str] = "ticket.asset_attached"
    asset_id: int
