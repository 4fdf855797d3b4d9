"""What the assets of a look are compared with."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.insight.drift.models import DriftBaseline
from itsm.insight.drift.queries.conditions import Baseline
from itsm.insight.drift.queries.scope import Scope


def baselines_of(session: Session, scope: Scope) -> dict[tuple[int, str], Baseline]:
    """Return the baselines of what was read, by asset and manner."""
    wanted = select(
        DriftBaseline.asset_id, DriftBaseline.manner, DriftBaseline.facts, DriftBaseline.set_at, DriftBaseline.id
    )
    rows = session.execute(wanted.where(DriftBaseline.asset_id.in_(scope.ids)))
    return {(asset_id, manner): Baseline(facts, set_at, row_id) for asset_id, manner, facts, set_at, row_id in rows}
