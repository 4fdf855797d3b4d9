"""What the pages call things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from itsm.kernel.actor import Actor
from itsm.tickets.enums import EntryKind, PendingReason, Turn
from itsm.tickets.queries.detail import Contact
from itsm.web.texts import N_, _, once_a_language

SEEDED = (N_("New"), N_("In progress"), N_("Waiting"), N_("Resolved"), N_("Closed"), N_("Cancelled"), N_("Merged"))
"""The words for states that a new house begins with; as long as it keeps them, each reads them in his language."""


def field_words(name: str) -> str:
    """Return what a fact is called."""
    return {
        "title": _("title"),
        "kind": _("kind"),
        "topic_id": _("topic"),
        "requester_id": _("requester"),
        "affected_id": _("affected person"),
        "location_id": _("location"),
    }.get(name, name)


def priority_words(level: int) -> str:
    """Return what a priority is called."""
    return _priorities().get(int(level), str(level))


@once_a_language
def _priorities() -> dict[int, str]:
    return {1: _("Critical"), 2: _("High"), 3: _("Medium"), 4: _("Low")}


def level_words(level: str) -> str:
    """Return what a level of impact or urgency is called."""
    return _levels().get(str(level), str(level))


@once_a_language
def _levels() -> dict[str, str]:
    return {"high": _("High"), "medium": _("Medium"), "low": _("Low")}


def reason_words(reason: str | None) -> str:
    """Return what a paused ticket waits for."""
    words = _reasons()
    return words.get(str(reason), words[""])


@once_a_language
def _reasons() -> dict[str, str]:
    return {
        PendingReason.REQUESTER.value: _("waiting for the requester"),
        PendingReason.SUPPLIER.value: _("waiting for a supplier"),
        PendingReason.CHANGE.value: _("waiting for a planned change"),
        "": _("waiting"),
    }


def link_words(kind: str, inverse: bool) -> str:
    """Return a link as it reads from this ticket."""
    forth = {
        "relates_to": _("relates to"),
        "blocks": _("blocks"),
        "duplicates": _("duplicates"),
        "caused_by": _("is caused by"),
        "parent_of": _("is parent of"),
        "follows": _("follows up"),
    }
    back = {
        "relates_to": _("relates to"),
        "blocks": _("is blocked by"),
        "duplicates": _("is duplicated by"),
        "caused_by": _("causes"),
        "parent_of": _("is child of"),
        "follows": _("is followed up by"),
    }
    return (back if inverse else forth).get(kind, kind)


def kind_words(kind: str) -> str:
    """Return what a kind of ticket is called at the desk."""
    return _("Service request") if kind == "service_request" else _("Incident")


def turn_title(turn: str, requester: str) -> str:
    """Return whose turn it is as a sentence."""
    return {
        Turn.DESK.value: _("It is our turn"),
        Turn.REQUESTER.value: _("It is the turn of %(name)s", name=requester),
        Turn.OTHERS.value: _("It waits for others"),
    }.get(str(turn), _("Nobody has to do anything"))


def portal_sentence(row: Any) -> str:
    """Return where a request stands and whose turn it is, in words for those who fear computers."""
    category = str(row.category)
    said = {
        "new": _("We have it. Somebody will look at it soon."),
        "resolved": _("We think it is solved. Please tell us whether it works."),
        "closed": _("Done."),
        "cancelled": _("Withdrawn."),
        "merged": _("Handled together with another request."),
    }
    if category in said and not (category == "new" and row.turn == Turn.REQUESTER):
        return said[category]
    if row.turn == Turn.REQUESTER:
        return _("%(name)s answered. It is your turn.", name=row.assignee or _("Our team"))
    if row.turn == Turn.OTHERS:
        if row.pending_reason == PendingReason.CHANGE:
            return _("We wait for planned work.")
        return _("We wait for somebody outside the company.")
    return _("%(name)s is working on it.", name=row.assignee) if row.assignee else _("We are working on it.")


def portal_state(category: str) -> str:
    """Return a state in the portal's words."""
    return {
        "new": _("Received"),
        "open": _("In progress"),
        "paused": _("Waiting"),
        "resolved": _("Solved?"),
        "closed": _("Done"),
        "cancelled": _("Withdrawn"),
        "merged": _("Joined"),
    }.get(str(category), str(category))


def recipients(people: Sequence[Contact | None], actor: Actor) -> str:
    """Return who will read a reply: "Ana + 2"."""
    names = list(dict.fromkeys(p.name for p in people if p is not None and p.id != actor.person_id))
    if not names:
        return _("yourself")
    first = names[0].split(" ")[0]
    return first if len(names) == 1 else f"{first} + {len(names) - 1}"


def entry_look(kind: EntryKind, side: str) -> str:
    """Return how an entry looks: ``note``, ``request`` (from the requester) or ``reply`` (from the desk)."""
    if kind is EntryKind.NOTE:
        return "note"
    return "request" if str(side) == "requester" else "reply"
