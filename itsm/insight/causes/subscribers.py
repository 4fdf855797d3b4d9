"""What this part listens to."""

from __future__ import annotations

from sqlalchemy.orm import Session

from itsm.assets.events import AssetsMerged, MergeUndone
from itsm.discovery.events import ErrandEnded, SweepFinished
from itsm.discovery.models import Sweep
from itsm.infra.bus import Bus
from itsm.infra.unit import current_unit, transaction
from itsm.insight.causes import examining
from itsm.insight.causes.services import banners, suspects
from itsm.kernel.actor import Actor, Door
from itsm.tickets.enums import FINAL, StateCategory
from itsm.tickets.events import AssetAttached, StateChanged, TicketFiled

_OVER = frozenset({*FINAL, StateCategory.RESOLVED})


def register(bus: Bus) -> None:
    """Subscribe."""
    bus.deferred("insight.suspects", look_above, TicketFiled, AssetAttached)
    bus.deferred("insight.sweeps", look_again, SweepFinished)
    bus.deferred("insight.errands", hear_errand, ErrandEnded)
    bus.inline(StateChanged, end_banner)
    bus.inline(AssetsMerged, join_suspects)
    bus.inline(MergeUndone, part_suspects)


def look_above(event: TicketFiled | AssetAttached, _delivery_id: str) -> None:
    """Look for what is suspect above a ticket. Doing it again finds the same rows."""
    with transaction(Actor.house(Door.JOB, name="insight")) as unit:
        suspects.look_above(event.ticket_id, now=unit.now)


def look_again(event: SweepFinished, _delivery_id: str) -> None:
    """Note which suspects are silent now, or answer again."""
    with transaction(Actor.house(Door.JOB, name="insight")) as unit:
        organization_id = _organization_of(unit.session, event.sweep_id)
        if organization_id is not None:
            suspects.look_again(organization_id, now=unit.now)


def hear_errand(event: ErrandEnded, _delivery_id: str) -> None:
    """Keep what a probe at another site answered for a look."""
    examining.hear_answer(event.part_id)


def _organization_of(session: Session, sweep_id: int) -> int | None:
    sweep = session.get(Sweep, sweep_id)
    return sweep.organization_id if sweep is not None else None


def join_suspects(event: AssetsMerged) -> None:
    """Let one suspicion go on of two about what is one thing now, in the same transaction."""
    suspects.join_merged(event.survivor_id)


def part_suspects(event: MergeUndone) -> None:
    """Give each of two records its own suspicion back when their merge is undone, in the same transaction."""
    suspects.part_merged(event.survivor_id, event.absorbed_id)


def end_banner(event: StateChanged) -> None:
    """Take the banner of a ticket that is solved off the portal, in the same transaction."""
    if event.after in _OVER:
        banners.end_with(event.ticket_id, current_unit().now)
