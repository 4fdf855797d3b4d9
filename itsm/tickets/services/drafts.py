"""Drafts: what is being written survives a closed window, a lost session and a dead battery."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.policy import require
from itsm.tickets.enums import DraftKind
from itsm.tickets.models import Draft, Ticket
from itsm.tickets.policies import POLICY, TicketPermission


def save_draft(actor: Actor, ticket: Ticket, kind: DraftKind, body: str, *, now: datetime) -> None:
    """Keep what the actor is writing on this ticket; an empty text throws the draft away."""
    require(POLICY, actor, TicketPermission.NOTE if kind is DraftKind.NOTE else TicketPermission.REPLY, ticket)
    if not body.strip():
        discard(actor, ticket, kind)
        return
    session = current_unit().session
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"person_id": actor.person_id, "ticket_id": ticket.id, "kind": kind}
    statement = insert(Draft).values(body=body, created_at=now, updated_at=now, **row)
    session.execute(statement.on_conflict_do_update(index_elements=list(row), set_={"body": body, "updated_at": now}))


def discard(actor: Actor, ticket: Ticket, kind: DraftKind) -> None:
    """Throw away the actor's draft on this ticket, if there is one."""
    doomed = delete(Draft).where(Draft.person_id == actor.person_id, Draft.ticket_id == ticket.id, Draft.kind == kind)
    current_unit().session.execute(doomed)
