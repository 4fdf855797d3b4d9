"""Works through the orders in the spool, whether or not the house can be reached, and spools what it sees.

An order that was cut off by a crash goes on where it was: addresses whose report is in the spool are not asked again.
A full spool pauses the sweep (``spool_full``): what was seen first is kept, nothing new is asked, and reading goes on by
itself once there is room.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from itsm.discovery.probe.errand import Errand, narrowed
from itsm.discovery.probe.remote import envelope, refusals
from itsm.discovery.probe.remote.envelope import Refused
from itsm.discovery.probe.remote.keys import KeyPair, PublicKeys
from itsm.discovery.probe.remote.parcel import NetworkPlan
from itsm.discovery.probe.remote.spool import Spool, SpoolFull, Work
from itsm.discovery.probe.ssh.trust import AccountGuard
from itsm.discovery.probe.sweep import Sweep
from itsm.discovery.wire import HostReport, Stage

BATCH: Final = 50
EVERY: Final = 0.8
"""Seconds after which a batch is spooled although it is not full."""
PROGRESS_EVERY: Final = 2.0
TRY_ROOM: Final = 1.0
PROGRAM: Final = "0.1.0"
"""Our version, as the house shows it."""


def now_utc() -> datetime:
    """Return the moment."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Identity:
    """Who this probe is, and to whom it answers."""

    name: str
    keys: KeyPair
    house: PublicKeys


@dataclass(slots=True)
class Sweeper:
    """Runs the orders of a spool, one after the other. A second one beside it may see to the looks."""

    identity: Identity
    spool: Spool
    seal: bool = False
    """Seal deliveries for the house: for files, which pass through other hands."""
    looks: bool | None = None
    """Work by looks only, or by everything else; None: by whatever waits."""
    should_stop: Callable[[], bool] = lambda: False
    is_watched: Callable[[], bool] = lambda: True
    """Whether progress reaches anybody; while cut off it is not spooled."""
    on_delivery: Callable[[], None] = lambda: None
    clock: Callable[[], datetime] = now_utc
    state: str = "idle"
    """``idle``, ``sweeping``, ``spool_full``."""
    _progress: dict[str, Any] = field(default_factory=dict)
    guard: AccountGuard = field(default_factory=AccountGuard)
    """Counts refused passwords over all orders; whoever works beside us on the same spool shares it."""

    def run_one(self) -> bool:
        """Work on the next order to its end; False where there is none, or where it was told to stop before."""
        work = self.spool.next_work(looks=self.looks)
        if work is None:
            return False
        try:
            return self._run(work)
        finally:
            self.state = "idle"

    def _run(self, work: Work) -> bool:
        self._progress = {"networks": {}, "reasons": {}}
        try:
            content, errand = self._opened(work.parcel)
            networks = [NetworkPlan.from_json(one) for one in _listed(content, "networks")]
            chosen = self.spool.fact(f"networks {work.part}")
            networks = [one for one in networks if chosen is None or one.network_id in chosen]
        except Refused as refusal:
            self._end(work.part, "failed", str(refusal))
            return True
        if work.state == "waiting":
            self.spool.begin(work.part)
        self.state = "sweeping"
        self._say(work.part, {"what": "begun"})
        self._settle()
        closed: list[str] = []
        for network in networks:
            if self.spool.is_cancelled(work.part):
                break
            try:
                ended = asyncio.run(self._sweep(work.part, network, errand, free=bool(content.get("outside_windows"))))
            except Exception as error:  # the house learns why, and the next order begins
                self._end(work.part, "failed", f"{network.name}: {type(error).__name__}: {error}"[:500])
                return True
            if self.should_stop():
                return False
            if not ended:
                closed.append(network.name)
        if self.spool.is_cancelled(work.part):
            self._end(work.part, "cancelled", "")
        elif closed:
            said = f"The window for sweeps closed: {', '.join(closed)}. What was seen is kept."
            self._end(work.part, "cancelled", said)
        else:
            self._end(work.part, "finished", "")
        return True

    def _settle(self) -> None:
        refusals.settle(self.spool, self.guard, now=self.clock())

    def _opened(self, parcel: bytes) -> tuple[dict[str, Any], Errand | None]:
        """Return what an order asks for, and the errand where it is one: who asked that waits for minutes only."""
        head, content = open_order(parcel, self.identity, now=None)
        refusals.hear(self.spool, head, content)
        if "errand" not in content:
            return content, None
        open_order(parcel, self.identity, now=self.clock())
        try:
            return content, Errand.from_json(content["errand"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Refused("The errand cannot be read. Update this probe.") from error

    async def _sweep(self, part: str, network: NetworkPlan, errand: Errand | None, *, free: bool) -> bool:
        """Sweep one network; False where its window closed before it was through."""
        finished = self.spool.done(part, network.network_id)
        order = replace(network.order(finished), guard=self.guard)
        order = order if errand is None else narrowed(order, errand)
        counts = {"total": len(order.addresses) + len(finished), "asked": 0, "found": 0, "read": 0}
        self._progress["networks"][str(network.network_id)] = counts
        if not free and not network.is_open(self.clock()):
            return False
        probe = Sweep(order)
        reports = probe.reports()
        batch: list[HostReport] = []
        last = said = time.monotonic()
        closed = False
        following = asyncio.ensure_future(anext(reports, None))
        while True:
            done, _ = await asyncio.wait({following}, timeout=EVERY)
            report = following.result() if done else None
            ended = bool(done) and report is None
            if report is not None:
                batch.append(report)
                following = asyncio.ensure_future(anext(reports, None))
            if len(batch) >= BATCH or ended or time.monotonic() - last > EVERY:
                seen = probe.progress
                counts |= {"asked": min(seen.total, seen.asked) + len(finished), "read": seen.read + len(finished)}
                counts["found"] = seen.found + len(finished)
                self._progress["reasons"] = dict(seen.reasons.most_common(30))
                if batch:
                    await self._spool(part, network, batch)
                    said = time.monotonic()
                elif time.monotonic() - said > PROGRESS_EVERY and self.is_watched():
                    self._say(part, {"what": "progress"})
                    said = time.monotonic()
                self._settle()
                batch, last = [], time.monotonic()
                closed = not free and not network.is_open(self.clock())
                if closed or self.should_stop() or self.spool.is_cancelled(part):
                    probe.cancel()
            if ended:
                return not closed or counts["asked"] >= counts["total"]

    async def _spool(self, part: str, network: NetworkPlan, batch: Sequence[HostReport]) -> None:
        """Keep a batch, in as many deliveries as it needs. Waits while there is no room."""
        rest = list(batch)
        size = len(rest)
        while rest:
            some = rest[:size]
            try:
                self._keep(part, network, some)
            except SpoolFull:
                self.state = "spool_full"
                if self.should_stop():
                    return  # not kept, so not done: the next run asks these addresses again
                await asyncio.sleep(TRY_ROOM)
            except Refused:  # larger than an envelope
                if size > 1:
                    size = max(1, size // 2)
                else:
                    rest[0] = _without_content(rest[0])
            else:
                self.state = "sweeping"
                rest = rest[size:]

    def _keep(self, part: str, network: NetworkPlan, some: Sequence[HostReport]) -> None:
        content = {"what": "reports", "network": network.network_id, "reports": [one.to_json() for one in some]}
        content["progress"] = self._progress
        done = (network.network_id, [one.address for one in some])
        self._append(part, content, done=done)
        self.on_delivery()

    def _say(self, part: str, content: dict[str, Any], *, ends: bool = False) -> None:
        """Keep something that is no report. Progress may be left out where there is no room; an end waits for it."""
        content = {**content, "progress": self._progress}
        while True:
            try:
                self._append(part, content, ends=ends, must=ends)
            except SpoolFull:
                self.state = "spool_full"
                if not ends or self.should_stop():
                    return
                time.sleep(TRY_ROOM)
            else:
                self.on_delivery()
                return

    def _end(self, part: str, state: str, error: str) -> None:
        self._say(part, {"what": "ended", "state": state, "error": error}, ends=True)

    def _append(self, part: str, content: dict[str, Any], **how: Any) -> int:
        """Keep a delivery, and with it what no other told of refused passwords; return its number."""
        self._settle()

        def pack(sequence: int) -> bytes:
            told = refusals.untold(self.spool.fact(refusals.FACT, ()))
            return self._packed(part, sequence, content | ({"refused": told} if told else {}))

        def facts(sequence: int) -> dict[str, Any]:
            rows = self.spool.fact(refusals.FACT, ())
            return {refusals.FACT: refusals.told_by(rows, sequence)} if refusals.untold(rows) else {}

        return self.spool.append(part, pack, facts=facts, **how)

    def _packed(self, part: str, sequence: int, content: dict[str, Any]) -> bytes:
        head = {"kind": "delivery", "probe": self.identity.name, "part": part, "sequence": sequence}
        head |= {"at": self.clock().isoformat(), "program": PROGRAM, "ahead": self.spool.fact("ahead", 0)}
        to = self.identity.house if self.seal else None
        return envelope.pack(head, content, signer=self.identity.keys, to=to)


def _listed(content: Mapping[str, Any], name: str) -> list[Any]:
    found = content.get(name, [])
    if not isinstance(found, list):
        raise Refused("The order cannot be read.")
    return found


def _without_content(report: HostReport) -> HostReport:
    """Return a report that says it was too large for the way home."""
    stages = (*report.stages, Stage("deliver", "too_big", detail="larger than one delivery may be"))
    return replace(report, stages=stages, varbinds=(), outputs=(), partial=True)


def open_order(data: bytes, identity: Identity, *, now: datetime | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return head and content of an order for this probe. Raises Refused; with ``now``, also for one that expired."""
    one = envelope.split(data)
    content = envelope.content_of(one, "order", sender=identity.house, who="The main site", ours=identity.keys)
    if one.head.get("probe") != identity.name:
        raise Refused(f"This order is for the probe {str(one.head.get('probe'))[:40]!r}; this is {identity.name!r}.")
    if now is not None and envelope.moment(one.head.get("expires_at")) < now:
        raise Refused(f"This order expired at {one.head['expires_at']}. Ask the main site for a new one.")
    if not isinstance(content, dict):
        raise Refused("The order cannot be read.")
    return dict(one.head), content
