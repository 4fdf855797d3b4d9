"""Tickets in the search over everything, and on the page of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from sqlalchemy import false, or_, select

from itsm.accounts.panels import Panel, PanelRow
from itsm.infra import search
from itsm.infra.db import db
from itsm.kernel.actor import Actor
from itsm.kernel.numbers import whole_number
from itsm.tickets.models import Ticket
from itsm.tickets.policies import works_at_desk
from itsm.tickets.queries.visible import is_visible
from itsm.web.search import Hit
from itsm.web.texts import _


def tickets_found(actor: Actor, words: str, limit: int) -> Sequence[Hit]:
    """Return tickets by number or words. Internal words count only for those who may read internal notes."""
    desk = works_at_desk(actor)
    known = search.matching(db.session(), "ticket", words, internal=desk)
    told: Any = Ticket.id.in_(known) if known is not None else false()
    number = whole_number(words.lstrip("#"))
    if number is not None:
        told = or_(Ticket.number == number, told)
    wanted = select(Ticket.number, Ticket.title).where(is_visible(actor), told)
    rows = db.session().execute(wanted.order_by(Ticket.last_activity_at.desc(), Ticket.id.desc()).limit(limit))
    kind, door = (_("Tickets"), "tickets.show") if desk else (_("My requests"), "portal.show")
    return [Hit(kind, row.title, url_for(door, number=row.number), f"#{row.number}", "ticket") for row in rows]


def requests_panel(actor: Actor, person_id: int) -> Panel | None:
    """Return the open requests of a person, as far as the actor sees them."""
    if not works_at_desk(actor):
        return None
    theirs = or_(Ticket.requester_id == person_id, Ticket.affected_id == person_id)
    wanted = select(Ticket.number, Ticket.title).where(is_visible(actor), theirs, Ticket.is_open)
    rows = db.session().execute(wanted.order_by(Ticket.last_activity_at.desc(), Ticket.id.desc()).limit(20))
    lines = [
        PanelRow(row.title, url_for("tickets.show", number=row.number), f"#{row.number}", "ticket") for row in rows
    ]
    return Panel(_("Open requests"), lines, _("No open request."))
