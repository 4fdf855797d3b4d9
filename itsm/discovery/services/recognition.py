"""The register as matching sees it: the keys of every asset that shares one with a batch, read in a few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select, tuple_, update

from itsm.assets.models import Asset, Manufacturer, Model
from itsm.discovery.enums import KeyStrength
from itsm.discovery.models import AssetKey
from itsm.discovery.rules.keys import Key, serials
from itsm.discovery.rules.matching import Decision, decide, weigh
from itsm.infra.unit import current_unit
from itsm.infra.upsert import insert_missing

CHUNK = 400


class HasKeys(Protocol):
    """Anything with the keys of a device."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """Return the keys."""


class Register:
    """The assets that may be meant by a batch of sightings, with their keys. Learns as the batch goes on."""

    def __init__(self, organization_id: int, batch: Sequence[HasKeys]) -> None:
        self._organization_id = organization_id
        self._keys: dict[int, set[Key]] = defaultdict(set)
        self._by_key: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._assets: dict[int, Asset] = {}
        self._expected = 0
        self._load([key for one in batch for key in one.keys])

    @property
    def asset_ids(self) -> list[int]:
        """Return the ids of all assets that share a key with the batch."""
        return list(self._assets)

    def asset(self, asset_id: int) -> Asset:
        """Return one of them."""
        return self._assets[asset_id]

    def decide(self, seen: Sequence[Key], *, continuous_with: int | None = None) -> Decision:
        """Say which asset a sighting is, if any."""
        ids = {asset_id for key in seen for asset_id in self._by_key.get((key.kind, key.value), ())}
        ids |= {asset_id for serial in serials(seen) for asset_id in self._by_key.get(("bare_serial", serial), ())}
        candidates = [weigh(i, seen, self._keys[i], continuous=i == continuous_with) for i in sorted(ids)]
        return decide(candidates)

    def expect(self, keys: Sequence[Key]) -> int:
        """Learn the keys of a device that will become an asset, and return the (negative) id by which it is known until
        :meth:`remember` is told its asset."""
        self._expected -= 1
        self.learn(self._expected, keys)
        return self._expected

    def learn(self, asset_id: int, keys: Sequence[Key]) -> None:
        """Know an asset, or one that is expected, by these keys from now on; nothing is written."""
        for key in keys:
            self._learn(asset_id, key)

    def remember(self, seen: Sequence[tuple[Asset, Sequence[Key]]], *, now: datetime) -> None:
        """Write down the keys that assets were seen with, so that they are found again by any of them."""
        session = current_unit().session
        rows: dict[tuple[int, str, str], dict[str, Any]] = {}
        for asset, keys in seen:
            self._assets[asset.id] = asset
            self.learn(asset.id, keys)
            for key in keys:
                rows[asset.id, key.kind, key.value[:255]] = {
                    "organization_id": self._organization_id,
                    "asset_id": asset.id,
                    "kind": key.kind,
                    "value": key.value[:255],
                    "strength": key.strength,
                    "last_seen_at": now,
                }
        insert_missing(session, AssetKey, list(rows.values()))
        weak = [(asset_id, value) for asset_id, kind, value in rows if kind == "address"]
        for start in range(0, len(weak), CHUNK):
            session.execute(
                update(AssetKey)
                .where(
                    AssetKey.kind == "address",
                    tuple_(AssetKey.asset_id, AssetKey.value).in_(weak[start : start + CHUNK]),
                )
                .values(last_seen_at=now)
                .execution_options(synchronize_session=False)
            )

    def _learn(self, asset_id: int, key: Key) -> None:
        self._keys[asset_id].add(key)
        self._by_key[key.kind, key.value].add(asset_id)
        if key.kind == "serial":
            self._by_key["bare_serial", key.value.split("|")[0]].add(asset_id)

    def _load(self, keys: Sequence[Key]) -> None:
        session = current_unit().session
        ids: set[int] = set()
        wanted = sorted({(key.kind, key.value) for key in keys})
        for start in range(0, len(wanted), CHUNK):
            chosen = select(AssetKey.asset_id).where(
                AssetKey.organization_id == self._organization_id,
                tuple_(AssetKey.kind, AssetKey.value).in_(wanted[start : start + CHUNK]),
            )
            ids |= set(session.scalars(chosen))
        recorded = sorted(serials(keys))
        for start in range(0, len(recorded), CHUNK):
            chosen = select(Asset.id).where(
                Asset.organization_id == self._organization_id,
                Asset.serial_key.in_(recorded[start : start + CHUNK]),
            )
            ids |= set(session.scalars(chosen))
        self._load_assets(sorted(ids))

    def _load_assets(self, ids: list[int]) -> None:
        session = current_unit().session
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK]
            for row in session.execute(
                select(AssetKey.asset_id, AssetKey.kind, AssetKey.value, AssetKey.strength).where(
                    AssetKey.asset_id.in_(part)
                )
            ):
                self._learn(row.asset_id, Key(row.kind, row.value, row.strength))
            assets: Any = (
                select(Asset, Manufacturer.key.label("maker"))
                .outerjoin(Model, Model.id == Asset.model_id)
                .outerjoin(Manufacturer, Manufacturer.id == Model.manufacturer_id)
                .where(Asset.id.in_(part))
            )
            for asset, maker in session.execute(assets):
                self._assets[asset.id] = asset
                if asset.serial_key and not any(key.kind == "serial" for key in self._keys[asset.id]):
                    recorded = Key("serial", f"{asset.serial_key}|{maker or ''}", KeyStrength.STRONG)
                    self._learn(asset.id, recorded)
