"""What a probe remembers of refused passwords: its own, each with the number of the delivery that told the house of it.

The newest order says how often an account was refused by the house's count, and up to which delivery that count goes;
what this probe saw after that comes on top. So an account is tried no more often by both together than it may be by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from itsm.discovery.probe.remote.envelope import Refused, moment
from itsm.discovery.probe.remote.spool import Spool, SpoolFull
from itsm.discovery.probe.ssh.trust import HELD_FOR, AccountGuard, Tries

HEARD: Final = "refusals by the house"
"""What the newest order told: when it was written, the counts, and up to which delivery they go."""
FACT: Final = "refusals"
"""Rows of (delivery or None, account, accepted, refusals after that, when), the oldest first."""


def settle(spool: Spool, guard: AccountGuard, *, now: datetime) -> None:
    """Keep what a guard saw since the last time, and tell it what is known by now.

    A full disk is no reason to stop: the guard keeps its news until there is room.
    """
    with spool.alone():  # another guard's news are either still with it or in the spool
        _keep(spool, guard, now)
        guard.learn(known(spool, now=now))


def _keep(spool: Spool, guard: AccountGuard, now: datetime) -> None:
    news = guard.news()
    if not news:
        return
    since = now - HELD_FOR
    fresh = [[None, name, tries.accepted, tries.failures, now.isoformat()] for name, tries in news.items()]
    try:
        spool.change(FACT, lambda rows: [*(row for row in rows or () if _at(row[4]) > since), *fresh])
    except SpoolFull:
        guard.keep(news)


def untold(rows: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """Return what no delivery has told the house yet, as a delivery carries it."""
    found: dict[str, Tries] = {}
    for delivery, name, accepted, failures, _when in rows:
        if delivery is None:
            found[name] = found.get(name, Tries()).then(Tries(accepted, failures))
    return {name: {"accepted": one.accepted, "failures": one.failures} for name, one in found.items()}


def told_by(rows: Iterable[Any], delivery: int) -> list[list[Any]]:
    """Return the rows after a delivery that tells of all of them."""
    return [[delivery if row[0] is None else row[0], *row[1:]] for row in rows]


def hear(spool: Spool, head: Mapping[str, Any], order: Mapping[str, Any]) -> None:
    """Keep what an order tells of the house's count, unless a newer order told it already."""
    if "refused" not in order:
        return
    fresh = {"at": _at(head.get("issued_at")).isoformat(), "refused": order["refused"], "taken": order.get("taken")}

    def newest(before: Any) -> Any:
        return before if before is not None and _at(before["at"]) > _at(fresh["at"]) else fresh

    with suppress(SpoolFull):  # then an older count holds
        spool.change(HEARD, newest)


def known(spool: Spool, *, now: datetime) -> dict[str, int]:
    """Return how often accounts were refused in a row within the hour, by the house's count and by what we saw after it."""
    since, counts, heard = now - HELD_FOR, {}, spool.fact(HEARD, {})
    for name, (count, when) in _pairs(heard.get("refused")):
        if _at(when) > since:
            counts[name] = count if type(count) is int else 0
    taken = heard.get("taken") if type(heard.get("taken")) is int else 0
    for delivery, name, accepted, failures, when in spool.fact(FACT, ()):
        if (delivery is None or delivery > taken) and _at(when) > since:
            counts[name] = Tries(accepted, failures).after(counts.get(name, 0))
    return counts


def _pairs(told: Any) -> list[tuple[str, Any]]:
    if not isinstance(told, dict):
        return []
    return [(str(name), one) for name, one in told.items() if isinstance(one, list) and len(one) == 2]


def _at(text: Any) -> datetime:
    try:
        return moment(text)
    except Refused:
        return datetime.min.replace(tzinfo=UTC)
