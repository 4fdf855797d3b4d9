"""Which assets a look covers, and how each of them was read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from itsm.assets.enums import AssetStatus
from itsm.assets.models import Asset
from itsm.assets.queries import all_merged
from itsm.discovery.enums import TargetResult
from itsm.discovery.models import Match, Network, Sighting, Sweep, TargetOutcome
from itsm.discovery.probe.targets import Gathered
from itsm.discovery.services.exclusions import never_of
from itsm.discovery.services.orders import left_out
from itsm.org.models import Location

GONE: Final = (AssetStatus.MISSING, AssetStatus.RETIRED, AssetStatus.DISPOSED)
"""Assets of which nobody expects anything."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An asset as a rule sees it. ``manner`` is how it was read this time; empty where it was not."""

    id: int
    tag: str
    name: str
    kind: str
    place: str
    category_id: int | None
    custodian_id: int | None
    warranty_until: date | None
    last_seen_at: datetime | None
    manner: str = ""
    partial: bool = False
    sighting_id: int | None = None


@dataclass(slots=True)
class Scope:
    """What one look covers: the assets that were read, those that should have been and were not, since when."""

    organization_id: int
    since: datetime
    seen: dict[int, Subject] = field(default_factory=dict)
    silent: dict[int, Subject] = field(default_factory=dict)
    ids: Any = None
    """A select of the ids of what was read, so that no list of ids ever travels to the database."""
    addresses: Any = None
    """A select of the addresses that answered."""
    network_ids: tuple[int, ...] = ()
    means: dict[int, int] = field(default_factory=dict)
    """Merged records, each with the asset that stands for it: what is written of one is the other's."""

    def root(self, asset_id: int) -> int:
        """Return the asset that stands for a record; itself where it was not merged."""
        return self.means.get(asset_id, asset_id)

    def subject(self, asset_id: int) -> Subject | None:
        """Return an asset of this look."""
        return self.seen.get(asset_id) or self.silent.get(asset_id)


_COLUMNS = (
    Asset.id,
    Asset.tag,
    Asset.name,
    Asset.kind,
    Location.path,
    Asset.category_id,
    Asset.custodian_id,
    Asset.warranty_until,
    Asset.last_seen_at,
)


def _assets() -> Select[Any]:
    wanted: Select[Any] = select(*_COLUMNS).outerjoin(Location, Location.id == Asset.location_id)  # type: ignore[assignment]
    return wanted.where(Asset.status.not_in(GONE), Asset.merged_into_id.is_(None))


def _ids(answered: Any) -> Any:
    """Return the select of all records of what answered: of each thing its asset, and what was merged into it."""
    read = select(TargetOutcome.asset_id).where(answered, TargetOutcome.asset_id.is_not(None))
    one, root = aliased(Asset), func.coalesce(Asset.merged_into_id, Asset.id)
    seen = select(root).where(Asset.id.in_(read))
    return select(one.id).where(func.coalesce(one.merged_into_id, one.id).in_(seen))


def _subject(row: Any, **more: Any) -> Subject:
    return Subject(
        row.id,
        row.tag,
        row.name,
        row.kind.value,
        row.path or "",
        row.category_id,
        row.custodian_id,
        row.warranty_until,
        row.last_seen_at,
        **more,
    )


def of_sweep(session: Session, sweep: Sweep) -> Scope:
    """Return what a finished sweep covered. Silence is only told by a sweep of whole networks."""
    answered = TargetOutcome.sweep_id == sweep.id
    scope = Scope(sweep.organization_id, sweep.started_at or sweep.created_at, network_ids=tuple(sweep.network_ids))
    scope.means = all_merged(session, scope.organization_id)
    scope.ids = _ids(answered)
    scope.addresses = select(TargetOutcome.address).where(answered)
    scope.seen = _read(session, answered)
    scope.silent = silent_in(
        session, scope.network_ids, scope.since, sweep.addresses, now=sweep.finished_at or scope.since
    )
    return scope


def of_organization(session: Session, organization_id: int, now: datetime, since: datetime) -> Scope:
    """Return everything that was read of an organization since a moment: for a dry run."""
    last = (
        select(func.max(TargetOutcome.id))
        .join(Sweep, Sweep.id == TargetOutcome.sweep_id)
        .where(Sweep.organization_id == organization_id, TargetOutcome.at >= since, TargetOutcome.at <= now)
        .group_by(TargetOutcome.address)
    )
    scope = Scope(organization_id, since)
    answered = TargetOutcome.id.in_(last)
    scope.means = all_merged(session, scope.organization_id)
    scope.ids = _ids(answered)
    scope.addresses = select(TargetOutcome.address).where(answered)
    scope.seen = _read(session, answered)
    return scope


def _read(session: Session, answered: Any) -> dict[int, Subject]:
    said = aliased(Asset)
    wanted = (
        _assets()
        .add_columns(TargetOutcome.result, TargetOutcome.stage, TargetOutcome.reason, TargetOutcome.address)
        .add_columns(TargetOutcome.sighting_id, Sighting.partial)
        .join(said, func.coalesce(said.merged_into_id, said.id) == Asset.id)
        .join(TargetOutcome, TargetOutcome.asset_id == said.id)
        .outerjoin(Sighting, Sighting.id == TargetOutcome.sighting_id)
        .where(answered)
    )
    best: dict[int, tuple[Any, Any]] = {}
    for row in session.execute(wanted):
        # Of a device with several addresses the one that told most counts, always the same one.
        rank = (row.result is TargetResult.ALIAS, row.reason != "ok", row.address)
        if row.id not in best or rank < best[row.id][0]:
            best[row.id] = (rank, row)
    return {
        row.id: _subject(
            row,
            manner=f"{row.stage}:{row.reason}"[:80],
            partial=bool(row.partial),
            sighting_id=row.sighting_id,
        )
        for _, row in best.values()
    }


def silent_in(
    session: Session, network_ids: Iterable[int], since: datetime, addresses: list[str] | None, *, now: datetime
) -> dict[int, Subject]:
    """Return the live assets that were seen in networks before, and not since; none after a look at some addresses.

    Who may not be asked (any more) is not silent.
    """
    if addresses is not None:
        return {}
    said = aliased(Asset)
    here = (
        select(func.coalesce(said.merged_into_id, said.id))
        .join(Match, Match.asset_id == said.id)
        .join(Sighting, Sighting.id == Match.sighting_id)
        .where(Sighting.network_id.in_(list(network_ids)))
    )
    wanted = _assets().where(Asset.id.in_(here), Asset.last_seen_at < since)
    found = {row.id: _subject(row) for row in session.execute(wanted)}
    spared = _spared(session, network_ids, now) if found else {}
    if not spared:
        return found
    places = (
        select(Match.asset_id, Sighting.network_id, Sighting.address)
        .join(Sighting, Sighting.id == Match.sighting_id)
        .join(Asset, Asset.id == Match.asset_id)
        .where(Sighting.network_id.in_(list(network_ids)), Asset.last_seen_at < since)
        .distinct()
    )
    asked = {
        asset_id
        for asset_id, network_id, address in session.execute(places)
        if network_id not in spared or not spared[network_id].holds(address)
    }
    return {asset_id: subject for asset_id, subject in found.items() if asset_id in asked}


def _spared(session: Session, network_ids: Iterable[int], now: datetime) -> dict[int, Gathered]:
    """Return what is left alone in each of the networks in which anything is."""
    found = {}
    for network in session.scalars(select(Network).where(Network.id.in_(list(network_ids)))):
        runs = left_out(network, never_of(session, network, now=now))
        if runs:
            found[network.id] = Gathered(net for run, _ in runs for net in run.networks())
    return found


def subjects(session: Session, asset_ids: Any) -> dict[int, Subject]:
    """Return assets by a select (or a short list) of their ids."""
    return {row.id: _subject(row) for row in session.execute(_assets().where(Asset.id.in_(asset_ids)))}
