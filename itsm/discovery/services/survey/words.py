"""What every device last said: who speaks, of whom, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from itsm.assets.models import Asset
from itsm.assets.rules.lifecycle import ENDED
from itsm.discovery.models import Sighting, Telling
from itsm.discovery.rules.announced import Key, keys_of_access_point, keys_of_guest, keys_of_neighbour
from itsm.infra.chunks import chunks

HOSTS: Final = frozenset(
    {"laptop", "workstation", "printer", "phone", "ip_phone", "mobile_device", "camera", "ups", "pdu"}
)
"""Kinds whose forwarding tables are about themselves."""
AT_ONCE: Final = 100
"""Tellings unpacked together: a core switch's has some hundred thousand addresses."""


@dataclass(slots=True)
class Words:
    """What was said within the time that counts, without the tables of addresses; these are read again, one by one."""

    session: Session
    kinds: dict[int, str] = field(default_factory=dict)
    """Kind of each asset that speaks."""
    seen_at: dict[int, datetime] = field(default_factory=dict)
    speakers: dict[int, int] = field(default_factory=dict)
    """Whose word counts, and of which asset it is."""
    tellers: set[int] = field(default_factory=set)
    """Assets that hear others at their ports."""
    neighbours: list[tuple[int, list[Any]]] = field(default_factory=list)
    guests: list[tuple[int, list[Any]]] = field(default_factory=list)
    arp: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Addresses of each MAC."""
    wanted: set[Key] = field(default_factory=set)
    """Keys of all that the words speak of."""

    def contents(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each asset with all that it said."""
        for part in chunks(sorted(self.speakers), AT_ONCE):
            rows = select(Telling.asset_id, Telling.content).where(Telling.asset_id.in_(part))
            for teller_id, content in self.session.execute(rows.order_by(Telling.asset_id)):
                yield self.speakers[teller_id], Telling.unpack(content)


def recall(session: Session, organization_id: int, *, since: datetime) -> Words:
    """Read every word once: who speaks, of whom, and which keys have to be looked up."""
    words = Words(session)
    _note_speakers(words, organization_id, since)
    macs: set[str] = set()
    for asset_id, said in words.contents():
        words.neighbours += [(asset_id, row) for row in said.get("neighbours", ())]
        words.guests += [(asset_id, row) for row in said.get("guests", ())]
        if said.get("heard") and words.kinds[asset_id] not in HOSTS:
            words.tellers.add(asset_id)
        for mac, address in said.get("arp", ()):
            words.arp[mac].add(address)
        for rows in said.get("heard", {}).values():
            macs.update(mac for mac, _ in rows)
        for mac, point, *_ in said.get("wireless", ()):
            words.wanted |= {("mac", mac), *keys_of_access_point(point or "")}
    words.wanted |= {key for _, row in words.neighbours for key in keys_of_neighbour(row)}
    words.wanted |= {key for _, row in words.guests for key in keys_of_guest(row)}
    words.wanted |= {("address", next(iter(some))) for some in words.arp.values() if len(some) == 1}
    words.wanted |= {("mac", mac) for mac in macs}
    return words


def _note_speakers(words: Words, organization_id: int, since: datetime) -> None:
    said_at, teller = func.coalesce(Sighting.last_seen_at, Telling.told_at), aliased(Asset)
    rows = (
        select(Telling.asset_id, Asset.id, Asset.kind, Telling.told_at, Sighting.last_seen_at)
        .join(teller, teller.id == Telling.asset_id)
        .join(Asset, Asset.id == func.coalesce(teller.merged_into_id, teller.id))
        .outerjoin(Sighting, Sighting.id == Telling.sighting_id)
        .where(Telling.organization_id == organization_id, Asset.status.not_in(ENDED), said_at >= since)
    )
    last: dict[int, int] = {}
    for teller_id, asset_id, kind, told_at, last_seen_at in words.session.execute(rows):
        # Of a merged record and what stands for it the later word counts.
        at = max(told_at, last_seen_at or told_at)
        if asset_id not in last or at > words.seen_at[asset_id]:
            words.kinds[asset_id], words.seen_at[asset_id], last[asset_id] = kind.value, at, teller_id
    words.speakers = {teller_id: asset_id for asset_id, teller_id in last.items()}
