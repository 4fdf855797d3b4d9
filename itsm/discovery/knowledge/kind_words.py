"""What sort of thing it is, by the words that its maker uses for it.

The table ``data/kind_words.tsv`` knows no maker, so that it serves for those that nobody has seen. Only texts that a
maker writes are read: names, places and contacts are a customer's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple

from itsm.discovery.facts import DeviceKind
from itsm.discovery.knowledge import standard_objects as standard
from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import KnowledgeError
from itsm.discovery.knowledge.parts import CHASSIS
from itsm.discovery.knowledge.public_facts import MibObject, mib_objects, registered_product
from itsm.discovery.knowledge.reading import SYS_DESCR, SYS_OBJECT_ID, Reading
from itsm.discovery.knowledge.scoring import words_of

LONGEST: Final = 300
"""Characters of a text that are looked at: a maker says first what a thing is."""
_NAMING: Final = {
    "ups": DeviceKind.UPS,
    "pdu": DeviceKind.PDU,
    "printer": DeviceKind.PRINTER,
    "camera": DeviceKind.CAMERA,
    "firewall": DeviceKind.FIREWALL,
}
"""Words that begin the names of objects about the whole device, and about no part of one."""


class Word(NamedTuple):
    """What a word says."""

    kind: DeviceKind
    confidence: float


def from_words(reading: Reading, model: str | None) -> Iterator[Candidate]:
    """Yield the kinds that the maker's own texts, the chosen ``model`` and the names of the maker's objects name."""
    pattern, meanings = _table()
    for object_id, text in _texts(reading, model):
        for found in pattern.findall(text[:LONGEST].lower()):
            word = meanings[found]
            yield Candidate("kind", word.kind.value, object_id, f"the word {found}", word.confidence)
    for number in reading.enterprises:
        for entry, kind in _telling_objects(number):
            if reading.has(entry.oid):
                yield Candidate("kind", kind.value, entry.oid, f"the name {entry.name}", 0.5)


@lru_cache(maxsize=1024)
def _telling_objects(number: int) -> tuple[tuple[MibObject, DeviceKind], ...]:
    """Return a maker's objects whose names begin with the kind of device that they are of."""
    told = (
        (entry, next(filter(None, map(_NAMING.get, words_of(entry.name)[:2])), None)) for entry in mib_objects(number)
    )
    return tuple((entry, kind) for entry, kind in told if kind is not None)


def _texts(reading: Reading, model: str | None) -> Iterator[tuple[str, str]]:
    yield SYS_DESCR, reading.descr
    product = registered_product(reading.object_id)
    if product is not None:
        yield SYS_OBJECT_ID, " ".join(words_of(product[1]))
    for index, number in reading.numbers(f"{standard.ENTITY}.5").items():
        if number == CHASSIS:
            oid = f"{standard.ENTITY}.2.{index}"
            yield oid, reading.text(oid) or ""
            break
    if model is not None:
        yield "the chosen model", model


@cache
def _table() -> tuple[re.Pattern[str], dict[str, Word]]:
    path = resources.files("itsm.discovery.knowledge").joinpath("data", "kind_words.tsv")
    meanings: dict[str, Word] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            confidence, kind, words = line.split("\t")
            for word in words.split("|"):
                meanings.setdefault(word, Word(DeviceKind(kind), float(confidence)))
        except ValueError as error:
            raise KnowledgeError(f"kind_words.tsv:{number}: {error}") from error
    longest_first = sorted(meanings, key=len, reverse=True)
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(map(re.escape, longest_first))})(?![a-z0-9])"), meanings
