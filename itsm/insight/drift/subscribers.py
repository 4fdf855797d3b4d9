"""What drift listens to, on the job engine. Each look counts once, however often its job runs."""

from __future__ import annotations

from flask import Flask, current_app

from itsm.assets.events import MergeUndone
from itsm.discovery.events import SweepFinished
from itsm.infra.bus import Bus
from itsm.infra.db import db
from itsm.infra.jobs.engine import Jobs
from itsm.infra.unit import clock, transaction
from itsm.insight.drift.services import evaluation, parting, reprobe
from itsm.insight.drift.tasks import START
from itsm.kernel.actor import Actor, Door
from itsm.tickets.events import TicketResolved


def register(app: Flask, bus: Bus) -> None:
    """Subscribe to sweeps that ended and tickets that were resolved."""
    bus.deferred("insight.drift", look, SweepFinished)
    bus.deferred("insight.reprobe_told", tell_outcome, SweepFinished)
    bus.deferred("insight.reprobe", look_again, TicketResolved)
    bus.inline(MergeUndone, part_merged)


def house() -> Actor:
    """Return the actor for what discovery does by itself."""
    return Actor.house(Door.JOB, name="Discovery")


def look(event: SweepFinished, _delivery_id: str) -> None:
    """Look at what a sweep saw. It is read before the transaction, so that nobody waits while much is read."""
    seen = evaluation.see(db.session(), event.sweep_id, now=clock().now())
    if seen is None:
        return
    with transaction(house()) as unit:
        evaluation.look_after_sweep(unit.actor, event.sweep_id, now=unit.now, seen=seen)


def tell_outcome(event: SweepFinished, _delivery_id: str) -> None:
    """Tell what a look again came to, and begin with what waited for the network."""
    with transaction(house()) as unit:
        reprobe.tell_outcome(unit.actor, event.sweep_id, now=unit.now)
        reprobe.start_waiting(unit.actor, now=unit.now)


def part_merged(event: MergeUndone) -> None:
    """Give each of two records its own drift back when their merge is undone, in the same transaction."""
    parting.part(event.survivor_id, event.absorbed_id, event.merged_at)


def look_again(event: TicketResolved, _delivery_id: str) -> None:
    """Have the devices of a ticket looked at again that a person resolved; what the house resolved is seen already."""
    if event.person_id is None:
        return
    with transaction(house()) as unit:
        if reprobe.ask(unit.actor, event.ticket_id, event.person_id, now=unit.now):
            jobs: Jobs = current_app.extensions["itsm.jobs"]
            jobs.enqueue(unit.session, START, {})
