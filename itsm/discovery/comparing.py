"""Two assets compared by the keys they were seen with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from itsm.assets.comparing import Proof
from itsm.assets.models import Asset
from itsm.assets.queries import one_thing
from itsm.discovery.enums import KeyStrength
from itsm.discovery.models import AssetKey
from itsm.discovery.rules.matching import EXCLUSIVE
from itsm.infra.db import db
from itsm.kernel.actor import Actor
from itsm.web.texts import _

MOST = 12
_ORDER = ("serial", "uuid", "base_mac", "engine", "mac", "name", "address")


def proofs(left: Asset, right: Asset) -> Sequence[Proof]:
    """Return the keys of both side by side, by kind, the strongest first."""
    ours, theirs = _keys(left.id), _keys(right.id)
    labels = {
        "serial": _("Serial number"), "uuid": _("System UUID"), "base_mac": _("Base MAC address"),
        "engine": _("SNMP engine"), "mac": _("MAC addresses"), "name": _("Name"), "address": _("Seen at"),
    }  # fmt: skip
    found = []
    for kind in _ORDER:
        mine, its = ours.get(kind, set()), theirs.get(kind, set())
        if not mine | its:
            continue
        verdict = "agree" if mine & its else "contradict" if mine and its and kind in EXCLUSIVE else "silent"
        sides = [tuple(_told(sorted(one & mine & its) + sorted(one - (mine & its)))) for one in (mine, its)]
        found.append(Proof(labels[kind], sides[0], sides[1], verdict, strong=kind in _ORDER[:4]))
    return found


def _told(values: list[str]) -> list[str]:
    shown = [value.split("|")[0] for value in values[:MOST]]
    return shown if len(values) <= MOST else [*shown, "…"]


def _keys(asset_id: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    wanted = select(AssetKey.kind, AssetKey.value).where(AssetKey.asset_id.in_(one_thing(asset_id))).limit(500)
    for kind, value in db.session.execute(wanted):
        found[kind].add(value)
    return found


def likely(_actor: Actor, asset: Asset) -> Sequence[int]:
    """Return assets of the same organization that share a key with this one; whoever shares most comes first."""
    mine, others, said = aliased(AssetKey), aliased(AssetKey), aliased(Asset)
    stands_for = func.coalesce(said.merged_into_id, said.id)
    wanted = (
        select(stands_for)
        .select_from(mine)
        .join(others, (others.kind == mine.kind) & (others.value == mine.value))
        .join(said, said.id == others.asset_id)
        .where(
            mine.asset_id == asset.id,
            mine.strength != KeyStrength.WEAK,
            others.organization_id == asset.organization_id,
            stands_for != asset.id,
        )
        .group_by(stands_for)
        .order_by(func.count().desc())
        .limit(10)
    )
    return list(db.session.scalars(wanted))
