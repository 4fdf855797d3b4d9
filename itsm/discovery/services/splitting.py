"""What was seen of one asset and belongs to another: sightings go where they belong, and the two are told apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, tuple_, update

from itsm.assets.enums import AssetStatus
from itsm.assets.events import AssetSplit, MergeUndone
from itsm.assets.keys import serial_key
from itsm.assets.models import Asset, FieldChoice, ObservedValue
from itsm.assets.queries import one_thing
from itsm.assets.queries.precedence import precedence_of
from itsm.assets.services.merging import tell_apart
from itsm.assets.services.observation import evidence_of
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.discovery import reading
from itsm.discovery.enums import MatchState
from itsm.discovery.events import DeviceFound
from itsm.discovery.models import AssetKey, Match, Network, Sighting
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.rules.keys import Key
from itsm.discovery.services.prepared import Prepared, prepare
from itsm.discovery.services.recognition import Register
from itsm.discovery.services.reconciling import Seen, reconcile
from itsm.infra.chunks import chunks
from itsm.infra.unit import current_unit, emit, record
from itsm.kernel.actor import Actor, Door
from itsm.kernel.errors import Invalid, RuleBroken
from itsm.kernel.policy import require

MOST: Final = 500
_CLEARED: Final = ("serial", "system_uuid", "os_name", "os_version", "firmware", "memory_bytes")
"""Observed fields that are emptied where only the other device told of them."""
Seat = tuple[int | None, str]
"""A network and an address in it."""


@dataclass(frozen=True, slots=True)
class SeenHere:
    """A sighting that is tied to an asset."""

    match: Match
    sighting: Sighting

    @property
    def seat(self) -> Seat:
        """Return where it was seen."""
        return self.sighting.network_id, self.sighting.address


def split(
    actor: Actor, asset: Asset, sighting_ids: Collection[int], other: Asset | None, *, now: datetime, why: str = ""
) -> Asset:
    """Give everything that was seen at the addresses of these sightings to ``other``, or to a new asset.

    Both are brought in line with what is theirs, and remembered as not the same thing. Returns the other asset. Raises
    Invalid where none of the sightings is the asset's, RuleBroken where nothing would be left of it.
    """
    require(POLICY, actor, DiscoveryPermission.SPLIT, asset)
    if other is not None:
        require(POLICY, actor, DiscoveryPermission.SPLIT, other)
        if other.id == asset.id or other.organization_id != asset.organization_id:
            raise Invalid({"other_id": "Choose another asset of the same organization."})
    going, staying = parted(asset, sighting_ids)
    house = Actor.house(Door.WEB, name=actor.name)
    theirs, ours = newest_of(going), newest_of(staying)
    other = other or _enter(house, asset, theirs[0], now)
    for one in going:
        one.match.asset_id, one.match.state = other.id, MatchState.MATCHED
        one.match.decided_by_id, one.match.decided_at = actor.person_id, now
    current_unit().session.flush()
    take_keys(asset, {key for _, p in theirs for key in p.keys}, {key for _, p in ours for key in p.keys})
    end_values(asset, [one.sighting.id for one in going], now)
    register = Register(asset.organization_id, [])
    for here, told in ((asset, ours), (other, theirs)):
        register.remember([(here, [key for _, prepared in told for key in prepared.keys])], now=now)
        bring_in_line(house, here, told, now)
    tell_apart(actor, asset, other, now=now, why=why)
    addresses = sorted({one.sighting.address for one in going})
    record("split", "asset", asset.id, other=other.label, addresses=addresses, why=why)
    record("split", "asset", other.id, other=asset.label, addresses=addresses, why=why)
    emit(AssetSplit(at=now, actor_id=actor.user_id, asset_id=asset.id, other_id=other.id))
    return other


def parted(asset: Asset, sighting_ids: Collection[int]) -> tuple[list[SeenHere], list[SeenHere]]:
    """Return what was seen at the addresses of these sightings, and what else was seen of the asset, newest first.

    Raises Invalid where none of the sightings is the asset's, RuleBroken where nothing would be left of it.
    """
    seen = seen_of(asset.id)
    seats = {one.seat for one in seen if one.sighting.id in sighting_ids}
    going = [one for one in seen if one.seat in seats]
    staying = [one for one in seen if one.seat not in seats]
    if not going:
        raise Invalid({"sighting_ids": "Choose what does not belong to this asset."})
    if not staying:
        raise RuleBroken(
            "Nothing that was seen would be left. If it is another asset altogether, merge the two instead."
        )
    return going, staying


def seen_of(asset_id: int) -> list[SeenHere]:
    """Return the newest sightings of an asset and of what was merged into it."""
    wanted = (
        select(Match, Sighting)
        .join(Sighting, Sighting.id == Match.sighting_id)
        .where(Match.asset_id.in_(one_thing(asset_id)))
        .order_by(Sighting.id.desc())
        .limit(20 * MOST)
    )
    return [SeenHere(match, sighting) for match, sighting in current_unit().session.execute(wanted)]


def newest_of(seen: Sequence[SeenHere]) -> list[tuple[Sighting, Prepared]]:
    """Return the newest sighting of each seat, read anew; the one that tells most comes first."""
    first: dict[Seat, Sighting] = {}
    for one in seen:
        first.setdefault(one.seat, one.sighting)
    read = [(sighting, prepare(sighting.report())) for sighting in list(first.values())[:MOST]]
    return sorted(read, key=lambda pair: (-len(pair[1].device.ports), -len(pair[1].keys), -pair[0].id))


def _enter(house: Actor, asset: Asset, told: tuple[Sighting, Prepared], now: datetime) -> Asset:
    sighting, prepared = told
    device = prepared.device
    network = current_unit().session.get(Network, sighting.network_id) if sighting.network_id else None
    new = NewAsset(
        organization_id=asset.organization_id,
        name=(device.name or device.model or sighting.address)[:200],
        kind=reading.asset_kind(device.kind),
        status=AssetStatus.IN_USE,
        facts={"location_id": network.location_id} if network is not None and network.location_id else {},
    )
    entered = register_asset(house, new, now=now)
    emit(DeviceFound(at=now, asset_id=entered.id, sweep_id=None, address=sighting.address))
    return entered


def take_keys(asset: Asset, theirs: set[Key], ours: set[Key]) -> None:
    """Take from an asset the keys that only the other device shows."""
    stay = {(key.kind, key.value) for key in ours}
    leave = [(key.kind, key.value[:255]) for key in theirs if (key.kind, key.value) not in stay]
    for part in chunks(leave):
        gone = delete(AssetKey).where(AssetKey.asset_id.in_(one_thing(asset.id)))
        gone = gone.where(tuple_(AssetKey.kind, AssetKey.value).in_(part))
        current_unit().session.execute(gone.execution_options(synchronize_session=False))


def end_values(asset: Asset, sighting_ids: Sequence[int], now: datetime) -> None:
    """End what the sightings said of the asset, and empty the fields that only they filled."""
    session = current_unit().session
    standing = ObservedValue.asset_id.in_(one_thing(asset.id)), ObservedValue.ended_at.is_(None)
    values = list(session.scalars(select(ObservedValue).where(*standing)))
    wrong = [value for value in values if value.sighting_id in set(sighting_ids)]
    held = {value.field for value in values if value not in wrong}
    chosen = set(session.scalars(select(FieldChoice.field).where(FieldChoice.asset_id == asset.id)))
    for value in wrong:
        if value.field in _CLEARED and value.field not in held | chosen:
            setattr(asset, value.field, None)
    if "serial" not in held | chosen:
        asset.serial_key = serial_key(asset.serial)
    ended = update(ObservedValue).where(ObservedValue.id.in_([value.id for value in wrong])).values(ended_at=now)
    session.execute(ended)


def bring_in_line(house: Actor, asset: Asset, told: Sequence[tuple[Sighting, Prepared]], now: datetime) -> None:
    """Let the record say what these sightings tell, without being seen now."""
    last = asset.last_seen_at
    precedence = precedence_of(current_unit().session, asset.organization_id)
    seen = [Seen(asset, prepared, sighting.id, alias=place > 0) for place, (sighting, prepared) in enumerate(told)]
    reconcile(house, seen, evidence_of([asset.id]), now=now, precedence=precedence)
    asset.last_seen_at = max(filter(None, [*(sighting.last_seen_at for sighting, _ in told)]), default=last)


def settle_after_undo(event: MergeUndone) -> None:
    """Give the record that is an asset of its own again what was seen of it while it was merged: subscribed inline."""
    session = current_unit().session
    survivor, absorbed = session.get_one(Asset, event.survivor_id), session.get_one(Asset, event.absorbed_id)
    seats: set[Seat] = set()
    since = [one for one in seen_of(survivor.id) if one.match.asset_id == survivor.id]
    for one in since:
        if one.sighting.taken_at < event.merged_at or one.seat in seats:
            continue
        seats.add(one.seat)
        prepared = prepare(one.sighting.report())
        register = Register(survivor.organization_id, [prepared])
        if register.decide(prepared.keys).asset_id != absorbed.id:
            continue
        for same in since:
            if same.seat == one.seat and same.sighting.taken_at >= event.merged_at:
                same.match.asset_id = absorbed.id
        session.flush()
        end_values(survivor, [same.sighting.id for same in since if same.match.asset_id == absorbed.id], event.at)
        register.remember([(absorbed, prepared.keys)], now=event.at)
        bring_in_line(Actor.house(Door.WEB), absorbed, [(one.sighting, prepared)], event.at)
