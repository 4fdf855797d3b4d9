"""Factories of tickets. They make bare rows; what a service keeps beside them (search, tallies) they do not."""

import factory
from sqlalchemy import select

from itsm.infra.unit import current_unit
from itsm.kernel.actor import Door
from itsm.tickets.enums import AssetRole, EntryKind, Level, ParticipantRole, Side, StateCategory, TicketKind, Turn
from itsm.tickets.models import Entry, Participant, State, Ticket, TicketAsset
from tests.factories.accounts import PersonFactory
from tests.factories.base import Factory


def state_of(category):
    """Return the id of the state that stands for a category."""
    wanted = select(State.id).where(State.category == StateCategory(category), State.is_default)
    return current_unit().session.scalars(wanted).one()


class TicketFactory(Factory):
    """A new ticket of somebody new."""

    class Meta:
        model = Ticket
        exclude = ("requester",)

    requester = factory.SubFactory(PersonFactory)
    requester_id = factory.LazyAttribute(lambda o: o.requester.id)
    organization_id = factory.LazyAttribute(lambda o: o.requester.organization_id)
    number = factory.Sequence(lambda n: 500_000 + n)
    kind = TicketKind.INCIDENT
    title = factory.Sequence(lambda n: f"Trouble {n}")
    category = StateCategory.NEW
    state_id = factory.LazyAttribute(lambda o: state_of(o.category))
    is_open = factory.LazyAttribute(lambda o: o.category in ("new", "open", "paused"))
    impact = Level.LOW
    urgency = Level.MEDIUM
    priority = 3
    door = Door.WEB
    turn = Turn.DESK
    turn_since = factory.LazyFunction(lambda: current_unit().now)
    last_activity_at = factory.LazyFunction(lambda: current_unit().now)


class EntryFactory(Factory):
    """A public reply of the requester."""

    class Meta:
        model = Entry

    kind = EntryKind.REPLY
    side = Side.REQUESTER
    at = factory.LazyFunction(lambda: current_unit().now)
    author_name = "Somebody"
    door = Door.WEB
    source = factory.Sequence(lambda n: f"Words {n}")
    html = factory.LazyAttribute(lambda o: f"<p>{o.source}</p>")


class ParticipantFactory(Factory):
    """A watcher."""

    class Meta:
        model = Participant

    role = ParticipantRole.WATCHER


class TicketAssetFactory(Factory):
    """An affected asset."""

    class Meta:
        model = TicketAsset

    role = AssetRole.AFFECTED
    snapshot = factory.LazyFunction(dict)
    taken_at = factory.LazyFunction(lambda: current_unit().now)
