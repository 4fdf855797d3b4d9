"""Moments that devices tell of: kept as observed values with their history, of many assets in a few statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import insert, select, update

from itsm.assets.models import ObservedValue
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.rules.moments import FIELDS, is_later
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.policy import require


@dataclass(frozen=True, slots=True)
class Moment:
    """What a sighting says of one of the fields: when, and by which object."""

    asset_id: int
    field: str
    at: datetime
    object: str = ""
    rule: str = ""
    sighting_id: int | None = None


def keep_moments(actor: Actor, said: Sequence[Moment], *, now: datetime) -> None:
    """Keep what devices say. The same moment, told a little differently, stays as it was first told."""
    require(POLICY, actor, AssetPermission.OBSERVE)
    wanted = {(one.asset_id, one.field): one for one in said if one.field in FIELDS}
    if not wanted:
        return
    session = current_unit().session
    known = select(ObservedValue.id, ObservedValue.asset_id, ObservedValue.field, ObservedValue.value).where(
        ObservedValue.asset_id.in_({asset_id for asset_id, _ in wanted}),
        ObservedValue.field.in_(FIELDS),
        ObservedValue.ended_at.is_(None),
    )
    same, over = [], []
    for row in session.execute(known):
        one = wanted.get((row.asset_id, row.field))
        if one is not None and is_later(one.at, datetime.fromisoformat(row.value), now=now):
            over.append(row.id)
        elif one is not None:
            same.append(row.id)
            del wanted[row.asset_id, row.field]
    again = {"last_seen_at": now, "times_seen": ObservedValue.times_seen + 1}
    for ids, values in ((same, again), (over, {"ended_at": now})):
        if ids:
            changed = update(ObservedValue).where(ObservedValue.id.in_(ids)).values(values)
            session.execute(changed.execution_options(synchronize_session=False))
    if wanted:
        session.execute(insert(ObservedValue), [_row(one, now) for one in wanted.values()])


def _row(one: Moment, now: datetime) -> dict[str, object]:
    return {
        "asset_id": one.asset_id,
        "field": one.field,
        "source": "snmp",
        "value": one.at.astimezone(UTC).isoformat(timespec="seconds"),
        "object": one.object[:200],
        "rule": one.rule[:200],
        "confidence": 1.0,
        "sighting_id": one.sighting_id,
        "first_seen_at": now,
        "last_seen_at": now,
        "times_seen": 1,
    }
