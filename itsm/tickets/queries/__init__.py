"""The read side of tickets. Everything is reached through what the actor may see; nothing here writes."""

from itsm.tickets.queries.visible import (
    get_ticket,
    is_own,
    is_visible,
    ticket_to_change,
    tickets_to_change,
    visible_tickets,
)

__all__ = ["get_ticket", "is_own", "is_visible", "ticket_to_change", "tickets_to_change", "visible_tickets"]
