"""The structures of a ``dmidecode`` output, of every layout that the program and its ports had."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from itsm.discovery.parsers.values import known

_TYPE: Final = re.compile(r"DMI type (\d{1,3})")


_TITLES: Final = {
    "BIOS Information": 0, "System Information": 1, "Base Board Information": 2, "Chassis Information": 3,
    "Processor Information": 4, "Physical Memory Array": 16, "Memory Device": 17, "Portable Battery": 22,
    "System Power Supply": 39,
}  # fmt: skip
"""Titles that say a structure's type better than a damaged number."""


@dataclass(slots=True)
class Structure:
    """One structure of the table: its number, title, attributes and the lists below attributes without a value."""

    type: int | None = None
    title: str = ""
    indent: int | None = None
    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)

    def text(self, *names: str) -> str | None:
        """Return the first known value of the named attributes."""
        return next((text for name in names if (text := known(self.values.get(name)))), None)


def structures(text: str) -> list[Structure]:
    """Return the structures of a dmidecode output in its order; what stands before the first handle is left out."""
    found: list[Structure] = []
    key = ""
    for line in text.split("\n"):
        bare = line.strip()
        if line.startswith("Handle "):
            number = _TYPE.search(line)
            found.append(Structure(type=int(number.group(1)) if number else None))
            key = ""
        elif bare and found:
            key = _read_line(found[-1], key, bare, len(line.expandtabs()) - len(line.expandtabs().lstrip()))
    for item in found:
        item.type = _TITLES.get(item.title, item.type)
    return found


def _read_line(item: Structure, key: str, bare: str, indent: int) -> str:
    """Put one line below a handle where it belongs; return the attribute that a list line would continue."""
    if item.type is None and (number := _TYPE.match(bare)):
        item.type = int(number.group(1))
    elif not item.title:
        item.title = bare
    elif item.indent is None or indent <= item.indent:
        item.indent = indent if item.indent is None else item.indent
        name, _, value = bare.partition(":")
        key = name.strip()
        item.values.setdefault(key, value.strip())
    elif key:
        item.lists.setdefault(key, []).append(bare)
    return key
