"""What exists for whom."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, false, select, true

from itsm.insight.drift.models import Drift
from itsm.insight.drift.policies import POLICY, DriftPermission
from itsm.kernel.actor import Actor
from itsm.kernel.policy import allowed


def seen_by(actor: Actor, column: Any) -> ColumnElement[bool]:
    """Return the condition under which a row of an organization exists for the actor; never for an employee."""
    if not allowed(POLICY, actor, DriftPermission.READ):
        return false()
    return true() if actor.all_organizations else column.in_(actor.organization_ids)


def visible_drift(actor: Actor) -> Select[Any]:
    """Return the drift that exists for the actor."""
    return select(Drift).where(seen_by(actor, Drift.organization_id))
