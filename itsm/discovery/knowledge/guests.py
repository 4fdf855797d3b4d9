"""Virtual machines that a hypervisor lists by SNMP (VMWARE-VMINFO-MIB), joined with what its commands told."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from itsm.discovery.facts import Guest
from itsm.discovery.knowledge.reading import ENTERPRISES, Reading, mac_of

VMWARE: Final = 6876
_MACHINES: Final = f"{ENTERPRISES}.{VMWARE}.2.1.1"
_CARDS: Final = f"{ENTERPRISES}.{VMWARE}.2.4.1.7"
MACHINE_COLUMNS: Final = (*(f"{_MACHINES}.{n}" for n in (2, 4, 6, 10)), _CARDS)
"""vmwVmTable: name, guest system, power state, UUID; vmwVmNetTable: MAC."""
MOST_GUESTS: Final = 4_000


def guests_of(reading: Reading, told: Iterable[Guest]) -> tuple[Guest, ...]:
    """Return the machines, those that commands and SNMP both tell of (by UUID, else by name) once."""
    found = {guest.uuid or guest.name: guest for guest in told}
    names = {guest.name: key for key, guest in found.items()}
    for guest in _by_snmp(reading):
        key = guest.uuid if guest.uuid in found else names.get(guest.name, guest.uuid or guest.name)
        known = found.get(key)
        if known is None:
            found[key] = guest
        else:
            found[key] = replace(
                known,
                uuid=known.uuid or guest.uuid,
                state=known.state or guest.state,
                system=known.system or guest.system,
                macs=tuple(dict.fromkeys([*known.macs, *guest.macs])),
            )
    return tuple(found.values())[:MOST_GUESTS]


def _by_snmp(reading: Reading) -> Iterable[Guest]:
    names, systems, states, uuids = (reading.texts(f"{_MACHINES}.{n}") for n in (2, 4, 6, 10))
    macs: dict[str, list[str]] = defaultdict(list)
    for index, row in reading.column(_CARDS):
        if (mac := mac_of(row)) is not None:
            macs[index.partition(".")[0]].append(mac)
    for index, name in names.items():
        yield Guest(name, plain_uuid(uuids.get(index)), states.get(index), systems.get(index), tuple(macs[index]))


def plain_uuid(text: str | None) -> str | None:
    """Return a UUID in its usual form, or None for what is none.

    >>> plain_uuid("56 4d 2c 1e 77 a0 41 b3-9e 5d 0c 84 f1 a2 b6 d7")
    '564d2c1e-77a0-41b3-9e5d-0c84f1a2b6d7'
    """
    digits = re.sub(r"[^0-9a-f]", "", (text or "").lower())
    if len(digits) != 32:
        return None
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
