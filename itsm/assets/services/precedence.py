"""Deciding whose word counts: for a field in an organization, and taking a single trust back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from itsm.assets.events import AssetChanged
from itsm.assets.models import Asset, FieldChoice, Precedence
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import precedence as queries
from itsm.assets.rules.lifecycle import OUT_OF_SIGHT
from itsm.assets.rules.precedence import DEFAULT_ORDER, OBSERVED_FIELDS
from itsm.assets.services.observation import evidence_of, follow
from itsm.infra.chunks import chunks
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Forbidden, Invalid
from itsm.kernel.policy import require

AT_ONCE = 200


def save_order(
    actor: Actor, organization_id: int, field: str, sources: Sequence[str], *, version: int, now: datetime
) -> int:
    """Set the order of sources for a field and let the records follow it; return how many did.

    ``version`` is that of the order that was looked at (0: the usual one). Raises Conflict where it was changed since,
    Invalid for an order that leaves a source out.
    """
    require(POLICY, actor, AssetPermission.CONFIGURE)
    if not actor.all_organizations and organization_id not in actor.organization_ids:
        raise Forbidden("This organization is not one of yours.")
    if field not in OBSERVED_FIELDS or sorted(sources) != sorted(DEFAULT_ORDER):
        raise Invalid({"order": "Put every source into the order once."})
    session = current_unit().session
    wanted = select(Precedence).where(Precedence.organization_id == organization_id, Precedence.field == field)
    row = session.scalars(wanted.with_for_update()).one_or_none()
    if version != (row.version if row is not None else 0):
        raise Conflict((), "Somebody changed this order in the meantime. Please look again.")
    settings = queries.precedence_of(session, organization_id)
    concerned, _ = queries.effects(session, organization_id, field, sources, settings)
    if row is None:
        row = Precedence(organization_id=organization_id, field=field, sources=list(sources))
        session.add(row)
    else:
        row.sources = list(sources)
    session.flush()
    settings[field] = list(sources)
    return sum(
        _follow(actor, [one.asset_id for one in part], field, settings, now) for part in chunks(concerned, AT_ONCE)
    )


def _follow(actor: Actor, ids: Sequence[int], field: str, settings: dict[str, Sequence[str]], now: datetime) -> int:
    assets = current_unit().session.scalars(select(Asset).where(Asset.id.in_(ids)).with_for_update(of=Asset)).all()
    evidence, number = evidence_of(ids), 0
    for asset in assets:
        if asset.status not in OUT_OF_SIGHT and follow(actor, asset, field, evidence[asset.id], now, settings):
            emit(AssetChanged(at=now, actor_id=actor.user_id, asset_id=asset.id, fields=(field,)))
            number += 1
    return number


def revoke_trust(actor: Actor, asset: Asset, choice: FieldChoice, *, now: datetime) -> None:
    """Stop trusting a source for one field of one asset: the usual order counts there again."""
    require(POLICY, actor, AssetPermission.DECIDE, asset)
    session, field = current_unit().session, choice.field
    session.delete(choice)
    session.flush()
    settings = queries.precedence_of(session, asset.organization_id)
    if follow(actor, asset, field, evidence_of([asset.id])[asset.id], now, settings):
        emit(AssetChanged(at=now, actor_id=actor.user_id, asset_id=asset.id, fields=(field,)))
