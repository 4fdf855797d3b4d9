"""What discovery saw an asset to have: rows are added, changed and marked as gone, and only where something changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from itsm.assets.events import PartsChanged
from itsm.assets.keys import product_key
from itsm.assets.models import Address, Asset, Component, Interface, SoftwareInstallation, SoftwareProduct
from itsm.assets.policies import POLICY, AssetPermission
from itsm.infra.unit import current_unit, emit
from itsm.infra.upsert import insert_missing
from itsm.kernel.actor import Actor
from itsm.kernel.policy import require
from itsm.kernel.text import one_line

Row = dict[str, Any]
CHUNK = 500
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
    ("mac", "speed", "number", "alias", "type", "admin_up", "oper_up", "vlan"),
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


def sync_interfaces(actor: Actor, asset: Asset, rows: Sequence[Row], *, now: datetime, whole: bool = True) -> None:
    """Bring the interfaces in line: rows of ``name, mac, speed, number, alias, type, admin_up, oper_up, vlan``.

    ``whole`` says that the reading was complete: what is absent then is gone; after a partial reading nothing goes.
    """
    _sync(actor, asset, INTERFACES, {row["name"]: row for row in rows[:MOST]}, now=now, whole=whole)


def sync_addresses(actor: Actor, asset: Asset, addresses: Sequence[str], *, now: datetime, whole: bool = True) -> None:
    """Bring the IP addresses in line."""
    rows = {address: {"address": address} for address in addresses[:MOST]}
    _sync(actor, asset, ADDRESSES, rows, now=now, whole=whole)


def sync_components(actor: Actor, asset: Asset, rows: Sequence[Row], *, now: datetime, whole: bool = True) -> None:
    """Bring the components in line: rows of ``kind, name, model, serial, vendor, version, size, slot, level``."""
    keyed: dict[Any, Row] = {}
    for place, row in enumerate(rows[:MOST]):
        mark = row.get("serial") or row.get("slot") or f"{row.get('name')}#{place}"
        key = f"{row['kind']}:{mark}"[:290]
        key = key if key not in keyed else f"{key}#{place}"
        keyed[key] = {**row, "key": key}
    _sync(actor, asset, COMPONENTS, keyed, now=now, whole=whole)


def sync_software(actor: Actor, asset: Asset, rows: Sequence[Row], *, now: datetime, whole: bool = True) -> None:
    """Bring the installed software in line: rows of ``name, version, publisher``."""
    titles = {
        (product_key(row["name"], row.get("publisher")), (row.get("version") or "")[:120]): row for row in rows[:MOST]
    }
    ids = _product_ids({key: row for (key, _version), row in titles.items()})
    keyed = {
        (ids[key], version): {"product_id": ids[key], "version": version, "title": one_line(row["name"], 300)}
        for (key, version), row in titles.items()
    }
    _sync(actor, asset, SOFTWARE, keyed, now=now, whole=whole)


def _product_ids(wanted: Mapping[str, Row]) -> dict[str, int]:
    session, found = current_unit().session, dict[str, int]()
    keys = list(wanted)
    for attempt in range(2):
        missing = [key for key in keys if key not in found]
        for start in range(0, len(missing), CHUNK):
            part = missing[start : start + CHUNK]
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


def _sync(actor: Actor, asset: Asset, sort: _Sort, wanted: Mapping[Any, Row], *, now: datetime, whole: bool) -> None:
    require(POLICY, actor, AssetPermission.OBSERVE, asset)
    session, model = current_unit().session, sort.model
    known, others = _known(asset, sort)
    added = [dict(row, asset_id=asset.id, first_seen_at=now) for key, row in wanted.items() if key not in known]
    changes: list[Row] = []
    names_added = [sort.told(row) for row in added]
    names_removed: list[str] = []
    if whole:
        changes += [{"id": old.id, "gone_at": now} for key, old in others if key not in wanted and old.gone_at is None]
    for key, old in known.items():
        row = wanted.get(key)
        if row is None:
            if whole and old.gone_at is None:
                changes.append({"id": old.id, "gone_at": now})
                names_removed.append(sort.told(dict(old._mapping)))
            continue
        new = {name: row.get(name) for name in sort.columns if row.get(name) != getattr(old, name)}
        if old.gone_at is not None:
            new["gone_at"] = None
            names_added.append(sort.told(row))
        if new:
            changes.append({"id": old.id, **new})
    if added:
        session.execute(insert(model), _alike(added, sort))
    _update(model, changes)
    told = bool(known) and (names_added or names_removed)
    if told:
        emit(
            PartsChanged(
                at=now,
                actor_id=actor.user_id,
                asset_id=asset.id,
                what=sort.what,
                added=tuple(names_added[:50]),
                removed=tuple(names_removed[:50]),
            )
        )


def _known(asset: Asset, sort: _Sort) -> tuple[dict[Any, Any], list[tuple[Any, Any]]]:
    """Return the rows of an asset by key, and what the records merged into it have under the same keys."""
    model, ids = sort.model, [asset.id]
    if asset.absorbed_count:
        ids += current_unit().session.scalars(select(Asset.id).where(Asset.merged_into_id == asset.id))
    rows = current_unit().session.execute(select(model.__table__).where(model.asset_id.in_(ids))).all()
    known: dict[Any, Any] = {}
    others: list[tuple[Any, Any]] = []
    for row in sorted(rows, key=lambda row: row.asset_id != asset.id):
        if sort.key(row) in known:
            others.append((sort.key(row), row))
        else:
            known[sort.key(row)] = row
    return known, others


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
