"""From the numbers and ids that forms carry to the things that services want."""

from __future__ import annotations

from sqlalchemy import literal, select

from itsm.assets.models import Asset
from itsm.assets.queries import root_of
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, NotFound
from itsm.tickets.enums import LinkKind
from itsm.tickets.models import Ticket
from itsm.tickets.queries import tickets_to_change

INVERSE = "inverse:"
"""Put before a kind of link to say that the other ticket stands first ("inverse:blocks" is "is blocked by")."""


def two_tickets(actor: Actor, first: int, second: int) -> tuple[Ticket, Ticket]:
    """Return two tickets, locked. Raises NotFound for the first and Invalid for the second where it does not exist."""
    found = {ticket.number: ticket for ticket in tickets_to_change(actor, [first, second])}
    if first not in found:
        raise NotFound()
    if second not in found:
        raise Invalid({"number": "There is no such ticket."})
    return found[first], found[second]


def kind_of_link(word: str) -> tuple[LinkKind, bool]:
    """Return the kind that a form names, and whether the other ticket stands first."""
    inverse = word.startswith(INVERSE)
    try:
        return LinkKind(word.removeprefix(INVERSE)), inverse
    except ValueError:
        raise Invalid({"kind": "Please choose one of the values offered."}) from None


def asset_for(actor: Actor, asset_id: int) -> Asset:
    """Return an asset of the actor's organizations. Raises Invalid where there is none."""
    wanted = select(Asset).where(Asset.id == root_of(literal(asset_id)).scalar_subquery())
    if not actor.all_organizations:
        wanted = wanted.where(Asset.organization_id.in_(actor.organization_ids))
    asset = current_unit().session.scalars(wanted).one_or_none()
    if asset is None:
        raise Invalid({"asset_id": "Choose a device from the list."})
    return asset
