"""Who hangs where: cables told by neighbours, confirmed from both ends, and hosts placed by forwarding tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ONE_SIDED: Final = 0.6
CONFIRMED: Final = 0.95
PLACED: Final = 0.7


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

    The two ends may spell a port differently. Words of both sides are one cable where a port agrees, or where each
    side tells of one cable only; each port is then named as its own device names it.
    """
    pairs: dict[tuple[int, int], tuple[list[Told], list[Told]]] = defaultdict(lambda: ([], []))
    for word in sorted(set(words), key=lambda w: (w.asset_id, w.port, w.other_id, w.protocol, w.other_port)):
        if word.asset_id != word.other_id:
            low, high = sorted((word.asset_id, word.other_id))
            side = pairs[low, high][word.asset_id == high]
            if not any(known.port == word.port for known in side):
                side.append(word)
    return [link for near, far in pairs.values() for link in _between(near, far)]


def _between(near: list[Told], far: list[Told]) -> list[Link]:
    found, left = [], list(far)
    single = len(near) == len(far) == 1
    for word in near:
        match = next((w for w in left if single or w.port == word.other_port or w.other_port == word.port), None)
        if match is None:
            found.append(Link(word.asset_id, word.other_id, word.port, word.other_port, word.protocol, ONE_SIDED))
        else:
            left.remove(match)
            found.append(Link(word.asset_id, word.other_id, word.port, match.port, word.protocol, CONFIRMED))
    return found + [Link(w.other_id, w.asset_id, w.other_port, w.port, w.protocol, ONE_SIDED) for w in left]


@dataclass(frozen=True, slots=True)
class Heard:
    """A switch's word: it saw the MAC of ``host_id`` behind ``port``, where it sees ``crowd`` MACs in all."""

    switch_id: int
    port: str
    host_id: int
    crowd: int


def placements(heard: Iterable[Heard], links: Iterable[Link]) -> list[Link]:
    """Return each host at the port with the fewest MACs that does not lead to another switch.

    A switch is who tells a forwarding table. A host that a cable was told for is placed already.
    """
    words = list(heard)
    switches = {word.switch_id for word in words}
    uplinks, placed = set(), set()
    for link in links:
        if link.from_id in switches and link.to_id in switches:
            uplinks |= {(link.from_id, link.from_port), (link.to_id, link.to_port)}
        else:
            placed |= {link.from_id, link.to_id}
    best: dict[int, Heard] = {}
    for word in words:
        if word.host_id in switches or word.host_id in placed or (word.switch_id, word.port) in uplinks:
            continue
        known = best.get(word.host_id)
        if known is None or (word.crowd, word.switch_id, word.port) < (known.crowd, known.switch_id, known.port):
            best[word.host_id] = word
    return [Link(w.host_id, w.switch_id, "", w.port, "fdb", PLACED) for w in best.values()]
