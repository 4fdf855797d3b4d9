"""What people decide about drift."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from itsm.assets.models import Asset
from itsm.infra.unit import current_unit, record
from itsm.insight.drift.enums import STANDING, DriftState
from itsm.insight.drift.models import Drift, DriftCase, DriftRule
from itsm.insight.drift.policies import POLICY, DriftPermission
from itsm.insight.drift.queries.scope import Subject, subjects
from itsm.insight.drift.queries.visible import visible_drift
from itsm.insight.drift.services import tickets
from itsm.insight.drift.services.rounds import accept_into_baseline
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.policy import require

MOST: Final = 200
_WAITING = (DriftState.SUSPECTED, *STANDING)


def drift_to_change(actor: Actor, ids: Iterable[int]) -> Sequence[Drift]:
    """Return the drift that exists for the actor, locked. Raises NotFound where there is none of it."""
    wanted = visible_drift(actor).where(Drift.id.in_(list(ids)[:MOST])).order_by(Drift.id).with_for_update()
    rows = current_unit().session.scalars(wanted.execution_options(populate_existing=True)).all()
    if not rows:
        raise NotFound()
    return rows


def accept(actor: Actor, rows: Sequence[Drift], why: str, *, now: datetime) -> int:
    """Say that this is how it should be: what was found becomes the baseline. Returns how many were accepted.

    A ticket that told of nothing else is resolved, unless somebody has it in hand.
    """
    session = current_unit().session
    rules = {rule.id: rule for rule in session.scalars(select(DriftRule).order_by(DriftRule.id).with_for_update())}
    touched: dict[int, list[Drift]] = {}
    done = [row for row in rows if row.state in _WAITING]
    for row in done:
        require(POLICY, actor, DriftPermission.DECIDE, row)
        accept_into_baseline(session, rules[row.rule_id], row)
        row.state, row.ended_at, row.decided_by_id, row.why = DriftState.ACCEPTED, now, actor.person_id, why[:300]
        record("accepted", "drift", row.id, label=row.subject, before=row.before, after=row.after, why=why[:300])
        if row.case_id is not None:
            touched.setdefault(row.case_id, []).append(row)
    session.flush()
    known = _subjects(session, {row.asset_id for row in done}) if touched else {}
    for case_id, some in touched.items():
        _follow(actor, rules, case_id, some, known, now)
    return len(done)


def _subjects(session: Session, asset_ids: set[int]) -> dict[int, Subject]:
    """Return the assets that stand for these records, by record."""
    root = func.coalesce(Asset.merged_into_id, Asset.id)
    means = {row[0]: row[1] for row in session.execute(select(Asset.id, root).where(Asset.id.in_(asset_ids)))}
    found = subjects(session, sorted(set(means.values())))
    return {one: found[stands] for one, stands in means.items() if stands in found}


def _follow(
    actor: Actor,
    rules: dict[int, DriftRule],
    case_id: int,
    rows: list[Drift],
    known: dict[int, Subject],
    now: datetime,
) -> None:
    session = current_unit().session
    case = session.get_one(DriftCase, case_id)
    subject = known.get(rows[0].asset_id)
    if case.ended_at is not None or subject is None:
        return
    rule = rules[case.rule_id]
    still = select(Drift.id).where(Drift.case_id == case_id, Drift.ended_at.is_(None)).limit(1)
    if session.scalar(still) is not None:
        tickets.tell(actor, tickets.ticket_of(case.ticket_id), rule, subject, "accepted", rows, now=now)
    else:
        tickets.end_case(actor, rule, case, subject, rows, now=now, event="accepted")
