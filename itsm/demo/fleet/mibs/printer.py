"""Printer-MIB and the printer's part of HOST-RESOURCES-MIB: supplies that run low, pages that are counted."""

from __future__ import annotations

from typing import Any, Final

from itsm.demo.fleet import ber
from itsm.demo.fleet.mibs.rows import ENTERPRISES, OWN, Writer, falling
from itsm.demo.fleet.tree import Individual, Live
from itsm.demo.fleet.world import Facts, fill

_PRINTER: Final = "1.3.6.1.2.1.43"
_SUPPLY: Final = f"{_PRINTER}.11.1.1"
_COLORANT: Final = f"{_PRINTER}.12.1.1"
_MARKER: Final = f"{_PRINTER}.10.2.1"
_HOST_DEVICE: Final = "1.3.6.1.2.1.25.3.2.1"
_PORT_MONITOR: Final = f"{ENTERPRISES}.2699.1.2.1.2.1.1"
_PRINTER_TYPE: Final = "1.3.6.1.2.1.25.3.1.5"
_TYPES: Final = {"toner": 3, "waste": 4, "ink": 5, "drum": 9, "fuser": 15, "belt": 20, "labels": 32}
"""PrtMarkerSuppliesTypeTC by the words of the data files."""
_PERCENT, _IMPRESSIONS = 19, 7
_CONSUMED, _FILLED = 3, 4


def write_printer(writer: Writer, facts: Facts) -> None:
    """Write a printer; nothing for a device without supplies."""
    supplies: list[dict[str, Any]] = facts.get("supplies", [])
    if not supplies:
        return
    writer.row(_HOST_DEVICE, 1, {
        1: ber.integer(1), 2: ber.oid(ber.arcs_of(_PRINTER_TYPE)), 3: ber.octets(fill(facts["printer"], facts)),
        4: ber.oid((0, 0)), 5: ber.integer(2), 6: ber.counter32(0),
    })  # fmt: skip
    writer.number("1.3.6.1.2.1.25.3.5.1.1.1", 3)
    writer.text(f"{_PRINTER}.5.1.1.16.1", facts["name"])
    writer.put(f"{_PRINTER}.5.1.1.17.1", OWN["@serial"])
    since: float = facts.get("pages_since") or facts["born"]
    printed = pages(facts.get("pages", 0), facts.get("pages_per_hour", 12.0), since)
    writer.row(_MARKER, "1.1", {
        2: ber.integer(4), 3: ber.integer(_IMPRESSIONS), 4: printed, 6: ber.integer(max(1, _colours(supplies))),
    })  # fmt: skip
    for number, supply in enumerate(supplies, 1):
        _write_supply(writer, number, supply, since=facts["born"])
    if "ieee1284" in facts:
        writer.text(f"{_PORT_MONITOR}.2.1", fill(facts["printer"], facts))
        writer.text(f"{_PORT_MONITOR}.3.1", fill(facts["ieee1284"], facts))


def _colours(supplies: list[dict[str, Any]]) -> int:
    return len({supply["colour"] for supply in supplies if "colour" in supply})


def pages(printed: int, per_hour: float, since: float) -> Live:
    """Return a page counter that stood at ``printed`` at ``since`` on the monotonic clock."""

    def value(_device: Individual, now: float) -> bytes:
        return ber.counter32(int(printed + max(0.0, now - since) / 3600 * per_hour))

    return value


def _write_supply(writer: Writer, number: int, supply: dict[str, Any], *, since: float) -> None:
    kind, largest = supply.get("kind", "toner"), supply.get("max", 100)
    colour = supply.get("colour")
    level: bytes | Live = ber.integer(supply["level"])
    if supply["level"] > 0 and "per_hour" in supply:
        level = falling(supply["level"], supply["per_hour"], watched_from=supply.get("level_since", since))
    writer.row(_SUPPLY, f"1.{number}", {
        2: ber.integer(1), 3: ber.integer(number if colour else 0),
        4: ber.integer(_FILLED if kind == "waste" else _CONSUMED), 5: ber.integer(_TYPES[kind]),
        6: ber.octets(supply["name"]), 7: ber.integer(_PERCENT if largest == 100 else _IMPRESSIONS),
        8: ber.integer(largest), 9: level,
    })  # fmt: skip
    if colour:
        writer.row(_COLORANT, f"1.{number}", {
            2: ber.integer(1), 3: ber.integer(3), 4: ber.octets(colour), 5: ber.integer(1),
        })  # fmt: skip
