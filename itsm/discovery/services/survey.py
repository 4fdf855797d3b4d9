"""Surveying an organization's network: from the last word of every device to links and places. Reads only.

All words count, whichever sweep brought them: a switch of one network tells of hosts in another. Words older than
``FORGOTTEN`` are left out. The tables are read a device at a time, so memory grows with the addresses that are heard
and not with how often.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from itsm.assets.models import Asset, Interface
from itsm.assets.rules.lifecycle import ENDED
from itsm.discovery.models import AssetKey, Sighting, Telling
from itsm.discovery.rules.keys import is_shared_mac
from itsm.discovery.rules.port_names import PortNames
from itsm.discovery.rules.topology import (
    BEHIND_KINDS,
    CROWD,
    MIXED_KINDS,
    STALE,
    WIRELESS,
    Heard,
    Lead,
    Leads,
    Link,
    Told,
    better,
    cables,
    inferred,
    lead_of,
    placement,
)

T = TypeVar("T")
CHUNK: Final = 400
FORGOTTEN: Final = timedelta(days=30)
MOST_BRIDGES: Final = 2_000
"""Bridges among which silent links are looked for; beyond it only what is told is drawn."""
MOST_PLACES: Final = 8
"""Places of one asset: a server has several cards, and nobody has a hundred."""
MOST_ADDRESSES: Final = 3
"""Addresses of one MAC in ARP beyond which it answers for others, and names nobody."""
_HOSTS: Final = frozenset(
    {"laptop", "workstation", "printer", "phone", "ip_phone", "mobile_device", "camera", "ups", "pdu"}
)
"""Kinds whose forwarding tables are about themselves."""
_SAME_UUID: Final = 0.95
_SAME_MAC: Final = 0.9
_SAME_NAME: Final = 0.6


@dataclass(frozen=True, slots=True)
class Place:
    """Where a MAC is: the row of :class:`~itsm.assets.models.Station` without its id."""

    mac: str
    place_id: int
    port: str
    source: str
    confidence: float
    at: datetime
    asset_id: int | None = None
    vlan: int | None = None
    address: str | None = None
    ssid: str | None = None
    signal: int | None = None
    told_name: str | None = None
    told_model: str | None = None


@dataclass(slots=True)
class Survey:
    """What the words come to. ``seen_at`` is when each asset last spoke."""

    cables: list[Link] = field(default_factory=list)
    hosts: list[Link] = field(default_factory=list)
    guests: list[Link] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    seen_at: dict[int, datetime] = field(default_factory=dict)


def survey(session: Session, organization_id: int, *, now: datetime) -> Survey:
    """Return the network of an organization as its devices tell it."""
    return _Surveyor(session, organization_id, now).run()


class _Surveyor:
    """One survey. The steps follow one another in :meth:`run`."""

    def __init__(self, session: Session, organization_id: int, now: datetime) -> None:
        self._session = session
        self._organization_id = organization_id
        self._since = now - FORGOTTEN
        self._found = Survey()
        self._kinds: dict[int, str] = {}
        self._speakers: dict[int, int] = {}
        """Whose word counts, and of which asset it is."""
        self._tellers: set[int] = set()
        self._neighbours: list[tuple[int, list[Any]]] = []
        self._guests: list[tuple[int, list[Any]]] = []
        self._arp: dict[str, set[str]] = defaultdict(set)
        self._known: dict[tuple[str, str], int] = {}
        self._frame: dict[str, int] = {}
        """The MACs of what others hang on."""
        self._at_port: dict[tuple[int, str], set[int]] = defaultdict(set)
        self._unknown_bridge: set[tuple[int, str]] = set()
        self._best: dict[str, Heard] = {}
        self._radios: dict[str, set[int]] | None = None

    def run(self) -> Survey:
        self._recall()
        self._find()
        self._found.cables = cables(self._told())
        self._note_cables()
        self._listen()
        self._place()
        self._machines()
        return self._found

    # ------------------------------------------------------------------------------------------ what is said
    def _contents(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for part in chunks(sorted(self._speakers), 100):
            rows = select(Telling.asset_id, Telling.content).where(Telling.asset_id.in_(part))
            for asset_id, content in self._session.execute(rows.order_by(Telling.asset_id)):
                yield self._speakers[asset_id], Telling.unpack(content)

    def _recall(self) -> None:
        """Read every word once: who speaks, of whom, and which MACs have to be looked up."""
        said_at, teller = func.coalesce(Sighting.last_seen_at, Telling.told_at), aliased(Asset)
        rows = (
            select(Telling.asset_id, Asset.id, Asset.kind, Telling.told_at, Sighting.last_seen_at)
            .join(teller, teller.id == Telling.asset_id)
            .join(Asset, Asset.id == func.coalesce(teller.merged_into_id, teller.id))
            .outerjoin(Sighting, Sighting.id == Telling.sighting_id)
            .where(Telling.organization_id == self._organization_id, Asset.status.not_in(ENDED), said_at >= self._since)
        )
        last: dict[int, int] = {}
        for teller_id, asset_id, kind, told_at, last_seen_at in self._session.execute(rows):
            # Of a merged record and what stands for it the later word counts.
            at = max(told_at, last_seen_at or told_at)
            if asset_id not in last or at > self._found.seen_at[asset_id]:
                self._kinds[asset_id], self._found.seen_at[asset_id], last[asset_id] = kind.value, at, teller_id
        self._speakers = {teller_id: asset_id for asset_id, teller_id in last.items()}
        wanted: set[tuple[str, str]] = set()
        macs: set[str] = set()
        for asset_id, said in self._contents():
            self._neighbours += [(asset_id, row) for row in said.get("neighbours", ())]
            self._guests += [(asset_id, row) for row in said.get("guests", ())]
            if said.get("heard") and self._kinds[asset_id] not in _HOSTS:
                self._tellers.add(asset_id)
            for mac, address in said.get("arp", ()):
                self._arp[mac].add(address)
            for rows in said.get("heard", {}).values():
                macs.update(mac for mac, _ in rows)
            for mac, point, *_ in said.get("wireless", ()):
                wanted |= {("mac", mac), *_keys_of_text(point or "")}
        wanted |= {key for _, row in self._neighbours for key in _keys_of(row)}
        wanted |= {key for _, row in self._guests for key in _keys_of_guest(row)}
        wanted |= {("address", next(iter(some))) for some in self._arp.values() if len(some) == 1}
        wanted |= {("mac", mac) for mac in macs}
        self._known = self._owners(wanted)

    def _owners(self, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Return the asset of each key that belongs to one asset only."""
        owners: dict[tuple[str, str], set[int]] = defaultdict(set)
        by_kind: dict[str, list[str]] = defaultdict(list)
        said = aliased(Asset)
        for kind, value in sorted(wanted):
            by_kind[kind].append(value)
        for kind, values in by_kind.items():
            kinds = ("mac", "base_mac") if kind == "mac" else (kind,)
            for part in chunks(values):
                rows = (
                    select(Asset.id, AssetKey.value, Asset.kind)
                    .select_from(AssetKey)
                    .join(said, said.id == AssetKey.asset_id)
                    .join(Asset, Asset.id == func.coalesce(said.merged_into_id, said.id))
                    .where(
                        AssetKey.organization_id == self._organization_id,
                        AssetKey.kind.in_(kinds),
                        AssetKey.value.in_(part),
                        Asset.status.not_in(ENDED),
                    )
                )
                for asset_id, value, asset_kind in self._session.execute(rows):
                    owners[kind, value].add(asset_id)
                    self._kinds.setdefault(asset_id, asset_kind.value)
        return {key: next(iter(ids)) for key, ids in owners.items() if len(ids) == 1}

    def _find(self) -> None:
        """Let ARP join MAC and address: a host that is known by its address only is found by its MAC as well."""
        for mac, addresses in self._arp.items():
            if ("mac", mac) not in self._known and len(addresses) == 1 and not is_shared_mac(mac):
                owner = self._known.get(("address", next(iter(addresses))))
                if owner is not None and owner not in self._tellers and self._kinds[owner] not in MIXED_KINDS:
                    self._known["mac", mac] = owner
        frame = MIXED_KINDS | BEHIND_KINDS
        self._frame = {
            value: owner
            for (kind, value), owner in self._known.items()
            if kind == "mac" and (owner in self._tellers or self._kinds[owner] in frame)
        }

    # ------------------------------------------------------------------------------------------ cables
    def _told(self) -> list[Told]:
        words, texts = [], defaultdict[int, set[str]](set)
        for asset_id, row in self._neighbours:
            port, protocol, _, _, remote_port = row[:5]
            other = next((self._known[key] for key in _keys_of(row) if key in self._known), None)
            if other is not None and other != asset_id:
                words.append(Told(asset_id, port, other, remote_port, protocol))
                texts[asset_id].add(port)
                texts[other].add(remote_port)
            elif port and row[7]:
                self._unknown_bridge.add((asset_id, port))
        names = self._port_names(texts)
        return [
            Told(
                word.asset_id,
                names.get((word.asset_id, word.port), word.port),
                word.other_id,
                names.get((word.other_id, word.other_port), word.other_port),
                word.protocol,
            )
            for word in words
        ]

    def _port_names(self, texts: dict[int, set[str]]) -> dict[tuple[int, str], str]:
        """Return what the register calls each port that somebody told of."""
        found: dict[tuple[int, str], str] = {}
        for part in chunks(sorted(texts)):
            ports: dict[int, PortNames] = defaultdict(PortNames)
            whose = func.coalesce(Asset.merged_into_id, Asset.id)
            rows = (
                select(whose, Interface.name, Interface.mac, Interface.alias)
                .select_from(Interface)
                .join(Asset, Asset.id == Interface.asset_id)
                .where(or_(Asset.id.in_(part), Asset.merged_into_id.in_(part)), Interface.gone_at.is_(None))
            )
            for asset_id, name, mac, alias in self._session.execute(rows):
                ports[asset_id].add(name, mac, alias)
            for asset_id in part:
                for text in texts[asset_id]:
                    known = ports[asset_id].find(text) if text else None
                    if known is not None:
                        found[asset_id, text] = known
        return found

    def _note_cables(self) -> None:
        for link in self._found.cables:
            self._at_port[link.from_id, link.from_port].add(link.to_id)
            self._at_port[link.to_id, link.to_port].add(link.from_id)

    # ------------------------------------------------------------------------------------------ forwarding tables
    def _listen(self) -> None:
        """Read the forwarding tables: where each port leads, and where each MAC is heard best."""
        hears: dict[int, dict[str, set[int]]] = {}
        wireless: dict[str, Place] = {}
        for asset_id, said in self._contents():
            at = self._found.seen_at[asset_id]
            for mac, point, address, ssid, signal in said.get("wireless", ()):
                client = Place(mac, asset_id, "", "wireless", WIRELESS, at, address=address, ssid=ssid, signal=signal)
                self._note_wireless(wireless, client, point)
            if asset_id in self._tellers:
                hears[asset_id] = self._listen_to(asset_id, said)
        if len(hears) <= MOST_BRIDGES:
            self._found.cables += inferred(hears, set(self._at_port))
        self._found.places |= wireless

    def _listen_to(self, asset_id: int, said: dict[str, Any]) -> dict[str, set[int]]:
        at, aggregates = self._found.seen_at[asset_id], said.get("aggregates", {})
        members: dict[str, set[int]] = defaultdict(set)
        strangers = {port for bridge, port in self._unknown_bridge if bridge == asset_id}
        for member, aggregate in aggregates.items():
            members[aggregate] |= self._at_port.get((asset_id, member), set())
        bridges: dict[str, set[int]] = {}
        for port, rows in said.get("heard", {}).items():
            vlans = dict(rows)
            heard = {self._frame[mac] for mac in vlans.keys() & self._frame.keys()} - {asset_id}
            told = self._at_port.get((asset_id, port), set()) | members[port]
            lead = lead_of(heard | told, self._kinds, self._tellers)
            if lead.leads is Leads.DESK and port in strangers:
                lead = Lead(Leads.MIXED)
            bridges[port] = {one for one in heard | told if one in self._tellers}
            if lead.leads is Leads.ONWARD or len(vlans) > CROWD:
                continue  # it places nobody, and most of what a large network hears is heard here
            for mac, vlan in vlans.items():
                if self._frame.get(mac) != asset_id:
                    word = Heard(asset_id, port, len(vlans), at, lead, vlan)
                    self._best[mac] = better(self._best.get(mac), word)
        return bridges

    def _note_wireless(self, found: dict[str, Place], place: Place, point: str | None) -> None:
        keys = _keys_of_text(point or "")
        access_point = next((self._known[key] for key in keys if key in self._known), None)
        if access_point is None and point and point.count(":") == 5:
            access_point = self._near(point)
        place = _with(
            place,
            place_id=access_point or place.place_id,
            asset_id=self._known.get(("mac", place.mac)),
            port="" if access_point is not None else (point or "")[:200],
        )
        before = found.get(place.mac)
        if place.asset_id != place.place_id and (before is None or before.at <= place.at):
            found[place.mac] = place

    def _near(self, bssid: str) -> int | None:
        """Return the access point whose own MACs differ from a radio's in the last four bits or the local bit only."""
        wanted = _radio(bssid)
        if self._radios is None:
            self._radios = defaultdict(set)
            said = aliased(Asset)
            points = (
                select(AssetKey.value, Asset.id)
                .join(said, said.id == AssetKey.asset_id)
                .join(Asset, Asset.id == func.coalesce(said.merged_into_id, said.id))
                .where(
                    AssetKey.organization_id == self._organization_id,
                    AssetKey.kind.in_(("mac", "base_mac")),
                    Asset.kind == "access_point",
                )
            )
            for mac, asset_id in self._session.execute(points):
                self._radios[_radio(mac)].add(asset_id)
        owners = self._radios.get(wanted, set())
        return next(iter(owners)) if len(owners) == 1 else None

    # ------------------------------------------------------------------------------------------ places
    def _place(self) -> None:
        """Turn what was heard into places of MACs and links of hosts."""
        cabled = {end for link in self._found.cables for end in (link.from_id, link.to_id)}
        wired = {end for end in cabled if end not in self._tellers}
        candidates: dict[int, list[tuple[datetime, Link]]] = defaultdict(list)
        for mac, place in self._found.places.items():
            if place.asset_id is not None:
                link = Link(place.asset_id, place.place_id, "", "", "wireless", WIRELESS)
                candidates[place.asset_id].append((place.at, link))
                self._found.places[mac] = _with(place, address=place.address or self._address(mac))
        for mac, heard in self._best.items():
            owner = self._known.get(("mac", mac))
            if mac in self._found.places or owner in self._tellers:
                continue
            hung = placement(owner or 0, heard)
            if hung is None:
                continue
            self._found.places[mac] = Place(
                mac, hung.to_id, hung.to_port, "fdb", hung.confidence, heard.at, owner, heard.vlan, self._address(mac)
            )
            if owner is not None and owner not in wired:
                candidates[owner].append((heard.at, hung))
        for some in candidates.values():
            newest = max(at for at, _ in some)
            links = {link: None for at, link in sorted(some, key=_newest) if newest - at <= STALE}
            self._found.hosts += list(links)[:MOST_PLACES]
        self._name_strangers()

    def _address(self, mac: str) -> str | None:
        addresses = self._arp.get(mac, set())
        return min(addresses, key=lambda one: (":" in one, one)) if 0 < len(addresses) <= MOST_ADDRESSES else None

    def _name_strangers(self) -> None:
        """Give a place to those who announce themselves and are in no register, and their names to what was heard."""
        for asset_id, row in self._neighbours:
            port, _, chassis, host, _, address, model, _ = row
            mac = chassis.lower()
            if not port or mac.count(":") != 5 or any(key in self._known for key in _keys_of(row)):
                continue
            place = self._found.places.get(mac)
            if place is None:
                at = self._found.seen_at[asset_id]
                place = Place(mac, asset_id, port, "lldp", 1.0, at, address=address or self._address(mac))
            name = host if host and host.lower() != mac else None
            self._found.places[mac] = _with(place, told_name=name, told_model=model or None)

    # ------------------------------------------------------------------------------------------ machines
    def _machines(self) -> None:
        """Tie virtual machines to their hypervisor: by UUID, by MAC, else by a name that only one machine has."""
        best: dict[int, Link] = {}
        for asset_id, row in self._guests:
            for key in _keys_of_guest(row):
                owner = self._known.get(key)
                if owner is None or owner == asset_id:
                    continue
                sure = {"uuid": _SAME_UUID, "mac": _SAME_MAC}.get(key[0], _SAME_NAME)
                if sure == _SAME_NAME and self._kinds[owner] not in ("virtual_machine", "server", "computer"):
                    continue
                if owner not in best or (sure, -asset_id) > (best[owner].confidence, -best[owner].to_id):
                    best[owner] = Link(owner, asset_id, "", "", "guests", sure)
                break
        self._found.guests = list(best.values())


def _newest(one: tuple[datetime, Link]) -> tuple[float, float, int, str]:
    return (-one[0].timestamp(), -one[1].confidence, one[1].to_id, one[1].to_port)


def _with(place: Place, **more: Any) -> Place:
    values = {name: getattr(place, name) for name in Place.__slots__}
    return Place(**{**values, **more})


def _radio(mac: str) -> str:
    octets = bytes.fromhex(mac.replace(":", ""))
    return bytes((octets[0] & 0xFD, *octets[1:5], octets[5] & 0xF0)).hex()


def _keys_of(row: list[Any]) -> list[tuple[str, str]]:
    """Return the keys by which a neighbour may be known, the surest first."""
    _, _, chassis, host, _, address = row[:6]
    found = []
    if chassis and chassis.count(":") == 5:
        found.append(("mac", chassis.lower()))
    if host and host.count(":") != 5:
        found.append(("name", host.casefold().split("(")[0].split(".")[0].strip()[:200]))
    if address:
        found.append(("address", address))
    return found


def _keys_of_text(text: str) -> list[tuple[str, str]]:
    """Return the keys that an access point's MAC, address or name may be."""
    if not text:
        return []
    if text.count(":") == 5:
        return [("mac", text.lower())]
    return [("address", text), ("name", text.casefold().split(".")[0][:200])]


def _keys_of_guest(row: list[Any]) -> list[tuple[str, str]]:
    name, uuid, macs = row
    found = [("uuid", one) for one in _both_orders(uuid)] if uuid else []
    found += [("mac", mac) for mac in macs if not is_shared_mac(mac)]
    return [*found, ("name", name.casefold().split(".")[0][:200])]


def _both_orders(uuid: str) -> tuple[str, ...]:
    """Return a UUID as it is told and with its first three groups turned round: firmware and hypervisor differ."""
    groups = uuid.split("-")
    if len(groups) != 5:
        return (uuid,)
    turned = ["".join(reversed([group[at : at + 2] for at in range(0, len(group), 2)])) for group in groups[:3]]
    return uuid, "-".join([*turned, *groups[3:]])


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Yield the values in lists short enough for one statement."""
    every = list(values)
    for start in range(0, len(every), size):
        yield every[start : start + size]
