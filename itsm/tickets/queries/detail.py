"""One ticket with what its pages show, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Group, Person
from itsm.assets.models import Asset
from itsm.attachments.models import Attachment
from itsm.infra.db import BigInt
from itsm.infra.statements import kept, run
from itsm.kernel.actor import Actor
from itsm.org.models import Location
from itsm.tickets.enums import PUBLIC_FACTS, DraftKind, EntryKind
from itsm.tickets.models import Draft, Entry, State, Ticket, TicketAsset, TicketCategory
from itsm.tickets.queries.files import ENTRY
from itsm.tickets.queries.visible import is_own, is_visible

MOST_ENTRIES = 300


@dataclass(frozen=True, slots=True)
class Names:
    """The words for a ticket's references."""

    state: str
    group: str | None
    topic: str | None
    location: str | None
    survivor: int | None


@dataclass(frozen=True, slots=True)
class Contact:
    """A person as a ticket shows him."""

    id: int
    name: str
    email: str | None
    phone: str | None
    job_title: str | None


def names(session: Session, ticket: Ticket) -> Names:
    """Return the words for state, group, topic, location and the ticket that this one was merged into."""
    survivor = aliased(Ticket)
    wanted = (
        select(State.name, Group.name, TicketCategory.path, Location.path, survivor.number)
        .select_from(Ticket)
        .join(State, State.id == Ticket.state_id)
        .outerjoin(Group, Group.id == Ticket.group_id)
        .outerjoin(TicketCategory, TicketCategory.id == Ticket.topic_id)
        .outerjoin(Location, Location.id == Ticket.location_id)
        .outerjoin(survivor, survivor.id == Ticket.merged_into_id)
        .where(Ticket.id == ticket.id)
    )
    return Names(*session.execute(wanted).one())


def contacts(session: Session, person_ids: Sequence[int | None]) -> dict[int, Contact]:
    """Return people by id."""
    wanted = select(Person.id, Person.name, Person.email, Person.phone, Person.job_title)
    found = session.execute(wanted.where(Person.id.in_({id_ for id_ in person_ids if id_ is not None})))
    return {row.id: Contact(*row) for row in found}


def conversation(session: Session, ticket: Ticket, *, internal: bool) -> tuple[list[Any], bool]:
    """Return the entries of a ticket and of those merged into it, oldest first, and whether older ones were left out.

    Without ``internal`` there are neither notes nor facts that are not for the requester; the statement does not ask
    for them.
    """
    wanted = kept(("conversation", internal), lambda: _conversation(internal))
    rows = list(run(session, wanted, {"ticket": ticket.id}))
    return rows[:MOST_ENTRIES][::-1], len(rows) > MOST_ENTRIES


def _conversation(internal: bool) -> Select[Any]:
    ticket = bindparam("ticket", type_=BigInt)
    together = select(Ticket.id).where(or_(Ticket.id == ticket, Ticket.merged_into_id == ticket))
    files = exists().where(Attachment.owner_kind == ENTRY, Attachment.owner_id == Entry.id)
    wanted: Any = select(
        Entry.id,
        Entry.ticket_id,
        Entry.kind,
        Entry.side,
        Entry.at,
        Entry.author_id,
        Entry.author_name,
        Entry.door,
        Entry.html,
        Entry.fact,
        Entry.data,
        files.label("has_files"),
    ).where(Entry.ticket_id.in_(together))
    if not internal:
        wanted = wanted.where(or_(Entry.kind == EntryKind.REPLY, Entry.fact.in_(PUBLIC_FACTS)))
    found: Select[Any] = wanted.order_by(Entry.id.desc()).limit(MOST_ENTRIES + 1)
    return found


@dataclass(frozen=True, slots=True)
class Device:
    """An asset on a ticket: what was known when it was put there, and what is known now."""

    asset_id: int
    tag: str
    name: str
    kind: str
    status: str
    snapshot: dict[str, Any]
    taken_at: datetime
    now: dict[str, Any]
    last_seen_at: datetime | None


def devices(session: Session, ticket: Ticket) -> list[Device]:
    """Return the assets of a ticket with their snapshots; for a merged one, the asset that stands for it.

    Nothing is asked where the ticket has none.
    """
    if ticket.asset_id is None:
        return []
    rows = {row.id: row for row in run(session, kept("devices", _devices), {"ticket": ticket.id})}
    return [_device(row) for row in rows.values()]


def _devices() -> Select[Any]:
    named = aliased(Asset)
    return (
        select(TicketAsset.snapshot, TicketAsset.taken_at, Asset.id, Asset.tag, Asset.name, Asset.kind, Asset.status)
        .add_columns(Asset.os_name, Asset.os_version, Asset.firmware, Asset.memory_bytes, Asset.serial)
        .add_columns(Asset.last_seen_at, Asset.custodian_id, Asset.warranty_until, Location.path)
        .join(named, named.id == TicketAsset.asset_id)
        .join(Asset, Asset.id == func.coalesce(named.merged_into_id, named.id))
        .outerjoin(Location, Location.id == Asset.location_id)
        .where(TicketAsset.ticket_id == bindparam("ticket", type_=BigInt))
        .order_by(TicketAsset.id)
    )


def _device(row: Any) -> Device:
    return Device(
        asset_id=row.id,
        tag=row.tag,
        name=row.name,
        kind=row.kind.value,
        status=row.status.value,
        snapshot=row.snapshot,
        taken_at=row.taken_at,
        last_seen_at=row.last_seen_at,
        now={
            "name": row.name,
            "status": row.status.value,
            "os": " ".join(filter(None, (row.os_name, row.os_version))) or None,
            "firmware": row.firmware,
            "memory_bytes": row.memory_bytes,
            "serial": row.serial,
            "location": row.path,
            "custodian_id": row.custodian_id,
            "warranty_until": row.warranty_until.isoformat() if row.warranty_until else None,
        },
    )


def requests_of(session: Session, actor: Actor, *, unsolved: bool | None, most: int = 100, q: str = "") -> list[Any]:
    """Return the actor's own requests for the portal, newest activity first; with ``q``, those that are called so."""
    from_me = select(
        Ticket.number,
        Ticket.title,
        Ticket.category,
        Ticket.pending_reason,
        Ticket.turn,
        Ticket.turn_since,
        Ticket.last_activity_at,
        Ticket.created_at,
        Ticket.requester_id,
        Person.name.label("assignee"),
    ).outerjoin(Person, Person.id == Ticket.assignee_id)
    wanted = from_me.where(is_own(actor))
    if unsolved is not None:
        still = or_(Ticket.is_open == True, Ticket.category == "resolved")  # noqa: E712
        wanted = wanted.where(still if unsolved else ~still)
    for word in q.split()[:6]:
        wanted = wanted.where(Ticket.title.icontains(word, autoescape=True))
    wanted = wanted.order_by(Ticket.last_activity_at.desc(), Ticket.id.desc()).limit(most)
    return list(session.execute(wanted))


def last_change(session: Session, ticket: Ticket) -> tuple[str, datetime]:
    """Return who wrote or changed something on a ticket last, and when."""
    wanted = select(Entry.author_name, Entry.at).where(Entry.ticket_id == ticket.id).order_by(Entry.id.desc()).limit(1)
    found = session.execute(wanted).one_or_none()
    return (found[0], found[1]) if found is not None else ("", ticket.created_at)


def draft_of(session: Session, actor: Actor, ticket: Ticket) -> str:
    """Return what the actor was writing as a reply to this ticket."""
    wanted = select(Draft.body).where(
        Draft.ticket_id == ticket.id, Draft.person_id == actor.person_id, Draft.kind == DraftKind.REPLY
    )
    return session.scalar(wanted) or ""


def exists_for(session: Session, actor: Actor, number: int) -> bool:
    """Say whether a ticket exists for the actor."""
    wanted = select(Ticket.id).where(is_visible(actor), Ticket.number == number)
    return session.scalar(wanted) is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a ticket stands, with its helper's name: what a portal sentence is made of."""

    ticket: Ticket
    assignee: str | None

    @property
    def category(self) -> str:
        """Return the state category."""
        return self.ticket.category.value

    @property
    def turn(self) -> str:
        """Return whose turn it is."""
        return self.ticket.turn.value

    @property
    def pending_reason(self) -> str | None:
        """Return what it waits for."""
        return self.ticket.pending_reason.value if self.ticket.pending_reason else None


def first_words(session: Session, ticket: Ticket) -> int:
    """Return the id of the entry that a ticket was filed with."""
    wanted = select(Entry.id).where(Entry.ticket_id == ticket.id, Entry.kind == EntryKind.REPLY)
    return session.scalars(wanted.order_by(Entry.id).limit(1)).one()
