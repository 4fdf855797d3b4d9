"""How well the name of a MIB object promises the identity of the whole device, rather than of a part of it.

The names come from some nine thousand vendor MIBs; nobody chose them for us, so the words in them are
weighed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from itsm.discovery.knowledge.catalog import MibObject

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@lru_cache(maxsize=16384)
def words_of(name: str) -> tuple[str, ...]:
    """Split an object's name into its words, in lower case.

    >>> words_of("sysProductSerialNumber")
    ('sys', 'product', 'serial', 'number')
    """
    return tuple(word.lower() for word in _WORDS.findall(name))


@lru_cache(maxsize=16384)
def object_score(entry: MibObject) -> float:
    """Return a number that is the higher the likelier the object describes the device itself; below 0: a
    part."""
    return 1.0 if entry.scalar else 0.1
