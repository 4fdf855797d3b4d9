"""The list of what nothing may ever ask: kept by people, read by everything that sends packets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from itsm.discovery.models import Exclusion, Network
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.probe.targets import Gathered, Target, parse_range
from itsm.discovery.probe.targets import Network as Net
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Invalid, RuleBroken
from itsm.kernel.policy import require


@dataclass(frozen=True, slots=True)
class Line:
    """An exclusion in effect."""

    ranges: tuple[Target, ...]
    reason: str


class Never:
    """What may not be asked now. The networks' own exclusions come on top."""

    def __init__(self, lines: Sequence[Line] = ()) -> None:
        self.lines = tuple(lines)

    @cached_property
    def networks(self) -> list[Net]:
        """Return all that is left alone, as networks."""
        return [net for line in self.lines for run in line.ranges for net in run.networks()]

    @cached_property
    def _gathered(self) -> Gathered:
        return Gathered(self.networks)

    def holds(self, address: str) -> bool:
        """Say whether an address is left alone."""
        return self._gathered.holds(address)

    def reason_for(self, address: str) -> str | None:
        """Return why an address is left alone; None where it is not."""
        one = parse_range(address)
        return next((line.reason for line in self.lines if any(one.common(run) for run in line.ranges)), None)

    def within(self, ranges: Sequence[Target]) -> Iterator[tuple[Target, str]]:
        """Yield which runs of some ranges are left alone, and why."""
        for line in self.lines:
            for run in line.ranges:
                for mine in ranges:
                    if (both := run.common(mine)) is not None:
                        yield both, line.reason


def is_in_effect(now: datetime) -> ColumnElement[bool]:
    """Return the condition of exclusions that hold now."""
    return and_(Exclusion.ended_at.is_(None), or_(Exclusion.until_on.is_(None), Exclusion.until_on >= now.date()))


def in_effect(session: Session, organization_id: int, *, now: datetime) -> Never:
    """Return what an organization's sweeps and looks must leave alone: its own list and the installation's."""
    home = or_(Exclusion.organization_id.is_(None), Exclusion.organization_id == organization_id)
    rows = session.execute(
        select(Exclusion.ranges, Exclusion.reason).where(home, is_in_effect(now)).order_by(Exclusion.id)
    )
    return Never([Line(tuple(map(parse_range, ranges)), reason) for ranges, reason in rows])


def never_of(session: Session, network: Network, *, now: datetime) -> Never:
    """Return what a network's sweeps must leave alone, beside its own exclusions."""
    return in_effect(session, network.organization_id, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionFacts:
    """What a person decides about an exclusion."""

    ranges: Sequence[str]
    reason: str
    until_on: date | None = None


def exclude(actor: Actor, organization_id: int | None, facts: ExclusionFacts, *, now: datetime) -> Exclusion:
    """Put addresses on the list, of an organization or (None) of the whole installation. Raises Invalid."""
    if facts.until_on is not None and facts.until_on < now.date():
        raise Invalid({"until_on": "This day is past."})
    row = Exclusion(
        organization_id=organization_id,
        ranges=list(facts.ranges),
        reason=facts.reason,
        until_on=facts.until_on,
        by_id=actor.person_id,
    )
    require(POLICY, actor, DiscoveryPermission.EXCLUDE, row)
    session = current_unit().session
    session.add(row)
    session.flush()
    return row


def end(actor: Actor, row: Exclusion, *, version: int, now: datetime) -> None:
    """Let the addresses be asked again. Raises Conflict for a stale version, RuleBroken where it has ended."""
    require(POLICY, actor, DiscoveryPermission.EXCLUDE, row)
    if row.ended_at is not None:
        raise RuleBroken("This exclusion has ended already.")
    if version != row.version:
        raise Conflict(version=row.version)
    row.ended_at = now
