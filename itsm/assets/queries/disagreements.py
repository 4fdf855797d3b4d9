"""What waits for a decision."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.assets.enums import DisagreementState
from itsm.assets.models import Asset, Disagreement
from itsm.assets.queries.visible import sight
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.web.listing import Key, Page, fetch


def open_disagreements(
    actor: Actor, session: Session, *, field: str = "", after: str | None = None, before: str | None = None
) -> Page[Any]:
    """Return a page of the open disagreements on assets that the actor may see, oldest first."""
    columns: list[Any] = [
        *(Disagreement.id, Disagreement.field, Disagreement.recorded, Disagreement.observed, Disagreement.source),
        *(Disagreement.created_at, Disagreement.version, Asset.id.label("asset_id"), Asset.name, Asset.tag, Asset.kind),
    ]
    wanted = select(*columns).join(Asset, Asset.id == Disagreement.asset_id)
    wanted = wanted.where(Disagreement.state == DisagreementState.OPEN, sight(actor))
    if field:
        wanted = wanted.where(Disagreement.field == field)
    return fetch(session, wanted, [Key(Disagreement.id, "id")], after=after, before=before, size=30)


def disagreement_to_change(asset: Asset, disagreement_id: int) -> Disagreement:
    """Return a disagreement of this asset, locked. Raises NotFound for one of another."""
    wanted = select(Disagreement).where(Disagreement.id == disagreement_id, Disagreement.asset_id == asset.id)
    found = current_unit().session.scalars(wanted.with_for_update()).one_or_none()
    if found is None:
        raise NotFound()
    return found
