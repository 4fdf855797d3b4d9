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
from itsm.discovery.knowledge.catalog import denied_objects, is_generic
from itsm.discovery.knowledge.plausible import letters_digits
from itsm.discovery.knowledge.public_facts import mib_objects
from itsm.discovery.knowledge.reading import ENTERPRISES, SYS_NAME, Reading
from itsm.discovery.knowledge.scoring import object_score
from itsm.discovery.knowledge.shapes import sorts_of
from itsm.discovery.wire import OCTETS, Varbind, readable

CONFIDENCE: Final = {"serial": 0.63, "version": 0.57, "model": 0.55}
MANY: Final = 0.06
"""What a group of three sorts or more adds."""
CUT: Final = 0.05
"""What a value loses that is cut out of a longer text."""
ALONE: Final = {"serial": 0.61, "version": 0.52, "model": 0.51}
NAMED: Final = 0.45
MODEL: Final = 0.5
"""From here on an object's name says that it holds the model; the shape of its text makes it no serial number."""
MAX_ROWS: Final = 180
MAX_TEXT: Final = 64
MAX_SINGLE: Final = 8
_RELEASE: Final = re.compile(r"^V\d[\d.]*R\d+")
_SPARED: Final = frozenset({9, 2699})


@dataclass(frozen=True, slots=True)
class _Text:
    """A maker's text that stands alone in its column (or a piece of it), with the sort of identity that its shape is."""

    oid: str
    value: str
    sort: str
    whole: bool


def from_unlabelled(reading: Reading, told: list[Candidate]) -> Iterator[Candidate]:
    """Yield what the shapes of a maker's unnamed texts say; ``told`` is what every other source said."""
    known = {letters_digits(c.value) for c in told if c.field in ("model", "version") and c.rejected is None}
    models = {c.object for c in told if c.field == "model" and c.confidence >= MODEL}
    known = {text for text in known if len(text) >= 3}
    node = letters_digits(reading.text(SYS_NAME) or "")
    groups = [
        group
        for number in reading.enterprises
        if number not in _SPARED and not is_generic(number)
        for group in _groups(reading, number)
    ]
    best = max(groups, key=lambda group: _worth(group, known), default=[])
    worth = _worth(best, known)
    for field in CONFIDENCE:
        if worth >= 2:
            found = [text for text in best if text.sort == field and letters_digits(text.value) not in known]
            if found and (len(found) == 1 or field != "serial") and letters_digits(found[0].value) != node:
                rule = f"shape of a {field}, in a group of {worth} that describe the device"
                sure = CONFIDENCE[field] + MANY * (worth >= 3) - CUT * (not found[0].whole)
                yield Candidate(field, found[0].value, found[0].oid, rule, sure)
                continue
        alone = {
            text.value: text
            for group in groups
            for text in group
            if text.sort == field and not (field == "serial" and text.oid in models)
        }
        if field == "version" and len({tuple(re.split(r"[._]", value)[:2]) for value in alone}) == 1:
            alone = dict([next(iter(alone.items()))])  # parts of one release
        if len(alone) == 1 and _telling(field, text := alone.popitem()[1]) and letters_digits(text.value) != node:
            yield Candidate(field, text.value, text.oid, f"the only shape of a {field}", ALONE[field])


def _telling(field: str, text: _Text) -> bool:
    """Whether a text may stand for a field with nothing beside it that confirms it."""
    if field == "serial":
        return len(text.value) >= 8 and (any(c.isalpha() for c in text.value) or len(text.value) >= 9)
    return field == "model" or text.value.count(".") >= 2 or _RELEASE.match(text.value) is not None


def _worth(group: list[_Text], known: set[str]) -> int:
    """How many sorts of identity a group holds, what the device told elsewhere counted too."""
    return len({text.sort for text in group}) + sum(1 for text in group if letters_digits(text.value) in known)


def _groups(reading: Reading, number: int) -> Iterator[list[_Text]]:
    base = f"{ENTERPRISES}.{number}"
    rows = reading.column(base)[:MAX_ROWS]
    lengths = Counter(index.rpartition(".")[0] for index, _ in rows)
    bare = _without_instance(rows)
    groups: dict[str, list[_Text]] = {}
    denied = {oid for _, oid in denied_objects()}
    for index, row in rows:
        column, _, instance = index.rpartition(".")
        if row.tag != OCTETS or (lengths[column] > 1 and instance != "0" and column not in bare):
            continue
        if (f"{base}.{column}" if instance == "0" else f"{base}.{index}") in denied:
            continue
        value = readable(row).strip()
        if instance == "0":
            group = column.rpartition(".")[0]
        else:
            group = column if column in bare else f"{column.rpartition('.')[0]}/{instance}"
        for sort, text in (sorts_of(value) if len(value) <= MAX_TEXT else {}).items():
            if not (sort == "serial" and _of_a_part(reading, f"{base}.{index}", number)):
                groups.setdefault(group, []).append(_Text(f"{base}.{index}", text, sort, text == value))
    yield from groups.values()


def _without_instance(rows: list[tuple[str, Varbind]]) -> frozenset[str]:
    """The parents of single values that a careless agent gives without their instance.

    The rows of a column are of one sort; where a few neighbours are a version and something else, each of them is a
    value of its own.
    """
    sorts: dict[str, list[str]] = {}
    for index, row in rows:
        if row.tag == OCTETS and len(row.value) <= MAX_TEXT:
            sorts.setdefault(index.rpartition(".")[0], []).extend(sorts_of(readable(row).strip()))
    return frozenset(
        parent
        for parent, found in sorts.items()
        if len(found) <= MAX_SINGLE and found.count("version") == 1 and set(found) != {"version"}
    )


def _of_a_part(reading: Reading, oid: str, number: int) -> bool:
    """Whether a MIB calls the object a serial number, but of a part rather than of the device, or one of many."""
    entries = [e for e in mib_objects(number) if e.field == "serial" and (oid == e.oid or oid.startswith(e.oid + "."))]
    return any(object_score(e) < NAMED or (not e.scalar and len(reading.column(e.oid)) > 1) for e in entries)
