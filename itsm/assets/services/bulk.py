"""One change to many assets, as one action that can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from itsm.assets.enums import AssetStatus
from itsm.assets.models import Asset
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import assets_to_change
from itsm.assets.rules.lifecycle import step
from itsm.assets.services import editing
from itsm.infra.journal import JournalRow
from itsm.infra.unit import current_unit, record
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, NotFound, Refusal, RuleBroken
from itsm.kernel.policy import require
from itsm.kernel.text import phrase

MOST: Final = 500
FIELDS: Final = ("location_id", "department_id", "category_id", "custodian_id")
UNDONE: Final = "undone"


@dataclass(slots=True)
class Outcome:
    """What became of a bulk action: how many changed, and why others were left as they were (asset tag -> sentence)."""

    changed: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def apply(
    actor: Actor,
    ids: Sequence[int],
    values: Mapping[str, int | None],
    *,
    status: AssetStatus | None = None,
    now: datetime,
) -> Outcome:
    """Set fields (of ``FIELDS``) and perhaps the status of many assets, under the actor's one request id.

    One that refuses is left as it was and told; the others are changed. Raises Invalid for nothing to do, for more than
    500 assets and for fields that cannot be set so. Assets that do not exist for the actor are passed over.
    """
    require(POLICY, actor, AssetPermission.BULK)
    if not values and status is None:
        raise Invalid({"": "Choose what to change."})
    if set(values) - set(FIELDS):
        raise Invalid({"": "This cannot be changed for many assets at once."})

    def change(asset: Asset) -> None:
        if status is not None:
            step(asset.status, status)  # whatever may refuse comes before the first change
        editing.edit(actor, asset, values, version=asset.version, now=now)
        if status is not None:
            editing.change_status(actor, asset, status, now=now)

    return _each(actor, ids, change)


def _each(actor: Actor, ids: Sequence[int], change: Callable[[Asset], None]) -> Outcome:
    if not 1 <= len(set(ids)) <= MOST:
        raise Invalid({"ids": phrase("Select between 1 and %(most)s assets.", most=MOST)})
    session, outcome = current_unit().session, Outcome()
    for asset in assets_to_change(actor, set(ids)):
        before = asset.version
        try:
            require(POLICY, actor, AssetPermission.BULK, asset)
            change(asset)
            session.flush()
        except Refusal as refusal:
            said = next(iter(refusal.errors.values()))[0] if isinstance(refusal, Invalid) else refusal.message
            outcome.refused[asset.tag] = said
        else:
            outcome.changed += asset.version != before
    return outcome


def undo(actor: Actor, request_id: str, *, now: datetime) -> Outcome:
    """Take back what one bulk action of this actor changed, where nobody changed it since.

    Raises NotFound where there is no such action of his, RuleBroken where it was taken back already.
    """
    require(POLICY, actor, AssetPermission.BULK)
    session = current_unit().session
    wanted = select(JournalRow.subject_id, JournalRow.detail).where(
        JournalRow.request_id == request_id,
        JournalRow.subject_type == "asset",
        JournalRow.action == "changed",
        JournalRow.actor_id == actor.user_id,
    )
    done = {int(id_): detail for id_, detail in session.execute(wanted) if detail}
    if not done or len(done) > MOST:
        raise NotFound()
    again = select(JournalRow.sequence).where(
        JournalRow.subject_type == "bulk", JournalRow.subject_id == request_id, JournalRow.action == UNDONE
    )
    if session.scalar(again.limit(1)) is not None:
        raise RuleBroken("This was taken back already.")
    outcome = _each(actor, list(done), lambda asset: _invert(actor, asset, done[asset.id], now))
    record(UNDONE, "bulk", request_id, changed=outcome.changed, refused=sorted(outcome.refused))
    return outcome


def _invert(actor: Actor, asset: Asset, detail: Mapping[str, Any], now: datetime) -> None:
    """Set what stood before; what the life cycle does not know as a step is set too: undoing is not going on."""
    before, after = detail["before"], detail["after"]
    for name, value in after.items():
        if _plain(getattr(asset, name)) != value:
            raise Invalid({name: "Somebody changed it since."})
    values = {name: before[name] for name in FIELDS if name in before}
    editing.edit(actor, asset, values, version=asset.version, now=now)
    if "status" in before:
        require(POLICY, actor, AssetPermission.EDIT, asset)
        editing.set_status(actor, asset, AssetStatus(before["status"]), now=now)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, AssetStatus) else value
