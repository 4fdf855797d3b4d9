"""What the free text of sysDescr says: structure first, the habits of single makers second.

The general rules know nothing of makers: "key: value" pairs, words that announce a version, a name in
front of the version, the kernels' own forms.  Lines of ``descriptions.tsv`` without a scope count as general as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import descr_lines
from itsm.discovery.knowledge.reading import SYS_DESCR, Reading

MAX_DESCR: Final = 1024
NUMBER: Final = r"[vVrR]?\d+(?:[._]\d+)+(?:[-._(][\w.()+~-]*\w\)?|[a-zA-Z]\w*)?"
_WORDS: Final = (
    r"(?:soft?ware|firmware|system|image|os|app(?:lication)?|sw|fw|s/w|f/w)"
    r"(?:[ _-]*(?:version|ver|rev(?:ision)?|release))?"
    r"|version|ver|release|rev(?:ision)?|build"
)
_ANNOUNCED: Final = re.compile(
    rf"(?P<before>[\w/-]+[ _-]+)?\b(?P<word>{_WORDS})\b\.?[\s:=#\[(-]{{0,4}}"
    r"(?P<version>[vVrR]?\d[\w.()/+~-]*)",
    re.I,
)
_BARE: Final = re.compile(rf"(?<![\w.:-])(?P<version>{NUMBER})(?![\w:])")
_OTHER_PART: Final = re.compile(
    r"(hardware|hw|h/w|boot\w*|loader|kernel|rom|bios|cpld|fpga|pcb|board|snmp|agent|mib|protocol)[ _-]*$",
    re.I,
)
_KEYED: Final = re.compile(
    r"(?:^|[\s,;(\[<])(?P<key>[A-Za-z][A-Za-z /_.#-]{0,24}?)\s*[:=]\s*"
    r"(?P<value>[^,;:=\n\r\])>]{1,60}?)\s*(?=[,;\n\r\])>]|$|\s+[A-Z][\w /]{0,20}[:=])"
)
_MODEL_KEY: Final = re.compile(
    r"^(model( ?(name|number|no\.?|id|code))?|product( ?(name|type|id|model|number))?|pid|type"
    r"|device( ?(type|model))?|machine( type)?|mdl|platform|p/n|pn)$",
    re.I,
)
_SERIAL_KEY: Final = re.compile(
    r"^((system |chassis |unit )?(serial( ?(number|no\.?|num|#))?|s/?n|ser\.? ?no\.?|serno|snr?))$", re.I
)
_VERSION_KEY: Final = re.compile(
    r"^((software|firmware|sw|fw|s/w|f/w|os|app|system|image)?[ _-]?(version|ver\.?|rev\.?|revision|release)?"
    r"|sw_rev|fw_rev)$",
    re.I,
)
_KERNEL: Final = re.compile(
    r"^(?P<os>Linux|FreeBSD|OpenBSD|NetBSD|DragonFly|Darwin|SunOS|AIX|HP-UX)\s+(?P<node>\S+)\s+(?P<version>\S+)"
)
_RUNNING_ON: Final = re.compile(r"running on (?:an? )?(?P<model>[^,;\n]{3,60}?)(?=[,;\n.]|$)", re.I)


def from_description(reading: Reading, *, makers_known: bool) -> Iterator[Candidate]:
    """Yield what sysDescr says, by the table's lines and by the general rules."""
    descr = reading.descr[:MAX_DESCR]
    if not descr:
        return
    wanted = {number for number in (reading.enterprise, *reading.enterprises) if number is not None}
    for line in descr_lines():
        if line.scope and (not makers_known or not line.scope & wanted):
            continue
        match = line.pattern.search(descr)
        if match is None:
            continue
        rule = f"sysDescr matches {line.pattern.pattern[:60]!r}"
        for group, value in match.groupdict().items():
            if value and value.strip():
                yield Candidate(group.rstrip("0123456789"), value.strip(" ,;-"), SYS_DESCR, rule, line.confidence)
        for field, value in line.constants.items():
            yield Candidate(field, value, SYS_DESCR, rule, line.confidence)
    yield from general(descr)


def general(descr: str) -> Iterator[Candidate]:
    """Yield what a sysDescr of any maker says by its structure."""
    kernel = _KERNEL.match(descr)
    if kernel is not None:
        yield Candidate("os", f"{kernel['os']} {kernel['version']}", SYS_DESCR, "kernel's own line", 0.9)
        yield Candidate("version", kernel["version"], SYS_DESCR, "kernel's own line", 0.4)
        return
    yield from _keyed(descr)
    yield from _versions(descr)
    yield from _models(descr)


def _keyed(descr: str) -> Iterator[Candidate]:
    for match in _KEYED.finditer(descr):
        key, value = match["key"].strip(), match["value"].strip()
        if _SERIAL_KEY.match(key):
            yield Candidate("serial", value, SYS_DESCR, f"key {key!r}", 0.8)
        elif _MODEL_KEY.match(key):
            yield Candidate("model", value, SYS_DESCR, f"key {key!r}", 0.75)
        elif _VERSION_KEY.match(key) and any(char.isdigit() for char in value):
            yield Candidate("version", value, SYS_DESCR, f"key {key!r}", 0.7)
    running = _RUNNING_ON.search(descr)
    if running:
        yield Candidate("model", running["model"], SYS_DESCR, "after 'running on'", 0.75)


def _versions(descr: str) -> Iterator[Candidate]:
    for match in _ANNOUNCED.finditer(descr):
        if _OTHER_PART.search(match["before"] or ""):
            continue
        word, value = match["word"].lower(), match["version"].rstrip(".,-(/")
        if "." in value or len(value) > 3:
            soft = any(part in word for part in ("soft", "firm", "sw", "fw"))
            sure = 0.72 if soft else 0.45 if word == "build" else 0.68
            yield Candidate("version", value, SYS_DESCR, f"after {word!r}", sure)
    for match in _BARE.finditer(descr):
        if _OTHER_PART.search(descr[: match.start()].rstrip(" :=")):
            continue
        lead = descr[: match.start()].rstrip()
        yield Candidate("version", match["version"], SYS_DESCR, "a number of several parts", 0.55 if lead else 0.6)


def _models(descr: str) -> Iterator[Candidate]:
    first = descr.splitlines()[0].strip()
    for separator in (";", ","):
        head = first.split(separator)[0].strip()
        if head != first and 3 <= len(head) <= 40:
            yield from _named(head, f"before the first {separator!r}", 0.5)
            break
    bare = _BARE.search(first) or _ANNOUNCED.search(first)
    if bare is not None and 3 <= bare.start() <= 48:
        head = re.sub(rf"[\s,;:(\[-]*\b({_WORDS}|v)?\.?[\s,;:(\[-]*$", "", first[: bare.start()], flags=re.I)
        yield from _named(head, "before the version", 0.55)
    if len(first) <= 48:
        yield from _named(first, "the whole description", 0.5)


def _named(text: str, rule: str, sure: float) -> Iterator[Candidate]:
    text = text.strip(" ,;:-()")
    if not text or len(text.split()) > 7 or _BARE.fullmatch(text):
        return
    code = any(any(c.isdigit() for c in word) and any(c.isalpha() for c in word) for word in text.split())
    yield Candidate(
        "model",
        text,
        SYS_DESCR,
        rule,
        sure + (0.1 if code else 0.0 if any(c.isdigit() for c in text) else -0.08),
    )
