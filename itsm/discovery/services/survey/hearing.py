"""What forwarding tables and wireless controllers add: where each port leads, and where each MAC is heard best."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any, Final

from itsm.discovery.rules.announced import is_mac, keys_of_access_point
from itsm.discovery.rules.topology import CROWD, WIRELESS, Heard, Lead, Leads, Link, better, inferred, lead_of
from itsm.discovery.services.survey.cabling import Cabling
from itsm.discovery.services.survey.found import Place
from itsm.discovery.services.survey.owners import Owners
from itsm.discovery.services.survey.words import Words

MOST_BRIDGES: Final = 2_000
"""Bridges among which silent links are looked for; beyond it only what is told is drawn."""


@dataclass(slots=True)
class Hearing:
    """What was heard: of each MAC the best word, of wireless clients their access point, and links nobody told of."""

    best: dict[str, Heard] = field(default_factory=dict)
    wireless: dict[str, Place] = field(default_factory=dict)
    silent_links: list[Link] = field(default_factory=list)


def hear(words: Words, owners: Owners, cabling: Cabling) -> Hearing:
    """Read the forwarding tables, a device at a time."""
    hearing = Hearing()
    hears: dict[int, dict[str, set[int]]] = {}
    for asset_id, said in words.contents():
        at = words.seen_at[asset_id]
        for mac, point, address, ssid, signal in said.get("wireless", ()):
            client = Place(mac, asset_id, "", "wireless", WIRELESS, at, address=address, ssid=ssid, signal=signal)
            _note_wireless(hearing.wireless, _at_access_point(client, point, owners))
        if asset_id in words.tellers:
            hears[asset_id] = _Bridge(asset_id, words, owners, cabling).listen(said, hearing.best)
    if len(hears) <= MOST_BRIDGES:
        hearing.silent_links = inferred(hears, set(cabling.at_port))
    return hearing


class _Bridge:
    """One device's forwarding table."""

    def __init__(self, asset_id: int, words: Words, owners: Owners, cabling: Cabling) -> None:
        self._asset_id, self._words, self._owners, self._cabling = asset_id, words, owners, cabling

    def listen(self, said: dict[str, Any], best: dict[str, Heard]) -> dict[str, set[int]]:
        """Put what is heard here best into ``best``, and return the other bridges that each port leads to."""
        frame, at = self._owners.frame, self._words.seen_at[self._asset_id]
        behind = self._behind_aggregates(said.get("aggregates", {}))
        bridges: dict[str, set[int]] = {}
        for port, rows in said.get("heard", {}).items():
            vlans = dict(rows)
            heard = {frame[mac] for mac in vlans.keys() & frame.keys()} - {self._asset_id}
            there = heard | self._told_at(port) | behind[port]
            bridges[port] = there & self._words.tellers
            lead = self._lead_of(port, there)
            if lead.leads is Leads.ONWARD or len(vlans) > CROWD:
                continue  # it places nobody, and most of what a large network hears is heard here
            for mac, vlan in vlans.items():
                if frame.get(mac) != self._asset_id:
                    word = Heard(self._asset_id, port, len(vlans), at, lead, vlan)
                    best[mac] = better(best.get(mac), word)
        return bridges

    def _told_at(self, port: str) -> set[int]:
        return self._cabling.at_port.get((self._asset_id, port), set())

    def _behind_aggregates(self, aggregates: dict[str, str]) -> dict[str, set[int]]:
        behind: dict[str, set[int]] = defaultdict(set)
        for member, aggregate in aggregates.items():
            behind[aggregate] |= self._told_at(member)
        return behind

    def _lead_of(self, port: str, there: set[int]) -> Lead:
        lead = lead_of(there, self._owners.kinds, self._words.tellers)
        strange = port in self._cabling.unknown_bridges.get(self._asset_id, ())
        return Lead(Leads.MIXED) if strange and lead.leads is Leads.DESK else lead


def _at_access_point(client: Place, point: str | None, owners: Owners) -> Place:
    """Return a client's place at the access point that its controller names, if that is known, else at the controller."""
    access_point = owners.first_of(keys_of_access_point(point or ""))
    if access_point is None and point and is_mac(point):
        access_point = owners.near(point)
    return replace(
        client,
        place_id=access_point or client.place_id,
        asset_id=owners.of_mac(client.mac),
        port="" if access_point is not None else (point or "")[:200],
    )


def _note_wireless(found: dict[str, Place], place: Place) -> None:
    before = found.get(place.mac)
    if place.asset_id != place.place_id and (before is None or before.at <= place.at):
        found[place.mac] = place
