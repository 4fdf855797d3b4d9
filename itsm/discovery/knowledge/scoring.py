"""How well the name of a MIB object promises the identity of the whole device, rather than of a part of it.

The names come from some nine thousand vendor MIBs; nobody chose them for us, so the words in them are
weighed.
The weights stand in ``data/name_words.tsv``: a word, what it adds to the confidence, and for which field.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise, takewhile
from math import fsum
from typing import Final

from itsm.discovery.knowledge.catalog import KnowledgeError
from itsm.discovery.knowledge.public_facts import MibObject

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
BASE: Final = {"serial": 0.62, "model": 0.55, "version": 0.55}
SCALAR: Final = 0.08
COLUMN: Final = -0.06
MOST: Final = 0.86
PART: Final = -0.3
"""A word of this weight speaks of a part, whatever other words stand beside it."""
SERIAL_OF_PART: Final = 0.56
"""No part's serial number is the device's by its name alone."""
WHOLE: Final = 0.08
_SOFT: Final = frozenset({"software", "firmware", "soft", "firm", "sw", "fw"})
"""Beside these words "hw" is a maker's prefix and not the hardware."""


@lru_cache(maxsize=16384)
def words_of(name: str) -> tuple[str, ...]:
    """Split an object's name into its words, in lower case.

    >>> words_of("sysProductSerialNumber")
    ('sys', 'product', 'serial', 'number')
    """
    return tuple(word.lower() for word in _WORDS.findall(name))


@cache
def _weights() -> dict[str, dict[str, float]]:
    path = resources.files("itsm.discovery.knowledge").joinpath("data", "name_words.tsv")
    found: dict[str, dict[str, float]] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            weight, fields, names = line.split("\t")
            for field in BASE if fields == "*" else fields.split(","):
                found.setdefault(field, {}).update(dict.fromkeys(names.split(), float(weight)))
        except ValueError as error:
            raise KnowledgeError(f"name_words.tsv:{number}: {error}") from error
    return found


@lru_cache(maxsize=16384)
def object_score(entry: MibObject) -> float:
    """Return how sure an answer read at this object is, 0 to :data:`MOST`, by the object's name alone.

    A word counts once; words that run together ("serialnumber") are found by the pairs they are made of.
    """
    weights = _weights().get(entry.field, {})
    names = words_of(entry.name)
    pairs = [first + second for first, second in pairwise(names)]
    total = BASE[entry.field] + (SCALAR if entry.scalar else COLUMN)
    spoken = {*names, *pairs}
    if entry.field == "version" and spoken & _SOFT:
        spoken -= {"hw"}
    told = [weights.get(word, 0.0) for word in spoken]
    most = SERIAL_OF_PART if entry.field == "serial" and min(told, default=0.0) <= PART else MOST
    return max(0.0, min(most, fsum([total, *told])))  # exact, since a set has no order to add up in


def names_the_whole(entry: MibObject) -> bool:
    """Return whether an object's name says that it means the device, as "sysSerialNumber" and "chassisSerial" do."""
    weights = _weights().get(entry.field, {})
    return any(weights.get(word, 0.0) >= WHOLE for word in words_of(entry.name))


def shared_arcs(oid: str, object_id: str) -> int:
    """Return how many arcs below the enterprise number two OIDs share, three at most.

    >>> shared_arcs("1.3.6.1.4.1.259.10.1.43.1.1.3", "1.3.6.1.4.1.259.10.1.43.105")
    3
    """
    pairs = zip(oid.split(".")[7:10], object_id.split(".")[7:10], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
