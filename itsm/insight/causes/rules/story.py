"""What changed on a device, made of what was seen to come and go: one list, newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from itsm.insight.causes.enums import Happening

BEFORE: Final = timedelta(hours=72)
"""How long before a ticket we look."""
MOST: Final = 100
_FIELDS: Final = {
    "firmware": Happening.FIRMWARE,
    "os_name": Happening.OS,
    "os_version": Happening.OS,
    "memory_bytes": Happening.MEMORY,
}
"""Observed fields whose change is worth telling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Something that came at ``at`` (None: before all times) and went at ``gone``.

    ``sort`` is software, component, address, observed, moment, link or custody; ``name`` is what it is, ``detail`` what
    is said of it (a version, a port, a size; of a moment: when it was), ``before`` the value that it replaced, ``ref``
    an id that tells two of one sort apart, ``touched`` when it was last changed.
    """

    sort: str
    at: datetime
    gone: datetime | None
    name: str
    detail: str = ""
    before: str = ""
    ref: int = 0
    source: str = ""
    touched: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One line: what happened to what, from what to what, noticed when and by whom."""

    at: datetime
    what: Happening
    name: str
    before: str
    after: str
    source: str


def story(traces: Iterable[Trace], since: datetime, until: datetime) -> list[Change]:
    """Return what changed between two moments, newest first; at most :data:`MOST` lines."""
    by_sort: dict[str, list[Trace]] = defaultdict(list)
    for trace in traces:
        by_sort[trace.sort].append(trace)
    told = [
        *_software(by_sort["software"], since, until),
        *_parts(by_sort["component"], since, until),
        *_moves(by_sort["link"], Happening.MOVED, since, until),
        *_addresses(by_sort["address"], since, until),
        *_moves(by_sort["custody"], Happening.CUSTODY, since, until),
        *(
            Change(trace.at, _FIELDS[trace.name], trace.name, trace.before, trace.detail, trace.source)
            for trace in by_sort["observed"]
            if trace.name in _FIELDS and trace.before and since <= trace.at <= until
        ),
        *_moments(by_sort["moment"], since, until),
    ]
    return newest(told)


def newest(changes: Iterable[Change]) -> list[Change]:
    """Return changes newest first, bounded."""
    return sorted(changes, key=lambda c: (c.at, c.what, c.name), reverse=True)[:MOST]


def _came(trace: Trace, since: datetime, until: datetime) -> bool:
    return since <= trace.at <= until


def _went(trace: Trace, since: datetime, until: datetime) -> bool:
    return trace.gone is not None and since <= trace.gone <= until


def _software(traces: Sequence[Trace], since: datetime, until: datetime) -> Iterable[Change]:
    """Tell installed, removed and updated apart: one version that goes when another of the product comes is an update."""
    gone = {(t.ref, t.gone): t for t in traces if _went(t, since, until)}
    paired: set[int] = set()
    for trace in traces:
        if not _came(trace, since, until):
            continue
        old = gone.get((trace.ref, trace.at))
        if old is not None and old is not trace:
            paired.add(id(old))
            yield Change(trace.at, Happening.UPDATED, trace.name, old.detail, trace.detail, "")
        else:
            yield Change(trace.at, Happening.INSTALLED, trace.name, "", trace.detail, "")
    for old in gone.values():
        if id(old) not in paired:
            yield Change(old.gone or until, Happening.REMOVED, old.name, old.detail, "", "")


def _parts(traces: Sequence[Trace], since: datetime, until: datetime) -> Iterable[Change]:
    for trace in traces:
        what = Happening.MEMORY if trace.source == "memory" else Happening.PART
        said = " ".join(filter(None, (trace.name, trace.detail)))
        if _came(trace, since, until):
            yield Change(trace.at, what, trace.source, "", said, "")
        if _went(trace, since, until):
            yield Change(trace.gone or until, what, trace.source, said, "", "")


def _addresses(traces: Sequence[Trace], since: datetime, until: datetime) -> Iterable[Change]:
    """An address that comes as another goes is a change of address."""
    gone = [t for t in traces if _went(t, since, until)]
    for trace in traces:
        if not _came(trace, since, until):
            continue
        old = next((t for t in gone if t.gone == trace.at), None)
        if old is not None:
            gone.remove(old)
        yield Change(trace.at, Happening.ADDRESS, "", old.name if old else "", trace.name, "")
    for old in gone:
        yield Change(old.gone or until, Happening.ADDRESS, "", old.name, "", "")


def _moves(traces: Sequence[Trace], what: Happening, since: datetime, until: datetime) -> Iterable[Change]:
    """Pair where it was with where it is: a port, a holder. A place that it came back to was touched, not made."""
    left = [t for t in traces if _went(t, since, until)]
    for trace in sorted(traces, key=lambda t: t.at):
        back = trace.gone is None and trace.touched is not None and any(t.gone == trace.touched for t in left)
        at = trace.touched if back and trace.touched is not None else trace.at
        if not since <= at <= until:
            continue
        old = next((t for t in left if t.gone == at), None)
        if old is not None:
            left.remove(old)
        yield Change(at, what, "", _place(old) if old else "", _place(trace), trace.source)
    for old in left:
        yield Change(old.gone or until, what, "", _place(old), "", old.source)


def _moments(traces: Sequence[Trace], since: datetime, until: datetime) -> Iterable[Change]:
    """Tell what a device says was changed, at the moment that it names: a sweep may have heard of it days later."""
    for trace in traces:
        at = datetime.fromisoformat(trace.detail)
        if since <= at <= until:
            yield Change(at, Happening.CONFIGURED, trace.name, "", "", trace.source)


def _place(trace: Trace) -> str:
    return " ".join(filter(None, (trace.name, trace.detail)))


@dataclass(frozen=True, slots=True)
class Run:
    """A sweep that ended."""

    started_at: datetime
    finished_at: datetime
    network_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether a device answers: in the last sweep that looked for it, or silent since when, for how many sweeps."""

    looked_at: datetime | None
    """When the last sweep that would have found it ended."""
    silent_since: datetime | None
    missed: int = 0


def presence(last_seen_at: datetime | None, networks: Iterable[int], runs: Iterable[Run]) -> Presence:
    """Say whether a device answered the last sweep of the networks in which it is seen."""
    homes = set(networks)
    mine = [run for run in runs if homes & set(run.network_ids)]
    looked_at = max((run.finished_at for run in mine), default=None)
    missed = [run for run in mine if last_seen_at is not None and run.started_at > last_seen_at]
    return Presence(looked_at, last_seen_at if missed else None, len(missed))
