"""Who is meant by a key, a port's name or a radio's address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from itsm.assets.models import Asset, Interface
from itsm.assets.rules.lifecycle import ENDED
from itsm.discovery.models import AssetKey
from itsm.discovery.rules.announced import Key, radio_of
from itsm.discovery.rules.keys import is_shared_mac
from itsm.discovery.rules.port_names import PortNames
from itsm.discovery.rules.topology import BEHIND_KINDS, MIXED_KINDS
from itsm.discovery.services.survey.words import Words
from itsm.infra.chunks import chunks

MOST_ADDRESSES: Final = 3
"""Addresses of one MAC in ARP beyond which it answers for others, and names nobody."""


class Owners:
    """The assets that the words of a survey speak of. A key that two assets have names neither."""

    def __init__(self, session: Session, organization_id: int, words: Words) -> None:
        self._session, self._organization_id, self._words = session, organization_id, words
        self.kinds: dict[int, str] = dict(words.kinds)
        self._known = self._owners(words.wanted)
        self._join_arp()
        frame = MIXED_KINDS | BEHIND_KINDS
        self.frame: dict[str, int] = {
            value: owner
            for (kind, value), owner in self._known.items()
            if kind == "mac" and (owner in words.tellers or self.kinds[owner] in frame)
        }
        """The MACs of what others hang on."""

    def of(self, key: Key) -> int | None:
        """Return the asset that a key belongs to."""
        return self._known.get(key)

    def first_of(self, keys: Iterable[Key]) -> int | None:
        """Return the asset of the first key that belongs to one."""
        return next((self._known[key] for key in keys if key in self._known), None)

    def of_mac(self, mac: str) -> int | None:
        """Return the asset that has a MAC."""
        return self._known.get(("mac", mac))

    def address_of(self, mac: str) -> str | None:
        """Return the address that ARP tells of a MAC, IPv4 before IPv6; None where it answers for others."""
        addresses = self._words.arp.get(mac, set())
        return min(addresses, key=lambda one: (":" in one, one)) if 0 < len(addresses) <= MOST_ADDRESSES else None

    def near(self, bssid: str) -> int | None:
        """Return the access point whose own MACs differ from a radio's in the last four bits or the local bit only."""
        owners = self._radios.get(radio_of(bssid), set())
        return next(iter(owners)) if len(owners) == 1 else None

    def _owners(self, wanted: set[Key]) -> dict[Key, int]:
        owners: dict[Key, set[int]] = defaultdict(set)
        by_kind: dict[str, list[str]] = defaultdict(list)
        said = aliased(Asset)
        for kind, value in sorted(wanted):
            by_kind[kind].append(value)
        for kind, values in by_kind.items():
            kinds = ("mac", "base_mac") if kind == "mac" else (kind,)
            for part in chunks(values):
                rows = (
                    select(Asset.id, AssetKey.value, Asset.kind)
                    .select_from(AssetKey)
                    .join(said, said.id == AssetKey.asset_id)
                    .join(Asset, Asset.id == func.coalesce(said.merged_into_id, said.id))
                    .where(
                        AssetKey.organization_id == self._organization_id,
                        AssetKey.kind.in_(kinds),
                        AssetKey.value.in_(part),
                        Asset.status.not_in(ENDED),
                    )
                )
                for asset_id, value, asset_kind in self._session.execute(rows):
                    owners[kind, value].add(asset_id)
                    self.kinds.setdefault(asset_id, asset_kind.value)
        return {key: next(iter(ids)) for key, ids in owners.items() if len(ids) == 1}

    def _join_arp(self) -> None:
        """Let ARP join MAC and address: a host that is known by its address only is found by its MAC as well."""
        for mac, addresses in self._words.arp.items():
            if ("mac", mac) not in self._known and len(addresses) == 1 and not is_shared_mac(mac):
                owner = self._known.get(("address", next(iter(addresses))))
                if owner is not None and owner not in self._words.tellers and self.kinds[owner] not in MIXED_KINDS:
                    self._known["mac", mac] = owner

    @cached_property
    def _radios(self) -> dict[str, set[int]]:
        said = aliased(Asset)
        points = (
            select(AssetKey.value, Asset.id)
            .join(said, said.id == AssetKey.asset_id)
            .join(Asset, Asset.id == func.coalesce(said.merged_into_id, said.id))
            .where(
                AssetKey.organization_id == self._organization_id,
                AssetKey.kind.in_(("mac", "base_mac")),
                Asset.kind == "access_point",
            )
        )
        radios: dict[str, set[int]] = defaultdict(set)
        for mac, asset_id in self._session.execute(points):
            radios[radio_of(mac)].add(asset_id)
        return radios

    def port_names(self, texts: Mapping[int, set[str]]) -> dict[tuple[int, str], str]:
        """Return what the register calls each port that somebody told of, by asset and text."""
        found: dict[tuple[int, str], str] = {}
        for part in chunks(sorted(texts)):
            ports: dict[int, PortNames] = defaultdict(PortNames)
            whose = func.coalesce(Asset.merged_into_id, Asset.id)
            rows = (
                select(whose, Interface.name, Interface.mac, Interface.alias)
                .select_from(Interface)
                .join(Asset, Asset.id == Interface.asset_id)
                .where(or_(Asset.id.in_(part), Asset.merged_into_id.in_(part)), Interface.gone_at.is_(None))
            )
            for asset_id, name, mac, alias in self._session.execute(rows):
                ports[asset_id].add(name, mac, alias)
            for asset_id in part:
                for text in texts[asset_id]:
                    known = ports[asset_id].find(text) if text else None
                    if known is not None:
                        found[asset_id, text] = known
        return found
