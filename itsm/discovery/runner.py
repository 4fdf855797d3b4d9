"""Running one sweep: the probe reads in an event loop, a thread takes in what it saw, batch by batch.

A sweep that was cut off by a crash is taken up where it was: addresses that have an outcome are not asked again.
Progress and results are
committed at least every second, so the page is live and nothing that was acknowledged is lost.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import distinct, func, select, update
from sqlalchemy.orm import aliased

from itsm.assets.models import Asset
from itsm.assets.rules.lifecycle import OUT_OF_SIGHT
from itsm.discovery.enums import SweepState, TargetResult
from itsm.discovery.models import Match, Network, Sighting, Sweep, TargetOutcome
from itsm.discovery.probe.ssh.trust import AccountGuard
from itsm.discovery.probe.sweep import Order
from itsm.discovery.probe.sweep import Sweep as ProbeSweep
from itsm.discovery.services import parts, topology
from itsm.discovery.services.exclusions import Never, never_of
from itsm.discovery.services.host_keys import note_host_keys
from itsm.discovery.services.intake import Intake
from itsm.discovery.services.orders import order_for
from itsm.discovery.services.refusals import guard_of, note_refusals
from itsm.discovery.services.survey import Survey, survey
from itsm.discovery.services.sweeps import end_sweep
from itsm.discovery.wire import HostReport
from itsm.infra.db import db
from itsm.infra.unit import Unit, clock, current_unit, transaction
from itsm.kernel.actor import Actor, Door

BATCH = 50
EVERY = 0.8
"""Seconds after which a batch is taken in although it is not full."""
_COLUMNS = {
    TargetResult.NEW: "new",
    TargetResult.CHANGED: "changed",
    TargetResult.SAME: "same",
    TargetResult.ALIAS: "same",
    TargetResult.UNDECIDED: "undecided",
    TargetResult.UNKNOWN: "unknown",
    TargetResult.REFUSED: "refused",
}
Context = Callable[[], AbstractContextManager[Any]]


class SweepRunner:
    """Runs one sweep to its end. ``context`` opens an application context for the thread that writes."""

    def __init__(self, sweep_id: int, context: Context, *, should_stop: Callable[[], bool] = lambda: False) -> None:
        self._sweep_id = sweep_id
        self._context = context
        self._should_stop = should_stop
        self._actor = Actor.house(Door.PROBE, name=f"sweep {sweep_id}")
        self._progress: dict[str, Any] = {"networks": {}, "reasons": {}}
        self._cancelled = False
        self._stopped = False
        self._outside_windows = False
        self._closed: dict[int, str] = {}
        """Networks whose window closed before they were through, by id."""
        self._never = Never()
        self._guard = AccountGuard()

    def run(self) -> bool:
        """Sweep every network of the sweep. Raises what broke it, after writing it down.

        Returns False where it was told to stop before the end: another run takes it up where it was.
        """
        orders = self._begin()
        if orders is None:
            return True
        try:
            for network, order in orders:
                if not self._cancelled and not self._stopped and network.id not in self._closed:
                    asyncio.run(self._sweep(network, order))
        except Exception as error:
            self._end(SweepState.FAILED, error=f"{type(error).__name__}: {error}")
            raise
        if self._stopped and not self._cancelled:
            return False
        if self._closed and not self._cancelled:
            names = ", ".join(self._closed.values())
            self._end(SweepState.CANCELLED, error=f"The window for sweeps closed: {names}. What was seen is kept.")
            return True
        self._end(SweepState.CANCELLED if self._cancelled else SweepState.FINISHED)
        return True

    def _begin(self) -> list[tuple[Network, Order]] | None:
        with self._context(), transaction(self._actor) as unit:
            sweep = unit.session.get(Sweep, self._sweep_id)
            if sweep is None or sweep.state not in (SweepState.QUEUED, SweepState.RUNNING):
                return None
            done = set(unit.session.scalars(select(TargetOutcome.address).where(TargetOutcome.sweep_id == sweep.id)))
            own = parts.own_networks(unit.session, sweep)
            networks = unit.session.scalars(select(Network).where(Network.id.in_(own))).all()
            # One for all networks: an account that is refused in three of them is not tried in the fourth.
            self._guard = guard = guard_of(unit.session, now=unit.now)
            given: dict[str, Any] = {"done": done, "only": sweep.addresses, "guard": guard}
            try:
                orders = [(network, order_for(unit.session, network, now=unit.now, **given)) for network in networks]
            except ValueError as error:
                if not parts.end_own(sweep, SweepState.FAILED, now=unit.now, error=str(error)):
                    end_sweep(sweep, SweepState.FAILED, now=unit.now, error=str(error))
                return None
            self._outside_windows = sweep.outside_windows
            for network, _ in orders:
                self._look_at_window(network, unit.now)
            sweep.state = SweepState.RUNNING
            sweep.started_at = sweep.started_at or unit.now
            sweep.heartbeat_at = unit.now
            sweep.total = sum(len(order.addresses) for _, order in orders) + len(done)
            for network, order in orders:
                self._progress["networks"][str(network.id)] = {
                    "total": len(order.addresses),
                    "asked": 0,
                    "found": 0,
                    "read": 0,
                }
            sweep.progress = self._progress
            return orders

    async def _sweep(self, network: Network, order: Order) -> None:
        probe = ProbeSweep(order)
        batch: list[HostReport] = []
        last = time.monotonic()
        told = False
        reports = probe.reports()
        following = asyncio.ensure_future(anext(reports, None))
        while True:
            done, _ = await asyncio.wait({following}, timeout=EVERY)
            report = following.result() if done else None
            if report is not None:
                batch.append(report)
                following = asyncio.ensure_future(anext(reports, None))
            ended = bool(done) and report is None
            if len(batch) >= BATCH or ended or time.monotonic() - last > EVERY:
                self._note(network, probe)
                await asyncio.to_thread(self._take_in, network, batch)
                probe.spare(self._never.networks)
                batch, last = [], time.monotonic()
                self._stopped = self._should_stop()
                if self._cancelled or self._stopped or network.id in self._closed:
                    told = told or not ended
                    probe.cancel()
            if ended:
                if not told:  # it was through before the window closed
                    self._closed.pop(network.id, None)
                return

    def _note(self, network: Network, probe: ProbeSweep) -> None:
        seen = probe.progress
        asked = min(seen.total, seen.asked)
        self._progress["networks"][str(network.id)] |= {"asked": asked, "found": seen.found, "read": seen.read}
        self._progress["reasons"] = dict(seen.reasons.most_common(30))

    def _take_in(self, network: Network, batch: list[HostReport]) -> None:
        """Write one batch and the progress, in a thread of its own; look whether somebody cancelled or excluded."""
        with self._context():
            prepared = Intake(self._actor, network, self._sweep_id).prepare(batch)
        with self._context(), transaction(self._actor) as unit:
            here = unit.session.get_one(Network, network.id)
            tally = Intake(self._actor, here, self._sweep_id).take(prepared, now=unit.now)
            note_host_keys(here, batch, now=unit.now)
            note_refusals(self._guard, now=unit.now)
            self._look_at_window(here, unit.now)
            self._never = never_of(unit.session, here, now=unit.now)
            counts: Counter[str] = Counter()
            for result, number in tally.results.items():
                counts[_COLUMNS[result]] += number
            self._cancelled = self._write_progress(unit, counts)

    def _look_at_window(self, network: Network, now: datetime) -> None:
        if not self._outside_windows and not network.is_open(now):
            self._closed[network.id] = network.name

    def _write_progress(self, unit: Unit, counts: Counter[str]) -> bool:
        columns: dict[str, Any] = {name: getattr(Sweep, name) + number for name, number in counts.items()}
        changed = update(Sweep).where(Sweep.id == self._sweep_id)
        unit.session.execute(
            changed.values(progress=self._progress, heartbeat_at=unit.now, **columns).execution_options(
                synchronize_session=False
            )
        )
        asked = select(Sweep.cancel_asked_at).where(Sweep.id == self._sweep_id)
        return unit.session.scalar(asked) is not None

    def _end(self, state: SweepState, *, error: str = "") -> None:
        found = self._surveyed() if state is SweepState.FINISHED else None
        with self._context(), transaction(self._actor) as unit:
            sweep = unit.session.get_one(Sweep, self._sweep_id)
            if parts.end_own(sweep, state, now=unit.now, error=error):
                return
            if found is not None:
                topology.write(sweep.organization_id, found, now=unit.now)
                since = sweep.started_at or unit.now
                sweep.vanished = count_vanished(sweep.network_ids, since, sweep.addresses)
            end_sweep(sweep, state, now=unit.now, error=error)

    def _surveyed(self) -> Survey:
        """Survey the network from what is stored, before the transaction that writes it down: others may write on."""
        with self._context():
            session = db.session()
            organization_id = session.scalars(select(Sweep.organization_id).where(Sweep.id == self._sweep_id)).one()
            return survey(session, organization_id, now=clock().now())


def count_vanished(network_ids: list[int], since: datetime, addresses: list[str] | None = None) -> int:
    """Return how many live assets were seen in these networks, or at some addresses of them, before ``since`` and not
    after."""
    wanted = vanished(network_ids, since).with_only_columns(func.count(distinct(Asset.id)), maintain_column_froms=True)
    if addresses is not None:
        wanted = wanted.where(Sighting.address.in_(addresses))
    return current_unit().session.scalar(wanted.order_by(None)) or 0


def vanished(network_ids: list[int], since: datetime) -> Any:
    """Return the select of live assets that were seen in these networks before ``since`` and not after."""
    seen = aliased(Asset)
    return (
        select(Asset)
        .join(seen, func.coalesce(seen.merged_into_id, seen.id) == Asset.id)
        .join(Match, Match.asset_id == seen.id)
        .join(Sighting, Sighting.id == Match.sighting_id)
        .where(Sighting.network_id.in_(network_ids), Asset.last_seen_at < since, Asset.status.not_in(OUT_OF_SIGHT))
    )
