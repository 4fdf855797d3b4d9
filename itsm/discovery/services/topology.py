"""Writing down who hangs where, at the end of a sweep: only then every neighbour is an asset that can be named."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import func, or_, select, update

from itsm.assets.enums import RelationshipType
from itsm.assets.models import Asset, Relationship
from itsm.assets.queries import merged_into
from itsm.discovery.facts import Device, Neighbour
from itsm.discovery.models import AssetKey
from itsm.discovery.rules.topology import Heard, Link, Told, cables, placements
from itsm.infra.unit import current_unit

T = TypeVar("T")
CHUNK: Final = 400
CROWD: Final = 64
"""MACs behind a port beyond which it leads to more than a desk; such a port places nobody."""
TOLD: Final = frozenset({"lldp", "cdp", "fdp", "edp"})


class Topology:
    """Gathers what the devices of one sweep tell of each other."""

    def __init__(self) -> None:
        self._neighbours: set[tuple[int, Neighbour]] = set()
        self._stations: set[tuple[int, str, str, int]] = set()
        self._whole: set[int] = set()

    def gather(self, asset_id: int, device: Device, *, whole: bool) -> None:
        """Take what one device tells. ``whole``: it was read to the end, so what it does not tell is gone."""
        if whole:
            self._whole.add(asset_id)
        self._neighbours |= {(asset_id, one) for one in device.neighbours if one.port and one.protocol in TOLD}
        behind = {(entry.port, entry.mac) for entry in device.forwarding if entry.source == "fdb" and entry.port}
        crowds = Counter(port for port, _ in behind)
        self._stations |= {
            (asset_id, port, mac, crowds[port]) for port, mac in behind if port and crowds[port] <= CROWD
        }

    def write(self, organization_id: int, *, now: datetime) -> int:
        """Write the links down inside the open transaction and end those that nobody tells of any more.

        Returns how many links there are.
        """
        known = _known(organization_id, self._wanted())
        links = cables(self._told(known))
        heard = [
            Heard(switch, port, host, crowd)
            for switch, port, mac, crowd in self._stations
            if (host := known.get(("mac", mac))) is not None and host != switch
        ]
        links += placements(heard, links)
        _store(links, self._whole, now)
        return len(links)

    def _wanted(self) -> set[tuple[str, str]]:
        told = {key for _, neighbour in self._neighbours for key in _keys_of(neighbour)}
        return told | {("mac", mac) for _, _, mac, _ in self._stations}

    def _told(self, known: dict[tuple[str, str], int]) -> Iterator[Told]:
        for asset_id, one in self._neighbours:
            other = next((known[key] for key in _keys_of(one) if key in known), None)
            if other is not None:
                yield Told(asset_id, (one.port or "")[:200], other, (one.remote_port or "")[:200], one.protocol)


def _keys_of(neighbour: Neighbour) -> list[tuple[str, str]]:
    """Return the keys by which a neighbour may be known, the surest first."""
    found = []
    if neighbour.chassis_id and neighbour.chassis_id.count(":") == 5:
        found.append(("mac", neighbour.chassis_id.lower()))
    if neighbour.host:
        found.append(("name", neighbour.host.casefold().split(".")[0][:200]))
    if neighbour.address:
        found.append(("address", neighbour.address))
    return found


def _known(organization_id: int, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the asset of each key that belongs to one asset only."""
    owners: dict[tuple[str, str], set[int]] = defaultdict(set)
    by_kind: dict[str, list[str]] = defaultdict(list)
    for kind, value in sorted(wanted):
        by_kind[kind].append(value)
    for kind, values in by_kind.items():
        kinds = ("mac", "base_mac") if kind == "mac" else (kind,)
        for part in _chunks(values):
            stands_for = func.coalesce(Asset.merged_into_id, Asset.id)
            rows = select(stands_for, AssetKey.value).join(Asset, Asset.id == AssetKey.asset_id)
            rows = rows.where(
                AssetKey.organization_id == organization_id, AssetKey.kind.in_(kinds), AssetKey.value.in_(part)
            )
            for asset_id, value in current_unit().session.execute(rows):
                owners[kind, value].add(asset_id)
    return {key: next(iter(ids)) for key, ids in owners.items() if len(ids) == 1}


def _store(links: list[Link], whole: set[int], now: datetime) -> None:
    session = current_unit().session
    ids = sorted(whole | {end for link in links for end in (link.from_id, link.to_id)})
    standing: dict[tuple[int, int, str, str], Relationship] = {}
    means = _merged_into(ids)

    def end(asset_id: int) -> int:
        return means.get(asset_id, asset_id)

    for part in _chunks([*ids, *means]):
        about = or_(Relationship.from_id.in_(part), Relationship.to_id.in_(part))
        rows = select(Relationship).where(about, Relationship.type == RelationshipType.CONNECTED_TO)
        standing |= {(end(r.from_id), end(r.to_id), r.from_port, r.to_port): r for r in session.scalars(rows)}
    seen: set[int] = set()
    for link in links:
        row = standing.pop((link.from_id, link.to_id, link.from_port, link.to_port), None)
        if row is None:
            row = Relationship(from_id=link.from_id, to_id=link.to_id, type=RelationshipType.CONNECTED_TO)
            row.from_port, row.to_port, row.last_seen_at = link.from_port, link.to_port, now
            session.add(row)
        elif row.source == "declared" and row.ended_at is None:
            continue
        else:
            seen.add(row.id)
        row.source, row.confidence, row.ended_at = link.source, link.confidence, None
    for part in _chunks(sorted(seen)):
        touched = update(Relationship).where(Relationship.id.in_(part)).values(last_seen_at=now)
        session.execute(touched.execution_options(synchronize_session=False))
    moved = {link.from_id for link in links if link.source == "fdb"}
    for (from_id, to_id, _, _), row in standing.items():
        if row.ended_at is None and _is_gone(row.source, from_id, to_id, whole, moved):
            row.ended_at = now
    session.flush()


def _is_gone(source: str, from_id: int, to_id: int, whole: set[int], moved: set[int]) -> bool:
    """Say whether a link that nobody told of is gone. A host that is only switched off keeps its last port."""
    if source == "fdb":
        return from_id in moved
    return source in TOLD and bool({from_id, to_id} & whole)


def _merged_into(ids: list[int]) -> dict[int, int]:
    """Return the records that were merged into these assets, each with the asset that stands for it."""
    found: dict[int, int] = {}
    for part in _chunks(ids):
        found |= merged_into(current_unit().session, part)
    return found


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    every = list(values)
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]
