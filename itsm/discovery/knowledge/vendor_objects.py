"""Identity from makers' own objects: the hand-kept lines, and what the names in vendor MIBs promise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import MibObject, ObjectLine, mib_objects, object_lines
from itsm.discovery.knowledge.plausible import objection
from itsm.discovery.knowledge.reading import MAX_TEXT, Reading
from itsm.discovery.knowledge.scoring import object_score
from itsm.discovery.wire import readable

MAX_ROWS: Final = 64


def from_object_lines(reading: Reading) -> Iterator[Candidate]:
    """Yield what the hand-kept lines read; a scope must be among the enterprises the device speaks."""
    known = {*reading.enterprises, reading.enterprise}
    for line in object_lines():
        if line.scope and not line.scope & known:
            continue
        for oid, text in _read(reading, line.oid):
            value = _cut(line, text)
            if value:
                yield Candidate(line.field, value, oid, "maker's object", line.confidence)
                if line.oid.endswith(".*") and objection(line.field, value) is None:
                    break


def _read(reading: Reading, oid: str) -> Iterator[tuple[str, str]]:
    if not oid.endswith(".*"):
        text = reading.text(oid)
        if text is not None:
            yield oid, text
        return
    base = oid[:-2]
    for index, row in reading.column(base)[:MAX_ROWS]:
        text = readable(row)[:MAX_TEXT].strip()
        if text:
            yield f"{base}.{index}", text


def _cut(line: ObjectLine, text: str) -> str | None:
    if line.names is not None:
        return line.names.get(text)
    if line.pattern is None:
        return text
    match = line.pattern.search(text)
    if match is None:
        return None
    if line.template:
        return match.expand(line.template).strip()
    return (match.group(1) if match.groups() else match.group()).strip()


def from_mib_objects(reading: Reading) -> Iterator[Candidate]:
    """Yield the values of identity objects that vendor MIBs define, weighed by the objects' names."""
    for number in reading.enterprises:
        for entry in mib_objects(number):
            score = object_score(entry)
            if score <= 0:
                continue
            yield from _mib_values(reading, entry, score)


def _mib_values(reading: Reading, entry: MibObject, score: float) -> Iterator[Candidate]:
    rows = reading.texts(entry.oid)
    for index, text in list(rows.items())[:MAX_ROWS]:
        if objection(entry.field, text) is None:
            rule = f"MIB object {entry.name}"
            sure = min(0.84, 0.5 + score)
            yield Candidate(entry.field, text, f"{entry.oid}.{index}", rule, sure)
            return
