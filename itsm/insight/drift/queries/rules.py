"""The rules as people see them: what the installation has, or what it begins with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.accounts.models import Group
from itsm.assets.models import Category
from itsm.discovery.enums import SweepState
from itsm.discovery.models import Network, Sweep
from itsm.insight.drift.enums import RuleKey
from itsm.insight.drift.models import Drift, DriftRule
from itsm.insight.drift.queries import plans
from itsm.insight.drift.queries.baselines import baselines_of
from itsm.insight.drift.queries.conditions import Look, look_for
from itsm.insight.drift.queries.facts import facts_of
from itsm.insight.drift.queries.scope import Subject, of_organization, silent_in, subjects
from itsm.insight.drift.rules.applying import applies
from itsm.insight.drift.rules.comparing import Finding
from itsm.org.models import Location
from itsm.tickets.models import TicketCategory

MOST_TRIED: Final = 200
_LATELY = timedelta(days=7)


def rule_rows(session: Session) -> dict[str, DriftRule]:
    """Return the rules that the installation has, by key."""
    return {row.key: row for row in session.scalars(select(DriftRule))}


def choices(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Return what a rule can be limited to and where its tickets can go."""
    groups = session.execute(select(Group.id, Group.name).order_by(Group.name).limit(300))
    topics = select(TicketCategory.id, TicketCategory.path).where(TicketCategory.retired.is_(False))
    places = session.execute(select(Location.id, Location.path).order_by(Location.path).limit(500))
    categories = session.execute(select(Category.id, Category.name).order_by(Category.name).limit(300))
    return {
        "groups": [(str(row.id), row.name) for row in groups],
        "topics": [(str(row.id), row.path) for row in session.execute(topics.order_by(TicketCategory.path))],
        "places": [(str(row.id), row.path) for row in places],
        "categories": [(str(row.id), row.name) for row in categories],
    }


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule would find now. ``known`` says that it is open already."""

    finding: Finding
    subject: Subject
    known: bool


def try_rule(
    session: Session, organization_id: int, key: RuleKey, values: dict[str, Any], now: datetime
) -> tuple[list[Tried], bool]:
    """Return what a rule with these values finds in what was read in the last week, and whether more was left out.

    Writes nothing. Silence is judged by the latest sweeps of each network, as many as the rule wants.
    """
    scope = of_organization(session, organization_id, now, now - _LATELY)
    if key is RuleKey.SILENT:
        for network_id, since in _turning_points(session, organization_id, values["confirmations"]).items():
            scope.silent |= silent_in(session, [network_id], since, None, now=now)
    look = Look(session, scope, now, facts_of(session, scope), baselines_of(session, scope))
    findings = look_for(key, look, values["threshold"]).findings
    known = scope.silent | scope.seen
    missing = sorted({one.asset_id for one in findings} - known.keys())
    known |= subjects(session, missing[:2000])
    places = plans.places(session)
    rule = _Values(values)
    mine = [one for one in findings if one.asset_id in known and applies(rule, known[one.asset_id], places)]
    wanted = select(Drift.asset_id, Drift.subject).join(DriftRule, DriftRule.id == Drift.rule_id)
    standing = session.execute(wanted.where(DriftRule.key == key, Drift.ended_at.is_(None)))
    open_now = {(scope.root(asset_id), subject) for asset_id, subject in standing}
    found = [
        Tried(one, known[one.asset_id], (one.asset_id, one.subject) in open_now)
        for one in sorted(mine, key=lambda one: (known[one.asset_id].name, one.subject))
    ]
    return found[:MOST_TRIED], len(found) > MOST_TRIED


class _Values:
    """A rule's limits, before they are saved."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.kinds: list[str] = values["kinds"]
        self.category_ids: list[int] = values["category_ids"]
        self.location_ids: list[int] = values["location_ids"]


def _turning_points(session: Session, organization_id: int, sweeps: int) -> dict[int, Any]:
    """Return for each network when the last but n-th whole sweep began: who was not seen since is silent for n."""
    networks = session.scalars(select(Network.id).where(Network.organization_id == organization_id, Network.enabled))
    latest = select(Sweep.network_ids, Sweep.started_at, Sweep.addresses).where(
        Sweep.organization_id == organization_id,
        Sweep.state == SweepState.FINISHED,
        Sweep.started_at.is_not(None),
    )
    rows = [row for row in session.execute(latest.order_by(Sweep.id.desc()).limit(500)) if row.addresses is None]
    found = {}
    for network_id in networks:
        mine = [row.started_at for row in rows if network_id in row.network_ids]
        if len(mine) >= sweeps:
            found[network_id] = mine[sweeps - 1]
    return found
