"""Which asset above several tickets may be what is wrong with all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from itsm.insight.causes.rules.significance import LEVEL, Share, bursts

WINDOW: Final = timedelta(hours=4)
"""Tickets this close together may have one cause."""
USUAL: Final = timedelta(days=28)
"""The time from which we know how many tickets are usual."""
QUIET: Final = timedelta(hours=12)
"""A dismissed suspicion does not come back sooner."""
PAST: Final = timedelta(hours=24)
"""A suspicion without a new ticket for so long is over."""
FEWEST: Final = 3
"""Tickets that make a suspicion; two where the asset above them is silent."""
_BURST: Final = 0.001


@dataclass(frozen=True, slots=True)
class Report:
    """A ticket and the assets above its device, each with how many steps away it is."""

    ticket_id: int
    asset_id: int
    above: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """An asset and the tickets below it, with the figures that speak for it."""

    asset_id: int
    ticket_ids: tuple[int, ...]
    share: Share
    steps: int
    silent: bool


def suspicion(
    ticket_id: int,
    reports: Collection[Report],
    below: Mapping[int, int],
    register: int,
    usual: Mapping[int, float],
    silent: Collection[int],
    explained: Mapping[int, Collection[int]],
) -> Suspicion | None:
    """Return the asset that is most likely behind this ticket and others, or None.

    ``below`` is how many devices hang on each asset, of ``register`` in all; ``usual`` how many tickets come from below
    each in such a time, ``explained`` under which lesser suspects a ticket stands already: those speak against nothing
    else. An asset is suspect if it is silent, if more of the tickets hang on it than chance explains
    (weighed by how many were looked at), or if far more come from below it than usual. The core of a network is above
    everything, so it is only suspect for what is below no lesser one.
    """
    here = next((report for report in reports if report.ticket_id == ticket_id), None)
    if here is None:
        return None
    looked_at = len(here.above)
    tries = len({report.asset_id for report in reports})
    found: list[tuple[tuple[bool, float, int], Suspicion]] = []
    for asset_id, steps in here.above.items():
        mine = [report for report in reports if asset_id in report.above or report.asset_id == asset_id]
        devices = len({report.asset_id for report in mine})
        quiet = asset_id in silent
        fewest = 2 if quiet else FEWEST
        if devices < 2 or len(mine) < fewest or sum(_open(r, asset_id, explained) for r in mine) < fewest:
            continue
        share = Share(hits=devices, tries=tries, marked=below.get(asset_id, 0), total=register)
        stands_out = share.chance * looked_at < LEVEL
        burst = bursts(len(mine), usual.get(asset_id, 0.5)) < _BURST
        if quiet or stands_out or burst:
            told = Suspicion(asset_id, tuple(sorted(r.ticket_id for r in mine)), share, steps, quiet)
            found.append(((not quiet, round(share.chance, 9), steps), told))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _open(report: Report, asset_id: int, explained: Mapping[int, Collection[int]]) -> bool:
    """Say whether a ticket has no suspect yet that is nearer to it than this one."""
    steps = report.above.get(asset_id, 0)
    return all(report.above.get(other, steps) >= steps for other in explained.get(report.ticket_id, ()))
