"""The tickets of a load: in every state, each with its conversation, as the services would have left them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Any, Final

from sqlalchemy import update

from itsm.demo.load import prose
from itsm.demo.load.people import Somebody, Staff
from itsm.demo.load.prose import Prose, Text, several
from itsm.demo.load.things import Thing
from itsm.infra import bulk
from itsm.infra.search import SearchDocument, fold
from itsm.infra.unit import Unit
from itsm.kernel.actor import Door
from itsm.tickets.enums import (
    FINAL,
    UNSOLVED,
    AssetRole,
    EntryKind,
    Fact,
    Level,
    PendingReason,
    Side,
    StateCategory,
    TicketKind,
)
from itsm.tickets.models import Entry, Merge, State, Ticket, TicketAsset, TicketSequence
from itsm.tickets.queries import reference
from itsm.tickets.rules.priority import priority_of
from itsm.tickets.rules.turn import turn_of
from itsm.tickets.services import keeping

BATCH: Final = 5000
YEARS: Final = 2
FATES: Final = {
    StateCategory.NEW: 40,
    StateCategory.OPEN: 80,
    StateCategory.PAUSED: 50,
    StateCategory.RESOLVED: 30,
    StateCategory.CLOSED: 775,
    StateCategory.CANCELLED: 20,
    StateCategory.MERGED: 5,
}
"""Of a thousand tickets, how many end in which state."""
TICKET_COLUMNS: Final = several(
    "id|number|organization_id|kind|title|state_id|category|pending_reason|impact|urgency|priority|topic_id|"
    "group_id|assignee_id|requester_id|created_by_id|location_id|asset_id|door|solution_id|merged_into_id|"
    "resolved_at|closed_at|is_open|turn|turn_since|last_activity_at|last_public_at|last_public_side|"
    "first_replied_at|reply_count|note_count|created_at|updated_at|version"
)
ENTRY_COLUMNS: Final = several("id|ticket_id|kind|side|at|author_id|author_name|door|source|html|fact|data|request_id")


@dataclass(slots=True)
class _Line:
    """One ticket under construction: its columns, its entries and its words."""

    columns: dict[str, Any]
    requester: Somebody
    thing: Thing | None
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    public: list[str] = field(default_factory=list)
    internal: list[str] = field(default_factory=list)
    merge: tuple[int, int, int] | None = None
    """The merge's id, the survivor's, and the state before."""


class Desk:
    """Makes tickets for a staff with its things, one after another, from the oldest to the newest."""

    def __init__(self, unit: Unit, chance: random.Random, staff: Staff, things: Sequence[Thing]) -> None:
        session = unit.session
        self._unit, self._chance, self._staff, self._things = unit, chance, staff, things
        self._prose = Prose(chance)
        self._matrix = reference.matrix(session)
        self._topics: list[int | None] = [id_ for id_, _path in reference.topics(session)] or [None]
        self._states: dict[StateCategory, State] = {c: reference.default_state(session, c) for c in StateCategory}
        self._entry_ids = count(bulk.last_id(session, Entry) + 1)
        self._merge_ids = count(bulk.last_id(session, Merge) + 1)
        self._held: dict[int, list[Thing]] = {}
        for thing in things:
            if thing.holder is not None:
                self._held.setdefault(thing.holder.id, []).append(thing)

    def file(self, tickets: int, comments: int, index: Callable[[], None]) -> None:
        """Append so many tickets, each with so many comments; ``index`` is called when there are new search documents."""
        session = self._unit.session
        first = bulk.last_id(session, Ticket) + 1
        number = self._numbers(tickets)
        lines = self._lines(first, number, tickets, comments)
        tallies: Counter[keeping.TallyKey] = Counter()
        for batch in _ahead(lines):
            self._write(batch)
            index()
            tallies.update(_tally(line.columns) for line in batch)
        keeping.count_all(tallies)
        bulk.follow_ids(session, Ticket, Entry, TicketAsset, Merge, SearchDocument)

    def _numbers(self, tickets: int) -> int:
        """Take that many ticket numbers and return the first."""
        taken = update(TicketSequence).where(TicketSequence.id == 1).values(last=TicketSequence.last + tickets)
        last = self._unit.session.execute(taken.returning(TicketSequence.last)).scalar_one()
        return int(last) - tickets + 1

    def _lines(self, first: int, number: int, tickets: int, comments: int) -> Iterator[_Line]:
        chance, prose_ = self._chance, self._prose
        span = timedelta(days=365 * YEARS) / max(tickets, 1)
        begin = self._unit.now - timedelta(days=365 * YEARS + 8)
        fates = chance.choices(list(FATES), weights=list(FATES.values()), k=tickets)
        rare = set(chance.sample(range(tickets), max(1, tickets // 1000)))
        common = set(chance.sample(range(tickets), tickets // 5))
        previous: _Line | None = None
        for place, wanted in enumerate(fates):
            merged = wanted is StateCategory.MERGED and place % BATCH != 0 and not _is_merged(previous)
            fate = StateCategory.CLOSED if wanted is StateCategory.MERGED and not merged else wanted
            extra = [prose_.rare] * (place in rare) + [prose_.common] * (place in common)
            requester = previous.requester if merged and previous else chance.choice(self._staff.employees)
            line = self._open(first + place, number + place, begin + span * place, requester)
            self._say(line, EntryKind.REPLY, requester, prose_.text(prose.REPORTS, 2, 5, *extra))
            self._talk(line, fate, comments)
            if merged and previous is not None:
                self._merge(line, previous)
            previous = line
            yield line

    def _open(self, id_: int, number: int, at: datetime, requester: Somebody) -> _Line:
        chance, staff = self._chance, self._staff
        held = self._held.get(requester.id)
        thing = chance.choice(held) if held and chance.random() < 0.7 else None
        impact = chance.choices((Level.LOW, Level.MEDIUM, Level.HIGH), weights=(70, 25, 5))[0]
        urgency = chance.choices((Level.LOW, Level.MEDIUM, Level.HIGH), weights=(20, 65, 15))[0]
        columns: dict[str, Any] = dict.fromkeys(TICKET_COLUMNS)
        columns.update(
            id=id_,
            number=number,
            organization_id=staff.organization_id,
            kind=TicketKind.INCIDENT if chance.random() < 0.8 else TicketKind.SERVICE_REQUEST,
            title=self._prose.title(),
            impact=impact,
            urgency=urgency,
            priority=int(priority_of(impact, urgency, self._matrix)),
            topic_id=chance.choice(self._topics),
            requester_id=requester.id,
            created_by_id=requester.id,
            location_id=requester.location_id,
            asset_id=thing.id if thing else None,
            door=Door.WEB,
            last_activity_at=at,
            created_at=at,
            version=1,
            reply_count=0,
            note_count=0,
        )
        return _Line(columns, requester, thing)

    def _talk(self, line: _Line, fate: StateCategory, comments: int) -> None:
        """Take a ticket from its first words to where it stands now."""
        chance, columns = self._chance, line.columns
        place = chance.randrange(len(self._staff.technicians))
        technician, group = self._staff.technicians[place], self._staff.group_of(place)
        columns["group_id"] = group[0]
        self._state(line, StateCategory.NEW)
        if fate is not StateCategory.NEW:
            columns["assignee_id"] = technician.id
            self._fact(
                line, Fact.ASSIGNED, technician, group=group[1], assignee=technician.name, assignee_id=technician.id,
                group_changed=True, assignee_changed=True,
            )  # fmt: skip
            self._state(line, StateCategory.OPEN, technician)
        for number in range(comments):
            if chance.random() < 0.2 and number + 1 < comments:
                self._say(line, EntryKind.NOTE, technician, self._prose.text(prose.NOTES, 1, 2))
            elif number % 2 == 0 or fate is StateCategory.PAUSED:
                self._say(line, EntryKind.REPLY, technician, self._prose.text(prose.ANSWERS, 1, 3), Side.DESK)
            else:
                self._say(line, EntryKind.REPLY, line.requester, self._prose.text(prose.REPLIES, 1, 2))
        self._end(line, fate, technician)

    def _end(self, line: _Line, fate: StateCategory, technician: Somebody) -> None:
        columns = line.columns
        if fate is StateCategory.PAUSED:
            columns["pending_reason"] = self._chance.choice(list(PendingReason))
            self._state(line, fate, technician)
        elif fate is StateCategory.RESOLVED or fate is StateCategory.CLOSED:
            columns["solution_id"] = next((entry[0] for entry in reversed(line.entries) if entry[3] is Side.DESK), None)
            self._state(line, StateCategory.RESOLVED, technician)
            columns["resolved_at"] = columns["last_activity_at"]
            if fate is StateCategory.CLOSED:
                self._state(line, fate, line.requester)
        elif fate is StateCategory.CANCELLED:
            self._state(line, fate, line.requester)
        columns["turn"] = turn_of(columns["category"], columns["pending_reason"], columns["last_public_side"])
        columns["turn_since"] = columns["updated_at"] = columns["last_activity_at"]

    def _merge(self, line: _Line, survivor: _Line) -> None:
        """Merge a ticket into the one before it, which the same person asked for."""
        columns, technician = line.columns, self._staff.technicians[0]
        merge_id = next(self._merge_ids)
        line.merge = (merge_id, survivor.columns["id"], columns["state_id"])
        columns["merged_into_id"] = survivor.columns["id"]
        self._set(line, StateCategory.MERGED)
        self._fact(line, Fact.MERGED_AWAY, technician, number=survivor.columns["number"])
        columns["turn"] = turn_of(StateCategory.MERGED, None, columns["last_public_side"])
        columns["turn_since"] = columns["updated_at"] = columns["closed_at"] = columns["last_activity_at"]
        data = {"number": columns["number"], "merge_id": merge_id, "title": columns["title"]}
        self._fact(survivor, Fact.MERGED_HERE, technician, **data)
        survivor.columns["updated_at"] = survivor.columns["last_activity_at"]

    def _state(self, line: _Line, category: StateCategory, by: Somebody | None = None) -> None:
        before = line.columns["state_id"]
        if by is not None and before is not None:
            reason = line.columns["pending_reason"]
            name = next(state.name for state in self._states.values() if state.id == before)
            self._fact(
                line, Fact.STATE, by, before=name, after=self._states[category].name, category=category.value,
                reason=reason.value if reason else None,
            )  # fmt: skip
        self._set(line, category)

    def _set(self, line: _Line, category: StateCategory) -> None:
        columns = line.columns
        columns["state_id"], columns["category"] = self._states[category].id, category
        columns["is_open"] = category in UNSOLVED
        columns["closed_at"] = columns["last_activity_at"] if category in FINAL else None

    def _say(self, line: _Line, kind: EntryKind, author: Somebody, said: Text, side: Side = Side.REQUESTER) -> None:
        columns, note = line.columns, kind is EntryKind.NOTE
        at = self._later(line)
        if note:
            columns["note_count"] += 1
            line.internal.append(said.words)
        else:
            columns["reply_count"] += 1
            columns["last_public_at"], columns["last_public_side"] = at, side
            line.public.append(said.words)
            if side is Side.DESK and columns["first_replied_at"] is None:
                columns["first_replied_at"] = at
        entry = (next(self._entry_ids), columns["id"], kind, Side.DESK if note else side, at, author.id, author.name)
        line.entries.append((*entry, Door.WEB, said.source, said.html, None, {}, None))

    def _fact(self, line: _Line, fact: Fact, by: Somebody, **data: Any) -> None:
        side = Side.REQUESTER if by is line.requester else Side.DESK
        entry = (next(self._entry_ids), line.columns["id"], EntryKind.FACT, side, self._later(line), by.id, by.name)
        line.entries.append((*entry, Door.WEB, "", "", fact, data, None))

    def _later(self, line: _Line) -> datetime:
        """Return the moment of the next entry: the first is the filing itself."""
        if line.entries:
            line.columns["last_activity_at"] += timedelta(seconds=self._chance.randrange(60, 60_000))
        at: datetime = line.columns["last_activity_at"]
        return at

    def _write(self, batch: Sequence[_Line]) -> None:
        session = self._unit.session
        rows = ([line.columns[name] for name in TICKET_COLUMNS] for line in batch)
        bulk.append(session, Ticket, TICKET_COLUMNS, rows)
        bulk.append(session, Entry, ENTRY_COLUMNS, (entry for line in batch for entry in line.entries))
        tie = bulk.last_id(session, TicketAsset) + 1
        with_thing = [(line.columns, line.thing) for line in batch if line.thing is not None]
        bulk.append(
            session,
            TicketAsset,
            ("id", "ticket_id", "asset_id", "role", "snapshot", "taken_at", "created_at", "updated_at"),
            (
                (tie + n, c["id"], thing.id, AssetRole.AFFECTED, thing.snapshot, *[c["created_at"]] * 3)
                for n, (c, thing) in enumerate(with_thing)
            ),
        )
        merged = [(line.columns, line.merge) for line in batch if line.merge is not None]
        bulk.append(
            session,
            Merge,
            ("id", "source_id", "survivor_id", "by_id", "state_before_id", "created_at", "updated_at"),
            (
                (id_, c["id"], into, self._staff.technicians[0].id, state, c["closed_at"], c["closed_at"])
                for c, (id_, into, state) in merged
            ),
        )
        document = bulk.last_id(session, SearchDocument) + 1
        bulk.append(
            session,
            SearchDocument,
            ("id", "kind", "subject_id", "at", "title", "body", "internal"),
            (_document(document + n, line) for n, line in enumerate(batch)),
        )


def _ahead(lines: Iterator[_Line]) -> Iterator[list[_Line]]:
    """Yield batches; the next one is made while the database stores this one. Making them asks the database nothing."""
    with ThreadPoolExecutor(max_workers=1) as maker:
        coming = maker.submit(lambda: list(islice(lines, BATCH)))
        while batch := coming.result():
            coming = maker.submit(lambda: list(islice(lines, BATCH)))
            yield batch


def _document(id_: int, line: _Line) -> tuple[Any, ...]:
    columns, thing = line.columns, line.thing
    title = fold(f"{columns['number']} {columns['title']}")
    about = fold(f"{line.requester.name} {thing.tag} {thing.name}" if thing else line.requester.name)
    body, internal = " ".join([about, *line.public]), " ".join(line.internal)
    return id_, keeping.SEARCH_KIND, columns["id"], columns["last_activity_at"], title, body, internal


def _tally(columns: dict[str, Any]) -> keeping.TallyKey:
    return keeping.TallyKey(
        columns["organization_id"],
        columns["group_id"] or 0,
        columns["assignee_id"] or 0,
        columns["category"],
        columns["turn"],
    )


def _is_merged(line: _Line | None) -> bool:
    return line is None or line.columns["category"] is StateCategory.MERGED
