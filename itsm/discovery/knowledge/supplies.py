"""Consumables and page counts from Printer-MIB (RFC 3805)."""

from __future__ import annotations

import re
from typing import Final

from itsm.discovery.facts import Supply
from itsm.discovery.knowledge import standard_objects as standard
from itsm.discovery.knowledge.reading import Reading

MAX_SUPPLIES: Final = 200
TYPES: Final = {
    1: "other", 2: "unknown", 3: "toner", 4: "waste_toner", 5: "ink", 6: "ink_cartridge", 7: "ink_ribbon",
    8: "waste_ink", 9: "drum", 10: "developer", 11: "fuser_oil", 12: "solid_wax", 13: "ribbon_wax",
    14: "waste_wax", 15: "fuser", 16: "corona_wire", 17: "fuser_oil_wick", 18: "cleaner_unit",
    19: "fuser_cleaning_pad", 20: "transfer_unit", 21: "toner_cartridge", 22: "fuser_oiler", 23: "water",
    24: "waste_water", 25: "glue_water_additive", 26: "waste_paper", 27: "binding_supply",
    28: "banding_supply",
    29: "stitching_wire", 30: "shrink_wrap", 31: "paper_wrap", 32: "staples", 33: "inserts", 34: "covers",
}  # fmt: skip
"""PrtMarkerSuppliesTypeTC in our words."""
_HEX_TAIL: Final = re.compile(r"(?:\b[0-9A-F]{2}\s+){5,}[0-9A-F]{2}\s*$")
_COLOURS: Final = ("black", "cyan", "magenta", "yellow")


def supplies_of(reading: Reading) -> tuple[Supply, ...]:
    """Return cartridges, drums, waste boxes and input trays with their level in percent where it is known."""
    base = f"{standard.PRINTER}.11.1.1"
    names = reading.texts(f"{base}.6")
    types, most, levels = (reading.numbers(f"{base}.{n}") for n in (5, 8, 9))
    colorants = reading.numbers(f"{base}.3")
    colours = reading.texts(f"{standard.PRINTER}.12.1.1.4")
    found = []
    for index in list(dict.fromkeys([*names, *types]))[:MAX_SUPPLIES]:
        unit = index.partition(".")[0]
        kind = TYPES.get(types.get(index, 2), "unknown")
        name = _unhex(names[index]) if index in names else f"{kind} {index.rpartition('.')[2]}"
        colour = colours.get(f"{unit}.{colorants.get(index, 0)}") or _colour_in(name)
        found.append(Supply(name, kind, colour, percent(levels.get(index), most.get(index))))
    return tuple(found) + _trays(reading)


def _unhex(name: str) -> str:
    """Some firmware writes a part number as octets in hexadecimal behind the name; read them as text.

    >>> _unhex("Black Cartridge 38 32 37 41 20 48 50 00")
    'Black Cartridge 827A HP'
    """
    match = _HEX_TAIL.search(name)
    if match is None:
        return name
    tail = bytes.fromhex(match.group()).decode("latin-1").replace("\x00", "")
    return f"{name[: match.start()].rstrip()} {tail}".strip() if tail.isprintable() else name


def _trays(reading: Reading) -> tuple[Supply, ...]:
    base = f"{standard.PRINTER}.8.2.1"
    most, levels = reading.numbers(f"{base}.9"), reading.numbers(f"{base}.10")
    names = reading.texts(f"{base}.13")
    return tuple(
        Supply(name, "input", None, percent(levels.get(index), most.get(index)))
        for index, name in list(names.items())[:MAX_SUPPLIES]
    )


def percent(level: int | None, most: int | None) -> int | None:
    """Return a level in percent. -1 and -2 (unknown) and -3 ("some") give None; so does an unknown maximum.

    >>> percent(50, 200), percent(-3, 100), percent(30, -2), percent(40, None)
    (25, None, None, None)
    """
    if level is None or level < 0 or most is None or most <= 0:
        return None
    return min(100, round(100 * level / most))


def _colour_in(name: str) -> str | None:
    words = name.lower()
    return next((colour for colour in _COLOURS if colour in words), None)


def page_count_of(reading: Reading) -> int | None:
    """Return the pages printed over the printer's life: the largest prtMarkerLifeCount."""
    counts = [count for count in reading.numbers(f"{standard.PRINTER}.10.2.1.4").values() if count >= 0]
    return max(counts, default=None)
