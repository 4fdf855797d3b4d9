"""A person says which asset a sighting is; the stored report is then taken in as if the rules had known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import literal, select

from itsm.assets.enums import AssetStatus
from itsm.assets.models import Asset
from itsm.assets.queries import root_of
from itsm.assets.queries.precedence import precedence_of
from itsm.assets.services.merging import tell_apart
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.discovery import reading
from itsm.discovery.enums import MatchState
from itsm.discovery.events import DeviceFound
from itsm.discovery.models import Match, Network, Sighting
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.services.prepared import prepare
from itsm.discovery.services.recognition import Register
from itsm.discovery.services.reconciling import Seen, reconcile
from itsm.discovery.services.sending_back import left_by
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor, Door
from itsm.kernel.errors import NotFound, RuleBroken
from itsm.kernel.policy import require


def _decide_older(match: Match) -> None:
    """Give what was seen of the device before to the same asset."""
    older = select(Match).where(Match.decided_with_id == match.id)
    for one in current_unit().session.scalars(older).all():
        one.asset_id, one.state, one.decided_with_id = match.asset_id, MatchState.MATCHED, None
        one.decided_by_id, one.decided_at = match.decided_by_id, match.decided_at


def _tell_apart(house: Actor, left_id: int, asset: Asset, now: datetime) -> None:
    """Remember that what was taken from one asset and is another is not the first."""
    wanted = select(Asset).where(Asset.id == root_of(literal(left_id)).scalar_subquery())
    left = current_unit().session.scalars(wanted).one_or_none()
    if left is not None and left.id != asset.id:
        tell_apart(house, left, asset, now=now)


def decide_match(actor: Actor, match: Match, choice: str, *, now: datetime) -> Asset | None:
    """Tie a sighting to an asset (``choice`` is its id), enter it as a new one (``new``), or leave it (``dismiss``).

    Returns the asset. Raises RuleBroken once it is decided, NotFound for an asset of another organization.
    """
    require(POLICY, actor, DiscoveryPermission.DECIDE, match)
    if match.state is not MatchState.UNDECIDED:
        raise RuleBroken("This was decided already.")
    match.decided_by_id, match.decided_at = actor.person_id, now
    if choice == "dismiss":
        match.state = MatchState.DISMISSED
        return None
    session = current_unit().session
    sighting = session.get_one(Sighting, match.sighting_id)
    prepared = prepare(sighting.report())
    network = session.get(Network, sighting.network_id) if sighting.network_id else None
    house = Actor.house(Door.WEB, name=actor.name)
    if choice == "new":
        device = prepared.device
        new = NewAsset(
            organization_id=match.organization_id,
            name=(device.name or device.model or sighting.address)[:200],
            kind=reading.asset_kind(device.kind),
            status=AssetStatus.IN_USE,
            facts={"location_id": network.location_id} if network is not None and network.location_id else {},
        )
        asset = register_asset(house, new, now=now)
        match.state = MatchState.CREATED
    else:
        found = session.get(Asset, int(choice))
        if found is not None and found.merged_into_id is not None:
            found = session.get(Asset, found.merged_into_id)
        if found is None or found.organization_id != match.organization_id:
            raise NotFound()
        asset, match.state = found, MatchState.MATCHED
    match.asset_id = asset.id
    _decide_older(match)
    if (left := left_by(match)) is not None:
        _tell_apart(house, left, asset, now)
    Register(match.organization_id, []).remember([(asset, prepared.keys)], now=now)
    precedence = precedence_of(session, match.organization_id)
    reconcile(house, [Seen(asset, prepared, sighting.id)], {}, now=now, precedence=precedence)
    if match.state is MatchState.CREATED:
        emit(DeviceFound(at=now, actor_id=actor.user_id, asset_id=asset.id, sweep_id=None, address=sighting.address))
    return asset
