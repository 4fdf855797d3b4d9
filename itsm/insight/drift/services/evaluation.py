"""Taking a look: after a sweep, or by the clock. Everything is read in sets and counts once, however often its job
runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from itsm.assets.queries import all_merged
from itsm.discovery.enums import SweepState
from itsm.discovery.models import Sweep
from itsm.infra.chunks import chunks
from itsm.infra.unit import current_unit
from itsm.infra.upsert import insert_missing
from itsm.insight.drift.enums import RuleKey
from itsm.insight.drift.models import DriftBaseline, DriftLook, DriftRule
from itsm.insight.drift.queries import plans
from itsm.insight.drift.queries.baselines import added, baselines_of
from itsm.insight.drift.queries.conditions import Look, Verdict, look_for
from itsm.insight.drift.queries.facts import facts_of
from itsm.insight.drift.queries.rules import rule_rows
from itsm.insight.drift.queries.scope import Scope, of_sweep
from itsm.insight.drift.rules.catalogue import CATALOGUE
from itsm.insight.drift.rules.comparing import MACS, joined
from itsm.insight.drift.services.rounds import AT_ONCE, Plans, Result, Round
from itsm.insight.drift.services.rules import ensure_rules
from itsm.kernel.actor import Actor
from itsm.org.models import Organization

BY_SWEEP: Final = tuple(key for key, one in CATALOGUE.items() if not one.by_clock)
BY_CLOCK: Final = tuple(key for key, one in CATALOGUE.items() if one.by_clock)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look saw: everything that was read for it, and what each rule says to that."""

    look: Look
    verdicts: Mapping[RuleKey, Verdict]


def see(session: Session, sweep_id: int, *, now: datetime) -> Seen | None:
    """Read what a finished sweep saw, outside of any transaction: nobody waits for it. None where there is nothing to
    see, or it was seen already."""
    sweep = session.get(Sweep, sweep_id)
    if sweep is None or sweep.state is not SweepState.FINISHED or session.get(DriftLook, _key(sweep_id)) is not None:
        return None
    scope = of_sweep(session, sweep)
    look = Look(session, scope, now, facts_of(session, scope), baselines_of(session, scope))
    rules = rule_rows(session)
    verdicts = {}
    for key in BY_SWEEP:
        row, begins = rules.get(key.value), CATALOGUE[key]
        if row.enabled if row is not None else begins.enabled:
            verdicts[key] = look_for(key, look, row.threshold if row is not None else begins.threshold)
    return Seen(look, verdicts)


def look_after_sweep(actor: Actor, sweep_id: int, *, now: datetime, seen: Seen | None = None) -> Result | None:
    """Follow up what a finished sweep saw. Returns None where this look was taken already, or nothing was seen.

    ``seen`` is what :func:`see` read before the transaction; without it, it is read now.
    """
    session = current_unit().session
    seen = seen or see(session, sweep_id, now=now)
    if seen is None:
        return None
    rules = ensure_rules(now=now)
    if not _first_time(_key(sweep_id), now):
        return None
    result = _apply(actor, rules, seen.verdicts, seen.look)
    _keep_baselines(session, seen.look, now)
    return result


def _key(sweep_id: int) -> str:
    return f"sweep:{sweep_id}"


def look_by_clock(actor: Actor, *, now: datetime) -> list[Result]:
    """Look at what only time changes, once a day and organization."""
    session = current_unit().session
    found: list[Result] = []
    rules = ensure_rules(now=now)
    for organization_id in session.scalars(select(Organization.id).order_by(Organization.id)).all():
        if not _first_time(f"clock:{organization_id}:{now:%Y-%m-%d}", now):
            continue
        scope = Scope(organization_id, now, means=all_merged(session, organization_id))
        look = Look(session, scope, now, {}, {})
        verdicts = {key: look_for(key, look, rules[key].threshold) for key in BY_CLOCK if rules[key].enabled}
        found.append(_apply(actor, rules, verdicts, look))
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


def _keep_baselines(session: Session, look: Look, now: datetime) -> None:
    """Make a baseline for what was read whole for the first time in its manner; let old ones learn what is told anew."""
    fresh: list[dict[str, Any]] = []
    grown: list[dict[str, Any]] = []
    for subject in look.scope.seen.values():
        if subject.partial:
            continue
        key, seen = (subject.id, subject.manner), look.facts.get(subject.id, {MACS: {}})
        known = look.baselines.get(key)
        if known is None:
            fresh.append({"asset_id": subject.id, "manner": subject.manner, "facts": seen, "set_at": now})
        elif (more := joined(known.facts, seen)) is not None:
            grown.append({"id": known.id, "facts": more if known.own is None else added(known, more)})
    for part in chunks(fresh, AT_ONCE):
        insert_missing(session, DriftBaseline, part)
    if grown:
        session.execute(update(DriftBaseline), grown)


def _apply(actor: Actor, rules: Mapping[RuleKey, DriftRule], verdicts: Mapping[RuleKey, Verdict], look: Look) -> Result:
    result = Result()
    session, organization_id, now = look.session, look.scope.organization_id, look.now
    planned = Plans(
        plans.windows_of(session, organization_id, now, look.scope.means),
        plans.expected_of(session, organization_id, now),
        plans.places(session),
    )
    for key, verdict in verdicts.items():
        if rules[key].enabled:
            Round(actor, rules[key], look, verdict, planned, result).run()
    return result


def forget_old_looks(session: Session, before: datetime) -> None:
    """Drop notes of looks that no job will ask for again."""
    session.execute(delete(DriftLook).where(DriftLook.at < before))
