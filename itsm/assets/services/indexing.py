"""The search document of an asset: tag, name, serial, model, maker, system and custodian."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from itsm.accounts.models import Person
from itsm.assets.events import AssetEvent, AssetsMerged, MergeUndone
from itsm.assets.models import Asset, AssetAlias, Manufacturer, Model
from itsm.assets.queries.words import SEARCH_KIND
from itsm.infra import search
from itsm.infra.unit import current_unit


def index(asset_id: int) -> None:
    """Write the document anew, in the open transaction."""
    session = current_unit().session
    wanted = (
        select(Asset, Model.name, Manufacturer.name, Person.name)
        .outerjoin(Model, Model.id == Asset.model_id)
        .outerjoin(Manufacturer, Manufacturer.id == Model.manufacturer_id)
        .outerjoin(Person, Person.id == Asset.custodian_id)
        .where(Asset.id == asset_id)
    )
    found = session.execute(wanted).one_or_none()
    if found is None:
        search.remove(session, SEARCH_KIND, [asset_id])
        return
    asset, model, maker, custodian = found
    aliases = session.scalars(select(AssetAlias.alias).where(AssetAlias.asset_id == asset_id).limit(50)).all()
    merged = [text for row in _merged(asset) for text in row if text]
    search.write(
        session,
        SEARCH_KIND,
        asset_id,
        at=current_unit().now,
        title=f"{asset.tag} {asset.name}",
        body=" ".join(filter(None, (asset.serial, asset.serial_key, maker, model, asset.os_name, *aliases, *merged))),
        internal=" ".join(filter(None, (custodian, asset.supplier, asset.order_number, asset.notes[:5000]))),
    )


def _merged(asset: Asset) -> Sequence[Any]:
    """Return tags, names and serials of the records that an asset stands for: it is found by them too."""
    if not asset.absorbed_count:
        return ()
    wanted = select(Asset.tag, Asset.name, Asset.serial, Asset.serial_key).where(Asset.merged_into_id == asset.id)
    return current_unit().session.execute(wanted.order_by(Asset.id).limit(20)).all()


def follow_merge(event: AssetsMerged | MergeUndone) -> None:
    """Keep both documents in line: subscribed inline."""
    index(event.survivor_id)
    index(event.absorbed_id)


def follow(event: AssetEvent) -> None:
    """Keep the document in line with what changed: subscribed inline."""
    index(event.asset_id)
