"""What discovery saw an asset to have: rows are added, changed and marked as gone, and only where something changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from itsm.assets.events import PartsChanged
from itsm.assets.keys import product_key
from itsm.assets.models import Address, Asset, Component, Interface, SoftwareInstallation, SoftwareProduct
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import merged_into
from itsm.infra.chunks import chunks
from itsm.infra.unit import current_unit, emit, together
from itsm.infra.upsert import insert_missing
from itsm.kernel.actor import Actor
from itsm.kernel.policy import require
from itsm.kernel.text import one_line

Row = dict[str, Any]
MOST = 20_000
"""Parts of one sort that an asset may have; a device that claims more is cut there."""


@dataclass(frozen=True, slots=True)
class _Sort:
    """How one sort of part is told apart (``key``) and what of it may change (``columns``)."""

    model: Any
    what: str
    key: Callable[[Any], Any]
    columns: tuple[str, ...]
    told: Callable[[Mapping[Any, Any]], str]


INTERFACES = _Sort(
    Interface,
    "interfaces",
    lambda row: row.name,
    ("mac", "speed", "number", "alias", "type", "admin_up", "oper_up", "vlan", "tagged", "lag"),
    lambda row: str(row["name"]),
)
ADDRESSES = _Sort(Address, "addresses", lambda row: row.address, (), lambda row: str(row["address"]))
COMPONENTS = _Sort(
    Component,
    "components",
    lambda row: row.key,
    ("kind", "name", "model", "serial", "vendor", "version", "size", "slot", "level"),
    lambda row: f"{row['kind']} {row['name']}",
)
SOFTWARE = _Sort(
    SoftwareInstallation,
    "software",
    lambda row: (row.product_id, row.version),
    ("title",),
    lambda row: f"{row['title']} {row['version']}".strip(),
)


@dataclass(frozen=True, slots=True)
class Parts:
    """All that a reading told of one asset's parts; see :func:`sync_interfaces` and its neighbours for the rows.

    ``whole`` says that the reading was complete: what is absent then is gone; after a partial reading nothing goes. None
    instead of rows: nothing was told of that sort, and nothing of it changes.
    """

    asset: Asset
    interfaces: Sequence[Row] | None = None
    addresses: Sequence[str] | None = None
    components: Sequence[Row] | None = None
    software: Sequence[Row] | None = None
    whole: bool = True


def sync(actor: Actor, told: Sequence[Parts], *, now: datetime) -> None:
    """Bring the parts of several assets in line, each asset once, with as many statements for fifty as for one."""
    for one in told:
        require(POLICY, actor, AssetPermission.OBSERVE, one.asset)
    titles = {id(one): _titles(one.software) for one in told if one.software is not None}
    ids = _product_ids({key: row for rows in titles.values() for (key, _version), row in rows.items()})
    with together():
        _sync(
            actor, INTERFACES, [(one, _interfaces(one.interfaces)) for one in told if one.interfaces is not None], now
        )
        _sync(actor, ADDRESSES, [(one, _addresses(one.addresses)) for one in told if one.addresses is not None], now)
        _sync(
            actor, COMPONENTS, [(one, _components(one.components)) for one in told if one.components is not None], now
        )
        _sync(actor, SOFTWARE, [(one, _software(titles[id(one)], ids)) for one in told if id(one) in titles], now)


def sync_interfaces(actor: Actor, asset: Asset, rows: Sequence[Row], *, now: datetime, whole: bool = True) -> None:
    """Bring the interfaces in line: rows of ``name, mac, speed, number, alias, type, admin_up, oper_up, vlan,
    tagged, lag``."""
    sync(actor, [Parts(asset, interfaces=rows, whole=whole)], now=now)


def sync_addresses(actor: Actor, asset: Asset, addresses: Sequence[str], *, now: datetime, whole: bool = True) -> None:
    """Bring the IP addresses in line."""
    sync(actor, [Parts(asset, addresses=addresses, whole=whole)], now=now)


def sync_components(actor: Actor, asset: Asset, rows: Sequence[Row], *, now: datetime, whole: bool = True) -> None:
    """Bring the components in line: rows of ``kind, name, model, serial, vendor, version, size, slot, level``."""
    sync(actor, [Parts(asset, components=rows, whole=whole)], now=now)


def sync_software(actor: Actor, asset: Asset, rows: Sequence[Row], *, now: datetime, whole: bool = True) -> None:
    """Bring the installed software in line: rows of ``name, version, publisher``."""
    sync(actor, [Parts(asset, software=rows, whole=whole)], now=now)


def _interfaces(rows: Sequence[Row]) -> dict[Any, Row]:
    return {row["name"]: row for row in rows[:MOST]}


def _addresses(addresses: Sequence[str]) -> dict[Any, Row]:
    return {address: {"address": address} for address in addresses[:MOST]}


def _components(rows: Sequence[Row]) -> dict[Any, Row]:
    keyed: dict[Any, Row] = {}
    for place, row in enumerate(rows[:MOST]):
        mark = row.get("serial") or row.get("slot") or f"{row.get('name')}#{place}"
        key = f"{row['kind']}:{mark}"[:290]
        key = key if key not in keyed else f"{key}#{place}"
        keyed[key] = {**row, "key": key}
    return keyed


def sync_levels(actor: Actor, kind: str, levels: Mapping[int, Sequence[Row]]) -> None:
    """Bring the levels of one kind of component in line, of many assets in two statements: rows of ``name, level``.

    For what moves all the time (how full a disk is) and makes no new content. Nothing is added and nothing goes.
    """
    require(POLICY, actor, AssetPermission.OBSERVE)
    wanted = {(asset_id, row["name"]): row["level"] for asset_id, rows in levels.items() for row in rows}
    if not wanted:
        return
    known = select(Component.id, Component.asset_id, Component.name, Component.level)
    known = known.where(Component.asset_id.in_(levels), Component.kind == kind, Component.gone_at.is_(None))
    changes = [
        {"id": row.id, "level": wanted[row.asset_id, row.name]}
        for row in current_unit().session.execute(known)
        if wanted.get((row.asset_id, row.name), row.level) != row.level
    ]
    _update(Component, changes)


def _titles(rows: Sequence[Row]) -> dict[tuple[str, str], Row]:
    return {
        (product_key(row["name"], row.get("publisher")), (row.get("version") or "")[:120]): row for row in rows[:MOST]
    }


def _software(titles: Mapping[tuple[str, str], Row], ids: Mapping[str, int]) -> dict[Any, Row]:
    return {
        (ids[key], version): {"product_id": ids[key], "version": version, "title": one_line(row["name"], 300)}
        for (key, version), row in titles.items()
    }


def _product_ids(wanted: Mapping[str, Row]) -> dict[str, int]:
    session, found = current_unit().session, dict[str, int]()
    keys = list(wanted)
    for attempt in range(2):
        missing = [key for key in keys if key not in found]
        for part in chunks(missing):
            chosen = select(SoftwareProduct.key, SoftwareProduct.id).where(SoftwareProduct.key.in_(part))
            found |= {row.key: row.id for row in session.execute(chosen)}
        missing = [key for key in missing if key not in found]
        if missing and attempt == 0:
            rows = [
                {"key": key, "name": one_line(wanted[key]["name"], 200), "publisher": _publisher(wanted[key])}
                for key in missing
            ]
            insert_missing(session, SoftwareProduct, rows)
    return found


def _publisher(row: Row) -> str | None:
    return one_line(row["publisher"], 200) if row.get("publisher") else None


def _sync(actor: Actor, sort: _Sort, told: Sequence[tuple[Parts, Mapping[Any, Row]]], now: datetime) -> None:
    if not told:
        return
    session, table = current_unit().session, sort.model.__table__
    known = _known([one.asset for one, _ in told], sort)
    added: list[Row] = []
    changes: list[Row] = []
    for one, wanted in told:
        difference = _compare(sort, known[one.asset.id], wanted, whole=one.whole, now=now)
        added += [dict(row, asset_id=one.asset.id, first_seen_at=now) for row in difference.added]
        changes += difference.changes
        if known[one.asset.id].rows and (difference.came or difference.went):
            emit(
                PartsChanged(
                    at=now,
                    actor_id=actor.user_id,
                    asset_id=one.asset.id,
                    what=sort.what,
                    added=tuple(difference.came[:50]),
                    removed=tuple(difference.went[:50]),
                )
            )
    if added:
        session.execute(insert(table), _alike(added, sort))
    _update(sort.model, changes)


@dataclass(slots=True)
class _Stock:
    """What an asset has of a sort: a row a key, and further rows of the same keys that merged records have."""

    rows: dict[Any, Any] = field(default_factory=dict)
    doubles: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Difference:
    """What one asset's parts of a sort come to: rows to add, rows to change by id, and names for the event."""

    added: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    came: list[str] = field(default_factory=list)
    went: list[str] = field(default_factory=list)


def _compare(sort: _Sort, known: _Stock, wanted: Mapping[Any, Row], *, whole: bool, now: datetime) -> _Difference:
    found = _Difference(added=[row for key, row in wanted.items() if key not in known.rows])
    found.came = [sort.told(row) for row in found.added]
    if whole:
        gone = [old for key, old in known.doubles if key not in wanted and old.gone_at is None]
        found.changes += [{"id": old.id, "gone_at": now} for old in gone]
    for key, old in known.rows.items():
        row = wanted.get(key)
        if row is None:
            if whole and old.gone_at is None:
                found.changes.append({"id": old.id, "gone_at": now})
                found.went.append(sort.told(old._mapping))
            continue
        new = {name: row.get(name) for name in sort.columns if row.get(name) != getattr(old, name)}
        if old.gone_at is not None:
            new["gone_at"] = None
            found.came.append(sort.told(row))
        if new:
            found.changes.append({"id": old.id, **new})
    return found


def _known(assets: Sequence[Asset], sort: _Sort) -> dict[int, _Stock]:
    """Return what assets have of a sort; of one that stands for merged records, theirs as well."""
    session, table = current_unit().session, sort.model.__table__
    whose = {asset.id: asset.id for asset in assets}
    standing = [asset.id for asset in assets if asset.absorbed_count]
    if standing:
        whose |= merged_into(session, standing)
    found = {asset.id: _Stock() for asset in assets}
    rows = session.execute(select(table).where(table.c.asset_id.in_(whose))).all()
    for row in sorted(rows, key=lambda row: row.asset_id != whose[row.asset_id]):
        stock, key = found[whose[row.asset_id]], sort.key(row)
        if key in stock.rows:
            stock.doubles.append((key, row))
        else:
            stock.rows[key] = row
    return found


def _alike(rows: list[Row], sort: _Sort) -> list[Row]:
    """Give every row the same columns, so that one statement inserts them all."""
    names = {*sort.columns, *(name for row in rows for name in row)}
    return [{name: row.get(name) for name in names} for row in rows]


def _update(model: Any, changes: list[Row]) -> None:
    """Update by primary key, one statement a set of columns."""
    by_columns: dict[tuple[str, ...], list[Row]] = {}
    for change in changes:
        by_columns.setdefault(tuple(sorted(change)), []).append(change)
    for rows in by_columns.values():
        current_unit().session.execute(update(model), rows)
