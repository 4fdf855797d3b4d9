"""Who hears of what: one event, one message a person, and never of one's own act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from itsm.notifications.enums import Reason

_Wanted = dict[Reason, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Circle:
    """The people around a ticket, by person id."""

    requester_id: int
    affected_id: int | None = None
    assignee_id: int | None = None
    group_ids: tuple[int, ...] = ()
    """The members of the group, where nobody is assigned yet."""
    watcher_ids: tuple[int, ...] = ()
    desk_ids: frozenset[int] = frozenset()
    """Those of them all who may read internal notes."""


def hearers(kind: str, circle: Circle, *, actor_id: int | None, side: str = "") -> dict[int, Reason]:
    """Return who hears of an event of this kind, and why; the strongest reason where there are several.

    ``side`` tells for a reply whether the desk or the requester wrote it; ``actor_id`` is the person who acted.
    """
    asking: _Wanted = {Reason.REQUESTER: [circle.requester_id], Reason.AFFECTED: _some(circle.affected_id)}
    working: _Wanted = {
        Reason.ASSIGNEE: _some(circle.assignee_id),
        Reason.GROUP: [] if circle.assignee_id else circle.group_ids,
    }
    watching: _Wanted = {Reason.WATCHER: circle.watcher_ids}
    wanted: _Wanted
    match kind:
        case "ticket.filed":
            wanted = {**asking, Reason.GROUP: circle.group_ids}
        case "ticket.reply_added":
            wanted = {**working, **watching, **({} if side == "requester" else asking)}
        case "ticket.note_added":
            inside = [one for one in circle.watcher_ids if one in circle.desk_ids]
            wanted = {**working, Reason.WATCHER: inside}
        case "ticket.assigned":
            wanted = working
        case "ticket.resolved":
            wanted = {**asking, **watching}
        case "ticket.reopened":
            wanted = {**working, **watching}
        case _:
            wanted = {}
    found: dict[int, Reason] = {}
    for reason in Reason:
        for person_id in wanted.get(reason, ()):
            found.setdefault(person_id, reason)
    # A filed ticket is confirmed to its requester even though he filed it himself: it is the receipt.
    receipt = kind == "ticket.filed" and actor_id == circle.requester_id
    if actor_id is not None and not receipt:
        found.pop(actor_id, None)
    return found


def _some(person_id: int | None) -> list[int]:
    return [] if person_id is None else [person_id]
