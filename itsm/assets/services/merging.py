"""Two records of one thing become one, and exactly two again: a row points, and nothing moves.

What is read through a merge (keys, sightings, parts, tickets, custody, history) stays where it was written. Only what a
person chose to take over into the survivor's record is written there, and the merge remembers what stood before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from itsm.assets.events import AssetChanged, AssetsMerged, MergeUndone
from itsm.assets.keys import serial_key
from itsm.assets.models import Asset, CustodyPeriod, Distinction, FieldChoice, MergeRecord
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.rules import merging as rules
from itsm.assets.rules.precedence import OBSERVED_FIELDS
from itsm.assets.services import custody
from itsm.infra.unit import current_unit, emit, record
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, RuleBroken
from itsm.kernel.policy import require


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """What somebody decided: the fields whose value comes from the absorbed record, and why.

    ``sure`` says that he saw what contradicts. ``versions`` are those he looked at, of survivor and absorbed.
    """

    take: Sequence[str] = ()
    why: str = ""
    sure: bool = False
    versions: tuple[int, int] | None = None


def merge(actor: Actor, survivor: Asset, absorbed: Asset, command: Merging, *, now: datetime) -> MergeRecord:
    """Let ``survivor`` stand for both. Raises RuleBroken where they cannot be one, Conflict where one was changed."""
    for asset in (survivor, absorbed):
        require(POLICY, actor, AssetPermission.MERGE, asset)
    if {*command.take} & rules.MONEY:
        require(POLICY, actor, AssetPermission.EDIT_MONEY, survivor)
    if command.versions is not None and command.versions != (survivor.version, absorbed.version):
        raise Conflict((), "One of the two was changed in the meantime. Please look again.")
    rules.check(survivor, absorbed)
    if rules.contradictions(survivor, absorbed) and not command.sure:
        raise RuleBroken(
            "Their serial numbers or system UUIDs differ. Say that you are sure to merge them all the same."
        )
    session = current_unit().session
    taken = _take_over(actor, survivor, absorbed, [name for name in rules.TAKEN if name in command.take], now)
    row = MergeRecord(
        survivor_id=survivor.id,
        absorbed_id=absorbed.id,
        person_id=actor.person_id,
        why=command.why,
        taken=taken,
    )
    session.add(row)
    for one in [absorbed, *_absorbed_by(absorbed)]:
        one.merged_into_id = survivor.id
        survivor.absorbed_count += 1
    _withdraw_distinction(survivor, absorbed, now)
    session.flush()
    for asset in (survivor, absorbed):
        record("merged", "asset", asset.id, survivor=survivor.label, absorbed=absorbed.label, why=command.why)
    both = {"survivor_id": survivor.id, "absorbed_id": absorbed.id, "merge_id": row.id}
    emit(AssetsMerged(at=now, actor_id=actor.user_id, asset_id=survivor.id, **both))
    if taken["fields"]:
        emit(AssetChanged(at=now, actor_id=actor.user_id, asset_id=survivor.id, fields=tuple(taken["fields"])))
    return row


def _absorbed_by(asset: Asset) -> Sequence[Asset]:
    """Return the records that stand behind an asset, directly or through others."""
    return _behind(asset.id) if asset.absorbed_count else []


def _behind(asset_id: int) -> list[Asset]:
    session, found, level = current_unit().session, list[Asset](), [asset_id]
    while level:
        active = select(MergeRecord.absorbed_id).where(
            MergeRecord.survivor_id.in_(level), MergeRecord.undone_at.is_(None)
        )
        level = list(session.scalars(active))
        found += session.scalars(select(Asset).where(Asset.id.in_(level)).with_for_update(of=Asset))
    return found


def _take_over(actor: Actor, survivor: Asset, absorbed: Asset, names: list[str], now: datetime) -> dict[str, Any]:
    taken: dict[str, Any] = {"fields": {}, "choices": {}, "custody": {}, "seen": _take_sight(survivor, absorbed)}
    places = {name: getattr(absorbed, name) for name in names if name in ("custodian_id", "location_id")}
    for name in names:
        before, after = getattr(survivor, name), getattr(absorbed, name)
        if before == after:
            places.pop(name, None)
            continue
        taken["fields"][name] = [_plain(before), _plain(after)]
        if name not in places:
            setattr(survivor, name, after)
    if "serial" in taken["fields"]:
        survivor.serial_key = serial_key(survivor.serial)
    if places:
        taken["custody"] = _take_custody(survivor, places, now)
    observed = [one for name in taken["fields"] for one in rules.OBSERVED.get(name, (name,)) if one in OBSERVED_FIELDS]
    taken["choices"] = _take_choices(survivor, absorbed, observed)
    return taken


def _take_sight(survivor: Asset, absorbed: Asset) -> dict[str, Any]:
    """Let the survivor have been seen when either was; return what stood before and after."""
    firsts = [moment for moment in (survivor.first_seen_at, absorbed.first_seen_at) if moment is not None]
    lasts = [moment for moment in (survivor.last_seen_at, absorbed.last_seen_at) if moment is not None]
    both = {"first_seen_at": min(firsts, default=None), "last_seen_at": max(lasts, default=None)}
    found = {name: [_plain(getattr(survivor, name)), _plain(value)] for name, value in both.items()}
    survivor.first_seen_at, survivor.last_seen_at = both["first_seen_at"], both["last_seen_at"]
    return found


def _take_custody(survivor: Asset, places: Mapping[str, int | None], now: datetime) -> dict[str, Any]:
    session = current_unit().session
    standing = select(CustodyPeriod.id).where(CustodyPeriod.asset_id == survivor.id, CustodyPeriod.ended_at.is_(None))
    closed = list(session.scalars(standing))
    person_id = places.get("custodian_id", survivor.custodian_id)
    location_id = places.get("location_id", survivor.location_id)
    period = custody.hand(survivor, person_id=person_id, location_id=location_id, now=now, note="merged")
    session.flush()
    return {"opened": period.id if period is not None else None, "closed": closed}


_CHOICE = ("person_id", "source", "why")


def _take_choices(survivor: Asset, absorbed: Asset, names: Sequence[str]) -> dict[str, Any]:
    """Let who decided a field come along with its value; return what stood before, by field."""
    session = current_unit().session
    wanted = select(FieldChoice).where(
        FieldChoice.asset_id.in_((survivor.id, absorbed.id)), FieldChoice.field.in_(names)
    )
    known = {(row.asset_id, row.field): row for row in session.scalars(wanted)}
    found: dict[str, Any] = {}
    for name in names:
        ours, theirs = known.get((survivor.id, name)), known.get((absorbed.id, name))
        found[name] = None if ours is None else _choice(ours)
        if theirs is None:
            if ours is not None:
                session.delete(ours)
        elif ours is None:
            session.add(FieldChoice(asset_id=survivor.id, field=name, until=theirs.until, **_of(theirs)))
        else:
            for column, value in _of(theirs).items():
                setattr(ours, column, value)
            ours.until = theirs.until
    return found


def _of(choice: FieldChoice) -> dict[str, Any]:
    return {column: getattr(choice, column) for column in _CHOICE}


def _choice(choice: FieldChoice) -> dict[str, Any]:
    return {**_of(choice), "id": choice.id, "until": _plain(choice.until), "created_at": _plain(choice.created_at)}


def _withdraw_distinction(one: Asset, other: Asset, now: datetime) -> None:
    row = _distinction(one, other)
    if row is not None:
        row.withdrawn_at = row.withdrawn_at or now


def _distinction(one: Asset, other: Asset) -> Distinction | None:
    first, second = sorted((one.id, other.id))
    wanted = select(Distinction).where(Distinction.first_id == first, Distinction.second_id == second)
    return current_unit().session.scalars(wanted).one_or_none()


def tell_apart(actor: Actor, one: Asset, other: Asset, *, now: datetime, why: str = "") -> Distinction:
    """Remember that these two are not the same thing, so that no sweep and no rule joins them."""
    for asset in (one, other):
        require(POLICY, actor, AssetPermission.MERGE, asset)
    row = _distinction(one, other)
    if row is None:
        first, second = sorted((one.id, other.id))
        row = Distinction(first_id=first, second_id=second)
        current_unit().session.add(row)
    row.person_id, row.why, row.withdrawn_at = actor.person_id, why, None
    record("told_apart", "asset", one.id, other=other.label, why=why)
    record("told_apart", "asset", other.id, other=one.label, why=why)
    return row


@dataclass(slots=True)
class Undone:
    """What an undo gave back: the record that is one of its own again, and fields that stay because of later edits."""

    absorbed: Asset
    kept: list[str] = field(default_factory=list)


def undo(actor: Actor, survivor: Asset, row: MergeRecord, *, now: datetime, apart: bool = False) -> Undone:
    """Take a merge back: both are as they were. What somebody changed since stays, and is named.

    ``apart`` also remembers that they are not the same thing. Raises RuleBroken where it was taken back already.
    """
    require(POLICY, actor, AssetPermission.MERGE, survivor)
    if row.undone_at is not None:
        raise RuleBroken("This merge was taken back already.")
    session = current_unit().session
    absorbed = session.get_one(Asset, row.absorbed_id, with_for_update=True)
    direct = session.get_one(Asset, row.survivor_id, with_for_update=True)
    row.undone_at, row.undone_by_id = now, actor.person_id
    session.flush()
    behind = _absorbed_by(absorbed)
    absorbed.merged_into_id = None
    for one in behind:
        one.merged_into_id = absorbed.id
    for above in _chain(direct):
        above.absorbed_count -= 1 + len(behind)
    result = Undone(absorbed, _give_back(direct, row))
    if apart:
        tell_apart(actor, survivor, absorbed, now=now)
    session.flush()
    for asset in (survivor, absorbed):
        record("merge_undone", "asset", asset.id, survivor=direct.label, absorbed=absorbed.label, kept=result.kept)
    both = {"survivor_id": survivor.id, "absorbed_id": absorbed.id}
    emit(MergeUndone(at=now, actor_id=actor.user_id, asset_id=survivor.id, merged_at=row.created_at, **both))
    return result


def _chain(asset: Asset) -> Iterator[Asset]:
    """Yield an asset and the records that it stands behind, up to the one that is shown."""
    session = current_unit().session
    yield asset
    above = select(MergeRecord.survivor_id).where(MergeRecord.undone_at.is_(None))
    while (next_id := session.scalar(above.where(MergeRecord.absorbed_id == asset.id))) is not None:
        asset = session.get_one(Asset, next_id)
        yield asset


def _give_back(survivor: Asset, row: MergeRecord) -> list[str]:
    """Set what stood before the merge; return the fields that were changed since and stay."""
    kept: list[str] = []
    fields: dict[str, list[Any]] = row.taken.get("fields", {})
    custody_back = _give_back_custody(survivor, row.taken.get("custody") or {})
    for name, (before, after) in fields.items():
        ours = _plain(getattr(survivor, name)) == after
        if ours and (custody_back or name not in ("custodian_id", "location_id")):
            setattr(survivor, name, _typed(name, before))
        elif _plain(getattr(survivor, name)) != before:
            kept.append(name)
    if "serial" in fields:
        survivor.serial_key = serial_key(survivor.serial)
    for name, (before, after) in row.taken.get("seen", {}).items():
        if _plain(getattr(survivor, name)) == after:
            setattr(survivor, name, _typed(name, before))
    _give_back_choices(survivor, row, set(kept))
    return kept


def _give_back_custody(survivor: Asset, taken: Mapping[str, Any]) -> bool:
    """Take back the period that the merge opened and open those it closed, unless it went through other hands since."""
    session = current_unit().session
    opened = session.get(CustodyPeriod, taken["opened"]) if taken.get("opened") else None
    if not taken or (taken.get("opened") and (opened is None or opened.ended_at is not None)):
        return not taken
    later = select(CustodyPeriod.id).where(
        CustodyPeriod.asset_id == survivor.id,
        CustodyPeriod.ended_at.is_(None),
        CustodyPeriod.id != (taken.get("opened") or 0),
    )
    if session.scalar(later) is not None:
        return False
    if opened is not None:
        session.delete(opened)
    for period in session.scalars(select(CustodyPeriod).where(CustodyPeriod.id.in_(taken.get("closed", ())))):
        period.ended_at = None
    return True


def _give_back_choices(survivor: Asset, row: MergeRecord, kept: set[str]) -> None:
    session = current_unit().session
    held = {one for name in kept for one in rules.OBSERVED.get(name, (name,))}
    choices: dict[str, Any] = row.taken.get("choices", {})
    wanted = select(FieldChoice).where(FieldChoice.asset_id == survivor.id, FieldChoice.field.in_(choices))
    standing = {choice.field: choice for choice in session.scalars(wanted)}
    for name, before in choices.items():
        choice = standing.get(name)
        if name in held or (choice is not None and choice.updated_at > row.created_at):
            continue
        if before is None:
            if choice is not None:
                session.delete(choice)
            continue
        if choice is None:
            made = datetime.fromisoformat(before["created_at"])
            choice = FieldChoice(id=before["id"], asset_id=survivor.id, field=name, created_at=made)
            session.add(choice)
        for column in _CHOICE:
            setattr(choice, column, before[column])
        choice.until = datetime.fromisoformat(before["until"]) if before["until"] else None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _typed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_at"):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if name in ("purchased_on", "warranty_until") else value
