"""The register as matching sees it: the keys of every asset that shares one with a batch, read in a few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select, tuple_, update

from itsm.assets.models import Asset, Distinction, Manufacturer, Model
from itsm.assets.queries import merged_into
from itsm.discovery.enums import KeyStrength
from itsm.discovery.models import AssetKey
from itsm.discovery.rules.keys import Key, serials
from itsm.discovery.rules.matching import Candidate, Decision, decide, weigh
from itsm.infra.chunks import chunks
from itsm.infra.unit import current_unit
from itsm.infra.upsert import insert_missing


class HasKeys(Protocol):
    """Anything with the keys of a device."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """Return the keys."""


class Register:
    """The assets that may be meant by a batch of sightings, with their keys. Learns as the batch goes on."""

    def __init__(self, organization_id: int, batch: Sequence[HasKeys], more: Sequence[Key] = ()) -> None:
        self._organization_id = organization_id
        self._keys: dict[int, set[Key]] = defaultdict(set)
        self._by_key: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._written: dict[int, set[tuple[str, str]]] = defaultdict(set)
        self._assets: dict[int, Asset] = {}
        self._expected = 0
        self._apart: list[tuple[int, int]] = []
        self._load([*more, *(key for one in batch for key in one.keys)])

    @property
    def asset_ids(self) -> list[int]:
        """Return the ids of all assets that share a key with the batch."""
        return list(self._assets)

    def asset(self, asset_id: int) -> Asset:
        """Return one of them."""
        return self._assets[asset_id]

    def decide(
        self, seen: Sequence[Key], *, continuous_with: int | None = None, chassis: Sequence[Key] = ()
    ) -> Decision:
        """Say which asset a sighting is, if any. What carries the serial of a ``chassis`` is not the stack itself."""
        ids = {asset_id for key in seen for asset_id in self._by_key.get((key.kind, key.value), ())}
        ids |= {asset_id for serial in serials(seen) for asset_id in self._by_key.get(("bare_serial", serial), ())}
        members = serials(chassis)
        ids -= {i for i in ids if members & serials(self._keys[i])}
        ids -= self._outgrown(seen, ids)
        candidates = [weigh(i, seen, self._keys[i], continuous=i == continuous_with) for i in sorted(ids)]
        for first, second in self._apart:
            if first in ids and second in ids:
                candidates = self._told_apart(candidates, seen, first, second)
        return decide(candidates)

    def _outgrown(self, seen: Sequence[Key], ids: set[int]) -> set[int]:
        """Return the stacks of which only one chassis, which is known by its own serial, is left to answer."""
        own = serials(seen)
        alone = {self._assets[i].parent_id for i in ids if i in self._assets and own & serials(self._keys[i])}
        return {i for i in ids if i in alone}

    def _told_apart(self, candidates: list[Candidate], seen: Sequence[Key], first: int, second: int) -> list[Candidate]:
        """Leave out the one of two that a person told apart for which less speaks: what both have proves nothing."""
        shared = self._keys[first] & self._keys[second]
        own = {i: weigh(i, seen, self._keys[i] - shared).score for i in (first, second)}
        if own[first] == own[second]:
            return candidates
        less = min(own, key=lambda i: own[i])
        return [one for one in candidates if one.asset_id != less]

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
        weak: list[tuple[int, str]] = []
        for asset, keys in seen:
            self._assets[asset.id] = asset
            self.learn(asset.id, keys)
            for key in keys:
                if key.kind == "address":
                    weak.append((asset.id, key.value[:255]))
                if (key.kind, key.value) in self._written[asset.id]:
                    continue
                rows[asset.id, key.kind, key.value[:255]] = {
                    "organization_id": self._organization_id,
                    "asset_id": asset.id,
                    "kind": key.kind,
                    "value": key.value[:255],
                    "strength": key.strength,
                    "last_seen_at": now,
                }
        insert_missing(session, AssetKey, list(rows.values()))
        for asset, keys in seen:
            self._written[asset.id] |= {(key.kind, key.value) for key in keys}
        for part in chunks(weak):
            session.execute(
                update(AssetKey)
                .where(
                    AssetKey.kind == "address",
                    tuple_(AssetKey.asset_id, AssetKey.value).in_(part),
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
        for part in chunks(wanted):
            chosen = select(AssetKey.asset_id).where(
                AssetKey.organization_id == self._organization_id,
                tuple_(AssetKey.kind, AssetKey.value).in_(part),
            )
            ids |= set(session.scalars(chosen))
        recorded = sorted(serials(keys))
        for some in chunks(recorded):
            chosen = select(Asset.id).where(
                Asset.organization_id == self._organization_id,
                Asset.serial_key.in_(some),
            )
            ids |= set(session.scalars(chosen))
        self._load_assets(sorted(ids))
        known = list(self._assets)
        for few in chunks(known if len(known) > 1 else ()):
            told = select(Distinction.first_id, Distinction.second_id).where(
                Distinction.first_id.in_(few), Distinction.withdrawn_at.is_(None)
            )
            self._apart += [(row.first_id, row.second_id) for row in session.execute(told)]

    def _absorbed(self, found: dict[int, Asset]) -> dict[int, int]:
        """Put the assets that stand for merged ones in their place; return every id with the asset it means."""
        session = current_unit().session
        roots = {one.merged_into_id for one in found.values() if one.merged_into_id is not None} - set(found)
        if roots:
            found |= {one.id: one for one in session.scalars(select(Asset).where(Asset.id.in_(roots)))}
        means = {one.id: one.merged_into_id or one.id for one in found.values()}
        standing = [one.id for one in found.values() if one.absorbed_count and one.merged_into_id is None]
        if standing:
            means |= merged_into(session, standing)
        return means

    def _load_assets(self, ids: list[int]) -> None:
        session = current_unit().session
        for part in chunks(ids):
            found: dict[int, Asset] = {}
            makers: dict[int, str] = {}
            assets: Any = (
                select(Asset, Manufacturer.key.label("maker"))
                .outerjoin(Model, Model.id == Asset.model_id)
                .outerjoin(Manufacturer, Manufacturer.id == Model.manufacturer_id)
                .where(Asset.id.in_(part))
            )
            for asset, maker in session.execute(assets):
                found[asset.id], makers[asset.id] = asset, maker or ""
            means = self._absorbed(found)
            for row in session.execute(
                select(AssetKey.asset_id, AssetKey.kind, AssetKey.value, AssetKey.strength).where(
                    AssetKey.asset_id.in_(means)
                )
            ):
                self._learn(means[row.asset_id], Key(row.kind, row.value, row.strength))
                self._written[means[row.asset_id]].add((row.kind, row.value))
            for asset in found.values():
                root_id = means[asset.id]
                if root_id == asset.id:
                    self._assets[asset.id] = asset
                if asset.serial_key and not any(key.kind == "serial" for key in self._keys[root_id]):
                    recorded = Key("serial", f"{asset.serial_key}|{makers.get(asset.id, '')}", KeyStrength.STRONG)
                    self._learn(root_id, recorded)
