"""What neighbours tell of one another, with the ports' names as the register has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from itsm.discovery.rules.announced import keys_of_neighbour
from itsm.discovery.rules.topology import Link, Told
from itsm.discovery.services.survey.owners import Owners
from itsm.discovery.services.survey.words import Words


@dataclass(slots=True)
class Cabling:
    """What was told of cables, and what is known to be at each port."""

    told: list[Told]
    unknown_bridges: dict[int, set[str]]
    """Ports of each asset where a neighbour that forwards frames is, and in no register."""
    at_port: dict[tuple[int, str], set[int]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, words: Words, owners: Owners) -> Cabling:
        """Return what the neighbours told; nothing is at a port yet (:meth:`note`)."""
        told: list[Told] = []
        texts: dict[int, set[str]] = defaultdict(set)
        unknown: dict[int, set[str]] = defaultdict(set)
        for asset_id, row in words.neighbours:
            port, protocol, _, _, remote_port = row[:5]
            other = owners.first_of(keys_of_neighbour(row))
            if other is not None and other != asset_id:
                told.append(Told(asset_id, port, other, remote_port, protocol))
                texts[asset_id].add(port)
                texts[other].add(remote_port)
            elif port and row[7]:
                unknown[asset_id].add(port)
        names = owners.port_names(texts)
        return cls(
            [
                Told(
                    word.asset_id,
                    names.get((word.asset_id, word.port), word.port),
                    word.other_id,
                    names.get((word.other_id, word.other_port), word.other_port),
                    word.protocol,
                )
                for word in told
            ],
            unknown,
        )

    def note(self, links: Iterable[Link]) -> None:
        """Remember what is at the ports of links that are certain."""
        for link in links:
            self.at_port[link.from_id, link.from_port].add(link.to_id)
            self.at_port[link.to_id, link.to_port].add(link.from_id)
