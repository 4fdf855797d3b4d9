"""Taking a look: after a sweep, or by the clock. Everything is read in sets and counts once, however often its job
runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from itsm.discovery.enums import SweepState
from itsm.discovery.models import Sweep
from itsm.infra.unit import current_unit
from itsm.infra.upsert import insert_missing
from itsm.insight.drift.enums import RuleKey
from itsm.insight.drift.models import DriftBaseline, DriftLook, DriftRule
from itsm.insight.drift.queries import plans
from itsm.insight.drift.queries.baselines import baselines_of
from itsm.insight.drift.queries.conditions import Baseline, Look, look_for
from itsm.insight.drift.queries.facts import Facts, facts_of
from itsm.insight.drift.queries.scope import Scope, of_sweep
from itsm.insight.drift.rules.catalogue import CATALOGUE
from itsm.insight.drift.rules.comparing import MACS, joined
from itsm.insight.drift.services.rounds import CHUNK, Plans, Result, Round
from itsm.insight.drift.services.rules import ensure_rules
from itsm.kernel.actor import Actor
from itsm.org.models import Organization

BY_SWEEP: Final = tuple(key for key, one in CATALOGUE.items() if not one.by_clock)
BY_CLOCK: Final = tuple(key for key, one in CATALOGUE.items() if one.by_clock)


def look_after_sweep(actor: Actor, sweep_id: int, *, now: datetime) -> Result | None:
    """Look at what a finished sweep saw. Returns None where this look was taken already, or there is nothing to see."""
    session = current_unit().session
    sweep = session.get(Sweep, sweep_id)
    if sweep is None or sweep.state is not SweepState.FINISHED:
        return None
    rules = ensure_rules(now=now)
    if not _first_time(f"sweep:{sweep_id}", now):
        return None
    scope = of_sweep(session, sweep)
    facts = facts_of(session, scope)
    look = Look(session, scope, now, facts, baselines_of(session, scope))
    result = _apply(actor, rules, BY_SWEEP, look, now)
    _keep_baselines(session, scope, facts, look.baselines, now)
    return result


def look_by_clock(actor: Actor, *, now: datetime) -> list[Result]:
    """Look at what only time changes, once a day and organization."""
    session = current_unit().session
    found: list[Result] = []
    rules = ensure_rules(now=now)
    for organization_id in session.scalars(select(Organization.id).order_by(Organization.id)).all():
        if not _first_time(f"clock:{organization_id}:{now:%Y-%m-%d}", now):
            continue
        scope = Scope(organization_id, now)
        found.append(_apply(actor, rules, BY_CLOCK, Look(session, scope, now, {}, {}), now))
    return found


def _first_time(key: str, now: datetime) -> bool:
    """Note a look; say whether it had not been taken. The rules are locked: a twin has waited until the first ended."""
    session = current_unit().session
    before = session.scalar(select(DriftLook.key).where(DriftLook.key == key))
    if before is not None:
        return False
    session.add(DriftLook(key=key, at=now))
    session.flush()
    return True


def _keep_baselines(
    session: Session,
    scope: Scope,
    facts: Mapping[int, Facts],
    known: Mapping[tuple[int, str], Baseline],
    now: datetime,
) -> None:
    """Make a baseline for what was read whole for the first time in its manner; let old ones learn what is told anew."""
    fresh: list[dict[str, Any]] = []
    grown: dict[tuple[int, str], Facts] = {}
    for subject in scope.seen.values():
        if subject.partial:
            continue
        key, seen = (subject.id, subject.manner), facts.get(subject.id, {MACS: {}})
        if key not in known:
            fresh.append({"asset_id": subject.id, "manner": subject.manner, "facts": seen, "set_at": now})
        elif (more := joined(known[key].facts, seen)) is not None:
            grown[key] = more
    for start in range(0, len(fresh), CHUNK):
        insert_missing(session, DriftBaseline, fresh[start : start + CHUNK])
    for (asset_id, manner), more in grown.items():
        session.execute(
            update(DriftBaseline)
            .where(DriftBaseline.asset_id == asset_id, DriftBaseline.manner == manner)
            .values(facts=more)
            .execution_options(synchronize_session=False)
        )


def _apply(
    actor: Actor, rules: Mapping[RuleKey, DriftRule], keys: Iterable[RuleKey], look: Look, now: datetime
) -> Result:
    result = Result()
    session, organization_id = look.session, look.scope.organization_id
    planned = Plans(
        plans.windows_of(session, organization_id, now),
        plans.expected_of(session, organization_id, now),
        plans.places(session),
    )
    for key in keys:
        rule = rules[key]
        if not rule.enabled:
            continue
        verdict = look_for(key, look, rule.threshold)
        Round(actor, rule, look, verdict, planned, result).run()
    return result


def forget_old_looks(session: Session, before: datetime) -> None:
    """Drop notes of looks that no job will ask for again."""
    session.execute(delete(DriftLook).where(DriftLook.at < before))
