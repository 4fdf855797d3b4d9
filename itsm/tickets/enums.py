"""The words of tickets."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final


class TicketKind(StrEnum):
    """What sort of help is wanted. Problems and changes are rooms of their own."""

    INCIDENT = "incident"
    SERVICE_REQUEST = "service_request"


class StateCategory(StrEnum):
    """What a state means. Fixed: SLA, search, counts and reports read only this; labels belong to the customer."""

    NEW = "new"
    OPEN = "open"
    PAUSED = "paused"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"


UNSOLVED: Final = (StateCategory.NEW, StateCategory.OPEN, StateCategory.PAUSED)
"""The categories of work that is still to be done."""
FINAL: Final = (StateCategory.CLOSED, StateCategory.CANCELLED, StateCategory.MERGED)
"""The categories that nothing leaves by itself; a reply opens a linked follow-up."""


class Level(StrEnum):
    """How far a trouble reaches (impact) or how soon it must end (urgency)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Priority(IntEnum):
    """Which ticket comes first. Stored as its number, so that it sorts."""

    CRITICAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4


class PendingReason(StrEnum):
    """What a paused ticket waits for."""

    REQUESTER = "requester"
    SUPPLIER = "supplier"
    CHANGE = "change"


class Turn(StrEnum):
    """Whose turn it is: who must do the next thing."""

    DESK = "desk"
    REQUESTER = "requester"
    OTHERS = "others"
    """A supplier or a planned change."""
    NOBODY = "nobody"


class EntryKind(StrEnum):
    """What stands in a conversation."""

    REPLY = "reply"
    NOTE = "note"
    FACT = "fact"


class Side(StrEnum):
    """Who wrote an entry: the one who asked, the desk, or the house itself."""

    REQUESTER = "requester"
    DESK = "desk"
    HOUSE = "house"


class Fact(StrEnum):
    """What a grey line between the entries tells. Its details stand in the entry's data."""

    FILED = "filed"
    STATE = "state"
    ASSIGNED = "assigned"
    PRIORITY = "priority"
    EDITED = "edited"
    REOPENED = "reopened"
    LINKED = "linked"
    UNLINKED = "unlinked"
    MERGED_HERE = "merged_here"
    MERGED_AWAY = "merged_away"
    UNMERGED = "unmerged"
    ASSET_ATTACHED = "asset_attached"
    ASSET_REMOVED = "asset_removed"
    WATCHER_ADDED = "watcher_added"
    WATCHER_REMOVED = "watcher_removed"
    FOLLOW_UP = "follow_up"
    DRIFT = "drift"
    """What discovery saw of the ticket's device, by itself; ``event`` in the details says what it means."""
    EXAMINED = "examined"
    """The device was looked at from the ticket; the details say how and what it answered."""


PUBLIC_FACTS: Final = frozenset({Fact.FILED, Fact.STATE, Fact.REOPENED, Fact.FOLLOW_UP})
"""What the requester sees of the facts: nothing that names another ticket, group or watcher."""


class ParticipantRole(StrEnum):
    """What somebody besides the requester is to a ticket."""

    WATCHER = "watcher"
    CC = "cc"
    AFFECTED = "affected"


class AssetRole(StrEnum):
    """What an asset is to a ticket."""

    AFFECTED = "affected"
    CAUSE = "cause"
    RELATED = "related"


class LinkKind(StrEnum):
    """How one ticket stands to another, read from the first to the second."""

    RELATES_TO = "relates_to"
    BLOCKS = "blocks"
    DUPLICATES = "duplicates"
    CAUSED_BY = "caused_by"
    PARENT_OF = "parent_of"
    FOLLOWS = "follows"
    """The first was opened by a reply to the second after that one was closed."""


class DraftKind(StrEnum):
    """What is being written."""

    REPLY = "reply"
    NOTE = "note"
