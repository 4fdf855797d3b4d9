"""Drafts: what is being written survives a closed window, a lost session and a dead battery."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete

from itsm.infra.statements import kept, run
from itsm.infra.unit import current_unit
from itsm.infra.upsert import insert_into
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
    whose = {"person_id": actor.person_id, "ticket_id": ticket.id, "kind": kind}

    def build() -> Any:
        made = insert_into(session, Draft)
        said = {name: made.excluded[name] for name in ("body", "updated_at")}
        return made.on_conflict_do_update(index_elements=list(whose), set_=said)

    statement = kept(("save a draft", session.get_bind().dialect.name), build)
    run(session, statement, {**whose, "body": body, "created_at": now, "updated_at": now})


def discard(actor: Actor, ticket: Ticket, kind: DraftKind) -> None:
    """Throw away the actor's draft on this ticket, if there is one."""
    whose = {"person": actor.person_id, "ticket": ticket.id, "kind": kind}
    run(current_unit().session, kept("discard a draft", _discarding), whose)


def _discarding() -> Any:
    draft: Any = Draft.__table__
    mine = draft.c.person_id == bindparam("person"), draft.c.ticket_id == bindparam("ticket")
    return delete(draft).where(*mine, draft.c.kind == bindparam("kind"))
