"""Who made it: enterprise numbers first, then names in texts, then the MAC addresses' blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import brands, is_generic
from itsm.discovery.knowledge.public_facts import holder, holder_beginning_with
from itsm.discovery.knowledge.reading import SYS_DESCR, SYS_NAME, SYS_OBJECT_ID, Reading

_FORMS: Final = (
    r"inc|incorporated|ltd|limited|co|corp|corporation|company|gmbh|ag|sa|s\.a|srl|s\.r\.l|s\.p\.a|spa|llc|plc|kg|bv|b\.v"
    r"|ab|as|a/s|oy|pty|pte|pvt|sas|kk|k\.k|nv|n\.v|sp|z\.?o\.?o|s\.r\.o|d\.o\.o|gmbh *& *co"
)
_LEGAL: Final = re.compile(rf"[\s,]+({_FORMS})\.?(?=[\s,.]|$)", re.I)


@lru_cache(maxsize=4096)
def maker_name(number: int) -> str | None:
    """Return the maker behind an enterprise number, by its usual name where we keep one.

    >>> maker_name(9)
    'Cisco'
    """
    if number in brands():
        return brands()[number].name
    name = holder(number)
    return None if name is None else plain_name(name)


def plain_name(name: str) -> str | None:
    """Return a company's name without bracketed remarks and legal forms.

    >>> plain_name("Inovonics, Inc. (formerly X)")
    'Inovonics'
    """
    short = re.sub(r"\s*\([^)]*\)?", "", name)
    if not re.search(r"[A-Za-z]{2}", short) and "(" in name:
        short = name.partition("(")[2].rstrip(")")  # the name in Latin letters stands in brackets
    while (shorter := _LEGAL.sub("", short)) != short:
        short = shorter
    return short.split(", ")[0].strip(" ,.") or None


def from_enterprises(reading: Reading) -> Iterator[Candidate]:
    """Yield makers by enterprise number: that of sysObjectID, else of a subtree the agent keeps."""
    own = reading.enterprise
    if own is not None and (name := maker_name(own)) is not None:
        yield Candidate("vendor", name, SYS_OBJECT_ID, f"enterprise number {own}", 0.2 if is_generic(own) else 0.8)
    for number in reading.enterprises:
        if number == own or is_generic(number):
            continue
        if (name := maker_name(number)) is not None:
            yield Candidate("vendor", name, f"1.3.6.1.4.1.{number}", f"keeps objects of enterprise {number}", 0.6)


def from_first_word(reading: Reading) -> Iterator[Candidate]:
    """Yield the company whose registered name begins as sysDescr does, for agents that name no maker.

    "Phybridge FLEX 24" begins as "NVT Phybridge" does not, but "Opengear CM8116" does as "Opengear Inc.": only a
    first word of four letters or more that stands first in exactly one registered name counts.
    """
    if any(not is_generic(number) for number in (reading.enterprise, *reading.enterprises) if number is not None):
        return
    match = _FIRST_WORD.match(reading.descr)
    if match is None or match.group().lower() in _COMMON or match.group() == reading.text(SYS_NAME):
        return
    name = holder_beginning_with(match.group())
    if name is not None:
        yield Candidate("vendor", name, SYS_DESCR, f"a company's name begins with {match.group()!r}", 0.45)
    elif len(reading.descr) - match.end() > 2:
        yield Candidate("vendor", match.group(), SYS_DESCR, "the first word of the description", 0.32)


_FIRST_WORD: Final = re.compile(r"(?:[A-Z]|[a-z]{1,2}[A-Z])[A-Za-z]{3,}(?=[ -])")
_COMMON: Final = frozenset(
    {"linux", "freebsd", "openbsd", "netbsd", "hardware", "switch", "router", "server", "windows", "network"}
    | {"ethernet", "system", "generic", "managed", "industrial", "gigabit", "wireless", "layer", "product", "device"}
    | {
        "snmp",
        "embedded",
        "temperature",
        "videoconferencing",
        "communication",
        "communications",
        "microwave",
        "optical",
        "sensor",
        "access",
        "controller",
        "gateway",
        "appliance",
        "version",
        "model",
        "firmware",
        "software",
        "remote",
        "power",
        "digital",
        "smart",
        "fast",
    }
)
