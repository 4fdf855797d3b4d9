"""Taking in what a probe saw: sighting, identification, matching, reconciliation.

Reports come in batches. What needs no database (identification, keys, packing) is done before the transaction by
:func:`prepare`; a report whose
content is known moves two columns and nothing else. One organization's batches take turns, so a device that two
probes see
at once becomes one asset.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update

from itsm.assets.enums import AssetStatus
from itsm.assets.events import SeenAfterRetirement
from itsm.assets.models import Asset
from itsm.assets.queries.precedence import precedence_of
from itsm.assets.rules.lifecycle import OUT_OF_SIGHT
from itsm.assets.services import parts
from itsm.assets.services.observation import Evidence, evidence_of, observe
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.discovery import knowledge, reading
from itsm.discovery.enums import MatchState, TargetResult
from itsm.discovery.events import DeviceFound, DeviceUndecided
from itsm.discovery.facts import Device
from itsm.discovery.models import Identification, Match, Network, Sighting, TargetOutcome
from itsm.discovery.rules import stacks
from itsm.discovery.rules.keys import Key, keys_of
from itsm.discovery.rules.matching import Decision
from itsm.discovery.rules.stacks import Member
from itsm.discovery.services.recognition import Register
from itsm.discovery.services.stacking import keep_members, stand_alone
from itsm.discovery.wire import HostReport
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.org.models import Organization

KNOWLEDGE = "1"
"""The version of the knowledge base, written beside each identification."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A report made ready outside any transaction."""

    report: HostReport
    device: Device
    keys: tuple[Key, ...]
    content_hash: str
    packed: bytes
    chassis: tuple[Member, ...] = ()
    """The members of a stack; empty for everything else."""


@dataclass(slots=True)
class Tally:
    """What a batch came to: results by kind, and the assets that were seen."""

    results: dict[TargetResult, int] = field(default_factory=lambda: defaultdict(int))
    asset_ids: set[int] = field(default_factory=set)
    seen: list[tuple[int, Prepared]] = field(default_factory=list)
    """Every report that is an asset's, with its id."""


def prepare(report: HostReport) -> Prepared:
    """Identify a report and make it ready to be stored. Needs no database and no application."""
    device = knowledge.describe(report)
    chassis = stacks.members(device)
    keys = tuple(keys_of(stacks.managed(device), report.address))
    return Prepared(report, device, keys, report.content_hash(), Sighting.pack(report), chassis)


class Intake:
    """Takes in the batches of one sweep over one network."""

    def __init__(self, actor: Actor, network: Network, sweep_id: int | None) -> None:
        self._actor = actor
        self._network = network
        self._sweep_id = sweep_id
        self._precedence: Mapping[str, Sequence[str]] = {}

    def take(self, batch: Sequence[Prepared], *, now: datetime) -> Tally:
        """Store and reconcile a batch inside the open transaction."""
        session = current_unit().session
        lock = select(Organization.id).where(Organization.id == self._network.organization_id).with_for_update()
        session.execute(lock)
        tally = Tally()
        batch = list({prepared.report.address: prepared for prepared in batch}.values())
        last = self._last_sightings([prepared.report.address for prepared in batch])
        fresh = [p for p in batch if p.report.address not in last or last[p.report.address].hash != p.content_hash]
        known = [p for p in batch if p not in fresh]
        self._seen_again(known, last, tally, now)
        self._take_fresh(fresh, last, tally, now)
        return tally

    def _last_sightings(self, addresses: list[str]) -> dict[str, Any]:
        newest = (
            select(func.max(Sighting.id))
            .where(Sighting.network_id == self._network.id, Sighting.address.in_(addresses))
            .group_by(Sighting.address)
        )
        stands_for = func.coalesce(Asset.merged_into_id, Asset.id).label("asset_id")
        rows = select(Sighting.id, Sighting.address, Sighting.content_hash.label("hash"), stands_for, Match.state)
        found = rows.outerjoin(Match, Match.sighting_id == Sighting.id).where(Sighting.id.in_(newest))
        found = found.outerjoin(Asset, Asset.id == Match.asset_id)
        return {row.address: row for row in current_unit().session.execute(found)}

    def _seen_again(self, known: list[Prepared], last: dict[str, Any], tally: Tally, now: datetime) -> None:
        if not known:
            return
        session = current_unit().session
        rows = [last[prepared.report.address] for prepared in known]
        session.execute(
            update(Sighting)
            .where(Sighting.id.in_([row.id for row in rows]))
            .values(last_seen_at=now, times_seen=Sighting.times_seen + 1)
            .execution_options(synchronize_session=False)
        )
        assets = {row.asset_id for row in rows if row.asset_id is not None}
        members = and_(Asset.parent_id.in_(assets), Asset.first_seen_at.is_not(None))
        whole = or_(Asset.id.in_(assets), members)
        seen = update(Asset).where(whole).values(last_seen_at=now, updated_at=Asset.updated_at)
        session.execute(seen.execution_options(synchronize_session=False))
        self._tell_of_the_ended(rows, assets, now)
        tally.asset_ids |= assets
        for prepared, row in zip(known, rows, strict=True):
            result = _result_again(row)
            if row.asset_id is None and row.state is None:
                result = _nobody(prepared)
            self._outcome(prepared, result, row.id, row.asset_id, tally, now)

    def _tell_of_the_ended(self, rows: list[Any], ids: set[int], now: datetime) -> None:
        """Tell of what answers although it is retired, disposed or missing: not only when it answers anew."""
        ended = select(Asset.id).where(Asset.id.in_(ids), Asset.status.in_(OUT_OF_SIGHT))
        addresses = {row.asset_id: row.address for row in rows}
        for asset_id in current_unit().session.scalars(ended).all():
            emit(SeenAfterRetirement(at=now, asset_id=asset_id, address=addresses[asset_id]))

    def _take_fresh(self, fresh: list[Prepared], last: dict[str, Any], tally: Tally, now: datetime) -> None:
        if not fresh:
            return
        chassis = [member.key for prepared in fresh for member in prepared.chassis]
        register = Register(self._network.organization_id, fresh, chassis)
        evidence = evidence_of(register.asset_ids)
        self._precedence = precedence_of(current_unit().session, self._network.organization_id)
        seen_before = self._seen_in_this_sweep(register.asset_ids)
        for prepared in fresh:
            sighting = self._store(prepared, now)
            if not reading.is_telling(prepared.device):
                self._outcome(prepared, _nobody(prepared), sighting.id, None, tally, now)
                continue
            before = last.get(prepared.report.address)
            decision = register.decide(
                prepared.keys,
                continuous_with=before.asset_id if before else None,
                chassis=[member.key for member in prepared.chassis],
            )
            asset_id, result = self._settle(prepared, sighting, decision, register, evidence, seen_before, now)
            self._outcome(prepared, result, sighting.id, asset_id, tally, now)
            if asset_id is not None:
                tally.asset_ids.add(asset_id)
                seen_before.add(asset_id)

    def _store(self, prepared: Prepared, now: datetime) -> Sighting:
        session, report, device = current_unit().session, prepared.report, prepared.device
        sighting = Sighting(
            network_id=self._network.id,
            address=report.address,
            content_hash=prepared.content_hash,
            wire=report.wire,
            raw=prepared.packed,
            partial=report.partial,
            taken_at=now,
            last_seen_at=now,
            times_seen=1,
        )
        session.add(sighting)
        session.flush()
        session.execute(
            insert(Identification).values(
                sighting_id=sighting.id,
                knowledge=KNOWLEDGE,
                kind=device.kind.value,
                vendor=_cut(device.vendor),
                model=_cut(device.model),
                serial=_cut(device.serial),
                os_version=_cut(device.os_version or device.version),
                name=_cut(device.name),
                why=[[e.field, e.value[:300], e.object[:200], e.rule[:200], e.confidence] for e in device.why[:50]],
                at=now,
            )
        )
        return sighting

    def _settle(
        self,
        prepared: Prepared,
        sighting: Sighting,
        decision: Decision,
        register: Register,
        evidence: dict[int, Evidence],
        seen_before: set[int],
        now: datetime,
    ) -> tuple[int | None, TargetResult]:
        match = Match(
            organization_id=self._network.organization_id,
            sighting_id=sighting.id,
            score=decision.score,
            keys=[{"kind": k.kind, "value": k.value, "strength": k.strength.value} for k in decision.agree],
            candidates=[],
            state=MatchState.MATCHED,
        )
        session = current_unit().session
        session.add(match)
        if decision.undecided:
            match.state = MatchState.UNDECIDED
            match.candidates = [
                {
                    "asset_id": one.asset_id,
                    "score": one.score,
                    "agree": [[k.kind, k.value] for k in one.agree],
                    "contradict": list(one.contradict),
                }
                for one in decision.candidates
            ]
            session.flush()
            emit(DeviceUndecided(at=now, actor_id=None, match_id=match.id, address=prepared.report.address))
            return None, TargetResult.UNDECIDED
        if decision.asset_id is None:
            asset = self._enter(prepared, now)
            match.state, result = MatchState.CREATED, TargetResult.NEW
            evidence[asset.id] = Evidence(maker="", model="")
        else:
            asset = register.asset(decision.asset_id)
            result = TargetResult.ALIAS if asset.id in seen_before else TargetResult.CHANGED
        match.asset_id = asset.id
        register.remember(asset, prepared.keys, now=now)
        reconcile(
            self._actor,
            asset,
            prepared,
            sighting.id,
            evidence.get(asset.id),
            alias=result is TargetResult.ALIAS,
            now=now,
            precedence=self._precedence,
        )
        self._keep_stack(asset, prepared, sighting.id, register, alias=result is TargetResult.ALIAS, now=now)
        if match.state is MatchState.CREATED:
            emit(DeviceFound(at=now, asset_id=asset.id, sweep_id=self._sweep_id, address=prepared.report.address))
        return asset.id, result

    def _keep_stack(
        self, asset: Asset, prepared: Prepared, sighting_id: int, register: Register, *, alias: bool, now: datetime
    ) -> None:
        if prepared.chassis and not alias:
            more: dict[str, Any] = {"whole": not prepared.report.partial, "precedence": self._precedence}
            keep_members(self._actor, asset, prepared.chassis, register, sighting_id=sighting_id, now=now, **more)
        elif not prepared.chassis and asset.parent_id is not None:
            stand_alone(asset, now=now)

    def _enter(self, prepared: Prepared, now: datetime) -> Asset:
        """Enter a device that nobody knew as an asset of its kind."""
        device = prepared.device
        new = NewAsset(
            organization_id=self._network.organization_id,
            name=(device.name or device.model or prepared.report.address)[:200],
            kind=reading.asset_kind(device.kind),
            status=AssetStatus.IN_USE,
            facts={"location_id": self._network.location_id} if self._network.location_id else {},
        )
        return register_asset(self._actor, new, now=now)

    def _seen_in_this_sweep(self, asset_ids: Sequence[int]) -> set[int]:
        if self._sweep_id is None:
            return set()
        seen = select(TargetOutcome.asset_id).where(
            TargetOutcome.sweep_id == self._sweep_id, TargetOutcome.asset_id.in_(asset_ids)
        )
        return {asset_id for asset_id in current_unit().session.scalars(seen) if asset_id is not None}

    def _outcome(
        self,
        prepared: Prepared,
        result: TargetResult,
        sighting_id: int,
        asset_id: int | None,
        tally: Tally,
        now: datetime,
    ) -> None:
        tally.results[result] += 1
        if asset_id is not None:
            tally.seen.append((asset_id, prepared))
        if self._sweep_id is None:
            return
        stages = prepared.report.stages
        worst = next((s for s in stages if s.reason != "ok"), stages[-1] if stages else None)
        current_unit().session.add(
            TargetOutcome(
                sweep_id=self._sweep_id,
                network_id=self._network.id,
                address=prepared.report.address,
                result=result,
                stage=worst.name[:20] if worst else "",
                reason=worst.reason[:40] if worst else "ok",
                detail=worst.detail[:300] if worst else "",
                milliseconds=sum(stage.milliseconds for stage in stages),
                bytes=sum(stage.bytes for stage in stages),
                sighting_id=sighting_id,
                asset_id=asset_id,
                at=now,
            )
        )


def reconcile(
    actor: Actor,
    asset: Asset,
    prepared: Prepared,
    sighting_id: int,
    evidence: Evidence | None,
    *,
    alias: bool,
    now: datetime,
    precedence: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Bring an asset in line with a sighting. Of an alias only its addresses count: the rest was told at the first
    address."""
    device, report = prepared.device, prepared.report
    if alias:
        parts.sync_addresses(actor, asset, _addresses(report, device), now=now, whole=False)
        return
    said = reading.observations(report, stacks.managed(device), sighting_id)
    observe(actor, asset, said, now=now, evidence=evidence, address=report.address, precedence=precedence)
    whole = not report.partial
    parts.sync_interfaces(actor, asset, reading.interface_rows(device), now=now, whole=whole)
    parts.sync_addresses(actor, asset, _addresses(report, device), now=now, whole=whole)
    parts.sync_components(actor, asset, reading.component_rows(device), now=now, whole=whole)
    parts.sync_software(actor, asset, reading.software_rows(device), now=now, whole=whole)


def _result_again(row: Any) -> TargetResult:
    return TargetResult.UNDECIDED if row.state is MatchState.UNDECIDED else TargetResult.SAME


def _nobody(prepared: Prepared) -> TargetResult:
    """Return what an answer that leads to no asset is: refused, or unknown."""
    reasons = {stage.reason for stage in prepared.report.stages}
    shut = {"auth_failed", "host_key_unknown", "host_key_changed", "no_credential", "refused"}
    return TargetResult.REFUSED if reasons & shut else TargetResult.UNKNOWN


def _cut(text: str | None) -> str | None:
    return text[:200] if text else None


def _addresses(report: HostReport, device: Device) -> list[str]:
    """Return the addresses a device is known by: the one that answered, and its own but the loopback that every host
    has."""
    own = (address for address in device.ips if address not in ("127.0.0.1", "::1"))
    return list(dict.fromkeys([report.address, *own]))
