"""What somebody wants to see of the queue: from the address, and back into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from itsm.kernel.numbers import whole_number
from itsm.kernel.text import one_line
from itsm.tickets.enums import StateCategory, TicketKind, Turn

UNSOLVED_WORD: Final = "open"
ALL: Final = "all"
SORTS: Final = ("activity", "created", "priority")
GROUPINGS: Final = ("", "priority", "turn")
BUILT_IN: Final[Mapping[str, Mapping[str, str]]] = {
    "mine": {"assignee": "me"},
    "unassigned": {"assignee": "none"},
    "answer": {"turn": "desk"},
    "groups": {"group": "mine"},
    "open": {},
    "waiting": {"state": "paused"},
    "resolved": {"state": "resolved"},
    "all": {"state": ALL},
}
"""The views that every desk has, by key; each is a wish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Filters, order and grouping. All are words of the address; what is not understood is left out."""

    q: str = ""
    state: str = UNSOLVED_WORD
    """``open`` (all unsolved), ``all``, or one state category."""
    assignee: str = ""
    """``me``, ``none`` or a person's id."""
    group: str = ""
    """``mine``, ``none`` or a group's id."""
    priority: str = ""
    kind: str = ""
    topic: str = ""
    turn: str = ""
    requester: str = ""
    asset: str = ""
    sort: str = "activity"
    by: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Wish:
        """Return the wish that query values or a saved view tell."""
        texts = {name: one_line(str(given[name]), 200) for name in cls.__slots__ if given.get(name) not in (None, "")}
        kept = {name: value for name, value in texts.items() if _is_understood(name, value)}
        return cls(**kept)

    def values(self) -> dict[str, str]:
        """Return what differs from a plain look at the open work, as query values."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) != getattr(_PLAIN, name)}

    def but(self, **changes: str) -> dict[str, str]:
        """Return the query values of this wish with some changed."""
        return replace(self, **changes).values()

    @property
    def is_unsolved(self) -> bool:
        """Say whether only unsolved tickets are wanted: these have indexes of their own."""
        return self.state == UNSOLVED_WORD or self.state in ("new", "open!", "paused")


_PLAIN: Final = Wish()


def _is_understood(name: str, value: str) -> bool:
    numbers = whole_number(value) is not None
    checks: dict[str, bool] = {
        "q": True,
        "state": value in (UNSOLVED_WORD, ALL, "open!") or value in set(StateCategory),
        "assignee": value in ("me", "none") or numbers,
        "group": value in ("mine", "none") or numbers,
        "priority": value in ("1", "2", "3", "4"),
        "kind": value in set(TicketKind),
        "topic": numbers,
        "turn": value in set(Turn),
        "requester": numbers,
        "asset": numbers,
        "sort": value in SORTS,
        "by": value in GROUPINGS,
    }
    return checks[name]
