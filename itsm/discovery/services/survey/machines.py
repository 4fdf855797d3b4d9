"""Which virtual machine runs on which hypervisor."""

from __future__ import annotations

from typing import Final

from itsm.discovery.rules.announced import keys_of_guest
from itsm.discovery.rules.topology import Link
from itsm.discovery.services.survey.owners import Owners
from itsm.discovery.services.survey.words import Words

SURE: Final = {"uuid": 0.95, "mac": 0.9, "name": 0.6}
MAY_BE_GUESTS: Final = ("virtual_machine", "server", "computer")
"""Kinds that a name alone may tie to a hypervisor."""


def machines(words: Words, owners: Owners) -> list[Link]:
    """Tie virtual machines to their hypervisor: by UUID, by MAC, else by a name that only one machine has."""
    best: dict[int, Link] = {}
    for asset_id, row in words.guests:
        for kind, value in keys_of_guest(row):
            owner = owners.of((kind, value))
            if owner is None or owner == asset_id:
                continue
            sure = SURE[kind]
            if kind == "name" and owners.kinds[owner] not in MAY_BE_GUESTS:
                continue
            if owner not in best or (sure, -asset_id) > (best[owner].confidence, -best[owner].to_id):
                best[owner] = Link(owner, asset_id, "", "", "guests", sure)
            break
    return list(best.values())
