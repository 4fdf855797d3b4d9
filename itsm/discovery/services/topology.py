"""Writing down who hangs where, at the end of a sweep: only then every neighbour is an asset that can be named."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import or_, select, update

from itsm.assets.enums import RelationshipType
from itsm.assets.models import Relationship
from itsm.discovery.facts import Device, Neighbour
from itsm.discovery.models import AssetKey, Stranger
from itsm.discovery.rules.keys import is_shared_mac
from itsm.discovery.rules.topology import Heard, Link, Told, cables, placements
from itsm.infra.unit import current_unit
from itsm.infra.upsert import insert_missing

T = TypeVar("T")
CHUNK: Final = 400
CROWD: Final = 64
"""MACs behind a port beyond which it leads to more than a desk; such a port places nobody."""
MOST_STRANGERS: Final = 20_000
"""Unknown hosts of one sweep that are written down; a table that is flooded has as many as it likes."""
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
        cabled = list(links)
        links += placements(heard, links)
        _store(links, self._whole, now)
        _note_strangers(organization_id, self._strangers(known, heard, cabled), now)
        return len(links)

    def _wanted(self) -> set[tuple[str, str]]:
        told = {key for _, neighbour in self._neighbours for key in _keys_of(neighbour)}
        return told | {("mac", mac) for _, _, mac, _ in self._stations}

    def _strangers(
        self, known: dict[tuple[str, str], int], heard: list[Heard], cabled: list[Link]
    ) -> dict[str, tuple[int, str]]:
        """Return {MAC: (switch, port)} of the hosts that no asset owns, each at its most telling port."""
        owned = {mac for kind, mac in known if kind == "mac"} | _owned_twice(self._stations, known)
        macs = sorted({mac for _, _, mac, _ in self._stations if mac not in owned and not is_shared_mac(mac)})
        numbers = {mac: -place for place, mac in enumerate(macs[:MOST_STRANGERS], 1)}
        words = [
            Heard(switch, port, numbers[mac], crowd) for switch, port, mac, crowd in self._stations if mac in numbers
        ]
        names = {number: mac for mac, number in numbers.items()}
        placed = placements([*heard, *words], cabled)
        return {names[link.from_id]: (link.to_id, link.to_port) for link in placed if link.from_id in names}

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
            rows = select(AssetKey.asset_id, AssetKey.value).where(
                AssetKey.organization_id == organization_id, AssetKey.kind.in_(kinds), AssetKey.value.in_(part)
            )
            for asset_id, value in current_unit().session.execute(rows):
                owners[kind, value].add(asset_id)
    return {key: next(iter(ids)) for key, ids in owners.items() if len(ids) == 1}


def _owned_twice(stations: Iterable[tuple[int, str, str, int]], known: dict[tuple[str, str], int]) -> set[str]:
    """Return the MACs that several assets own: whose they are is undecided, and they are no strangers."""
    macs = sorted({mac for _, _, mac, _ in stations if ("mac", mac) not in known})
    found: set[str] = set()
    for part in _chunks(macs):
        rows = select(AssetKey.value).where(AssetKey.kind.in_(("mac", "base_mac")), AssetKey.value.in_(part))
        found |= set(current_unit().session.scalars(rows))
    return found


def _note_strangers(organization_id: int, strangers: dict[str, tuple[int, str]], now: datetime) -> None:
    """Write down where strangers were heard: new ones are added, known ones move on."""
    session = current_unit().session
    for part in _chunks(sorted(strangers)):
        chosen = select(Stranger.id, Stranger.mac).where(
            Stranger.organization_id == organization_id, Stranger.mac.in_(part)
        )
        known = {mac: row_id for row_id, mac in session.execute(chosen)}
        moved = [
            {"id": known[mac], "switch_id": strangers[mac][0], "port": strangers[mac][1][:200], "last_seen_at": now}
            for mac in part
            if mac in known
        ]
        if moved:
            session.execute(update(Stranger), moved)
        times = {"organization_id": organization_id, "first_seen_at": now, "last_seen_at": now}
        fresh = [
            times | {"mac": mac, "switch_id": strangers[mac][0], "port": strangers[mac][1][:200]}
            for mac in part
            if mac not in known
        ]
        insert_missing(session, Stranger, fresh)


def _store(links: list[Link], whole: set[int], now: datetime) -> None:
    session = current_unit().session
    ids = sorted(whole | {end for link in links for end in (link.from_id, link.to_id)})
    standing: dict[tuple[int, int, str, str], Relationship] = {}
    for part in _chunks(ids):
        about = or_(Relationship.from_id.in_(part), Relationship.to_id.in_(part))
        rows = select(Relationship).where(about, Relationship.type == RelationshipType.CONNECTED_TO)
        standing |= {(r.from_id, r.to_id, r.from_port, r.to_port): r for r in session.scalars(rows)}
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
    for row in standing.values():
        if row.ended_at is None and _is_gone(row, whole, moved):
            row.ended_at = now
    session.flush()


def _is_gone(row: Relationship, whole: set[int], moved: set[int]) -> bool:
    """Say whether a link that nobody told of is gone. A host that is only switched off keeps its last port."""
    if row.source == "fdb":
        return row.from_id in moved
    return row.source in TOLD and bool({row.from_id, row.to_id} & whole)


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    every = list(values)
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]
