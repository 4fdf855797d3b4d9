"""Deciding a disagreement: keep what is recorded, accept what was observed, or always trust the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from itsm.assets.enums import DisagreementState
from itsm.assets.events import AssetChanged, DisagreementDecided
from itsm.assets.models import Asset, Disagreement, FieldChoice
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import assets_to_change
from itsm.assets.services.observation import record_value
from itsm.assets.services.registration import remember_choices
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.policy import require
from itsm.kernel.text import phrase

MOST: Final = 100
"""Disagreements that can be decided at once."""


class Decision(StrEnum):
    """What can be decided."""

    KEEP = "keep"
    ACCEPT = "accept"
    TRUST = "trust"


_STATES: Final = {
    Decision.KEEP: DisagreementState.KEPT,
    Decision.ACCEPT: DisagreementState.ACCEPTED,
    Decision.TRUST: DisagreementState.SOURCE_TRUSTED,
}


def decide(
    actor: Actor, asset: Asset, row: Disagreement, decision: Decision, *, now: datetime, version: int | None = None
) -> Disagreement:
    """Decide an open disagreement of the asset.

    ``keep`` leaves the record, and the same contradiction is not told again; ``accept`` writes what was observed as the
    person's choice; ``trust`` writes it too and lets the source decide the field from now on. Raises Conflict where
    somebody decided it already, or it changed since it was shown.
    """
    require(POLICY, actor, AssetPermission.DECIDE, asset)
    if row.state is not DisagreementState.OPEN or (version is not None and version != row.version):
        raise Conflict((), "This disagreement was decided or changed in the meantime. Please look again.")
    row.state, row.decided_by_id, row.decided_at = _STATES[decision], actor.person_id, now
    asset.open_disagreements = max(0, asset.open_disagreements - 1)
    if decision is not Decision.KEEP:
        if record_value(asset, row.field, row.observed):
            emit(AssetChanged(at=now, actor_id=actor.user_id, asset_id=asset.id, fields=(row.field,)))
        remember_choices(actor, asset, [row.field], why="accepted from " + row.source)
        current_unit().session.flush()
        _settle_others(asset, row, now)
    if decision is Decision.TRUST:
        _trust(actor, asset, row)
    emit(
        DisagreementDecided(
            at=now,
            actor_id=actor.user_id,
            asset_id=asset.id,
            disagreement_id=row.id,
            state=row.state.value,
        )
    )
    return row


def refer(
    actor: Actor, asset: Asset, row: Disagreement, reference: str, *, now: datetime, version: int | None = None
) -> Disagreement:
    """Note that something was opened about a disagreement (``reference``, in words): it waits for that, not here."""
    require(POLICY, actor, AssetPermission.DECIDE, asset)
    if row.state is not DisagreementState.OPEN or (version is not None and version != row.version):
        raise Conflict((), "This disagreement was decided or changed in the meantime. Please look again.")
    row.state, row.reference = DisagreementState.REFERRED, reference[:200]
    row.decided_by_id, row.decided_at = actor.person_id, now
    asset.open_disagreements = max(0, asset.open_disagreements - 1)
    emit(
        DisagreementDecided(
            at=now, actor_id=actor.user_id, asset_id=asset.id, disagreement_id=row.id, state=row.state.value
        )
    )
    return row


@dataclass(slots=True)
class Outcome:
    """What became of many decisions: how many were made, and how many were left because they had changed."""

    decided: int = 0
    left: int = 0


def decide_many(actor: Actor, chosen: Mapping[int, int], decision: Decision, *, now: datetime) -> Outcome:
    """Decide disagreements (id -> the version that was looked at) alike, under one request id.

    One that somebody decided or a sweep changed in the meantime is left and counted. What does not exist for the actor
    is passed over.
    """
    require(POLICY, actor, AssetPermission.DECIDE)
    if not 1 <= len(chosen) <= MOST:
        raise Invalid({"ids": phrase("Select between 1 and %(most)s.", most=MOST)})
    session, outcome = current_unit().session, Outcome()
    pairs = select(Disagreement.id, Disagreement.asset_id).where(Disagreement.id.in_(chosen))
    of = {row.id: row.asset_id for row in session.execute(pairs)}
    assets = {asset.id: asset for asset in assets_to_change(actor, set(of.values()))}
    rows = select(Disagreement).where(Disagreement.id.in_(chosen), Disagreement.asset_id.in_(assets))
    for row in session.scalars(rows.order_by(Disagreement.id).with_for_update()).all():
        if row.state is not DisagreementState.OPEN or row.version != chosen[row.id]:
            outcome.left += 1
            continue
        decide(actor, assets[row.asset_id], row, decision, now=now)
        outcome.decided += 1
    return outcome


def _settle_others(asset: Asset, decided: Disagreement, now: datetime) -> None:
    """Settle the other sources' disagreements about the field where they said what is recorded now."""
    wanted = select(Disagreement).where(
        Disagreement.asset_id == asset.id,
        Disagreement.field == decided.field,
        Disagreement.id != decided.id,
        Disagreement.state == DisagreementState.OPEN,
        Disagreement.observed == decided.observed,
    )
    for other in current_unit().session.scalars(wanted):
        other.state, other.decided_at = DisagreementState.SETTLED, now
        asset.open_disagreements = max(0, asset.open_disagreements - 1)


def _trust(actor: Actor, asset: Asset, row: Disagreement) -> None:
    wanted = select(FieldChoice).where(FieldChoice.asset_id == asset.id, FieldChoice.field == row.field)
    choice = current_unit().session.scalars(wanted).one()
    choice.person_id, choice.source, choice.why = actor.person_id, row.source, "always trusted"
