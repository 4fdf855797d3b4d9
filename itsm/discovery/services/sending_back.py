"""What was seen of an asset, is not it, and waits to be told what it is: split off without saying whose it is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import update

from itsm.assets.models import Asset
from itsm.discovery.enums import MatchState
from itsm.discovery.events import DeviceUndecided
from itsm.discovery.models import Match
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.rules.matching import Decision
from itsm.discovery.services import placing, splitting
from itsm.discovery.services.prepared import Prepared
from itsm.discovery.services.recognition import Register
from itsm.infra.unit import current_unit, emit, record
from itsm.kernel.actor import Actor, Door
from itsm.kernel.policy import require


def send_back(
    actor: Actor, asset: Asset, sighting_ids: Collection[int], *, now: datetime, why: str = ""
) -> list[Match]:
    """Take from an asset what was seen at the addresses of these sightings, and let a person decide whose it is.

    Until then no sweep gives it back. Deciding for the same asset is the way back. Returns what waits, one an address.
    Raises Invalid where none of the sightings is the asset's, RuleBroken where nothing would be left of it.
    """
    require(POLICY, actor, DiscoveryPermission.SPLIT, asset)
    going, staying = splitting.parted(asset, sighting_ids)
    theirs, ours = splitting.newest_of(going), splitting.newest_of(staying)
    waiting: dict[splitting.Seat, Match] = {}
    for one in going:
        match = one.match
        match.asset_id, match.decided_by_id, match.decided_at = None, actor.person_id, now
        head = waiting.setdefault(one.seat, match)
        match.state = MatchState.UNDECIDED if head is match else MatchState.DISMISSED
        match.decided_with_id = None if head is match else head.id
    current_unit().session.flush()
    splitting.take_keys(asset, {key for _, p in theirs for key in p.keys}, {key for _, p in ours for key in p.keys})
    splitting.end_values(asset, [one.sighting.id for one in going], now)
    own = [key for _, prepared in ours for key in prepared.keys]
    Register(asset.organization_id, []).remember([(asset, own)], now=now)
    splitting.bring_in_line(Actor.house(Door.WEB, name=actor.name), asset, ours, now)
    for sighting, prepared in theirs:
        match = waiting[sighting.network_id, sighting.address]
        match.candidates = candidates(_judged(asset, prepared), asset.id)
        emit(DeviceUndecided(at=now, actor_id=actor.user_id, match_id=match.id, address=sighting.address))
    record("sent_back", "asset", asset.id, addresses=sorted({one.sighting.address for one in going}), why=why)
    return list(waiting.values())


def _judged(asset: Asset, prepared: Prepared) -> Decision:
    return Register(asset.organization_id, [prepared]).decide(prepared.keys)


def candidates(decision: Decision, left_id: int) -> list[dict[str, Any]]:
    """Return the candidates for a person to choose from; the asset that it was taken from is one of them, and marked."""
    found = placing.candidates(decision, {})
    if not any(one["asset_id"] == left_id for one in found):
        found.append({"asset_id": left_id, "score": 0.0, "agree": [], "contradict": []})
    return [one | {"left": True} if one["asset_id"] == left_id else one for one in found]


def left_by(match: Match) -> int | None:
    """Return the asset that a match was taken from, if it was."""
    return next((int(one["asset_id"]) for one in match.candidates if one.get("left")), None)


def go_on(before: Match, fresh: Match, decision: Decision) -> None:
    """Let a newer sighting of what waits take its place: one question a device, and its answer holds for all of them."""
    left = left_by(before)
    if left is not None:
        fresh.candidates = candidates(decision, left)
    fresh.decided_by_id, fresh.decided_at = before.decided_by_id, before.decided_at
    older = update(Match).where(Match.decided_with_id == before.id).values(decided_with_id=fresh.id)
    current_unit().session.execute(older.execution_options(synchronize_session="fetch"))
    before.state, before.decided_with_id = MatchState.DISMISSED, fresh.id
