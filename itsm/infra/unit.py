"""The unit of work: one door, one transaction, one request id.

``transaction(actor)`` is opened by doors only (views, tasks, commands). Inside it services change rows and ``emit``
facts; on leaving, the
journal is written, everything is committed, and only then the world hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import event as sa_event
from sqlalchemy.orm import Session

from itsm.infra import journal
from itsm.infra.bus import Bus
from itsm.infra.db import Stamped, db, write_mode
from itsm.kernel.actor import Actor
from itsm.kernel.clock import Clock, SystemClock
from itsm.kernel.events import Event


@dataclass(slots=True)
class Unit:
    """What is under way: the session, who acts, when it began, what was told."""

    session: Session
    actor: Actor
    now: datetime
    bus: Bus
    events: list[Event] = field(default_factory=list)
    changes: journal.Changes = field(default_factory=journal.Changes)
    before_commit: dict[str, Callable[[], None]] = field(default_factory=dict)
    """What is done once for all that happened, just before the commit, by name; see :func:`once`."""
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    memory: dict[Any, Any] = field(default_factory=dict)
    """What services remember for as long as the transaction lasts: ids that they looked up, things that they will do."""
    waiting: list[Event] | None = None
    """Facts that :func:`together` keeps until its end."""


_unit: ContextVar[Unit | None] = ContextVar("unit", default=None)


def clock() -> Clock:
    """Return the application's clock. For doors: services get ``now`` as an argument."""
    found = current_app.extensions.get("itsm.clock")
    return found if found is not None else SystemClock()


def current_unit() -> Unit:
    """Return the unit of work under way. Raises RuntimeError outside a transaction."""
    unit = _unit.get()
    if unit is None:
        raise RuntimeError("no transaction is open: only a door may write")
    return unit


@contextmanager
def transaction(actor: Actor) -> Iterator[Unit]:
    """Open the one transaction of a request, task or command; commit on leaving, roll back on any exception.

    A read transaction that is under way in this scope ends first, so that what was read before is read again.
    """
    if _unit.get() is not None:
        raise RuntimeError("a transaction is open already: services do not open their own")
    session: Session = db.session()
    session.rollback()
    unit = Unit(session, actor, clock().now(), current_app.extensions["itsm.bus"])
    token = _unit.set(unit)
    try:
        with write_mode():
            yield unit
            session.flush()
            for call in unit.before_commit.values():
                call()
            session.flush()
            journal.write(session, unit.actor, unit.now, unit.changes)
            session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _unit.reset(token)
    for call in unit.after_commit:
        call()


def emit(event: Event) -> None:
    """Tell the house a fact, in the transaction that made it true."""
    unit = current_unit()
    if unit.waiting is not None:
        unit.waiting.append(event)
        return
    unit.session.flush()
    unit.events.append(event)
    unit.bus.tell(unit.session, event)


@contextmanager
def together() -> Iterator[None]:
    """Keep the facts that are emitted inside until the end, then flush once and tell them in their order.

    For services that write many rows: a flush for each fact would write them one by one. Inside another it adds nothing.
    """
    unit = current_unit()
    if unit.waiting is not None:
        yield
        return
    unit.waiting = []
    try:
        yield
        unit.session.flush()
        told = unit.waiting
    finally:
        unit.waiting = None
    for event in told:
        emit(event)


def once(name: str, call: Callable[[], None]) -> None:
    """Do something just before the commit, once in this transaction however often it is asked for by this name."""
    current_unit().before_commit.setdefault(name, call)


def proven(user_id: int, person_id: int, name: str) -> None:
    """Say who stands behind the stranger that opened this transaction, now that he has proven it (by his password, by
    a code): the journal names him. Request, address and door stay what they were, and no rights come with it.
    """
    unit = current_unit()
    if unit.actor.is_signed_in or unit.actor.is_house:
        raise RuntimeError("who acts is known already")
    unit.actor = replace(unit.actor, user_id=user_id, person_id=person_id, name=name)


def record(action: str, subject_type: str, subject_id: Any, **detail: Any) -> None:
    """Write a journal line for something that changes no journalled row (a sign-in, an export, a bulk load)."""
    current_unit().changes.note(action, subject_type, str(subject_id), **detail)


@sa_event.listens_for(Session, "before_flush")
def _before_flush(session: Session, _context: Any, _instances: Any) -> None:
    unit = _unit.get()
    if unit is None or unit.session is not session:
        return
    for thing in session.new:
        if isinstance(thing, Stamped):
            thing.created_at = thing.created_at or unit.now
            thing.updated_at = thing.updated_at or unit.now
        unit.changes.created(thing)
    for thing in session.dirty:
        changed = journal.changed_attributes(thing)
        if changed:
            if isinstance(thing, Stamped) and "updated_at" not in changed:
                thing.updated_at = unit.now
            unit.changes.changed(thing)
    for thing in session.deleted:
        unit.changes.deleted(thing)
