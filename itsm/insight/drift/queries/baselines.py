"""What the assets of a look are compared with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.insight.drift.models import DriftBaseline
from itsm.insight.drift.queries.conditions import Baseline
from itsm.insight.drift.queries.facts import Facts
from itsm.insight.drift.queries.scope import Scope


def baselines_of(session: Session, scope: Scope) -> dict[tuple[int, str], Baseline]:
    """Return the baselines of what was read, by asset and manner.

    Two records that were merged are read as one, so they are compared with what was known of both: else all that one
    has would be news of the other.
    """
    wanted = select(
        DriftBaseline.asset_id, DriftBaseline.manner, DriftBaseline.facts, DriftBaseline.set_at, DriftBaseline.id
    )
    rows = session.execute(wanted.where(DriftBaseline.asset_id.in_(scope.ids)).order_by(DriftBaseline.id))
    found: dict[tuple[int, str], Baseline] = {}
    records: dict[int, dict[int, dict[str, Baseline]]] = defaultdict(lambda: defaultdict(dict))
    standing = set(scope.means.values())
    for asset_id, manner, facts, set_at, row_id in rows:
        root, one = scope.root(asset_id), Baseline(facts, set_at, row_id)
        if root in standing:
            records[root][asset_id][manner] = one
        else:
            found[root, manner] = one
    for root, known in records.items():
        found |= {(root, manner): one for manner, one in _of_both(root, known).items()}
    return found


def _of_both(root: int, records: Mapping[int, Mapping[str, Baseline]]) -> dict[str, Baseline]:
    """Return the baselines of a thing with several records. What was never read in a manner is known from another."""
    if len(records) == 1:
        return {manner: Baseline(one.facts, one.since, one.id, one.facts) for manner, one in _only(records).items()}
    order = sorted(records, key=lambda one: one != root)
    found: dict[str, Baseline] = {}
    for manner in sorted({manner for one in records.values() for manner in one}):
        facts: dict[str, dict[str, Any]] = {}
        kept: Baseline | None = None
        for record in order:
            mine = records[record].get(manner)
            kept = kept or mine
            for one in [mine] if mine is not None else records[record].values():
                _fill(facts, one.facts)
        if kept is not None:
            since = min(one.since for record in records.values() for one in record.values())
            found[manner] = Baseline(facts, since, kept.id, kept.facts)
    return found


def _only(records: Mapping[int, Mapping[str, Baseline]]) -> Mapping[str, Baseline]:
    (only,) = records.values()
    return only


def _fill(facts: dict[str, dict[str, Any]], more: Facts) -> None:
    for aspect, values in more.items():
        facts[aspect] = {**values, **facts.get(aspect, {})}


def added(known: Baseline, more: Facts) -> Facts:
    """Return what a baseline keeps of its own with what a look added to it, without what is another record's."""
    found = {aspect: dict(values) for aspect, values in (known.own or {}).items()}
    for aspect, values in more.items():
        had = known.facts.get(aspect)
        new = {key: value for key, value in values.items() if had is None or key not in had}
        if new or had is None:
            found[aspect] = {**found.get(aspect, {}), **new}
    return found
