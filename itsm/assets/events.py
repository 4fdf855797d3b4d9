"""Facts about assets, as other rooms hear them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from itsm.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetEvent(Event):
    """The base of asset events."""

    asset_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetCreated(AssetEvent):
    """A new asset entered the register."""

    name: ClassVar[str] = "asset.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetChanged(AssetEvent):
    """Recorded fields changed; ``fields`` are their names."""

    name: ClassVar[str] = "asset.changed"
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetStatusChanged(AssetEvent):
    """The status moved; both are values of AssetStatus."""

    name: ClassVar[str] = "asset.status_changed"
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsChanged(AssetEvent):
    """Discovery saw parts come or go; ``what`` is ``interfaces``, ``addresses``, ``components`` or ``software``."""

    name: ClassVar[str] = "asset.parts_changed"
    what: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisagreementOpened(AssetEvent):
    """Discovery contradicts what a person recorded."""

    name: ClassVar[str] = "asset.disagreement_opened"
    disagreement_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DisagreementDecided(AssetEvent):
    """A person decided a disagreement."""

    name: ClassVar[str] = "asset.disagreement_decided"
    disagreement_id: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAfterRetirement(AssetEvent):
    """A retired, disposed or missing asset answered on the network. It was not revived."""

    name: ClassVar[str] = "asset.seen_after_retirement"
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetsMerged(AssetEvent):
    """Two records were found to be one thing: ``survivor_id`` stands for ``absorbed_id`` from now on."""

    name: ClassVar[str] = "asset.merged"
    survivor_id: int
    absorbed_id: int
    merge_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeUndone(AssetEvent):
    """A merge was taken back; ``merged_at`` is when it was made. Both are assets of their own again."""

    name: ClassVar[str] = "asset.merge_undone"
    survivor_id: int
    absorbed_id: int
    merged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetSplit(AssetEvent):
    """Part of what was seen of ``asset_id`` is ``other_id``'s: the two are not the same thing."""

    name: ClassVar[str] = "asset.split"
    other_id: int
