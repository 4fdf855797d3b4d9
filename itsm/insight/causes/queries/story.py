"""What is on record about the last days of a device: parts, links, holders, sweeps in one statement, edits in another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Select, Text, and_, case, cast, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Person
from itsm.assets.enums import RelationshipType
from itsm.assets.models import (
    Address,
    Asset,
    Component,
    CustodyPeriod,
    ObservedValue,
    Relationship,
    SoftwareInstallation,
    SoftwareProduct,
)
from itsm.assets.queries.visible import one_thing
from itsm.assets.rules.moments import FIELDS as MOMENTS
from itsm.discovery.enums import SweepState
from itsm.discovery.models import Match, Sighting, Sweep
from itsm.infra.db import UTCDateTime
from itsm.infra.journal import JournalRow
from itsm.insight.causes.enums import Happening
from itsm.insight.causes.rules.story import Change, Run, Trace
from itsm.org.models import Location

MOST = 200
SWEEPS = 15
_NO_TIME = cast(null(), UTCDateTime)
_NO_TEXT = cast(null(), Text)
_NO_ID = cast(null(), BigInteger)
_TOLD = {"status": Happening.STATUS, "name": Happening.EDITED, "serial": Happening.EDITED}
_BY_HAND = {"firmware": Happening.FIRMWARE, "os_name": Happening.OS, "os_version": Happening.OS}


class Record:
    """What one statement found: traces, the networks in which the device is seen, the last sweeps."""

    def __init__(self) -> None:
        self.traces: list[Trace] = []
        self.networks: set[int] = set()
        self.runs: list[Run] = []


def record_of(session: Session, asset: Asset, since: datetime, until: datetime) -> Record:
    """Return what is on record of a device between two moments, in one statement."""
    makers = (_software, _components, _addresses, _observed, _moments, _links, _custody)
    parts = [make(asset, since, until).limit(MOST) for make in makers]
    parts += [_sweeps(asset), _networks(asset)]
    found = Record()
    bounded = [select(part.subquery()) for part in parts]
    for row in session.execute(union_all(*bounded)):
        if row.sort == "sweep":
            found.runs.append(Run(row.at, row.gone, tuple(json.loads(row.name or "[]"))))
        elif row.sort == "network":
            found.networks.add(row.ref)
        else:
            found.traces.append(_trace(row))
    return found


def _trace(row: Any) -> Trace:
    return Trace(
        sort=row.sort,
        at=row.at,
        gone=row.gone,
        name=row.name or "",
        detail=row.detail or "",
        before=row.before or "",
        ref=row.ref or 0,
        source=row.source or "",
        touched=row.touched,
    )


def _row(sort: str, at: Any, gone: Any, name: Any, **more: Any) -> Select[Any]:
    """Return a select of the one shape that all parts of the record have."""
    return select(
        literal(sort).label("sort"),
        at.label("at"),
        gone.label("gone"),
        cast(name, Text).label("name"),
        more.get("detail", _NO_TEXT).label("detail"),
        more.get("before", _NO_TEXT).label("before"),
        more.get("ref", _NO_ID).label("ref"),
        more.get("source", _NO_TEXT).label("source"),
        more.get("touched", _NO_TIME).label("touched"),
    )


def _in_time(model: Any, asset: Asset, since: datetime, until: datetime) -> Any:
    """Return "came or went in this time". What came with the first reading was there before we looked."""
    same = aliased(model)
    first = select(func.min(same.first_seen_at)).where(same.asset_id == model.asset_id).correlate(model)
    came = and_(model.first_seen_at.between(since, until), model.first_seen_at > first.scalar_subquery())
    return and_(model.asset_id.in_(one_thing(asset.id)), or_(came, model.gone_at.between(since, until)))


def _software(asset: Asset, since: datetime, until: datetime) -> Select[Any]:
    one = SoftwareInstallation
    wanted = _row(
        "software",
        one.first_seen_at,
        one.gone_at,
        SoftwareProduct.name,
        detail=cast(one.version, Text),
        ref=one.product_id,
    )
    wanted = wanted.join(SoftwareProduct, SoftwareProduct.id == one.product_id)
    return wanted.where(_in_time(one, asset, since, until)).order_by(one.id.desc())


def _components(asset: Asset, since: datetime, until: datetime) -> Select[Any]:
    words = func.coalesce(Component.serial, Component.slot, "")
    wanted = _row(
        "component",
        Component.first_seen_at,
        Component.gone_at,
        Component.name,
        detail=cast(words, Text),
        ref=Component.size,
        source=cast(Component.kind, Text),
    )
    return wanted.where(_in_time(Component, asset, since, until)).order_by(Component.id.desc())


def _addresses(asset: Asset, since: datetime, until: datetime) -> Select[Any]:
    wanted = _row("address", Address.first_seen_at, Address.gone_at, Address.address)
    return wanted.where(_in_time(Address, asset, since, until)).order_by(Address.id.desc())


def _observed(asset: Asset, since: datetime, until: datetime) -> Select[Any]:
    now, then = ObservedValue, aliased(ObservedValue)
    wanted = _row(
        "observed",
        now.first_seen_at,
        now.ended_at,
        now.field,
        detail=now.value,
        before=then.value,
        ref=now.id,
        source=cast(now.source, Text),
    )
    replaced = and_(
        then.asset_id == now.asset_id,
        then.field == now.field,
        then.source == now.source,
        then.ended_at == now.first_seen_at,
    )
    wanted = wanted.join(then, replaced)
    return wanted.where(now.asset_id.in_(one_thing(asset.id)), now.first_seen_at.between(since, until)).order_by(
        now.id.desc()
    )


def _moments(asset: Asset, since: datetime, until: datetime) -> Select[Any]:
    """Return the moments that a device tells of. They are kept as text of one form, in UTC, so text compares as time."""
    told = ObservedValue
    wanted = _row("moment", told.first_seen_at, _NO_TIME, told.field, detail=told.value, source=cast(told.rule, Text))
    first, last = (moment.astimezone(UTC).isoformat(timespec="seconds") for moment in (since, until))
    mine = told.asset_id.in_(one_thing(asset.id)), told.field.in_(MOMENTS)
    return wanted.where(*mine, told.value.between(first, last)).order_by(told.id.desc())


def _links(asset: Asset, since: datetime, until: datetime) -> Select[Any]:
    link, ids, end, other = Relationship, one_thing(asset.id), aliased(Asset), aliased(Asset)
    outward = link.from_id.in_(ids)
    wanted = _row(
        "link",
        link.created_at,
        link.ended_at,
        other.name,
        detail=cast(case((outward, link.to_port), else_=link.from_port), Text),
        ref=other.id,
        source=cast(link.source, Text),
        touched=link.updated_at,
    )
    wanted = wanted.select_from(link).join(end, end.id == case((outward, link.to_id), else_=link.from_id))
    wanted = wanted.join(other, other.id == func.coalesce(end.merged_into_id, end.id)).where(other.id != asset.id)
    times = or_(*(column.between(since, until) for column in (link.created_at, link.updated_at, link.ended_at)))
    mine = or_(outward, link.to_id.in_(ids))
    return wanted.where(mine, link.type == RelationshipType.CONNECTED_TO, times).order_by(link.id.desc())


def _custody(asset: Asset, since: datetime, until: datetime) -> Select[Any]:
    held = CustodyPeriod
    wanted = _row(
        "custody",
        held.started_at,
        held.ended_at,
        func.coalesce(Person.name, Location.path),
        source=cast(held.note, Text),
    )
    wanted = wanted.outerjoin(Person, Person.id == held.person_id).outerjoin(Location, Location.id == held.location_id)
    times = or_(held.started_at.between(since, until), held.ended_at.between(since, until))
    return wanted.where(held.asset_id.in_(one_thing(asset.id)), times).order_by(held.id.desc())


def _sweeps(asset: Asset) -> Select[Any]:
    wanted = _row("sweep", Sweep.started_at, Sweep.finished_at, Sweep.network_ids, ref=Sweep.id)
    ended = Sweep.state == SweepState.FINISHED
    # A look at a few addresses looked for nobody else. "None" may be an SQL or a JSON null.
    whole = func.coalesce(cast(Sweep.addresses, Text), "null") == "null"
    mine = Sweep.organization_id == asset.organization_id
    return wanted.where(mine, ended, whole, Sweep.started_at.is_not(None)).order_by(Sweep.id.desc()).limit(SWEEPS)


def _networks(asset: Asset) -> Select[Any]:
    wanted = _row("network", func.max(Sighting.last_seen_at), _NO_TIME, _NO_TEXT, ref=Sighting.network_id)
    wanted = wanted.join(Match, Match.sighting_id == Sighting.id).where(Match.asset_id.in_(one_thing(asset.id)))
    return wanted.where(Sighting.network_id.is_not(None)).group_by(Sighting.network_id).limit(MOST)


def edits_of(session: Session, asset: Asset, since: datetime, until: datetime) -> list[Change]:
    """Return what people (and the status changes that anything) wrote into the record between two moments."""
    ids = one_thing(asset.id).with_only_columns(cast(Asset.id, Text))
    wanted = (
        select(JournalRow.at, JournalRow.door, JournalRow.detail)
        .where(JournalRow.subject_type == "asset", JournalRow.subject_id.in_(ids))
        .where(JournalRow.action == "changed", JournalRow.at.between(since, until))
        .order_by(JournalRow.sequence.desc())
        .limit(MOST)
    )
    return [change for row in session.execute(wanted) for change in _edited(row)]


def _edited(row: Any) -> Iterator[Change]:
    detail: dict[str, Any] = row.detail or {}
    before, after = detail.get("before") or {}, detail.get("after") or {}
    told = _TOLD if row.door == "probe" else _TOLD | _BY_HAND
    for name, value in after.items():
        if name in told:
            yield Change(
                row.at, told[name], name, _text(before.get(name)), _text(value), str(detail.get("actor") or "")[:200]
            )


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:200]


def sightings_of(session: Session, asset: Asset) -> tuple[set[int], list[Run]]:
    """Return the networks in which an asset is seen, and the last sweeps: for jobs, in two statements."""
    runs = [Run(row.at, row.gone, tuple(json.loads(row.name or "[]"))) for row in session.execute(_sweeps(asset))]
    return {row.ref for row in session.execute(_networks(asset))}, runs
