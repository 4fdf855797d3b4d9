"""The chassis of a stack in the register: an asset each, part of the managed device, found by its serial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select

from itsm.assets.enums import AssetStatus, RelationshipType
from itsm.assets.models import Asset, Relationship
from itsm.assets.rules.lifecycle import OUT_OF_SIGHT
from itsm.assets.services.observation import Observation, observe
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.discovery.rules.stacks import Member
from itsm.discovery.services.recognition import Register
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor

SOURCE = "snmp"


def keep_members(
    actor: Actor,
    stack: Asset,
    chassis: Sequence[Member],
    register: Register,
    *,
    sighting_id: int,
    now: datetime,
    whole: bool,
    precedence: Mapping[str, Sequence[str]] | None = None,
) -> list[Asset]:
    """Bring the members of a stack in line: entered once, found by serial, let go when another took their place.

    ``whole``: the reading was complete, so a chassis that it does not name has left.
    """
    found = []
    for member in chassis:
        decision = register.decide([member.key])
        if decision.undecided or decision.asset_id == stack.id:
            continue
        asset = register.asset(decision.asset_id) if decision.asset_id else _enter(actor, stack, member, now)
        register.remember([(asset, [member.key])], now=now)
        said = {
            "name": f"{stack.name} · {member.place}",
            "serial": member.serial,
            "manufacturer": member.maker,
            "model": member.model,
            "firmware": member.version,
        }
        why = ("entPhysicalTable", "chassis of a stack", 0.9, sighting_id)
        told = [Observation(name, value[:200], SOURCE, *why) for name, value in said.items() if value]
        observe(actor, asset, told, now=now, precedence=precedence)
        if asset.status not in OUT_OF_SIGHT:
            asset.parent_id = stack.id
        found.append(asset)
    _tie(stack, found, now, whole)
    return found


def _enter(actor: Actor, stack: Asset, member: Member, now: datetime) -> Asset:
    facts = {"parent_id": stack.id} | ({"location_id": stack.location_id} if stack.location_id else {})
    new = NewAsset(
        organization_id=stack.organization_id,
        name=f"{stack.name} · {member.place}"[:200],
        kind=stack.kind,
        status=AssetStatus.IN_USE,
        facts=facts,
    )
    return register_asset(actor, new, now=now)


def _tie(stack: Asset, found: Sequence[Asset], now: datetime, whole: bool) -> None:
    """Write down who is part of the stack, and end it for who is not any more."""
    session, here = current_unit().session, {asset.id for asset in found}
    session.flush()
    about = or_(Relationship.to_id == stack.id, Relationship.from_id.in_(here))
    standing = select(Relationship).where(about, Relationship.type == RelationshipType.PART_OF)
    known = {(row.from_id, row.to_id): row for row in session.scalars(standing)}
    for asset_id in here:
        row = known.pop((asset_id, stack.id), None)
        if row is None:
            row = Relationship(from_id=asset_id, to_id=stack.id, type=RelationshipType.PART_OF, source=SOURCE)
            session.add(row)
        row.last_seen_at, row.ended_at = now, None
    for row in known.values():
        moved = row.from_id in here
        if row.source == SOURCE and row.ended_at is None and (moved or whole):
            row.ended_at = now
            left = session.get(Asset, row.from_id)
            if left is not None and left.parent_id == row.to_id and not moved:
                left.parent_id = None


def stand_alone(asset: Asset, *, now: datetime) -> None:
    """Take a chassis out of the stack it was part of: it answers by itself now."""
    stack_id, asset.parent_id = asset.parent_id, None
    wanted = select(Relationship).where(
        Relationship.from_id == asset.id,
        Relationship.to_id == stack_id,
        Relationship.type == RelationshipType.PART_OF,
        Relationship.source == SOURCE,
    )
    for row in current_unit().session.scalars(wanted):
        row.ended_at = row.ended_at or now
