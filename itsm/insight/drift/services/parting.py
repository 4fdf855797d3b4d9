"""What a merge that was taken back leaves of drift: to each record what is its own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from itsm.assets.queries import one_thing
from itsm.infra.unit import current_unit
from itsm.insight.drift.enums import DriftState
from itsm.insight.drift.models import Drift, DriftBaseline, DriftCase


def part(survivor_id: int, absorbed_id: int, merged_at: datetime) -> None:
    """Part two records that were one thing.

    What was learned as normal while they were one is forgotten: it is of both. Drift of one that was put on the other's
    ticket waits for a ticket of its own; the ticket itself stays with the record that it was opened for.
    """
    session = current_unit().session
    sides = (one_thing(survivor_id), one_thing(absorbed_id))
    for mine, theirs in (sides, sides[::-1]):
        learned = delete(DriftBaseline).where(DriftBaseline.asset_id.in_(mine), DriftBaseline.set_at >= merged_at)
        session.execute(learned.execution_options(synchronize_session="fetch"))
        others = select(DriftCase.id).where(DriftCase.asset_id.in_(theirs))
        freed = update(Drift).where(Drift.asset_id.in_(mine), Drift.ended_at.is_(None), Drift.case_id.in_(others))
        freed = freed.values(case_id=None, state=DriftState.CONFIRMED)
        session.execute(freed.execution_options(synchronize_session="fetch"))
