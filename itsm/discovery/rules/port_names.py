"""One port, many spellings: "Gi1/0/8" and "GigabitEthernet1/0/8", "bridge1/ether2" and "ether2", "Port 8" and "8"."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_SHORT: Final = {
    "hundredgigabitethernet": "hu", "hundredgige": "hu", "hundredgigether": "hu", "fortygigabitethernet": "fo",
    "fortygige": "fo", "fiftygige": "fi", "fiftygigabitethernet": "fi", "twentyfivegigabitethernet": "twe",
    "twentyfivegige": "twe", "tengigabitethernet": "te", "tengige": "te", "ten-gigabitethernet": "te",
    "xgigabitethernet": "xge",
    "twogigabitethernet": "tw", "fivegigabitethernet": "fiv", "gigabitethernet": "gi", "gige": "gi", "gig": "gi",
    "fastethernet": "fa", "ethernet": "eth", "et": "eth", "port-channel": "po", "portchannel": "po", "bundle-ether": "be",
    "bridge-aggregation": "bagg", "eth-trunk": "eth-trunk", "management": "ma", "mgmteth": "mg", "ge": "gi", "xe": "te",
    "gi": "gi", "te": "te", "fa": "fa", "po": "po",
}  # fmt: skip
"""Long and short names of interface types, to one spelling. "ge-" and "xe-" of Junos differ by their hyphen."""
_WORDS: Final = re.compile(
    r"^(?:slot\s*:?\s*\d+\s+)?(?:switch\s*)?(?:port|interface|gigabit port|ethernet port)\s*[:#]?\s*(?=\d)"
)
_NAME: Final = re.compile(r"^([a-z][a-z-]*?)\s*(\d.*)$")
_MAC: Final = re.compile(r"^[0-9a-f]{2}([:-]?[0-9a-f]{2}){5}$|^[0-9a-f]{4}(\.[0-9a-f]{4}){2}$")


@lru_cache(maxsize=65_536)
def canonical(name: str) -> str:
    """Return one spelling for the many that name the same port.

    >>> canonical("GigabitEthernet1/0/8") == canonical("Gi1/0/8") == canonical("Gig 1/0/8")
    True
    >>> canonical("bridge1/ether2"), canonical("Port 8"), canonical("ge-0/0/1.0"), canonical("AA-BB-CC-00-00-01")
    ('ether2', '8', 'ge-0/0/1', 'aa:bb:cc:00:00:01')
    """
    text = " ".join(name.casefold().split())[:200]
    if _MAC.match(text):
        digits = re.sub(r"[^0-9a-f]", "", text)
        return ":".join(digits[at : at + 2] for at in range(0, 12, 2))
    text = _WORDS.sub("", text)
    # A bridge before its member, as MikroTik tells it; "Gi1/0/8" has digits behind the slash and stays.
    bridge, slash, member = text.rpartition("/")
    if slash and bridge.startswith(("bridge", "br")) and re.match(r"[a-z]", member):
        text = member
    text = re.sub(r"(?<=\d)\.0$", "", text)
    found = _NAME.match(text)
    if found is None:
        return text
    kind, rest = found.groups()
    if kind.endswith("-") and kind[:-1] in ("ge", "xe", "et", "mge"):
        return text
    return _SHORT.get(kind.rstrip("- ") if kind.rstrip("- ") in _SHORT else kind, kind) + rest.replace(" ", "")


def same_port(one: str, other: str) -> bool:
    """Say whether two names are the same port's. Nothing is known of an empty one."""
    return bool(one and other) and canonical(one) == canonical(other)


class PortNames:
    """The ports of one asset: finds by any spelling, by alias and by MAC what the register calls a port."""

    def __init__(self) -> None:
        self._by_name: dict[str, str] = {}
        self._by_word: dict[str, str | None] = {}

    def add(self, name: str, mac: str | None = None, alias: str | None = None) -> None:
        """Take a port. A MAC or an alias that two ports share names neither."""
        self._by_name.setdefault(canonical(name), name)
        for word in (mac, alias):
            if word:
                key = canonical(word)
                self._by_word[key] = name if self._by_word.get(key, name) == name else None

    def find(self, text: str) -> str | None:
        """Return the register's name of the port, or None."""
        key = canonical(text)
        return self._by_name.get(key) or self._by_word.get(key)
