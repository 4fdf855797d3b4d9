"""Identity in makers' objects that no MIB we carry describes.

A maker keeps what a device is in a group of single values: product, firmware and serial number side by side.  Which is
which shows in their shapes, and one of them confirms the others: a group counts where it holds two sorts of identity
at least, or one beside something that the device told elsewhere.  A column of many rows is a table of outlets,
sensors or sessions and never asked.  Anything less certain stays unsaid, and nothing here outweighs a named object.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import brands, denied_objects
from itsm.discovery.knowledge.plausible import letters_digits, objection
from itsm.discovery.knowledge.public_facts import mib_objects
from itsm.discovery.knowledge.reading import ENTERPRISES, SYS_NAME, Reading
from itsm.discovery.knowledge.scoring import object_score
from itsm.discovery.knowledge.versions import BARE
from itsm.discovery.wire import OCTETS, readable

CONFIDENCE: Final = {"serial": 0.63, "version": 0.57, "model": 0.55}
MANY: Final = 0.06
"""What a group of three sorts or more adds."""
ALONE: Final = {"serial": 0.61, "version": 0.52, "model": 0.51}
NAMED: Final = 0.45
MAX_ROWS: Final = 180
MAX_TEXT: Final = 64
_SERIAL: Final = re.compile(
    r"^(?=(?:.*\d){4})(?:[A-Z0-9]{8,22}|[A-Z]{1,6}-?\d{5,14}[A-Z0-9]{0,6}|\d{3,6}-\d{4,12}|\d{6,15}"
    r"|[A-Z0-9]{3,6}-[A-Z0-9]{4,8}-[A-Z0-9]{4,8}|[A-Z0-9]{10,30})$"
)
_NO_SERIAL: Final = re.compile(r"^V\d+R\d+|^(?:19|20)\d{6}$|^(?:19|20)\d{12}$|^\d{12}Z$|^[A-Z]{2,}-?\d{1,3}$")
"""A version, a date or a time has the same shape."""
_NUMERIC: Final = re.compile(r"^\d+\.\d+$")
_VERSION: Final = re.compile(
    r"^(?:[A-Za-z]{1,12}[ _-]?)?(?:[vV]er(?:sion)?\.? ?|[vVrR] ?\.?)?\d+(?:[._]\d+){1,4}(?:[ ._+-]?[A-Za-z0-9()]+){0,4}$"
)
_ADDRESS: Final = re.compile(r"^(?:\d{1,2}|1\d\d|2[0-5]\d)(?:\.\d{1,3}){3}$")
_PRIVATE: Final = re.compile(r"^(?:10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168|255|[1-9]\d\d)\.")
_MODEL: Final = re.compile(r"^(?!.*\d{7})(?=[^a-z]*[A-Z])(?=.*\d)[A-Za-z0-9][\w +/()-]{2,40}$")
_NODE: Final = re.compile(r"^[A-Za-z]*[a-z]-?0\d$|X{4}$")
"""A numbered node ("Core01"), or a licence number that somebody blotted out."""
_PLACE: Final = re.compile(
    r"^(?:(?:ext|int)?(?:ernal)? ?(?:port|slot|outlet|socket|input|output|sensor|probe|fan|psu|ps|cpu|unit|eth|ge|fe|"
    r"gi|te|xe|xg|lan|wan|vlan|line|channel|ch|phase|group|bank|rack|room|zone|relay|contact|alarm|temp\w*|string|"
    r"module|card|interface|if|tty\w*|com|disk|hdd|sd|card|shelf|node|user|profile|radio|ssid|link|track|load|swap|"
    r"level|class|test|name|label|stage|step|day|week|month|year|hour|min|sec)[ ._/#-]?\d+\b|\d+(?:st|nd|rd|th)\b)|"
    r"^\d+(?:\.\d+)? ?(?:[kmMG]?(?:V|A|W|VA|Hz|bps|bit|dBm?|hrs?|min|sec|ms|C|F)|%)\b"
    r"|^(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w* ?\d"
    r"|^(?:up|down|on|off|ok|yes|no|enabled?|disabled?|active|normal|auto|full|half|none|utc|gmt)\b|\d{1,2}:\d{2}\b",
    re.I,
)
_SPARED: Final = frozenset({9, 2699})


@dataclass(frozen=True, slots=True)
class _Text:
    """A maker's text that stands alone in its column, with the sort of identity that its shape is."""

    oid: str
    value: str
    sort: str


def from_unlabelled(reading: Reading, told: list[Candidate]) -> Iterator[Candidate]:
    """Yield what the shapes of a maker's unnamed texts say; ``told`` is what every other source said."""
    known = {letters_digits(c.value) for c in told if c.field in ("model", "version") and c.rejected is None}
    known = {text for text in known if len(text) >= 3}
    node = letters_digits(reading.text(SYS_NAME) or "")
    groups = [
        group
        for number in reading.enterprises
        if number not in _SPARED and not (number in brands() and brands()[number].generic)
        for group in _groups(reading, number)
    ]
    best = max(groups, key=lambda group: _worth(group, known), default=[])
    worth = _worth(best, known)
    for field in CONFIDENCE:
        if worth >= 2:
            found = [text for text in best if text.sort == field and letters_digits(text.value) not in known]
            if found and (len(found) == 1 or field != "serial") and letters_digits(found[0].value) != node:
                rule = f"shape of a {field}, in a group of {worth} that describe the device"
                yield Candidate(field, found[0].value, found[0].oid, rule, CONFIDENCE[field] + MANY * (worth >= 3))
                continue
        alone = {text.value: text for group in groups for text in group if text.sort == field}
        if len(alone) == 1 and _telling(field, text := alone.popitem()[1]) and letters_digits(text.value) != node:
            yield Candidate(field, text.value, text.oid, f"the only shape of a {field}", ALONE[field])


def _telling(field: str, text: _Text) -> bool:
    """Whether a text may stand for a field with nothing beside it that confirms it."""
    if field == "serial":
        return len(text.value) >= 8 and (any(c.isalpha() for c in text.value) or len(text.value) >= 9)
    return field == "model" or text.value.count(".") >= 2


def _worth(group: list[_Text], known: set[str]) -> int:
    """How many sorts of identity a group holds, what the device told elsewhere counted too."""
    return len({text.sort for text in group}) + sum(1 for text in group if letters_digits(text.value) in known)


def _groups(reading: Reading, number: int) -> Iterator[list[_Text]]:
    base = f"{ENTERPRISES}.{number}"
    rows = reading.column(base)[:MAX_ROWS]
    lengths = Counter(index.rpartition(".")[0] for index, _ in rows)
    groups: dict[str, list[_Text]] = {}
    denied = {oid for _, oid in denied_objects()}
    for index, row in rows:
        column, _, instance = index.rpartition(".")
        if row.tag != OCTETS or (lengths[column] > 1 and instance != "0"):
            continue
        if (f"{base}.{column}" if instance == "0" else f"{base}.{index}") in denied:
            continue
        value = readable(row).strip()
        sort = _sort(value) if len(value) <= MAX_TEXT else None
        if sort is not None and not (sort == "serial" and _of_a_part(f"{base}.{index}", number)):
            group = column if instance == "0" else f"{column.rpartition('.')[0]}/{instance}"
            groups.setdefault(group.rpartition(".")[0] if instance == "0" else group, []).append(
                _Text(f"{base}.{index}", value, sort)
            )
    yield from groups.values()


def _of_a_part(oid: str, number: int) -> bool:
    """Whether a MIB calls the object a serial number, but one of a part rather than of the device."""
    entries = [e for e in mib_objects(number) if e.field == "serial" and (oid == e.oid or oid.startswith(e.oid + "."))]
    return any(object_score(entry) < NAMED for entry in entries)


def _sort(text: str) -> str | None:
    """Return which of serial, model and version has a text's shape.

    >>> [_sort(t) for t in ("EKI-7708G-4FP", "4.7.2", "16KZ46035608", "Outlet 7", "230.1", "Cafeteria")]
    ['model', 'version', 'serial', None, None, None]
    """
    if len(text) < 3 or _PLACE.search(text):
        return None
    if _VERSION.match(text) and objection("version", text) is None:
        return None if _NUMERIC.match(text) or (_ADDRESS.match(text) and _PRIVATE.match(text)) else "version"
    if _SERIAL.match(text) and not _NO_SERIAL.match(text) and objection("serial", text) is None:
        return "serial"
    named = (
        _MODEL.match(text) and not _NODE.search(text) and objection("model", text) is None and not BARE.fullmatch(text)
    )
    return "model" if named else None
