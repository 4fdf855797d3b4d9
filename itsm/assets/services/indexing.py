"""The search document of an asset: tag, name, serial, model, maker, system and custodian."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import select

from itsm.accounts.models import Person
from itsm.assets.events import AssetEvent, AssetsMerged, MergeUndone
from itsm.assets.models import Asset, AssetAlias, Manufacturer, Model
from itsm.assets.queries.words import SEARCH_KIND
from itsm.infra import search
from itsm.infra.chunks import chunks
from itsm.infra.unit import current_unit, once

MOST_ALIASES: Final = 50
MOST_MERGED: Final = 80
_TO_INDEX: Final = "assets to index"


def index(asset_ids: Sequence[int]) -> None:
    """Write the documents anew, in the open transaction; those of assets that are gone go."""
    for part in chunks(asset_ids):
        _index(part)


def _index(asset_ids: Sequence[int]) -> None:
    session = current_unit().session
    wanted = (
        select(Asset, Model.name, Manufacturer.name, Person.name)
        .outerjoin(Model, Model.id == Asset.model_id)
        .outerjoin(Manufacturer, Manufacturer.id == Model.manufacturer_id)
        .outerjoin(Person, Person.id == Asset.custodian_id)
        .where(Asset.id.in_(asset_ids))
        .order_by(Asset.id)
    )
    found = session.execute(wanted).all()
    aliases: dict[int, list[str]] = defaultdict(list)
    for asset_id, alias in session.execute(
        select(AssetAlias.asset_id, AssetAlias.alias).where(AssetAlias.asset_id.in_(asset_ids)).order_by(AssetAlias.id)
    ):
        aliases[asset_id].append(alias)
    merged = _merged(asset for asset, *_ in found)
    words = [
        search.Words(
            asset.id,
            title=f"{asset.tag} {asset.name}",
            body=_joined(
                asset.serial,
                asset.serial_key,
                maker,
                model,
                asset.os_name,
                *aliases[asset.id][:MOST_ALIASES],
                *merged[asset.id][:MOST_MERGED],
            ),
            internal=_joined(custodian, asset.supplier, asset.order_number, asset.notes[:5000]),
        )
        for asset, model, maker, custodian in found
    ]
    search.write_many(session, SEARCH_KIND, words, at=current_unit().now)
    search.remove(session, SEARCH_KIND, sorted(set(asset_ids) - {one.subject_id for one in words}))


def _joined(*words: str | None) -> str:
    return " ".join(filter(None, words))


def _merged(assets: Iterable[Asset]) -> dict[int, list[str]]:
    """Return tags, names and serials of the records that assets stand for: they are found by them too."""
    found: dict[int, list[str]] = defaultdict(list)
    standing = [asset.id for asset in assets if asset.absorbed_count]
    if not standing:
        return found
    wanted = select(Asset.merged_into_id, Asset.tag, Asset.name, Asset.serial, Asset.serial_key)
    for survivor_id, *words in current_unit().session.execute(
        wanted.where(Asset.merged_into_id.in_(standing)).order_by(Asset.id)
    ):
        if survivor_id is not None:
            found[survivor_id] += [word for word in words if word]
    return found


def follow_merge(event: AssetsMerged | MergeUndone) -> None:
    """Keep both documents in line: subscribed inline."""
    index([event.survivor_id, event.absorbed_id])


def follow(event: AssetEvent) -> None:
    """Keep the document in line with what changed: subscribed inline; all of a transaction are written at its end."""
    current_unit().memory.setdefault(_TO_INDEX, {})[event.asset_id] = True
    once(_TO_INDEX, _catch_up)


def _catch_up() -> None:
    index(sorted(current_unit().memory[_TO_INDEX]))
