"""Taking in what a probe saw: sighting, identification, matching, reconciliation.

Reports come in batches. What needs no database (identification, keys, packing) is done before the transaction; a report
whose content is known moves two columns and nothing else. One organization's batches take turns, so a device that two
probes see at once becomes one asset.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from itsm.assets.enums import AssetStatus
from itsm.assets.events import SeenAfterRetirement
from itsm.assets.models import Asset
from itsm.assets.queries.precedence import precedence_of
from itsm.assets.rules.lifecycle import OUT_OF_SIGHT
from itsm.assets.services import parts
from itsm.assets.services.moments import keep_moments
from itsm.assets.services.observation import evidence_of
from itsm.assets.services.registration import NewAsset, register_assets
from itsm.discovery import knowledge, reading
from itsm.discovery.enums import MatchState, TargetResult
from itsm.discovery.events import DeviceFound, DeviceUndecided
from itsm.discovery.models import Identification, Match, Network, Sighting, TargetOutcome
from itsm.discovery.rules.matching import Decision
from itsm.discovery.services import placing, sending_back, tellings
from itsm.discovery.services.placing import Placed
from itsm.discovery.services.prepared import Prepared
from itsm.discovery.services.recognition import Register
from itsm.discovery.services.reconciling import Seen, reconcile
from itsm.discovery.services.sending_back import left_by
from itsm.discovery.services.stacking import keep_members, stand_alone
from itsm.discovery.wire import HostReport
from itsm.infra.db import db
from itsm.infra.unit import current_unit, emit, together
from itsm.kernel.actor import Actor
from itsm.kernel.text import one_line
from itsm.org.models import Organization

_MOST = 2**31 - 1
"""What a column of whole numbers holds."""


@dataclass(slots=True)
class Tally:
    """What a batch came to: results by kind, and the assets that were seen."""

    results: dict[TargetResult, int] = field(default_factory=lambda: defaultdict(int))
    asset_ids: set[int] = field(default_factory=set)
    words: list[tellings.Word] = field(default_factory=list)
    """What was told anew of other devices."""


class Intake:
    """Takes in the batches of one sweep over one network."""

    def __init__(self, actor: Actor, network: Network, sweep_id: int | None) -> None:
        self._actor = actor
        self._network = network
        self._sweep_id = sweep_id
        self._sent_back: dict[str, Match] = {}

    def prepare(self, reports: Sequence[HostReport]) -> list[Prepared]:
        """Make reports ready before the transaction; of those that say nothing new only the content is looked at."""
        batch = [Prepared(report) for report in reports]
        last = self._last_sightings(db.session(), [report.address for report in reports])
        for prepared in batch:
            if prepared.report.address not in last or last[prepared.report.address].hash != prepared.content_hash:
                prepared.work_out()
        return batch

    def take(self, batch: Sequence[Prepared], *, now: datetime) -> Tally:
        """Store and reconcile a batch inside the open transaction."""
        session = current_unit().session
        lock = select(Organization.id).where(Organization.id == self._network.organization_id).with_for_update()
        session.execute(lock)
        tally = Tally()
        batch = list({prepared.report.address: prepared for prepared in batch}.values())
        last = self._last_sightings(session, [prepared.report.address for prepared in batch])
        fresh = [p for p in batch if p.report.address not in last or last[p.report.address].hash != p.content_hash]
        known = [p for p in batch if p not in fresh]
        self._seen_again(known, last, tally, now)
        self._take_fresh(fresh, last, tally, now)
        tellings.note(self._network.organization_id, tally.words, now=now)
        return tally

    def _last_sightings(self, session: Session, addresses: list[str]) -> dict[str, Any]:
        newest = (
            select(func.max(Sighting.id))
            .where(Sighting.network_id == self._network.id, Sighting.address.in_(addresses))
            .group_by(Sighting.address)
        )
        stands_for = func.coalesce(Asset.merged_into_id, Asset.id).label("asset_id")
        rows = select(Sighting.id, Sighting.address, Sighting.content_hash.label("hash"), stands_for, Match.state)
        rows = rows.add_columns(Match.id.label("match_id"), Match.decided_by_id)
        found = rows.outerjoin(Match, Match.sighting_id == Sighting.id).where(Sighting.id.in_(newest))
        found = found.outerjoin(Asset, Asset.id == Match.asset_id)
        return {row.address: row for row in session.execute(found)}

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
        whole = or_(Asset.id.in_(assets), Asset.id.in_(_members(assets)))
        seen = update(Asset).where(whole).values(last_seen_at=now, updated_at=Asset.updated_at)
        session.execute(seen.execution_options(synchronize_session=False))
        self._tell_of_the_ended(rows, assets, now)
        tally.asset_ids |= assets
        silent = tellings.untold(sorted(assets))
        used = [(row.asset_id, knowledge.filesystems(p.report)) for p, row in zip(known, rows, strict=True)]
        levels = {id_: reading.filesystem_rows(found) for id_, found in used if id_ is not None and found}
        parts.sync_levels(self._actor, reading.FILESYSTEM, levels)
        told = ((p.report, row) for p, row in zip(known, rows, strict=True) if row.asset_id is not None)
        moments = [one for report, row in told for one in reading.moments_of(report, row.asset_id, row.id)]
        keep_moments(self._actor, moments, now=now)
        for prepared, row in zip(known, rows, strict=True):
            if row.asset_id in silent:
                tally.words.append(_word(row.asset_id, row.id, prepared))
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
        """Take in what is new at its address: each step for all of it, so fifty cost hardly more statements than one."""
        if not fresh:
            return
        chassis = [member.key for prepared in fresh for member in prepared.chassis]
        register = Register(self._network.organization_id, fresh, chassis)
        precedence = precedence_of(current_unit().session, self._network.organization_id)
        seen_before = self._seen_in_this_sweep(register.asset_ids)
        sightings = self._store(fresh, now)
        telling = [one for one in fresh if reading.is_telling(one.device)]
        self._sent_back = self._find_sent_back(last)
        self._meet(register.asset_ids)
        placed = [Placed(one, *self._place(one, last, register)) for one in telling]
        with together():
            assets = self._assets_of(placed, register, now)
            found = [placing.found(one, assets.get(one.target), seen_before) for one in placed]
            seen = [
                Seen(asset, one.prepared, sightings[one.prepared.report.address], alias=result is TargetResult.ALIAS)
                for one, (asset, result) in zip(placed, found, strict=True)
                if asset is not None
            ]
            register.remember([(one.asset, one.prepared.keys) for one in seen], now=now)
            evidence = evidence_of({one.asset.id for one in seen})
            reconcile(self._actor, seen, evidence, now=now, precedence=precedence)
            first = (one for one in seen if not one.alias)
            moments = [
                m for one in first for m in reading.moments_of(one.prepared.report, one.asset.id, one.sighting_id)
            ]
            keep_moments(self._actor, moments, now=now)
            for one in seen:
                self._keep_stack(one, register, precedence, now)
            self._match(placed, found, assets, sightings, now)
            results = {one.prepared.report.address: told for one, told in zip(placed, found, strict=True)}
            for prepared in fresh:
                asset, result = results.get(prepared.report.address, (None, _nobody(prepared)))
                asset_id = None if asset is None else asset.id
                sighting_id = sightings[prepared.report.address]
                if asset_id is not None:
                    tally.asset_ids.add(asset_id)
                    if result is not TargetResult.ALIAS:
                        tally.words.append(_word(asset_id, sighting_id, prepared))
                self._outcome(prepared, result, sighting_id, asset_id, tally, now)

    def _store(self, fresh: list[Prepared], now: datetime) -> dict[str, int]:
        """Store the sightings and what they were identified as; return the sightings' ids by address."""
        session = current_unit().session
        rows = [
            Sighting(
                network_id=self._network.id,
                address=one.report.address,
                content_hash=one.content_hash,
                wire=one.report.wire,
                raw=one.packed,
                partial=one.report.partial,
                taken_at=now,
                last_seen_at=now,
                times_seen=1,
            )
            for one in fresh
        ]
        session.add_all(rows)
        session.flush()
        said = [placing.identified(row.id, one.device, now) for row, one in zip(rows, fresh, strict=True)]
        session.execute(insert(Identification), said)
        return {row.address: row.id for row in rows}

    def _place(self, one: Prepared, last: dict[str, Any], register: Register) -> tuple[Decision, int | None]:
        """Say which asset a sighting is: None where a person has to; a negative id stands for an asset to be made."""
        before = last.get(one.report.address)
        decision = register.decide(
            one.keys,
            continuous_with=before.asset_id if before else None,
            chassis=[member.key for member in one.chassis],
        )
        if decision.asset_id is not None and decision.asset_id > 0 and not self._is_trusted(decision):
            decision = replace(decision, asset_id=None, undecided=True)
        waiting = self._sent_back.get(one.report.address)
        if waiting is not None and decision.asset_id == left_by(waiting):
            decision = replace(decision, asset_id=None, undecided=True)
        if decision.undecided:
            return decision, None
        if decision.asset_id is None:
            return decision, register.expect(one.keys)
        register.learn(decision.asset_id, one.keys)
        return decision, decision.asset_id

    def _find_sent_back(self, last: dict[str, Any]) -> dict[str, Match]:
        """Return, by address, what a person took from an asset and nobody has decided yet."""
        told = {
            row.match_id: address
            for address, row in last.items()
            if row.state is MatchState.UNDECIDED and row.decided_by_id is not None
        }
        if not told:
            return {}
        rows = current_unit().session.scalars(select(Match).where(Match.id.in_(told)))
        return {told[match.id]: match for match in rows}

    def _meet(self, asset_ids: Sequence[int]) -> None:
        """Hear which assets a batch may be about, before any sighting of it is placed."""

    def _is_trusted(self, decision: Decision) -> bool:
        """Say whether a decision for a known asset stands; else a person decides. Our own worker's always do."""
        return True

    def _assets_of(self, placed: list[Placed], register: Register, now: datetime) -> dict[int | None, Asset]:
        """Return the assets by the ids under which the sightings were placed, having entered those that are new."""
        new = {one.target: one for one in reversed(placed) if one.is_new and one.target is not None}
        wanted = sorted(new, reverse=True)
        entered = register_assets(self._actor, [self._new_asset(new[id_].prepared) for id_ in wanted], now=now)
        found: dict[int | None, Asset] = dict(zip(wanted, entered, strict=True))
        known = {one.target for one in placed if one.target is not None and one.target > 0}
        return found | {id_: register.asset(id_) for id_ in known}

    def _new_asset(self, prepared: Prepared) -> NewAsset:
        device = prepared.device
        return NewAsset(
            organization_id=self._network.organization_id,
            name=(device.name or device.model or prepared.report.address)[:200],
            kind=reading.asset_kind(device.kind),
            status=AssetStatus.IN_USE,
            facts={"location_id": self._network.location_id} if self._network.location_id else {},
        )

    def _keep_stack(
        self, one: Seen, register: Register, precedence: Mapping[str, Sequence[str]], now: datetime
    ) -> None:
        """Bring the members of a stack in line, or let a chassis that answers by itself stand alone."""
        if one.prepared.chassis and not one.alias:
            keep_members(
                self._actor,
                one.asset,
                one.prepared.chassis,
                register,
                sighting_id=one.sighting_id,
                now=now,
                whole=not one.prepared.report.partial,
                precedence=precedence,
            )
        elif not one.prepared.chassis and one.asset.parent_id is not None:
            stand_alone(one.asset, now=now)

    def _match(
        self,
        placed: list[Placed],
        found: list[tuple[Asset | None, TargetResult]],
        assets: dict[int | None, Asset],
        sightings: dict[str, int],
        now: datetime,
    ) -> None:
        """Write down which sighting is which asset and why, and tell of what is new and of what waits for a person."""
        session = current_unit().session
        matches = []
        for one, (asset, result) in zip(placed, found, strict=True):
            state = MatchState.CREATED if result is TargetResult.NEW else MatchState.MATCHED
            match = Match(
                organization_id=self._network.organization_id,
                sighting_id=sightings[one.prepared.report.address],
                asset_id=None if asset is None else asset.id,
                score=one.decision.score,
                keys=[{"kind": k.kind, "value": k.value, "strength": k.strength.value} for k in one.decision.agree],
                candidates=placing.candidates(one.decision, assets) if asset is None else [],
                state=MatchState.UNDECIDED if asset is None else state,
            )
            matches.append(match)
        session.add_all(matches)
        session.flush()
        for one, match in zip(placed, matches, strict=True):
            address = one.prepared.report.address
            if match.asset_id is None and address in self._sent_back:
                sending_back.go_on(self._sent_back[address], match, one.decision)
            if match.asset_id is None:
                emit(DeviceUndecided(at=now, actor_id=None, match_id=match.id, address=address))
            elif match.state is MatchState.CREATED:
                emit(DeviceFound(at=now, asset_id=match.asset_id, sweep_id=self._sweep_id, address=address))

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
                stage=one_line(worst.name, 20) if worst else "",
                reason=one_line(worst.reason, 40) if worst else "ok",
                detail=one_line(worst.detail, 300) if worst else "",
                milliseconds=min(_MOST, sum(stage.milliseconds for stage in stages)),
                bytes=min(_MOST, sum(stage.bytes for stage in stages)),
                sighting_id=sighting_id,
                asset_id=asset_id,
                at=now,
            )
        )


def _members(stack_ids: Collection[int]) -> Any:
    """Return the select of the chassis of stacks: of merged records, what stands for them."""
    member, stack = aliased(Asset), aliased(Asset)
    found = select(func.coalesce(member.merged_into_id, member.id)).join(stack, stack.id == member.parent_id)
    mine = or_(stack.id.in_(stack_ids), stack.merged_into_id.in_(stack_ids))
    return found.where(mine, member.first_seen_at.is_not(None))


def _word(asset_id: int, sighting_id: int, prepared: Prepared) -> tellings.Word:
    return tellings.Word(asset_id, sighting_id, prepared.device, whole=not prepared.report.partial)


def _result_again(row: Any) -> TargetResult:
    return TargetResult.UNDECIDED if row.state is MatchState.UNDECIDED else TargetResult.SAME


def _nobody(prepared: Prepared) -> TargetResult:
    """Return what an answer that leads to no asset is: refused, or unknown."""
    reasons = {stage.reason for stage in prepared.report.stages}
    shut = {"auth_failed", "host_key_unknown", "host_key_changed", "no_credential", "refused"}
    return TargetResult.REFUSED if reasons & shut else TargetResult.UNKNOWN
