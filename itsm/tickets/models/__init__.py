"""The nouns of tickets."""

from itsm.tickets.models.bonds import Link, Merge, TicketAsset
from itsm.tickets.models.entry import Entry
from itsm.tickets.models.people import Draft, Participant
from itsm.tickets.models.state import PriorityRule, State, TicketCategory, Transition
from itsm.tickets.models.ticket import Tally, Ticket, TicketSequence
from itsm.tickets.models.view import View

__all__ = [
    "Draft",
    "Entry",
    "Link",
    "Merge",
    "Participant",
    "PriorityRule",
    "State",
    "Tally",
    "Ticket",
    "TicketAsset",
    "TicketCategory",
    "TicketSequence",
    "Transition",
    "View",
]
