"""What stands beside a conversation, in one statement: names, people, the ways on, ties to other tickets, drafts.

Nine small look-ups as one union: each row says ``what`` it is and carries an id, a number and four texts. A round trip
costs more than any of them. The statement is kept; only its parameters change.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CompoundSelect, Select, Text, bindparam, cast, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Group, Person
from itsm.infra.db import BigInt
from itsm.infra.statements import kept, me, of, run
from itsm.kernel.actor import Actor
from itsm.org.models import Location
from itsm.tickets.enums import StateCategory
from itsm.tickets.models import Draft, Link, Merge, State, Ticket, TicketCategory, Transition
from itsm.tickets.queries.detail import Contact, Names
from itsm.tickets.queries.visible import is_visible, sight
from itsm.tickets.rules.workflow import Way


@dataclass(slots=True)
class Beside:
    """All that a ticket's page shows besides the ticket itself, its conversation and its devices."""

    names: Names
    people: dict[int, Contact] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    """The ways out of the ticket's state, in the order of the states they lead to."""
    links: list[tuple[int, str, bool, int, str, str]] = field(default_factory=list)
    """(link id, kind, whether the other stands first, number, title, state category)"""
    merges: list[tuple[int, int, str]] = field(default_factory=list)
    """(merge id, number, title)"""
    drafts: dict[str, str] = field(default_factory=dict)


def beside(session: Session, actor: Actor, ticket: Ticket) -> Beside:
    """Return what stands beside a ticket. Linked tickets that the actor may not see do not exist."""
    taking_part = (p.person_id for p in ticket.participants)
    ids = {ticket.requester_id, ticket.assignee_id, ticket.affected_id, *taking_part} - {None}
    shape: Hashable = ("beside", sight(actor))
    given = {**of(actor), "ticket": ticket.id, "state": ticket.state_id, "people": sorted(filter(None, ids))}
    found = Beside(Names("", None, None, None, None))
    ways: list[tuple[int, Way]] = []
    for what, id_, number, *words in run(session, kept(shape, lambda: _statement(actor)), given):
        if what == "names":
            found.names = Names(words[0], words[1], words[2], words[3], number)
        elif what == "person":
            found.people[id_] = Contact(id_, *words)
        elif what == "way":
            ways.append((number, Way(id_, words[0], StateCategory(words[1]), words[2])))
        elif what == "merge":
            found.merges.append((id_, number, words[1]))
        elif what == "draft":
            found.drafts[words[0]] = words[1]
        else:
            found.links.append((id_, words[0], what == "back", number, words[1], words[2]))
    found.ways = [way for _position, way in sorted(ways, key=lambda one: (one[0], one[1].to_id))]
    return found


def _statement(actor: Actor) -> CompoundSelect[Any]:
    ticket = bindparam("ticket", type_=BigInt)
    survivor = aliased(Ticket)
    names = (
        _line("names", State.id, survivor.number, State.name, Group.name, TicketCategory.path, Location.path)
        .select_from(Ticket)
        .join(State, State.id == Ticket.state_id)
        .outerjoin(Group, Group.id == Ticket.group_id)
        .outerjoin(TicketCategory, TicketCategory.id == Ticket.topic_id)
        .outerjoin(Location, Location.id == Ticket.location_id)
        .outerjoin(survivor, survivor.id == Ticket.merged_into_id)
        .where(Ticket.id == ticket)
    )
    people = _line("person", Person.id, 0, Person.name, Person.email, Person.phone, Person.job_title)
    ways = _line("way", State.id, State.position, State.name, State.category, Transition.permission)
    merges = _line("merge", Merge.id, Ticket.number, None, Ticket.title).join(Ticket, Ticket.id == Merge.source_id)
    drafts = _line("draft", Draft.id, 0, Draft.kind, Draft.body)
    return union_all(
        names,
        people.where(Person.id.in_(bindparam("people", type_=BigInt, expanding=True))),
        ways.join(Transition, Transition.to_id == State.id).where(
            Transition.from_id == bindparam("state", type_=BigInt)
        ),
        merges.where(Merge.survivor_id == ticket, Merge.undone_at.is_(None)),
        drafts.where(Draft.ticket_id == ticket, Draft.person_id == me(actor)),
        _linked("forth", Link.from_id == ticket, Link.to_id, actor),
        _linked("back", Link.to_id == ticket, Link.from_id, actor),
    )


def _linked(what: str, here: Any, there: Any, actor: Actor) -> Select[Any]:
    line = _line(what, Link.id, Ticket.number, Link.kind, Ticket.title, Ticket.category)
    return line.join(Ticket, Ticket.id == there).where(here, is_visible(actor))


def _line(what: str, id_: Any, number: Any, *words: Any) -> Select[Any]:
    """Return the columns of one part of the union: what it is, an id, a number, and four texts."""
    nothing = null()
    texts = [cast(nothing if word is None else word, Text) for word in (*words, *[None] * (4 - len(words)))]
    columns: list[Any] = [literal(what), id_, cast(number, BigInt), *texts]
    return select(*columns)
