"""ENTITY-MIB: chassis, stacks, modules and power supplies with their serial numbers."""

from __future__ import annotations

from typing import Any, Final

from itsm.demo.fleet import ber
from itsm.demo.fleet.mibs.rows import OWN, Writer
from itsm.demo.fleet.tree import Live
from itsm.demo.fleet.world import Facts, fill

_PHYSICAL: Final = "1.3.6.1.2.1.47.1.1.1.1"
CLASSES: Final = {
    "other": 1, "chassis": 3, "backplane": 4, "container": 5, "power": 6, "fan": 7, "sensor": 8, "module": 9,
    "port": 10, "stack": 11, "cpu": 12,
}  # fmt: skip
"""PhysicalClass by the words of the data files."""


def write_entities(writer: Writer, facts: Facts) -> None:
    """Write entPhysicalTable from the device's parts, each with an index of its own and its parent's."""
    for part in facts.get("parts", ()):
        writer.row(_PHYSICAL, part["index"], _columns(part, facts))


def _columns(part: dict[str, Any], facts: Facts) -> dict[int, bytes | Live]:
    def text(key: str, default: str = "") -> bytes | Live:
        value = str(part.get(key, default))
        return OWN[value] if value in OWN else ber.octets(fill(value, facts))

    return {
        2: text("descr", str(part.get("name", ""))),
        3: ber.oid(ber.arcs_of(part.get("oid", "0.0"))),
        4: ber.integer(part.get("parent", 0)),
        5: ber.integer(CLASSES[part["class"]]),
        6: ber.integer(part.get("position", -1)),
        7: text("name"),
        8: text("hardware"),
        9: text("firmware"),
        10: text("software"),
        11: text("serial"),
        12: text("maker"),
        13: text("model"),
        15: text("asset"),
        16: ber.integer(1 if part.get("replaceable", True) else 2),
    }
