"""Where every MAC is, and on what each host hangs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Final

from itsm.discovery.rules.announced import is_mac, keys_of_neighbour
from itsm.discovery.rules.topology import STALE, WIRELESS, Link, placement
from itsm.discovery.services.survey.found import Place, Survey
from itsm.discovery.services.survey.hearing import Hearing
from itsm.discovery.services.survey.owners import Owners
from itsm.discovery.services.survey.words import Words

MOST_PLACES: Final = 8
"""Places of one asset: a server has several cards, and nobody has a hundred."""


def place_all(found: Survey, hearing: Hearing, words: Words, owners: Owners) -> None:
    """Turn what was heard into places of MACs and links of hosts, and put them into ``found``."""
    candidates: dict[int, list[tuple[datetime, Link]]] = defaultdict(list)
    for mac, place in hearing.wireless.items():
        if place.asset_id is not None:
            link = Link(place.asset_id, place.place_id, "", "", "wireless", WIRELESS)
            candidates[place.asset_id].append((place.at, link))
            found.places[mac] = replace(place, address=place.address or owners.address_of(mac))
        else:
            found.places[mac] = place
    cabled = {end for link in found.cables for end in (link.from_id, link.to_id)}
    _place_heard(found, hearing, owners, cabled, candidates, words)
    for some in candidates.values():
        newest = max(at for at, _ in some)
        links = {link: None for at, link in sorted(some, key=_newest) if newest - at <= STALE}
        found.hosts += list(links)[:MOST_PLACES]
    _name_strangers(found, words, owners)


def _place_heard(
    found: Survey,
    hearing: Hearing,
    owners: Owners,
    cabled: set[int],
    candidates: dict[int, list[tuple[datetime, Link]]],
    words: Words,
) -> None:
    """Place what is heard at a wired port; a host whose cable is known needs no second link."""
    for mac, heard in hearing.best.items():
        owner = owners.of_mac(mac)
        if mac in found.places or owner in words.tellers:
            continue
        hung = placement(owner or 0, heard)
        if hung is None:
            continue
        found.places[mac] = Place(
            mac, hung.to_id, hung.to_port, "fdb", hung.confidence, heard.at, owner, heard.vlan, owners.address_of(mac)
        )
        if owner is not None and owner not in cabled:
            candidates[owner].append((heard.at, hung))


def _name_strangers(found: Survey, words: Words, owners: Owners) -> None:
    """Give a place to those who announce themselves and are in no register, and their names to what was heard."""
    for asset_id, row in words.neighbours:
        port, _, chassis, host, _, address, model, _ = row
        mac = chassis.lower()
        if not port or not is_mac(mac) or owners.first_of(keys_of_neighbour(row)) is not None:
            continue
        place = found.places.get(mac)
        if place is None:
            at = words.seen_at[asset_id]
            place = Place(mac, asset_id, port, "lldp", 1.0, at, address=address or owners.address_of(mac))
        name = host if host and host.lower() != mac else None
        found.places[mac] = replace(place, told_name=name, told_model=model or None)


def _newest(one: tuple[datetime, Link]) -> tuple[float, float, int, str]:
    return (-one[0].timestamp(), -one[1].confidence, one[1].to_id, one[1].to_port)
