"""What waits for a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.assets.enums import AssetKind, DisagreementState
from itsm.assets.models import Asset, Disagreement
from itsm.assets.queries.visible import sight
from itsm.assets.queries.words import words_match
from itsm.assets.rules.precedence import DEFAULT_ORDER, OBSERVED_FIELDS
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.text import one_line
from itsm.web.listing import Key, Page, fetch


@dataclass(frozen=True, slots=True)
class DisagreementWish:
    """What somebody wants to see of them; empty means all. ``referred``: those a ticket was opened about."""

    field: str = ""
    source: str = ""
    kind: str = ""
    q: str = ""
    referred: bool = False

    @classmethod
    def of(cls, args: Mapping[str, Any]) -> DisagreementWish:
        """Return the wish that query values express; what is not understood is left out."""
        field, source, kind = (str(args.get(name) or "") for name in ("field", "source", "kind"))
        return cls(
            field=field if field in OBSERVED_FIELDS else "",
            source=source if source in DEFAULT_ORDER else "",
            kind=kind if kind in {one.value for one in AssetKind} else "",
            q=one_line(str(args.get("q") or ""), 200),
            referred=args.get("referred") == "1",
        )

    def values(self) -> dict[str, str]:
        """Return the query values of this wish."""
        found = {"field": self.field, "source": self.source, "kind": self.kind, "q": self.q}
        return {name: value for name, value in found.items() if value} | ({"referred": "1"} if self.referred else {})


def open_disagreements(
    actor: Actor, session: Session, wish: DisagreementWish, *, after: str | None = None, before: str | None = None
) -> Page[Any]:
    """Return a page of the disagreements on assets that the actor may see, oldest first."""
    columns: list[Any] = [
        *(Disagreement.id, Disagreement.field, Disagreement.recorded, Disagreement.observed, Disagreement.source),
        *(Disagreement.created_at, Disagreement.version, Asset.id.label("asset_id"), Asset.name, Asset.tag, Asset.kind),
        Disagreement.reference,
    ]
    wanted = select(*columns).join(Asset, Asset.id == Disagreement.asset_id)
    state = DisagreementState.REFERRED if wish.referred else DisagreementState.OPEN
    wanted = wanted.where(Disagreement.state == state, sight(actor))
    for column, value in (
        (Disagreement.field, wish.field),
        (Disagreement.source, wish.source),
        (Asset.kind, wish.kind),
    ):
        if value:
            wanted = wanted.where(column == value)
    match = words_match(session, wish.q) if wish.q else None
    if match is not None:
        wanted = wanted.where(match)
    return fetch(session, wanted, [Key(Disagreement.id, "id")], after=after, before=before, size=30)


def disagreement_to_change(asset: Asset, disagreement_id: int) -> Disagreement:
    """Return a disagreement of this asset, locked. Raises NotFound for one of another."""
    wanted = select(Disagreement).where(Disagreement.id == disagreement_id, Disagreement.asset_id == asset.id)
    found = current_unit().session.scalars(wanted.with_for_update()).one_or_none()
    if found is None:
        raise NotFound()
    return found
