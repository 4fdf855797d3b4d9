"""Writing down who hangs where, at the end of a sweep: only then every neighbour is an asset that can be named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from itsm.assets.enums import RelationshipType
from itsm.assets.models import Asset, Relationship, Station
from itsm.assets.queries import all_merged
from itsm.discovery.knowledge.mac_makers import maker_of_mac
from itsm.discovery.rules.topology import Link
from itsm.discovery.services.survey import Place, Survey
from itsm.discovery.services.tellings import TOLD
from itsm.infra.chunks import chunks
from itsm.infra.unit import current_unit

FORGOTTEN: Final = timedelta(days=90)
"""A host that was not heard for so long has left its port; so has a MAC."""
HEARD: Final = frozenset({"fdb", "wireless"})
GUESTS: Final = "guests"
_COLUMNS: Final = ("asset_id", "vlan", "address", "ssid", "signal", "told_name", "told_model", "source", "confidence")


def write(organization_id: int, found: Survey, *, now: datetime) -> int:
    """Write links and places down inside the open transaction, and end the links that nobody tells of any more.

    Returns how many links there are.
    """
    links = [*found.cables, *found.hosts]
    _store(organization_id, RelationshipType.CONNECTED_TO, links, found, now)
    _store(organization_id, RelationshipType.RUNS_ON, found.guests, found, now)
    _store_places(organization_id, found.places, now)
    return len(links) + len(found.guests)


def _store(organization_id: int, type_: RelationshipType, links: list[Link], found: Survey, now: datetime) -> None:
    session = current_unit().session
    rows = (
        select(Relationship)
        .join(Asset, Asset.id == Relationship.from_id)
        .where(Asset.organization_id == organization_id, Relationship.type == type_)
    )
    means = all_merged(session, organization_id)
    # Of a link between things with several records there may be several rows: they go along with the first.
    standing: dict[tuple[int, int, str, str], list[Relationship]] = defaultdict(list)
    for one in sorted(
        session.scalars(rows), key=lambda r: (r.ended_at is not None, len({r.from_id, r.to_id} & means.keys()), r.id)
    ):
        from_id, to_id = means.get(one.from_id, one.from_id), means.get(one.to_id, one.to_id)
        standing[from_id, to_id, one.from_port, one.to_port].append(one)
    seen: dict[datetime, list[int]] = defaultdict(list)
    for link in links:
        at = _last_told(link, found, now)
        same = standing.pop((link.from_id, link.to_id, link.from_port, link.to_port), [])
        row = same[0] if same else None
        seen[at] += [twin.id for twin in same[1:] if twin.ended_at is None and twin.source != "declared"]
        if row is None:
            row = Relationship(from_id=link.from_id, to_id=link.to_id, type=type_)
            row.from_port, row.to_port, row.last_seen_at = link.from_port, link.to_port, at
            session.add(row)
        elif row.source == "declared" and row.ended_at is None:
            continue
        elif row.last_seen_at != at:
            seen[at].append(row.id)
        row.source, row.confidence, row.ended_at = link.source, link.confidence, None
    session.flush()
    _touch(seen)
    moved = {link.from_id for link in found.hosts} | {link.from_id for link in found.guests}
    for (from_id, to_id, _, _), same in standing.items():
        for row in same:
            if row.ended_at is None and _is_gone(row, from_id, to_id, found, moved, now):
                row.ended_at = now
    session.flush()


def _last_told(link: Link, found: Survey, now: datetime) -> datetime:
    """Return when one of the two ends last spoke; a host is heard by its switch only."""
    ends = (link.to_id,) if link.source in HEARD and not link.from_port else (link.from_id, link.to_id)
    said = [found.seen_at[end] for end in ends if end in found.seen_at]
    return max(said, default=now)


def _touch(seen: dict[datetime, list[int]]) -> None:
    for at, ids in seen.items():
        for part in chunks(ids):
            touched = update(Relationship).where(Relationship.id.in_(part)).values(last_seen_at=at)
            current_unit().session.execute(touched.execution_options(synchronize_session=False))


def _is_gone(row: Relationship, from_id: int, to_id: int, found: Survey, moved: Collection[int], now: datetime) -> bool:
    """Say whether a link that nobody told of is gone; its ends are those that stand for merged records.

    A host that is only switched off keeps its last port, and a machine its hypervisor, until it is heard elsewhere or
    forgotten. A cable is gone when an end that speaks does not tell of it.
    """
    if row.source == "fdb" and row.from_port:
        return bool({from_id, to_id} & found.seen_at.keys())
    if row.source in HEARD:
        return from_id in moved or row.last_seen_at is None or now - row.last_seen_at > FORGOTTEN
    if row.source == GUESTS:
        return from_id in moved or to_id in found.seen_at
    return row.source in TOLD and bool({from_id, to_id} & found.seen_at.keys())


# ------------------------------------------------------------------------------------------------ places
def _store_places(organization_id: int, places: dict[str, Place], now: datetime) -> None:
    session = current_unit().session
    columns = (Station.id, Station.mac, Station.place_id, Station.port, Station.last_seen_at)
    more = (getattr(Station, name) for name in _COLUMNS)
    rows = select(*columns, *more).where(Station.organization_id == organization_id)
    standing = {row.mac: row for row in session.execute(rows)}
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    seen: dict[datetime, list[int]] = defaultdict(list)
    for mac, place in places.items():
        row = standing.pop(mac, None)
        values = {name: getattr(place, name) for name in _COLUMNS}
        here = {"place_id": place.place_id, "port": place.port, "last_seen_at": place.at}
        if row is None:
            maker = None if place.asset_id is not None else (maker_of_mac(mac) or "")[:120] or None
            own = {"organization_id": organization_id, "mac": mac, "maker": maker, "since_at": place.at}
            added.append({**own, **here, **values})
        elif (row.place_id, row.port) != (place.place_id, place.port):
            changed.append({"id": row.id, **here, **values, "since_at": place.at})
        elif any(getattr(row, name) != value for name, value in values.items()):
            changed.append({"id": row.id, **here, **values})
        elif row.last_seen_at != place.at:
            seen[place.at].append(row.id)
    if added:
        session.execute(insert(Station), added)
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for change in changed:
        by_columns[tuple(change)].append(change)
    for some in by_columns.values():
        session.execute(update(Station), some)
    _touch_places(seen)
    _forget(row.id for row in standing.values() if now - row.last_seen_at > FORGOTTEN)


def _touch_places(seen: dict[datetime, list[int]]) -> None:
    for at, ids in seen.items():
        for part in chunks(ids):
            touched = update(Station).where(Station.id.in_(part)).values(last_seen_at=at)
            current_unit().session.execute(touched.execution_options(synchronize_session=False))


def _forget(ids: Iterable[int]) -> None:
    for part in chunks(ids):
        gone = delete(Station).where(Station.id.in_(part))
        current_unit().session.execute(gone.execution_options(synchronize_session=False))
