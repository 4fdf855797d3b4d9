"""Assets on a ticket, each with what was known of it at that moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from itsm.assets.models import Address, Asset, Component, Manufacturer, Model
from itsm.assets.queries import one_thing
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.policy import require
from itsm.kernel.text import phrase
from itsm.org.models import Location
from itsm.tickets.enums import AssetRole, Fact
from itsm.tickets.events import AssetAttached
from itsm.tickets.models import Ticket, TicketAsset
from itsm.tickets.policies import POLICY, TicketPermission
from itsm.tickets.services import keeping

MOST_ASSETS = 20


def attach_to_new(actor: Actor, ticket: Ticket, asset_ids: Iterable[int], *, now: datetime) -> list[str]:
    """Put assets on a ticket that is being filed; return their tags and names for the search.

    Anybody may name any asset of his own organizations: he stands before it, or read its tag.
    """
    wanted = list(dict.fromkeys(asset_ids))
    if not wanted:
        return []
    if len(wanted) > MOST_ASSETS:
        raise Invalid({"asset_ids": phrase("At most %(most_assets)s devices, please.", most_assets=MOST_ASSETS)})
    wanted = list(dict.fromkeys(_standing(wanted)))
    rows = select(Asset).where(Asset.id.in_(wanted))
    if not actor.all_organizations:
        rows = rows.where(Asset.organization_id.in_(actor.organization_ids))
    found = {asset.id: asset for asset in current_unit().session.scalars(rows)}
    if len(found) != len(wanted):
        raise Invalid({"asset_ids": "Choose a device from the list."})
    for asset_id in wanted:
        _put(ticket, found[asset_id], AssetRole.AFFECTED, now)
    ticket.asset_id = wanted[0]
    return [f"{asset.tag} {asset.name}" for asset in found.values()]


def _standing(ids: list[int]) -> list[int]:
    """Return the ids, each merged asset's replaced by that of the asset that stands for it."""
    merged = select(Asset.id, Asset.merged_into_id).where(Asset.id.in_(ids), Asset.merged_into_id.is_not(None))
    means = {row.id: row.merged_into_id for row in current_unit().session.execute(merged)}
    return [means.get(asset_id) or asset_id for asset_id in ids]


def attach_asset(
    actor: Actor, ticket: Ticket, asset: Asset, role: AssetRole = AssetRole.AFFECTED, *, now: datetime
) -> TicketAsset:
    """Put an asset on a ticket, with a snapshot of it. Asking twice changes nothing."""
    require(POLICY, actor, TicketPermission.ATTACH_ASSET, ticket)
    if asset.organization_id != ticket.organization_id:
        raise Invalid({"asset_id": "Choose a device of this ticket's organization."})
    known = _tie(ticket, asset.id)
    if known is not None:
        return known
    tie = _put(ticket, asset, role, now)
    with keeping.changing(ticket, now=now):
        ticket.asset_id = ticket.asset_id or asset.id
    keeping.add_fact(actor, ticket, Fact.ASSET_ATTACHED, now=now, asset=asset.name, tag=asset.tag)
    emit(
        AssetAttached(at=now, actor_id=actor.user_id, person_id=actor.person_id, ticket_id=ticket.id, asset_id=asset.id)
    )
    return tie


def detach_asset(actor: Actor, ticket: Ticket, asset_id: int, *, now: datetime) -> None:
    """Take an asset off a ticket. Raises NotFound where it is not on it."""
    require(POLICY, actor, TicketPermission.ATTACH_ASSET, ticket)
    session = current_unit().session
    tie = _tie(ticket, asset_id)
    if tie is None:
        raise NotFound()
    session.delete(tie)
    asset = session.get_one(Asset, asset_id)
    others = select(TicketAsset.asset_id).where(TicketAsset.ticket_id == ticket.id, TicketAsset.id != tie.id)
    with keeping.changing(ticket, now=now):
        ticket.asset_id = session.scalars(others.order_by(TicketAsset.id)).first()
    keeping.add_fact(actor, ticket, Fact.ASSET_REMOVED, now=now, asset=asset.name, tag=asset.tag)


def _tie(ticket: Ticket, asset_id: int) -> TicketAsset | None:
    """Return what ties an asset, or a record merged into it, to a ticket."""
    ties = select(TicketAsset).where(TicketAsset.ticket_id == ticket.id, TicketAsset.asset_id.in_(one_thing(asset_id)))
    return current_unit().session.scalars(ties.order_by(TicketAsset.id).limit(1)).one_or_none()


def _put(ticket: Ticket, asset: Asset, role: AssetRole, now: datetime) -> TicketAsset:
    tie = TicketAsset(ticket_id=ticket.id, asset_id=asset.id, role=role, snapshot=snapshot_of(asset), taken_at=now)
    current_unit().session.add(tie)
    return tie


def snapshot_of(asset: Asset) -> dict[str, Any]:
    """Return what is known of an asset now, as plain values that can be kept for good."""
    session = current_unit().session
    model = session.execute(
        select(Manufacturer.name, Model.name)
        .join(Model, Model.manufacturer_id == Manufacturer.id)
        .where(Model.id == asset.model_id)
    ).one_or_none()
    place = session.scalar(select(Location.path).where(Location.id == asset.location_id))
    addresses = select(Address.address).where(Address.asset_id.in_(one_thing(asset.id)), Address.gone_at.is_(None))
    disks = select(Component.name, Component.size).where(
        Component.asset_id.in_(one_thing(asset.id)), Component.kind == "disk", Component.gone_at.is_(None)
    )
    return {
        "tag": asset.tag,
        "name": asset.name,
        "kind": asset.kind.value,
        "status": asset.status.value,
        "manufacturer": model[0] if model else None,
        "model": model[1] if model else None,
        "serial": asset.serial,
        "os": " ".join(filter(None, (asset.os_name, asset.os_version))) or None,
        "firmware": asset.firmware,
        "memory_bytes": asset.memory_bytes,
        "location": place,
        "custodian_id": asset.custodian_id,
        "warranty_until": asset.warranty_until.isoformat() if asset.warranty_until else None,
        "last_seen_at": asset.last_seen_at.isoformat() if asset.last_seen_at else None,
        "addresses": list(session.scalars(addresses.order_by(Address.id).limit(5))),
        "disks": [{"name": name, "size": size} for name, size in session.execute(disks.limit(10))],
    }
