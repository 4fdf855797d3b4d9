"""Components from ENTITY-MIB (RFC 6933): chassis, modules, power supplies, transceivers."""

from __future__ import annotations

from typing import Final

from itsm.discovery.facts import Component
from itsm.discovery.knowledge import standard_objects as standard
from itsm.discovery.knowledge.reading import Reading

MAX_PARTS: Final = 5_000
CHASSIS, CONTAINER, STACK = 3, 5, 11
CLASSES: Final = {
    1: "other", 2: "unknown", 3: "chassis", 4: "backplane", 5: "container", 6: "power_supply", 7: "fan",
    8: "sensor", 9: "module", 10: "port", 11: "stack", 12: "processor", 13: "energy", 14: "battery",
    15: "storage",
}  # fmt: skip
"""PhysicalClass of RFC 6933 in our words."""
_PLAIN: Final = frozenset({3, 4, 6, 9, 11, 12, 14, 15})


class Entity:
    """The columns of entPhysicalTable by index."""

    def __init__(self, reading: Reading) -> None:
        self.classes = reading.numbers(f"{standard.ENTITY}.5")
        self.parents = reading.numbers(f"{standard.ENTITY}.4")
        self.places = reading.numbers(f"{standard.ENTITY}.6")
        texts = {n: reading.texts(f"{standard.ENTITY}.{n}") for n in (2, 7, 8, 9, 10, 11, 12, 13, 15)}
        self.descr, self.names = texts[2], texts[7]
        self.hardware, self.firmware, self.software = texts[8], texts[9], texts[10]
        self.serials, self.makers, self.models, self.aliases = texts[11], texts[12], texts[13], texts[15]
        self.indexes = tuple(dict.fromkeys([*self.descr, *self.classes, *self.names, *self.serials, *self.models]))

    def chassis(self) -> tuple[str, ...]:
        """Return the indexes of the chassis, the lowest containment first and in the order of the agent."""
        return tuple(index for index in self.indexes if self.classes.get(index) == CHASSIS)


def parts_of(entity: Entity) -> tuple[Component, ...]:
    """Return the parts worth keeping: those of a solid class, and whatever has a serial number of its own."""
    found = []
    for index in entity.indexes:
        number, serial = entity.classes.get(index, 2), entity.serials.get(index)
        if number not in _PLAIN and not serial:
            continue
        parent = entity.parents.get(index)
        found.append(
            Component(
                kind=CLASSES.get(number, "unknown"),
                name=entity.names.get(index) or entity.descr.get(index) or index,
                model=entity.models.get(index),
                serial=serial,
                vendor=entity.makers.get(index),
                version=entity.software.get(index) or entity.firmware.get(index),
                slot=_slot(entity.places.get(index)),
                parent=str(parent) if parent else None,
            )
        )
        if len(found) == MAX_PARTS:
            break
    return tuple(found)


def _slot(place: int | None) -> str | None:
    return None if place is None or place < 0 else str(place)
