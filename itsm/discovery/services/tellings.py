"""Keeping what each device tells of others, as it is taken in: what a crash, a second part or another probe saw counts
alike when the network is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import insert, select, update

from itsm.discovery.facts import Device
from itsm.discovery.models import Telling
from itsm.infra.unit import current_unit

TOLD: Final = frozenset({"lldp", "cdp", "fdp", "edp"})
MOST_NEIGHBOURS: Final = 4_000
MOST_HEARD: Final = 50_000
MOST_GUESTS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Word:
    """What one sighting told, of which asset; ``whole`` says that it was read to the end."""

    asset_id: int
    sighting_id: int
    device: Device
    whole: bool


def note(organization_id: int, words: Sequence[Word], *, now: datetime) -> None:
    """Keep the words: a later one of the same asset replaces the earlier.

    After a partial reading the lists that it did not bring stand as they were.
    """
    if not words:
        return
    session = current_unit().session
    latest = {word.asset_id: word for word in words}
    rows = select(Telling.id, Telling.asset_id, Telling.content).where(Telling.asset_id.in_(latest))
    known = {row.asset_id: row for row in session.execute(rows)}
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for asset_id, word in latest.items():
        content = content_of(word.device)
        if asset_id in known and not word.whole:
            before = Telling.unpack(known[asset_id].content)
            content = {name: content.get(name) or before.get(name) for name in {*content, *before}}
        row = {"sighting_id": word.sighting_id, "content": Telling.pack(content), "told_at": now}
        if asset_id in known:
            changed.append({"id": known[asset_id].id, **row})
        else:
            added.append({"organization_id": organization_id, "asset_id": asset_id, **row})
    if added:
        session.execute(insert(Telling), added)
    if changed:
        session.execute(update(Telling), changed)


def untold(asset_ids: Sequence[int]) -> set[int]:
    """Return those of the assets of which no word is kept yet."""
    known = select(Telling.asset_id).where(Telling.asset_id.in_(asset_ids))
    return set(asset_ids) - set(current_unit().session.scalars(known))


def content_of(device: Device) -> dict[str, Any]:
    """Return what a device tells of others as plain lists: neighbours, forwarding, ARP, wireless, guests, aggregates."""
    heard: dict[str, list[list[Any]]] = {}
    for entry in islice(device.forwarding, MOST_HEARD):
        if entry.source == "fdb" and entry.port:
            heard.setdefault(entry.port[:200], []).append([entry.mac, entry.vlan])
    found = {
        "neighbours": [
            [
                (one.port or "")[:200],
                one.protocol,
                (one.chassis_id or "")[:120],
                (one.host or "")[:200],
                (one.remote_port or "")[:200],
                one.address,
                (one.model or one.platform or "")[:200],
                one.bridges,
            ]
            for one in device.neighbours[:MOST_NEIGHBOURS]
            if one.protocol in TOLD
        ],
        "heard": heard,
        "arp": [
            [entry.mac, entry.address]
            for entry in islice(device.forwarding, MOST_HEARD)
            if entry.source in ("arp", "nd") and entry.address
        ],
        "wireless": [
            [entry.mac, entry.port, entry.address, (entry.ssid or "")[:64] or None, entry.signal]
            for entry in islice(device.forwarding, MOST_HEARD)
            if entry.source == "wireless"
        ],
        "guests": [[one.name[:200], one.uuid, list(one.macs[:16])] for one in device.guests[:MOST_GUESTS]],
        "aggregates": {port.name[:200]: port.lag[:200] for port in device.ports if port.lag},
    }
    return {name: value for name, value in found.items() if value}
