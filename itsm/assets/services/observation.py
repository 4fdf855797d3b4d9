"""What discovery says about an asset: stored beside the record, believed by precedence, never written over a person's
word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from itsm.assets.enums import DisagreementState
from itsm.assets.events import AssetChanged, DisagreementOpened, SeenAfterRetirement
from itsm.assets.keys import serial_key
from itsm.assets.models import Asset, Disagreement, FieldChoice, Manufacturer, Model, ObservedValue
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import merged_into
from itsm.assets.rules.lifecycle import OUT_OF_SIGHT
from itsm.assets.rules.precedence import LISTED_FIELDS, OBSERVED_FIELDS, Claim, best, orders, same
from itsm.assets.services import catalogue
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.policy import require

STANDING = (DisagreementState.OPEN, DisagreementState.KEPT, DisagreementState.REFERRED)
"""States in which the same contradiction is not told again."""
LIMITS = {"name": 200, "serial": 120, "system_uuid": 40, "os_name": 120, "os_version": 120, "firmware": 120}


@dataclass(frozen=True, slots=True)
class Observation:
    """What one source says about one field, and why. ``value`` is text (``memory_bytes``: digits)."""

    field: str
    value: str
    source: str
    object: str = ""
    rule: str = ""
    confidence: float = 1.0
    sighting_id: int | None = None


@dataclass(slots=True)
class Evidence:
    """All that is known of one asset's fields: open observations, choices, open disagreements, maker and model."""

    observed: dict[tuple[str, str], ObservedValue] = field(default_factory=dict)
    choices: dict[str, FieldChoice] = field(default_factory=dict)
    disagreements: dict[tuple[str, str], Disagreement] = field(default_factory=dict)
    maker: str = ""
    model: str = ""


def evidence_of(asset_ids: Iterable[int]) -> dict[int, Evidence]:
    """Return the evidence of many assets in five statements; what was seen of a merged record is its survivor's."""
    ids = list(asset_ids)
    found = {asset_id: Evidence() for asset_id in ids}
    session = current_unit().session
    whose = {asset_id: asset_id for asset_id in ids} | merged_into(session, ids)
    open_values = select(ObservedValue).where(ObservedValue.asset_id.in_(whose), ObservedValue.ended_at.is_(None))
    for value in session.scalars(open_values.order_by(ObservedValue.last_seen_at)):
        found[whose[value.asset_id]].observed[value.field, value.source] = value
    for choice in session.scalars(select(FieldChoice).where(FieldChoice.asset_id.in_(ids))):
        found[choice.asset_id].choices[choice.field] = choice
    unsettled = select(Disagreement).where(Disagreement.asset_id.in_(ids), Disagreement.state.in_(STANDING))
    for row in session.scalars(unsettled):
        found[row.asset_id].disagreements[row.field, row.source] = row
    names = (
        select(Asset.id, Manufacturer.name.label("maker"), Model.name.label("model"))
        .join(Model, Model.id == Asset.model_id)
        .join(Manufacturer, Manufacturer.id == Model.manufacturer_id)
        .where(Asset.id.in_(ids))
    )
    for row_id, maker, model in session.execute(names):
        found[row_id].maker, found[row_id].model = maker, model
    return found


def observe(
    actor: Actor,
    asset: Asset,
    observations: Sequence[Observation],
    *,
    now: datetime,
    evidence: Evidence | None = None,
    precedence: Mapping[str, Sequence[str]] | None = None,
    address: str = "",
) -> list[str]:
    """Store what a sighting says about an asset and let the record follow where nobody decided otherwise.

    ``precedence`` maps a field to its order of sources. Returns the names of the recorded fields that changed. An
    asset that is
    retired, disposed or missing is told about and stays as it is.
    """
    require(POLICY, actor, AssetPermission.OBSERVE, asset)
    known = evidence if evidence is not None else evidence_of([asset.id])[asset.id]
    asset.first_seen_at = asset.first_seen_at or now
    asset.last_seen_at = now
    for said in observations:
        if said.field in (*OBSERVED_FIELDS, *LISTED_FIELDS) and said.value:
            _store(asset, said, known, now)
    if asset.status in OUT_OF_SIGHT:
        emit(SeenAfterRetirement(at=now, actor_id=actor.user_id, asset_id=asset.id, address=address))
        return []
    changed = [name for name in OBSERVED_FIELDS if follow(actor, asset, name, known, now, precedence)]
    if changed:
        emit(AssetChanged(at=now, actor_id=actor.user_id, asset_id=asset.id, fields=tuple(changed)))
    return changed


def _store(asset: Asset, said: Observation, known: Evidence, now: datetime) -> None:
    old = known.observed.get((said.field, said.source))
    if old is not None and old.value == said.value:
        old.last_seen_at, old.times_seen = now, old.times_seen + 1
        old.sighting_id = said.sighting_id or old.sighting_id
        return
    if old is not None:
        old.ended_at = now
    row = ObservedValue(
        asset_id=asset.id,
        field=said.field,
        source=said.source,
        value=said.value[:4000],
        object=said.object[:200],
        rule=said.rule[:200],
        confidence=said.confidence,
        sighting_id=said.sighting_id,
        first_seen_at=now,
        last_seen_at=now,
        times_seen=1,
    )
    current_unit().session.add(row)
    known.observed[said.field, said.source] = row


def follow(
    actor: Actor,
    asset: Asset,
    name: str,
    known: Evidence,
    now: datetime,
    precedence: Mapping[str, Sequence[str]] | None,
) -> bool:
    """Let one recorded field follow the observations, or note that they contradict. Say whether the record changed."""
    choice = known.choices.get(name)
    if choice is not None and choice.until is not None and choice.until <= now:
        choice = None
    claims = [Claim(row.source, row.value, row.confidence) for (said, _), row in known.observed.items() if said == name]
    believed = best(claims, orders(precedence, name), choice.source if choice else None)
    if believed is None:
        return False
    recorded = _recorded(asset, name, known)
    agrees = bool(recorded) and same(name, recorded, believed.value)
    by_person = choice is not None and choice.person_id is not None and choice.source is None
    if agrees or not by_person:
        _settle(asset, name, known, now)
    if agrees:
        return False
    if recorded and by_person:
        _disagree(actor, asset, name, recorded, believed, known, now)
        return False
    return _record(asset, name, believed.value, known)


def _recorded(asset: Asset, name: str, known: Evidence) -> str:
    if name == "manufacturer":
        return known.maker
    if name == "model":
        return known.model
    value = getattr(asset, name)
    return "" if value is None else str(value)


def _record(asset: Asset, name: str, value: str, known: Evidence) -> bool:
    if name in ("manufacturer", "model"):
        return _record_model(asset, name, value, known)
    if name == "memory_bytes":
        asset.memory_bytes = int(value) if value.isdigit() else asset.memory_bytes
    else:
        setattr(asset, name, value[: LIMITS[name]])
    if name == "serial":
        asset.serial_key = serial_key(value)
    return True


def _record_model(asset: Asset, name: str, value: str, known: Evidence) -> bool:
    if name == "manufacturer":
        known.maker = value
    else:
        known.model = value
    if not known.model:
        return False
    wanted = catalogue.model_id(known.maker or "Unknown", known.model, asset.kind)
    if asset.model_id == wanted:
        return False
    asset.model_id = wanted
    return True


def _settle(asset: Asset, name: str, known: Evidence, now: datetime) -> None:
    for (field_name, _source), row in list(known.disagreements.items()):
        if field_name == name:
            if row.state is DisagreementState.OPEN:
                asset.open_disagreements = max(0, asset.open_disagreements - 1)
            row.state, row.decided_at = DisagreementState.SETTLED, now
            del known.disagreements[field_name, _source]


def _disagree(
    actor: Actor, asset: Asset, name: str, recorded: str, claim: Claim, known: Evidence, now: datetime
) -> None:
    old = known.disagreements.get((name, claim.source))
    if old is not None and old.observed == claim.value and old.recorded == recorded:
        return  # decided ("keep") or still open: the same contradiction is not told twice
    if old is not None:
        if old.state is DisagreementState.OPEN:
            asset.open_disagreements = max(0, asset.open_disagreements - 1)
        old.state, old.decided_at = DisagreementState.SETTLED, now
    row = Disagreement(
        asset_id=asset.id,
        field=name,
        source=claim.source,
        recorded=recorded,
        observed=claim.value,
        state=DisagreementState.OPEN,
    )
    session: Any = current_unit().session
    session.add(row)
    session.flush()
    known.disagreements[name, claim.source] = row
    asset.open_disagreements += 1
    emit(DisagreementOpened(at=now, actor_id=actor.user_id, asset_id=asset.id, disagreement_id=row.id))


def record_value(asset: Asset, name: str, value: str) -> bool:
    """Write an observed value into the record, as a person decided. Say whether the record changed."""
    known = evidence_of([asset.id])[asset.id]
    if _recorded(asset, name, known) == value:
        return False
    return _record(asset, name, value, known)
