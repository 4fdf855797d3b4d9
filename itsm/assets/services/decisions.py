"""Deciding a disagreement: keep what is recorded, accept what was observed, or always trust the source."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from itsm.assets.enums import DisagreementState
from itsm.assets.events import AssetChanged, DisagreementDecided
from itsm.assets.models import Asset, Disagreement, FieldChoice
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.services.observation import record_value
from itsm.assets.services.registration import remember_choices
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict
from itsm.kernel.policy import require


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
