"""The queue: one page of rows in one statement, and all counts in another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Text,
    case,
    cast,
    false,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Group, Person
from itsm.assets.models import Asset
from itsm.assets.queries import one_thing
from itsm.infra import search
from itsm.infra.statements import kept, me, my_groups, my_organizations, of, run
from itsm.kernel.actor import Actor
from itsm.kernel.numbers import whole_number
from itsm.tickets.enums import UNSOLVED, StateCategory, Turn
from itsm.tickets.models import State, Tally, Ticket, TicketAsset, TicketCategory, View
from itsm.tickets.queries.visible import is_visible, sight
from itsm.tickets.queries.wish import ALL, BUILT_IN, UNSOLVED_WORD, Wish
from itsm.web.listing import Key, Page, fetch

MOST_VIEWS: Final = 12
CAP: Final = 100
MOST_NUMBER: Final = 999_999_999
"""Longer numbers are telephone numbers and serials, and looked for as words."""
"""Counts of saved views stop here: "100+" tells as much and costs nothing."""

_Requester, _Assignee = aliased(Person), aliased(Person)
_NAMED = aliased(Asset)


def rows(actor: Actor, wish: Wish, session: Session) -> Select[Any]:
    """Return the select of the wish's rows: columns, never entities, and nothing that costs a statement a row."""
    wanted: Any = (
        select(
            Ticket.id,
            Ticket.number,
            Ticket.title,
            Ticket.state_id,
            Ticket.category,
            Ticket.pending_reason,
            Ticket.priority,
            Ticket.turn,
            Ticket.turn_since,
            Ticket.last_activity_at,
            Ticket.reply_count,
            Ticket.group_id,
            Ticket.created_at,
            _Requester.name.label("requester"),
            _Assignee.name.label("assignee"),
            Asset.name.label("asset"),
            Asset.kind.label("asset_kind"),
        )
        .select_from(Ticket)  # said, not found out: two threads that compile it first would disturb each other
        .join(_Requester, _Requester.id == Ticket.requester_id)
        .outerjoin(_Assignee, _Assignee.id == Ticket.assignee_id)
        .outerjoin(_NAMED, _NAMED.id == Ticket.asset_id)
        .outerjoin(Asset, Asset.id == func.coalesce(_NAMED.merged_into_id, _NAMED.id))
    )
    found: Select[Any] = wanted.where(is_visible(actor), *conditions(actor, wish, session))
    return found


def order(wish: Wish) -> list[Key]:
    """Return the sort keys of a wish; each has an index in this order or exactly backwards."""
    if wish.by == "priority" or (not wish.by and wish.sort == "priority"):
        keys = [Key(Ticket.priority, "priority"), Key(Ticket.last_activity_at, "last_activity_at")]
        return [*keys, Key(Ticket.id, "id")]
    if wish.by == "turn":
        return [Key(Ticket.turn, "turn"), Key(Ticket.last_activity_at, "last_activity_at"), Key(Ticket.id, "id")]
    if wish.sort == "created":
        return [Key(Ticket.id, "id", descending=True)]
    return [Key(Ticket.last_activity_at, "last_activity_at", descending=True), Key(Ticket.id, "id", descending=True)]


def page(
    actor: Actor, wish: Wish, session: Session, *, after: str | None = None, before: str | None = None, size: int = 50
) -> Page[Any]:
    """Return one page of the queue, in one statement."""
    keep: dict[str, Any] = {} if wish.q else {"shape": ("queue", sight(actor), wish), "given": of(actor)}
    return fetch(
        session, lambda: rows(actor, wish, session), order(wish), after=after, before=before, size=size, **keep
    )


def same_rows(actor: Actor, numbers: Sequence[int], session: Session) -> list[Any]:
    """Return the rows of these tickets in this order: what a page shows, as it stands now."""
    wanted = rows(actor, Wish(state=ALL), session).where(Ticket.number.in_(numbers))
    found = {row.number: row for row in session.execute(wanted)}
    return [found[number] for number in numbers if number in found]


def newer(actor: Actor, wish: Wish, session: Session, since: Any, known: Sequence[int]) -> int:
    """Return how many tickets came into this view after a moment, besides those known; at most 100."""
    wanted = (
        select(Ticket.id)
        .where(is_visible(actor), *conditions(actor, wish, session))
        .where(Ticket.last_activity_at > since, Ticket.number.not_in(known))
        .limit(CAP)
    )
    return session.scalar(select(func.count()).select_from(wanted.subquery())) or 0


def newest(session: Session) -> str:
    """Return a word that changes whenever any ticket does: one step of one index."""
    wanted = select(Ticket.last_activity_at, Ticket.id, Ticket.version)
    found = session.execute(wanted.order_by(Ticket.last_activity_at.desc(), Ticket.id.desc()).limit(1)).one_or_none()
    return "" if found is None else f"{found[0].isoformat()} {found[1]} {found[2]}"


def conditions(actor: Actor, wish: Wish, session: Session) -> list[ColumnElement[bool]]:
    """Return what a wish asks of a ticket."""
    found = [*_state(wish), *_people(actor, wish)]
    for name, column in (("kind", Ticket.kind), ("turn", Ticket.turn)):
        if getattr(wish, name):
            found.append(column == getattr(wish, name))
    for name, number in (("priority", Ticket.priority), ("topic", Ticket.topic_id), ("requester", Ticket.requester_id)):
        if getattr(wish, name):
            found.append(number == int(getattr(wish, name)))
    if wish.asset:
        of_it = TicketAsset.asset_id.in_(one_thing(int(wish.asset)))
        found.append(Ticket.id.in_(select(TicketAsset.ticket_id).where(of_it)))
    if wish.q:
        found.append(_words(wish.q, session))
    return found


def _state(wish: Wish) -> list[ColumnElement[bool]]:
    if wish.state == UNSOLVED_WORD:
        return [Ticket.is_open == True]  # noqa: E712 - the literal lets both databases use the partial indexes
    if wish.state == ALL:
        return []
    category = StateCategory.OPEN if wish.state == "open!" else StateCategory(wish.state)
    also_open = [Ticket.is_open == True] if category in UNSOLVED else []  # noqa: E712
    return [*also_open, Ticket.category == category]


def _people(actor: Actor, wish: Wish) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wish.assignee == "none":
        found.append(Ticket.assignee_id.is_(None))
    elif wish.assignee:
        found.append(Ticket.assignee_id == (me(actor) if wish.assignee == "me" else int(wish.assignee)))
    if wish.group == "none":
        found.append(Ticket.group_id.is_(None))
    elif wish.group == "mine":
        found.append(Ticket.group_id.in_(my_groups(actor)))
    elif wish.group:
        found.append(Ticket.group_id == int(wish.group))
    return found


def _words(q: str, session: Session) -> ColumnElement[bool]:
    number = whole_number(q.strip().lstrip("#"), MOST_NUMBER)
    if number is not None:
        return Ticket.number == number
    known = search.few(session, "ticket", q, internal=True)
    if known is not None:
        return Ticket.id.in_(known)
    many = search.matching(session, "ticket", q, internal=True)
    return Ticket.id.in_(many) if many is not None else false()


@dataclass(frozen=True, slots=True)
class SavedView:
    """A saved view as the rail shows it; ``own`` tells it from a shared one."""

    id: int
    name: str
    query: dict[str, str]
    own: bool


@dataclass(slots=True)
class Reference:
    """The small tables that the queue shows names of, read in one statement."""

    states: dict[int, tuple[str, str]] = field(default_factory=dict)
    """id -> (name, category)"""
    groups: dict[int, str] = field(default_factory=dict)
    topics: dict[int, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    """The numbers beside the built-in views."""
    views: list[SavedView] = field(default_factory=list)


def reference(actor: Actor, session: Session) -> Reference:
    """Return states, groups, topics, saved views and the tallies of the built-in views, in one statement."""
    found = Reference()
    mine: set[int] = set()
    listed: list[tuple[int, str, dict[str, str]]] = []
    wanted = kept(("queue reference", actor.all_organizations), lambda: _reference(actor))
    told: Iterable[Any] = run(session, wanted, of(actor))
    for what, id_, name, more in told:
        if what == "state":
            found.states[id_] = (name, more)
        elif what == "group":
            found.groups[id_] = name
        elif what == "topic":
            found.topics[id_] = name
        elif what == "tally":
            found.counts = dict(zip(name.split(","), map(int, more.split(",")), strict=True))
        elif what == "view":
            listed.append((id_, name, json.loads(more)))
        else:
            mine.add(id_)
    found.views = [SavedView(id_, name, query, id_ in mine) for id_, name, query in listed]
    found.groups = dict(sorted(found.groups.items(), key=lambda item: item[1].lower()))
    found.topics = dict(sorted(found.topics.items(), key=lambda item: item[1].lower()))
    return found


def _reference(actor: Actor) -> CompoundSelect[Any]:
    nothing = cast(null(), Text)
    states = select(literal("state").label("what"), State.id, State.name, cast(State.category, Text).label("more"))
    groups = select(literal("group"), Group.id, Group.name, nothing)
    if not actor.all_organizations:
        groups = groups.where(Group.organization_id.in_(my_organizations(actor)))
    topics = select(literal("topic"), TicketCategory.id, TicketCategory.path, nothing).where(
        TicketCategory.retired.is_(False)
    )
    views = (
        select(literal("view"), View.id, View.name, cast(View.query, Text))
        .where((View.owner_id == me(actor)) | View.owner_id.is_(None))
        .order_by(View.position, View.id)
        .limit(MOST_VIEWS)
        .subquery()
    )
    own = select(literal("own"), View.id, nothing, nothing).where(View.owner_id == me(actor))
    return union_all(states, groups, topics, select(views), own, _tallies(actor))


def _tallies(actor: Actor) -> Select[Any]:
    """Return one row: the names of the built-in views and their numbers, each joined by commas."""
    unsolved = Tally.category.in_(UNSOLVED)
    sums = {
        "mine": unsolved & (Tally.assignee_id == me(actor)),
        "unassigned": unsolved & (Tally.assignee_id == 0),
        "answer": unsolved & (Tally.turn == Turn.DESK),
        "groups": unsolved & Tally.group_id.in_(my_groups(actor)),
        "open": unsolved,
        "waiting": Tally.category == StateCategory.PAUSED,
        "resolved": Tally.category == StateCategory.RESOLVED,
    }
    numbers: Any = literal("")
    for place, when in enumerate(sums.values()):
        summed = cast(cast(func.coalesce(func.sum(case((when, Tally.number), else_=0)), 0), Integer), Text)
        numbers = numbers + ("," if place else "") + summed
    wanted: Select[Any] = select(literal("tally"), literal(0), literal(",".join(sums)), numbers).where(
        Tally.category.in_([*UNSOLVED, StateCategory.RESOLVED])
    )
    if not actor.all_organizations:
        wanted = wanted.where(Tally.organization_id.in_(my_organizations(actor)))
    return wanted


def capped_counts(actor: Actor, views: Sequence[Wish], session: Session) -> list[int]:
    """Return how many tickets these saved views show, each at most 100; one statement for all, none for none."""
    if not views:
        return []

    def build() -> Select[Any]:
        some = [select(Ticket.id).where(is_visible(actor), *conditions(actor, w, session)).limit(CAP) for w in views]
        return select(*(select(func.count()).select_from(one.subquery()).scalar_subquery() for one in some))

    searched = any(wish.q for wish in views)
    wanted = build() if searched else kept(("queue counts", sight(actor), tuple(views)), build)
    return [int(number) for number in run(session, wanted, of(actor)).one()]


def built_in(key: str) -> Wish:
    """Return a built-in view."""
    return Wish.of(BUILT_IN[key])
