"""What happened at the demonstration company before the visitor came: tickets in every state, filed and answered by
its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from itsm.accounts.models import Group, Person
from itsm.assets.models import Asset
from itsm.demo import company
from itsm.infra.unit import Unit, current_unit
from itsm.kernel.actor import Actor
from itsm.tickets.enums import Level, PendingReason, StateCategory, TicketKind
from itsm.tickets.models import Ticket
from itsm.tickets.queries import reference
from itsm.tickets.services import assignment, conversation, filing, lifecycle


@dataclass(frozen=True, slots=True)
class _Story:
    who: str
    title: str
    body: str
    days: float
    thing: str | None = None
    impact: Level = Level.LOW
    urgency: Level = Level.MEDIUM
    kind: TicketKind = TicketKind.INCIDENT
    turns: tuple[tuple[str, str, str], ...] = ()
    """(who, ``reply`` | ``note`` | ``take`` | ``resolve`` | ``wait``, text)."""


STORIES = (
    _Story(
        who="Carys Morgan",
        title="Month-end report will not print",
        body="The colour printer takes the job and nothing comes out. Month-end is tomorrow.",
        days=0.08,
        thing="lt-carys",
        impact=Level.MEDIUM,
        urgency=Level.HIGH,
    ),
    _Story(
        who="Dmitri Volkov",
        title="Scanner app closes when I open a delivery",
        body="Since this morning the app closes as soon as I tap a delivery with more than ten lines.",
        days=0.3,
        thing="lt-dmitri",
        turns=(
            ("Tomas Berg", "take", ""),
            (
                "Tomas Berg",
                "reply",
                "Thank you, Dmitri. Does it also happen with Friday's delivery? It has twelve lines.",
            ),
            ("Tomas Berg", "wait", ""),
        ),
    ),
    _Story(
        who="Gwen Okoro",
        title="More room on the design share",
        body="Could I have 200 GB more for the spring catalogue? The raw photos come on Thursday.",
        days=1.2,
        thing="ws-design",
        kind=TicketKind.SERVICE_REQUEST,
        turns=(
            ("Priya Nair", "take", ""),
            ("Priya Nair", "note", "nas1 has 3.1 TB free; volume 2 is the right place."),
        ),
    ),
    _Story(
        who="Elin Sandberg",
        title="Wi-Fi drops in the dispatch corner",
        body="Every few minutes, only at the desk by the roller door. My colleague beside me has it too.",
        days=2.1,
        thing="lt-elin",
        impact=Level.MEDIUM,
        turns=(
            ("Priya Nair", "take", ""),
            (
                "Priya Nair",
                "reply",
                "Both laptops roam between two access points. I lowered the power of one; better now?",
            ),
            ("Elin Sandberg", "reply", "Much better since lunch, thank you."),
        ),
    ),
    _Story(
        who="Bashir Rahimi",
        title="Laptop asks for a recovery key",
        body="Blue screen that wants a 48-digit key after the update.",
        days=4.5,
        thing="lt-bashir",
        urgency=Level.HIGH,
        turns=(
            ("Tomas Berg", "take", ""),
            ("Tomas Berg", "reply", "The update had reset the start-up check. It will not ask for the key again."),
            ("Tomas Berg", "resolve", ""),
        ),
    ),
    _Story(
        who="Farid Haddad",
        title="New SIM does not register",
        body="No network with the new SIM; the old phone works.",
        days=6.0,
        thing="Farid's phone",
        turns=(("Tomas Berg", "take", ""), ("Tomas Berg", "resolve", "")),
    ),
    _Story(
        who="Amelie Laurent",
        title="Second monitor flickers",
        body="When the heating fan starts, the left half flickers for a second.",
        days=0.7,
        thing="Amelie's monitor",
    ),
)


def tell(unit: Unit, persons: dict[str, Person], things: dict[str, Asset], groups: dict[str, Group]) -> None:
    """File the stories' tickets and play their turns, each at its time."""
    for story in sorted(STORIES, key=lambda one: -one.days):
        at = unit.now - timedelta(days=story.days)
        actor = company.acting(unit, persons[story.who])
        thing = things.get(story.thing or "")
        command = filing.NewTicket(
            title=story.title,
            body=story.body,
            kind=story.kind,
            impact=story.impact,
            urgency=story.urgency,
            asset_ids=(thing.id,) if thing is not None else (),
        )
        ticket = filing.file(actor, command, now=at)
        for who, deed, text in story.turns:
            at += timedelta(minutes=23)
            _turn(company.acting(unit, persons[who]), ticket, deed, text, at, groups)
        unit.session.flush()


def _turn(actor: Actor, ticket: Ticket, deed: str, text: str, at: datetime, groups: dict[str, Group]) -> None:
    session = current_unit().session
    if deed == "take":
        where = assignment.Assignment(group_id=groups["Service desk"].id, assignee_id=actor.person_id)
        assignment.assign(actor, ticket, where, now=at)
    elif deed == "reply":
        conversation.reply(actor, ticket, conversation.Reply(body=text), now=at)
    elif deed == "note":
        conversation.note(actor, ticket, text, now=at)
    elif deed == "wait":
        paused = reference.default_state(session, StateCategory.PAUSED)
        lifecycle.change_state(
            actor, ticket, lifecycle.Move(state_id=paused.id, pending_reason=PendingReason.REQUESTER), now=at
        )
    elif deed == "resolve":
        done = reference.default_state(session, StateCategory.RESOLVED)
        lifecycle.change_state(actor, ticket, lifecycle.Move(state_id=done.id), now=at)
