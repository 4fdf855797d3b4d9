"""Parts that makers list in tables of their own: any vendor MIB's column of serial numbers is such a table.

ENTITY-MIB has most parts of most devices.  Where a maker keeps another inventory, its serial column tells
which rows there are, and a model column of the same table (same parent, same index) names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from itsm.discovery.facts import Component
from itsm.discovery.knowledge.plausible import letters_digits, objection
from itsm.discovery.knowledge.public_facts import MibObject, mib_objects
from itsm.discovery.knowledge.reading import Reading
from itsm.discovery.knowledge.scoring import words_of

MAX_PARTS: Final = 2_000
_KINDS: Final = (
    ({"fan", "fans"}, "fan"),
    ({"psu", "supply", "power", "rectifier", "converter", "inverter", "solar"}, "power_supply"),
    ({"disk", "drive", "hdd", "ssd", "flash"}, "storage"),
    ({"battery", "batt", "bat"}, "battery"),
    ({"sfp", "xfp", "qsfp", "transceiver", "trans", "optic", "optics", "gbic"}, "port"),
    ({"chassis", "unit", "stack", "backplane", "shelf", "frame", "enclosure"}, "chassis"),
    ({"ap", "aps", "wtp"}, "access_point"),
    ({"dimm", "memory", "mem"}, "memory"),
    ({"sensor", "probe"}, "sensor"),
)
_OTHERS: Final = frozenset(
    {"client", "neighbor", "neighbour", "remote", "lldp", "cdp", "cert", "certificate", "license", "ssl",
     "tls", "user", "subscriber", "cm", "onu", "ont", "cpe", "station", "sta", "lic", "ca", "x509", "key"}
)  # fmt: skip
"""Serial numbers of other devices, or of no device at all."""


def parts_in_tables(reading: Reading, known: frozenset[str]) -> tuple[Component, ...]:
    """Return the parts in makers' tables whose serial numbers are not among the ``known`` ones.

    ``known`` holds serial numbers in letters and digits only, lower case.
    """
    seen = set(known)
    found: list[Component] = []
    for part in _parts(reading):
        key = letters_digits(part.serial or "")
        if key not in seen:
            seen.add(key)
            found.append(part)
        if len(found) >= MAX_PARTS:
            break
    return tuple(found)


def _parts(reading: Reading) -> Iterator[Component]:
    for number in reading.enterprises:
        objects = mib_objects(number)
        models = {entry.oid.rpartition(".")[0]: entry for entry in objects if entry.field == "model"}
        for entry in objects:
            if entry.field == "serial" and not entry.scalar and not _OTHERS & set(words_of(entry.name)):
                yield from _rows(reading, entry, models.get(entry.oid.rpartition(".")[0]))


def _rows(reading: Reading, entry: MibObject, model: MibObject | None) -> Iterator[Component]:
    names = set(words_of(entry.name))
    kind = next((kind for words, kind in _KINDS if words & names), "module")
    models = reading.texts(model.oid) if model is not None else {}
    for index, serial in reading.texts(entry.oid).items():
        if objection("serial", serial) is None:
            yield Component(kind, models.get(index) or f"{kind} {index}", models.get(index), serial, slot=index)
