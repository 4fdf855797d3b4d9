"""What the assets of a look are like now, in the form in which baselines are kept."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.assets.models import Component, ObservedValue
from itsm.insight.drift.queries.scope import Scope
from itsm.insight.drift.rules.comparing import CONFIGURATION, DISKS, FIRMWARE, MACS, MEMORY, PARTS, PRIVILEGED, SERVICES
from itsm.insight.drift.rules.labels import size_words

FULL_KINDS = ("filesystem",)
LEVEL_KINDS = ("supply", *FULL_KINDS)
_DISKS = ("disk", "storage")
_WITHOUT_SERIALS = ("processor", "fan", "sensor", "port", "container", *LEVEL_KINDS, *_DISKS)
_FIELDS = ("memory_bytes", "firmware", "os_version", "services", "privileged", "configuration_changed")
Facts = dict[str, dict[str, Any]]


def facts_of(session: Session, scope: Scope) -> dict[int, Facts]:
    """Return memory, disks, parts with serials, firmware, services and when the configuration was changed of everything
    that was read, in two statements."""
    found: dict[int, Facts] = defaultdict(lambda: {MACS: {}})
    parts = select(
        Component.asset_id, Component.kind, Component.name, Component.serial, Component.slot, Component.size
    ).where(Component.asset_id.in_(scope.ids), Component.gone_at.is_(None), Component.kind.not_in(LEVEL_KINDS))
    for row in session.execute(parts.order_by(Component.id)):
        facts = found[scope.root(row.asset_id)]
        if row.kind in _DISKS:
            label = " ".join(filter(None, (row.name, size_words(row.size), row.serial)))
            facts.setdefault(DISKS, {})[(row.serial or row.slot or row.name)[:180]] = label
        elif row.kind not in _WITHOUT_SERIALS and row.serial:
            place = f"{row.kind.replace('_', ' ')} {row.slot or row.name}"[:180]
            facts.setdefault(PARTS, {})[place] = row.serial
    observed = select(ObservedValue.asset_id, ObservedValue.field, ObservedValue.source, ObservedValue.value)
    observed = observed.where(
        ObservedValue.asset_id.in_(scope.ids), ObservedValue.field.in_(_FIELDS), ObservedValue.ended_at.is_(None)
    )
    # Of what two records of one thing say, the later word counts.
    observed = observed.order_by(ObservedValue.last_seen_at, ObservedValue.id)
    for asset_id, field, source, value in session.execute(observed):
        _observed(found[scope.root(asset_id)], field, source, value)
    return found


def _observed(facts: Facts, field: str, source: str, value: str) -> None:
    if field == "memory_bytes":
        if value.isdigit():
            facts.setdefault(MEMORY, {})[source] = int(value)
    elif field == "configuration_changed":
        facts.setdefault(CONFIGURATION, {})["running"] = value
    elif field == "services":
        # Units with an instance come and go with the people who sign in.
        facts.setdefault(SERVICES, {}).update({name: True for name in value.split("\n") if name and "@" not in name})
    elif field == "privileged":
        facts[PRIVILEGED] = dict(line.split("\t", 1) for line in value.split("\n") if "\t" in line)
    else:
        facts.setdefault(FIRMWARE, {})[source] = value
