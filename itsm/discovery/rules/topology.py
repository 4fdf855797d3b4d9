"""Who hangs where: cables told by neighbours, confirmed from both ends, and hosts placed by forwarding tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from itsm.discovery.rules.port_names import same_port

CONFIRMED: Final = 0.95
ONE_SIDED: Final = 0.6
PLACED: Final = 0.7
BEHIND: Final = 0.5
"""A host heard at a port that leads to another bridge which does not tell who hangs on it."""
DOUBTFUL: Final = 0.4
WIRELESS: Final = 0.8
INFERRED: Final = 0.5
"""Two bridges that hear one another, with nobody between them."""
CROWD: Final = 64
"""MACs behind a port beyond which it leads to more than a desk; such a port places nobody."""
STALE: Final = timedelta(days=1)
"""A word that is older than another by more than this is not compared with it: the younger one counts."""


@dataclass(frozen=True, slots=True)
class Told:
    """One device's word: at its ``port`` it hears the asset ``other_id``, there at ``other_port``."""

    asset_id: int
    port: str
    other_id: int
    other_port: str
    protocol: str


@dataclass(frozen=True, slots=True)
class Link:
    """Two assets and their ports, how we know and how sure we are."""

    from_id: int
    to_id: int
    from_port: str
    to_port: str
    source: str
    confidence: float


def cables(words: Iterable[Told]) -> list[Link]:
    """Return one link a cable, from the lower to the higher id; told by both ends it is confirmed.

    The two ends may spell a port differently. Words of both sides are one cable where a port agrees (in any spelling),
    or where each side tells of one cable only; each port is then named as its own device names it.
    """
    pairs: dict[tuple[int, int], tuple[list[Told], list[Told]]] = defaultdict(lambda: ([], []))
    for word in sorted(set(words), key=lambda w: (w.asset_id, w.port, w.other_id, _rank(w.protocol), w.other_port)):
        if word.asset_id != word.other_id:
            low, high = sorted((word.asset_id, word.other_id))
            side = pairs[low, high][word.asset_id == high]
            if not any(known.port == word.port for known in side):
                side.append(word)
    return [link for near, far in pairs.values() for link in _between(near, far)]


_PROTOCOLS: Final = ("lldp", "cdp", "fdp", "edp")


def _rank(protocol: str) -> int:
    return _PROTOCOLS.index(protocol) if protocol in _PROTOCOLS else len(_PROTOCOLS)


def _between(near: list[Told], far: list[Told]) -> list[Link]:
    found, left = [], list(far)
    single = len(near) == len(far) == 1
    for word in near:
        match = next((w for w in left if single or _agree(word, w)), None)
        if match is None:
            found.append(Link(word.asset_id, word.other_id, word.port, word.other_port, word.protocol, ONE_SIDED))
        else:
            left.remove(match)
            found.append(Link(word.asset_id, word.other_id, word.port, match.port, word.protocol, CONFIRMED))
    return found + [Link(w.other_id, w.asset_id, w.other_port, w.port, w.protocol, ONE_SIDED) for w in left]


def _agree(one: Told, other: Told) -> bool:
    return same_port(other.port, one.other_port) or same_port(other.other_port, one.port)


# ------------------------------------------------------------------------------------------------ ports of a bridge
class Leads(IntEnum):
    """Where a port of a bridge leads, the best for placing a host first."""

    DESK = 0
    OUT_OF_SIGHT = 1
    """To a bridge that does not tell its hosts (an access point, a switch nobody may read): they are behind it."""
    MIXED = 2
    """To a router, a firewall or an unknown bridge, perhaps through a hub: a host here is doubtful."""
    ONWARD = 3
    """To a bridge that tells its own forwarding table: nobody hangs here."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a port leads, and to which asset where that is one."""

    leads: Leads = Leads.DESK
    asset_id: int | None = None


BEHIND_KINDS: Final = frozenset({"access_point", "switch", "wireless_controller"})
MIXED_KINDS: Final = frozenset({"router", "firewall", "load_balancer"})


def lead_of(heard: Iterable[int], kinds: Mapping[int, str], tellers: Collection[int]) -> Lead:
    """Return where a port leads, from the assets that are told of or heard at it."""
    best = Lead()
    for asset_id in sorted(set(heard)):
        kind = kinds.get(asset_id, "")
        if asset_id in tellers:
            return Lead(Leads.ONWARD, asset_id)
        if kind in MIXED_KINDS:
            best = max(best, Lead(Leads.MIXED, asset_id), key=lambda one: one.leads)
        elif kind in BEHIND_KINDS:
            best = max(best, Lead(Leads.OUT_OF_SIGHT, asset_id), key=lambda one: one.leads)
    return best


# ------------------------------------------------------------------------------------------------ hosts
@dataclass(frozen=True, slots=True)
class Heard:
    """A bridge's word: it heard a MAC behind ``port``, where it hears ``crowd`` MACs in all, at this time."""

    switch_id: int
    port: str
    crowd: int
    at: datetime
    lead: Lead = Lead()
    vlan: int | None = None


def better(one: Heard | None, other: Heard) -> Heard:
    """Return the word that places a host better: much younger, else where the port leads, else the fewer MACs.

    Two bridges that claim one MAC (a loop, a host that moved, a stale entry) are so decided alike on every sweep.
    """
    if one is None:
        return other
    if abs(one.at - other.at) > STALE:
        return max(one, other, key=lambda heard: heard.at)
    return min(one, other, key=lambda heard: (heard.lead.leads, heard.crowd, heard.switch_id, heard.port))


def placement(host_id: int, heard: Heard) -> Link | None:
    """Return the link of a host to where it was heard best, or None where that tells nothing."""
    lead = heard.lead
    if lead.leads is Leads.ONWARD or heard.crowd > CROWD or host_id == heard.switch_id:
        return None
    if lead.leads is Leads.OUT_OF_SIGHT and lead.asset_id not in (None, host_id):
        return Link(host_id, lead.asset_id or 0, "", "", "fdb", BEHIND)
    sure = DOUBTFUL if lead.leads is Leads.MIXED and lead.asset_id != host_id else PLACED
    return Link(host_id, heard.switch_id, "", heard.port, "fdb", sure)


# ------------------------------------------------------------------------------------------------ silent bridges
def inferred(hears: Mapping[int, Mapping[str, Collection[int]]], cabled: Collection[tuple[int, str]]) -> list[Link]:
    """Return links of bridges that tell no neighbours: two that hear one another, with no third one between.

    ``hears`` is {bridge: {port: bridges heard there}}. A third is between where the first hears it at the port that
    leads to the second, and the second at the port that leads to the first. A port with a told cable has its link.
    """
    places = {bridge: at for at, bridge in enumerate(sorted(hears))}
    masks = {
        (bridge, port): sum(1 << places[other] for other in set(heard) if other in places)
        for bridge, ports in hears.items()
        for port, heard in ports.items()
    }
    towards: dict[tuple[int, int], list[str]] = defaultdict(list)
    for bridge, ports in hears.items():
        for port, heard in ports.items():
            for other in heard:
                towards[bridge, other].append(port)
    found = []
    for (one, other), ports_there in sorted(towards.items()):
        ports_back = towards.get((other, one), [])
        if one > other or len(ports_there) != 1 or len(ports_back) != 1:
            continue
        near, far = (one, ports_there[0]), (other, ports_back[0])
        ends = 1 << places[one] | 1 << places[other]
        if near not in cabled and far not in cabled and not masks[near] & masks[far] & ~ends:
            found.append(Link(one, other, near[1], far[1], "fdb", INFERRED))
    return found
