"""The search document of an asset: tag, name, serial, model, maker, system and custodian."""

from __future__ import annotations

from sqlalchemy import select

from itsm.accounts.models import Person
from itsm.assets.events import AssetEvent
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
    search.write(
        session,
        SEARCH_KIND,
        asset_id,
        at=current_unit().now,
        title=f"{asset.tag} {asset.name}",
        body=" ".join(filter(None, (asset.serial, asset.serial_key, maker, model, asset.os_name, *aliases))),
        internal=" ".join(filter(None, (custodian, asset.supplier, asset.order_number, asset.notes[:5000]))),
    )


def follow(event: AssetEvent) -> None:
    """Keep the document in line with what changed: subscribed inline."""
    index(event.asset_id)
