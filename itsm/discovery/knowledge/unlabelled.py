"""Serial numbers in makers' objects that no MIB we carry describes.

A maker's group of scalars about the device itself ("product information") mostly holds model, version and serial
number side by side.  Where a group repeats a model or version that the device told elsewhere, and one single text in
all the maker's objects has the shape of a serial number, that text is one: in the open recordings 13 of 15 such texts
are, and the other two stand in for a placeholder.  Anything less certain stays unsaid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import brands
from itsm.discovery.knowledge.plausible import letters_digits, objection
from itsm.discovery.knowledge.reading import ENTERPRISES, Reading
from itsm.discovery.knowledge.versions import BARE
from itsm.discovery.wire import OCTETS, readable

CONFIDENCE: Final = 0.63
MAX_ROWS: Final = 120
_SHAPE: Final = re.compile(
    r"^(?=(?:.*\d){5})(?:[A-Z0-9]{7,22}|[A-Z]{1,6}-?\d{5,14}[A-Z0-9]{0,6}|\d{3,6}-\d{4,12}"
    r"|[A-Z0-9]{3,6}-[A-Z0-9]{4,8}-[A-Z0-9]{4,8})$"
)
_OTHER: Final = re.compile(r"^[0-9A-F]{12}$|^V\d+R\d+|^20\d{6}|^\d{12}Z$")
"""A MAC address, a version, a date or a time has the same shape."""
_SPARED: Final = frozenset({9, 2699})


def from_unlabelled(reading: Reading, told: list[Candidate]) -> Iterator[Candidate]:
    """Yield the one text with a serial number's shape beside a model or version that ``told`` holds."""
    known = {letters_digits(c.value) for c in told if c.field in ("model", "version") and c.rejected is None}
    known = {text for text in known if len(text) >= 3}
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for number in reading.enterprises:
        if number in _SPARED or (number in brands() and brands()[number].generic):
            continue
        texts = _texts(reading, number)
        for oid, text in texts.items():
            if _is_serial(text, known):
                found.setdefault(text, (oid, texts))
    if len(found) != 1:
        return
    text, (oid, texts) = found.popitem()
    if oid.endswith(".0") and _confirmed(oid, texts, known):
        yield Candidate("serial", text, oid, "the only serial-like text, beside model or version", CONFIDENCE)


def _texts(reading: Reading, number: int) -> dict[str, str]:
    base = f"{ENTERPRISES}.{number}"
    rows = reading.column(base)[:MAX_ROWS]
    return {f"{base}.{index}": readable(row)[:80] for index, row in rows if row.tag == OCTETS}


def _is_serial(text: str, known: set[str]) -> bool:
    if _SHAPE.match(text) is None or _OTHER.match(text) or objection("serial", text) is not None:
        return False
    compact = letters_digits(text)
    return not any(compact in other or (len(other) > 4 and other in compact) for other in known)


def _confirmed(oid: str, texts: dict[str, str], known: set[str]) -> bool:
    group = oid.rsplit(".", 2)[0] + "."
    for other, text in texts.items():
        if other != oid and other.startswith(group):
            compact = letters_digits(text)
            if BARE.fullmatch(text) or compact in known:
                return True
            if len(compact) >= 4 and any(compact in value or value in compact for value in known):
                return True
    return False
