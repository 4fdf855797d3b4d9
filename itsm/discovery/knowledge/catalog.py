"""The knowledge base's hand-kept tables, loaded once, lazily, and checked as they load.

They are small files in ``data/`` of one line a fact, which docs/knowledge-base.md describes.  A folder named by the
environment variable ``ITSM_KNOWLEDGE`` may hold further files of the same names; their lines come first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Final, TypeVar

from itsm.discovery.facts import DeviceKind
from itsm.discovery.knowledge.public_facts import holder, mib_objects, registered_product
from itsm.discovery.knowledge.reading import ENTERPRISES, enterprise_of

Line = TypeVar("Line")

ENVIRONMENT: Final = "ITSM_KNOWLEDGE"
FIELDS: Final = frozenset({"vendor", "model", "version", "serial", "kind", "name", "base_mac", "uuid", "os"})


class KnowledgeError(ValueError):
    """A line of a data file that is not as docs/knowledge-base.md describes; names the file and the line."""


@dataclass(frozen=True, slots=True)
class Brand:
    """What we know of an enterprise number: the ``name`` people use, the ``kind`` of most of its devices, and
    whether it only names agent software (``generic``), so that it says nothing of the maker."""

    name: str
    kind: DeviceKind
    generic: bool


@dataclass(frozen=True, slots=True)
class ObjectLine:
    """A line of ``objects.tsv`` or ``documented.tsv``: read ``field`` at ``oid`` on devices of ``scope``.

    ``oid`` with an instance is a scalar, one ending in ``.*`` a column of which the first sound row counts.
    ``pattern`` (a regular expression) cuts the value out of what was read; ``names`` maps numbers to words.
    ``proven`` lines were met on devices, the others are told by MIB documents only.
    """

    scope: frozenset[int]
    field: str
    oid: str
    pattern: re.Pattern[str] | None
    template: str
    names: dict[str, str] | None
    confidence: float
    proven: bool = True


@dataclass(frozen=True, slots=True)
class DescrLine:
    """A line of ``descriptions.tsv``: a pattern on sysDescr with named groups, and constants it implies."""

    scope: frozenset[int]
    pattern: re.Pattern[str]
    constants: dict[str, str]
    confidence: float

    @property
    def general(self) -> bool:
        """Whether the line would hold for a maker nobody has heard of."""
        return not self.scope and "vendor" not in self.constants


@dataclass(frozen=True, slots=True)
class NameLine:
    """A line of ``model_names.tsv``: how a maker's internal name becomes the name on the box."""

    scope: frozenset[int]
    pattern: re.Pattern[str]
    replacement: str


@dataclass(frozen=True, slots=True)
class ClientTable:
    """A line of ``wireless.tsv``: columns of the wireless clients' MAC, address, access point, network and signal.

    ``in_index`` says that the MAC is the ``first`` or ``last`` six arcs of that column's index, not its value.
    """

    enterprise: int
    mac: str
    address: str | None
    point: str | None
    ssid: str | None = None
    signal: str | None = None
    in_index: str = ""


@dataclass(frozen=True, slots=True)
class ProductLine:
    """A line of ``products.tsv``: what a sysObjectID at or below ``oid`` means."""

    oid: str
    constants: dict[str, str]


def _tables(name: str) -> list[tuple[str, int, list[str]]]:
    texts = [(name, resources.files("itsm.discovery.knowledge").joinpath("data", name).read_text("utf-8"))]
    own = os.environ.get(ENVIRONMENT)
    if own and (path := Path(own) / name).is_file():
        texts.insert(0, (str(path), path.read_text("utf-8")))
    return [
        (source, number, line.split("\t"))
        for source, text in texts
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]


def _scope(words: str) -> frozenset[int]:
    return frozenset() if words == "*" else frozenset(int(word) for word in words.split(","))


def _constants(words: list[str]) -> dict[str, str]:
    pairs = dict(word.split("=", 1) for word in words if word.strip())
    unknown = set(pairs) - FIELDS
    if unknown:
        raise ValueError(f"unknown field {sorted(unknown)[0]!r}")
    if "kind" in pairs:
        DeviceKind(pairs["kind"])
    return pairs


def _regex(text: str) -> re.Pattern[str] | None:
    return None if text in ("", "-") else re.compile(text)


def _oid(text: str) -> str:
    """Write out the short form of an enterprise's OID: ``E.9`` is ``1.3.6.1.4.1.9``."""
    return f"{ENTERPRISES}.{text[2:]}" if text.startswith("E.") else text


def _object_line(columns: list[str]) -> ObjectLine:
    scope, field, oid, how, confidence, *_ = [*columns, "", ""][:6]
    oid = _oid(oid)
    if field not in FIELDS or not re.fullmatch(r"(\d+\.)+(\d+|\*)", oid):
        raise ValueError(f"not a field and an OID: {field!r} {oid!r}")
    pattern, template, names = None, "", None
    if how.startswith("map:"):
        names = dict(pair.split("=", 1) for pair in how[4:].split("|"))
    elif how not in ("", "-"):
        text, _, template = how.partition(" => ")
        pattern = _regex(text)
    return ObjectLine(_scope(scope), field, oid, pattern, template, names, float(confidence or 0.9))


def _descr_line(columns: list[str]) -> DescrLine:
    scope, pattern, *rest = columns
    compiled = re.compile(pattern)
    unknown = {name for name in compiled.groupindex if not name.startswith("x_")} - FIELDS
    if unknown:
        raise ValueError(f"unknown group {sorted(unknown)[0]!r}")
    confidence = float(rest.pop()) if rest and re.fullmatch(r"0?\.\d+|1", rest[-1]) else 0.85
    return DescrLine(_scope(scope), compiled, _constants(rest), confidence)


def _name_line(columns: list[str]) -> NameLine:
    scope, pattern, replacement, *_ = [*columns, ""]
    return NameLine(_scope(scope), re.compile(pattern), replacement)


def _client_table(columns: list[str]) -> ClientTable:
    number, mac, *names = columns
    name, _, place = mac.partition("@")
    oids = [None if name == "-" else _oid(name) for name in (name, *names)]
    if len(oids) != 5 or oids[0] is None or not all(re.fullmatch(r"\d+(\.\d+)+", oid) for oid in oids if oid):
        raise ValueError("five OIDs are wanted, the first of them given")
    if place not in ("", "first", "last"):
        raise ValueError("a MAC stands in the value, or @first or @last in the index")
    return ClientTable(int(number), oids[0], oids[1], oids[2], oids[3], oids[4], place)


def _product_line(columns: list[str]) -> ProductLine:
    oid, rest = _oid(columns[0]), columns[1:]
    if not re.fullmatch(r"\d+(\.\d+)+", oid):
        raise ValueError(f"not an OID: {oid!r}")
    return ProductLine(oid, _constants(rest))


def _brand_line(columns: list[str]) -> tuple[frozenset[int], Brand]:
    scope, name, kind, *rest = columns
    return _scope(scope), Brand(name, DeviceKind(kind), "generic" in rest)


def _each(name: str, make: Callable[[list[str]], Line]) -> tuple[Line, ...]:
    lines: list[Line] = []
    for source, number, columns in _tables(name):
        try:
            lines.append(make(columns))
        except (ValueError, re.error, IndexError) as error:
            raise KnowledgeError(f"{source}:{number}: {error}") from error
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Makers of whom the tables shall know nothing, to measure how a device is read that nobody has seen."""

    numbers: frozenset[int] = frozenset()
    makers: frozenset[str] = frozenset()

    def covers(self, line: ObjectLine | DescrLine | NameLine | ProductLine) -> bool:
        """Return whether a line was written for one of these makers."""
        if isinstance(line, DescrLine) and line.constants.get("vendor") in self.makers:
            return True
        if not isinstance(line, ProductLine) and line.scope & self.numbers:
            return True
        return isinstance(line, ObjectLine | ProductLine) and enterprise_of(line.oid) in self.numbers


_UNKNOWN: ContextVar[Unknown | None] = ContextVar("unknown", default=None)


@contextmanager
def forgetting(unknown: Unknown) -> Iterator[None]:
    """Read the tables without the lines of some makers, within this block."""
    token = _UNKNOWN.set(unknown)
    try:
        yield
    finally:
        _UNKNOWN.reset(token)


def brands() -> dict[int, Brand]:
    """Return the hand-kept brands by enterprise number (``brands.tsv``)."""
    unknown = _UNKNOWN.get()
    return _brands() if unknown is None else _fewer_brands(unknown)


def is_generic(number: int | None) -> bool:
    """Return whether an enterprise number only names agent software or a chip maker."""
    brand = brands().get(number) if number is not None else None
    return brand is not None and brand.generic


@cache
def _brands() -> dict[int, Brand]:
    found: dict[int, Brand] = {}
    for scope, brand in _each("brands.tsv", _brand_line):
        for number in scope:
            found.setdefault(number, brand)
    return found


@lru_cache(maxsize=2)
def _fewer_brands(unknown: Unknown) -> dict[int, Brand]:
    return {number: brand for number, brand in _brands().items() if brand.generic or number not in unknown.numbers}


def object_lines() -> tuple[ObjectLine, ...]:
    """Return the lines of ``objects.tsv`` and ``documented.tsv``, in order."""
    return _sound_object_lines(_UNKNOWN.get())


@lru_cache(maxsize=2)
def _sound_object_lines(unknown: Unknown | None) -> tuple[ObjectLine, ...]:
    return tuple(line for line in _all_object_lines(unknown) if line.confidence)


def denied_objects() -> frozenset[tuple[str, str]]:
    """Return (field, OID) of objects that are not the device's own identity, whatever their names promise."""
    return _denied_objects(_UNKNOWN.get())


def _all_object_lines(unknown: Unknown | None) -> tuple[ObjectLine, ...]:
    return _object_lines() if unknown is None else _fewer_object_lines(unknown)


@lru_cache(maxsize=2)
def _denied_objects(unknown: Unknown | None) -> frozenset[tuple[str, str]]:
    lines = [line for line in _all_object_lines(unknown) if not line.confidence]
    return frozenset((line.field, line.oid.removesuffix(".0").removesuffix(".*")) for line in lines)


@cache
def _object_lines() -> tuple[ObjectLine, ...]:
    documented = (replace(line, proven=False) for line in _each("documented.tsv", _object_line))
    return (*_each("objects.tsv", _object_line), *documented)


@lru_cache(maxsize=2)
def _fewer_object_lines(unknown: Unknown) -> tuple[ObjectLine, ...]:
    return tuple(line for line in _object_lines() if not unknown.covers(line))


def descr_lines() -> tuple[DescrLine, ...]:
    """Return the lines of ``descriptions.tsv``, in order."""
    unknown = _UNKNOWN.get()
    return _descr_lines() if unknown is None else _fewer_descr_lines(unknown)


@cache
def _descr_lines() -> tuple[DescrLine, ...]:
    return _each("descriptions.tsv", _descr_line)


@lru_cache(maxsize=2)
def _fewer_descr_lines(unknown: Unknown) -> tuple[DescrLine, ...]:
    return tuple(line for line in _descr_lines() if not unknown.covers(line))


def name_lines() -> tuple[NameLine, ...]:
    """Return the lines of ``model_names.tsv``, in order."""
    unknown = _UNKNOWN.get()
    lines = _name_lines()
    return lines if unknown is None else tuple(line for line in lines if not unknown.covers(line))


@cache
def _name_lines() -> tuple[NameLine, ...]:
    return _each("model_names.tsv", _name_line)


@cache
def client_tables() -> tuple[ClientTable, ...]:
    """Return the lines of ``wireless.tsv``."""
    return _each("wireless.tsv", _client_table)


def product_lines() -> dict[str, ProductLine]:
    """Return the lines of ``products.tsv`` by OID."""
    unknown = _UNKNOWN.get()
    lines = _product_lines()
    return lines if unknown is None else {oid: line for oid, line in lines.items() if not unknown.covers(line)}


@cache
def _product_lines() -> dict[str, ProductLine]:
    lines = _each("products.tsv", _product_line)
    return {line.oid: line for line in reversed(lines)}


def load_all() -> None:
    """Load and check every table. Raises KnowledgeError naming the file and line at fault."""
    brands(), object_lines(), descr_lines(), product_lines(), name_lines(), client_tables()
    holder(9), registered_product(f"{ENTERPRISES}.9.1.1"), mib_objects(9)


def forget() -> None:
    """Drop everything that was loaded, so that changed files are read again."""
    for function in (_brands, _object_lines, _descr_lines, _product_lines, _name_lines, client_tables):
        function.cache_clear()
    _fewer_brands.cache_clear()
    _fewer_object_lines.cache_clear()
    _fewer_descr_lines.cache_clear()
    _sound_object_lines.cache_clear()
    _denied_objects.cache_clear()
