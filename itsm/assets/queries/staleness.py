"""Stale by kind, as a condition."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, select
from sqlalchemy.orm import Session

from itsm.assets.enums import AssetKind
from itsm.assets.models import Asset, StaleRule
from itsm.assets.rules.staleness import OTHERWISE, USUAL_DAYS
from itsm.infra.db import UTCDateTime


def silent(session: Session, now: datetime, column: Any = Asset.last_seen_at) -> ColumnElement[bool]:
    """Return the condition that a moment is longer ago than the asset's kind may be silent. One statement."""
    cutoffs: list[tuple[Any, Any]] = []
    own = session.execute(select(StaleRule.organization_id, StaleRule.kind, StaleRule.days).limit(5000)).all()
    for row in own:
        cutoffs.append(
            (and_(Asset.organization_id == row.organization_id, Asset.kind == row.kind), _ago(now, row.days))
        )
    by_days: dict[int, list[AssetKind]] = defaultdict(list)
    for kind, days in USUAL_DAYS.items():
        by_days[days].append(kind)
    cutoffs += [(Asset.kind.in_(kinds), _ago(now, days)) for days, kinds in by_days.items()]
    fewest = min([OTHERWISE, *USUAL_DAYS.values(), *(row.days for row in own)])
    return and_(column < now - timedelta(days=fewest), column < case(*cutoffs, else_=_ago(now, OTHERWISE)))


def _ago(now: datetime, days: int) -> ColumnElement[Any]:
    return literal(now - timedelta(days=days), UTCDateTime())
