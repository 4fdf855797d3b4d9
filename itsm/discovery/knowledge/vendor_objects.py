"""Identity from makers' own objects: the hand-kept lines, and what the names in vendor MIBs promise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import ObjectLine, denied_objects, object_lines
from itsm.discovery.knowledge.description import SERIAL_WORD
from itsm.discovery.knowledge.plausible import objection
from itsm.discovery.knowledge.public_facts import MibObject, mib_objects
from itsm.discovery.knowledge.reading import MAX_TEXT, Reading, mac_of
from itsm.discovery.knowledge.scoring import MOST, names_the_whole, object_score, shared_arcs, words_of
from itsm.discovery.knowledge.standard_sources import NAMED_REVISION
from itsm.discovery.wire import OCTETS_HEX, Varbind, readable

MAX_ROWS: Final = 64
BARE_WORD: Final = 0.12
_NAMED_VERSION: Final = re.compile(
    r"(?P<model>[A-Z][\w /-]{3,40}?)(?:[ ,]+|[-_](?=[vV]))[vV](?:er(?:sion)?)?\.? ?\d+\.\d"
)
BEFORE_VERSION: Final = (0.06, 0.56)
"""What a model is less sure that stands before the version in an object for versions, and how sure at most."""
BRANCH: Final = 0.05
"""What an object gains for every arc that it shares with sysObjectID below the enterprise number, three at most."""
NAMED_SERIAL: Final = 0.72
KEYED_SERIAL: Final = 0.64
SHORT: Final = "too short for a serial number"
MIN_SHORT: Final = 3
_MAKER_LEAD: Final = re.compile(r"^(?:IBM|HP|Dell|Lenovo|Cisco),(?=\S+$)")
FEW: Final = 8
SEVERAL: Final = 0.04
MANY: Final = 0.12
"""What the first of several different values loses: a list of many is one of parts, and so is one of serial numbers
whose name does not say that it means the device."""
WORTH_LOOKING: Final = 0.35
HARDWARE: Final = frozenset({"hw", "hardware"})
REVISION: Final = 0.56
OWN_BRANCH: Final = 0.15
OWN_DEPTH: Final = 9
SERIAL_OF_PART: Final = 0.6
"""Below this the name speaks of a part, and no nearness makes its serial number the device's."""
FOREIGN: Final = 0.06
"""An object of another enterprise than that of sysObjectID describes the device a little less surely."""


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
        row = reading.rows.get(oid)
        text = None if row is None else _text(row)
        if text:
            yield oid, text
        return
    base = oid[:-2]
    for index, row in reading.column(base)[:MAX_ROWS]:
        text = _text(row)
        if text:
            yield f"{base}.{index}", text


def _text(row: Varbind) -> str:
    """A value as text; six unprintable octets are a MAC address."""
    mac = mac_of(row) if row.tag == OCTETS_HEX else None
    return mac or readable(row)[:MAX_TEXT].strip()


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
    own, denied = reading.enterprise, denied_objects()
    for number in reading.enterprises:
        for entry in mib_objects(number):
            if (entry.field, entry.oid) in denied:
                continue
            score = object_score(entry)
            if score >= WORTH_LOOKING:
                near = BRANCH * shared_arcs(entry.oid, reading.object_id) if number == own else -FOREIGN
                if number == own and _own_branch(entry.oid, reading.object_id):
                    near = OWN_BRANCH
                elif entry.field == "serial" and score < SERIAL_OF_PART:
                    near = min(near, 0.0)
                yield from _mib_values(reading, entry, min(MOST, score + near))


def _own_branch(oid: str, object_id: str) -> bool:
    """Whether an object stands below the device's own product identifier, so that its "AP" or "module" is the device.

    >>> _own_branch("1.3.6.1.4.1.99999.8.2.12.1.6", "1.3.6.1.4.1.99999.8.2.12")
    True
    """
    return oid.startswith(object_id + ".") and object_id.count(".") >= OWN_DEPTH


def _acceptable(entry: MibObject, text: str, score: float) -> bool:
    """Whether a text can be the answer; a maker that calls a short number or a MAC its serial number is believed."""
    reason = objection(entry.field, text)
    if reason is None:
        return True
    believed = entry.field == "serial" and entry.scalar and score >= NAMED_SERIAL
    return believed and (reason == "a MAC address" or (reason == SHORT and text.isdigit() and len(text) >= MIN_SHORT))


def _keyed_serial(entry: MibObject, text: str, oid: str, rule: str) -> Iterator[Candidate]:
    """Some makers write the serial number behind the version: "PDU System v1.05 (SN 1113016920004)"."""
    found = SERIAL_WORD.search(text) if entry.scalar and entry.field != "serial" else None
    if found is not None and object_score(entry) >= WORTH_LOOKING:
        yield Candidate("serial", found["serial"], oid, f"{rule}, after the word for serial number", KEYED_SERIAL)


def _mib_values(reading: Reading, entry: MibObject, score: float) -> Iterator[Candidate]:
    bare = reading.text(entry.oid) if entry.scalar else None
    rows = reading.texts(entry.oid) if bare is None else {"": bare}
    rows = {index: _MAKER_LEAD.sub("", text) for index, text in rows.items()}
    sound = {index: text for index, text in rows.items() if _acceptable(entry, text, score)}
    if not sound:
        return
    if len(set(sound.values())) > 1:
        vague = entry.field == "serial" and not names_the_whole(entry)
        score -= SEVERAL if len(sound) <= FEW and not vague else MANY
    elif len(sound) > 1 and entry.field == "version" and not names_the_whole(entry):
        score -= SEVERAL
    index, text = next(iter(sound.items()))
    if entry.field == "model" and text.islower() and text.isalpha():
        score -= BARE_WORD  # a maker or a make, rather than a model
    rule, oid = f"MIB object {entry.name}", f"{entry.oid}.{index}".rstrip(".")
    yield Candidate(entry.field, text, oid, rule, score)
    yield from _keyed_serial(entry, text, oid, rule)
    if entry.field == "version" and HARDWARE & set(words_of(entry.name)) and NAMED_REVISION.match(text):
        yield Candidate("model", text, oid, f"{rule}, by name", REVISION)
    match = _NAMED_VERSION.match(text) if entry.field == "version" else None
    if match is not None and any(char.isdigit() for char in match["model"]):
        less, most = BEFORE_VERSION
        yield Candidate("model", match["model"], oid, f"{rule}, before the version", min(score - less, most))
