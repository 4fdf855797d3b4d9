"""The rules as the installation has them: made on first need, changed by administrators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from itsm.infra.unit import current_unit
from itsm.infra.upsert import insert_missing
from itsm.insight.drift.enums import OPEN, DriftState, RuleKey
from itsm.insight.drift.models import Drift, DriftCase, DriftRule
from itsm.insight.drift.policies import POLICY, DriftPermission
from itsm.insight.drift.rules.catalogue import CATALOGUE, Definition
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.policy import require

_KEYS = frozenset(key.value for key in RuleKey)
FIELDS = (
    "enabled",
    "opens_ticket",
    "confirmations",
    "threshold",
    "impact",
    "urgency",
    "group_id",
    "topic_id",
    "kinds",
    "location_ids",
    "category_ids",
    "tells_custodian",
    "cap_per_hour",
    "quiet_days",
)


def starting_values(definition: Definition) -> dict[str, Any]:
    """Return what a rule begins with, as the model's columns."""
    return {
        "enabled": definition.enabled,
        "opens_ticket": definition.opens_ticket,
        "confirmations": definition.confirmations,
        "threshold": definition.threshold,
        "impact": definition.impact,
        "urgency": definition.urgency,
        "group_id": None,
        "topic_id": None,
        "kinds": list(definition.kinds),
        "location_ids": [],
        "category_ids": [],
        "tells_custodian": definition.tells_custodian,
        "cap_per_hour": definition.cap_per_hour,
        "quiet_days": definition.quiet_days,
    }


def ensure_rules(*, now: datetime) -> dict[RuleKey, DriftRule]:
    """Return all rules, locked until the transaction ends: two looks never follow up the same finding.

    What is missing is made with its starting values.
    """
    session = current_unit().session
    known = set(session.scalars(select(DriftRule.key)))
    stamped = {"created_at": now, "updated_at": now, "version": 1}
    missing = [
        {"key": key.value, **starting_values(definition), **stamped}
        for key, definition in CATALOGUE.items()
        if key.value not in known
    ]
    insert_missing(session, DriftRule, missing)
    wanted = select(DriftRule).order_by(DriftRule.id).with_for_update()
    rows = session.scalars(wanted.execution_options(populate_existing=True))
    return {RuleKey(row.key): row for row in rows if row.key in _KEYS}


def save_rule(
    actor: Actor, key: RuleKey, values: Mapping[str, Any], *, version: int | None, now: datetime
) -> DriftRule:
    """Change a rule. Raises Conflict for a stale version, Invalid for a threshold that is missing or means nothing. A
    rule that is switched off forgets what it had found.
    """
    require(POLICY, actor, DriftPermission.CONFIGURE)
    _check_threshold(CATALOGUE[key].unit, values)
    rule = ensure_rules(now=now)[key]
    if version is not None and version != rule.version:
        raise Conflict(version=rule.version)
    was_on = rule.enabled
    for name in FIELDS:
        if name in values:
            setattr(rule, name, values[name])
    if was_on and not rule.enabled:
        _forget(rule, now)
    current_unit().session.flush()
    return rule


def _check_threshold(unit: str, values: Mapping[str, Any]) -> None:
    if not unit or "threshold" not in values:
        return
    if values["threshold"] is None:
        raise Invalid({"threshold": "Please fill this in."})
    if unit == "percent" and values["threshold"] > 100:
        raise Invalid({"threshold": "A percentage is at most 100."})


def _forget(rule: DriftRule, now: datetime) -> None:
    session = current_unit().session
    ended = update(Drift).where(Drift.rule_id == rule.id, Drift.state.in_(OPEN))
    session.execute(
        ended.values(state=DriftState.CLEARED, ended_at=now, why="The rule was switched off.").execution_options(
            synchronize_session=False
        )
    )
    cases = update(DriftCase).where(DriftCase.rule_id == rule.id, DriftCase.ended_at.is_(None)).values(ended_at=now)
    session.execute(cases.execution_options(synchronize_session=False))
