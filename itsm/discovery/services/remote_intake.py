"""Taking in what a remote probe saw: the ordinary intake, warier of what is known from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import case, func, or_, select

from itsm.assets.models import Asset
from itsm.discovery.models import Match, Network, Sighting
from itsm.discovery.rules.matching import Decision
from itsm.discovery.services.intake import Intake
from itsm.infra.chunks import chunks
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor

STRONG: Final = frozenset({"serial", "uuid", "engine", "base_mac", "mac"})


class RemoteIntake(Intake):
    """The ordinary intake, warier: one key alone does not lead to an asset that only others have seen."""

    def __init__(self, actor: Actor, network: Network, sweep_id: int | None, probe: str) -> None:
        super().__init__(actor, network, sweep_id)
        self._probe = probe
        self._met: Sequence[int] = ()
        self._strangers: set[int] | None = None

    def _meet(self, asset_ids: Sequence[int]) -> None:
        self._met, self._strangers = asset_ids, None

    def _is_trusted(self, decision: Decision) -> bool:
        agreeing = [key for key in decision.agree if key.kind in STRONG]
        if len({key.kind for key in agreeing}) > 1 or len({key.value for key in agreeing if key.kind == "mac"}) > 1:
            return True
        if self._strangers is None:
            self._strangers = self._seen_elsewhere_only()
        return decision.asset_id not in self._strangers

    def _seen_elsewhere_only(self) -> set[int]:
        """Return which assets of this batch only others have seen: one statement for all, asked when first needed."""
        here = or_(Network.probe == self._probe, Network.id == self._network.id)
        thing = func.coalesce(Asset.merged_into_id, Asset.id)
        seen = (
            select(thing)
            .select_from(Sighting)
            .join(Network, Network.id == Sighting.network_id)
            .join(Match, Match.sighting_id == Sighting.id)
            .join(Asset, Asset.id == Match.asset_id)
            .group_by(thing)
            .having(func.max(case((here, 1), else_=0)) == 0)
        )
        found: set[int] = set()
        for part in chunks(self._met):
            mine = or_(Asset.id.in_(part), Asset.merged_into_id.in_(part))
            found |= set(current_unit().session.scalars(seen.where(mine)))
        return found
