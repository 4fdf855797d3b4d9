"""The three compressed tables of public facts: enterprise numbers, product identifiers, identity objects of MIBs.

They are searched as text and never parsed as a whole, so that a device costs only what is asked about it.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from itsm.discovery.knowledge.reading import ENTERPRISES


@dataclass(frozen=True, slots=True)
class MibObject:
    """An object of a vendor MIB whose name speaks of an identity field. ``oid`` is complete, without
    instance."""

    oid: str
    field: str
    scalar: bool
    name: str


@cache
def _blob(name: str) -> str:
    packed = resources.files("itsm.discovery.knowledge").joinpath("data", name).read_bytes()
    return gzip.decompress(packed).decode("utf-8")


def _line(blob: str, key: str) -> str | None:
    start = blob.find(f"\n{key}\t")
    if start < 0:
        return None
    return blob[start + len(key) + 2 : blob.index("\n", start + 1)]


@lru_cache(maxsize=4096)
def holder(number: int) -> str | None:
    """Return the holder of an enterprise number as IANA registered it, or None."""
    return _line(_blob("makers.tsv.gz"), str(number))


@lru_cache(maxsize=4096)
def holder_beginning_with(word: str) -> str | None:
    """Return the one registered holder whose name's first word this is, or None where there are none or several."""
    names = set(re.findall(rf"\n\d+\t({re.escape(word)}\b[^\n]*)", _blob("makers.tsv.gz")))
    return names.pop() if len(names) == 1 else None


@lru_cache(maxsize=4096)
def registered_product(oid: str) -> tuple[str, str] | None:
    """Return (name, parent's name) of a product identifier of a vendor MIB, or None."""
    if not oid.startswith(ENTERPRISES + "."):
        return None
    found = _line(_blob("products.tsv.gz"), oid[len(ENTERPRISES) + 1 :])
    if found is None:
        return None
    name, _, under = found.partition("\t")
    return name, under


@lru_cache(maxsize=1024)
def mib_objects(number: int) -> tuple[MibObject, ...]:
    """Return the readable identity objects that the MIBs of an enterprise define, in the order of their
    OIDs."""
    blob = _blob("mib_objects.tsv.gz")
    start = blob.find(f"\n{number}.")
    found: list[MibObject] = []
    while start >= 0 and blob.startswith(f"{number}.", start + 1):
        end = blob.index("\n", start + 1)
        oid, field, shape, name = blob[start + 1 : end].split("\t")
        found.append(MibObject(f"{ENTERPRISES}.{oid}", field, shape == "s", name))
        start = end
    return tuple(found)
