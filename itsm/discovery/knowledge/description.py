"""What the free text of sysDescr says: structure first, the habits of single makers second.

The general rules know nothing of makers: "key: value" pairs, words that announce a version, a name in
front of the version, the kernels' own forms.  Lines of ``descriptions.tsv`` without a scope count as general
as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import DescrLine, descr_lines
from itsm.discovery.knowledge.plausible import letters_digits, words
from itsm.discovery.knowledge.reading import SYS_DESCR, Reading
from itsm.discovery.knowledge.versions import ANNOUNCED, BARE, NUMBER, OTHER_PART, WORDS, balanced

LLDP_DESCR: Final = "1.0.8802.1.1.2.1.3.4.0"
LLDP_LESS: Final = 0.05
MAX_DESCR: Final = 512
"""RFC 3418 allows 255 octets; some agents say more, nobody says it beyond this."""
_KEYED: Final = re.compile(
    r"(?:^|[\s,;(\[<])(?P<key>[A-Za-z][A-Za-z /_.#-]{0,24}?)\s*[:=]\s*"
    r"(?P<value>[^,;:=\n\r\])>]{1,60}?)\s*(?=[,;\n\r\])>]|$|\s+[A-Z][\w /]{0,20}[:=])"
)
_MODEL_KEY: Final = re.compile(
    r"(^| )(model([ _]?(name|number|no\.?|id|code))?|prod(uct)?([ _]?(name|type|id|model|number))?|pid|type"
    r"|device([ _]?(type|model))?|machine( type)?|mdl|platform|series|hwsku)$",
    re.I,
)
_SERIAL_KEY: Final = re.compile(r"(^| )(serial([ _]?(number|no\.?|num|#))?|s/?n|ser\.? ?no\.?|serno|snr?)$", re.I)
_VERSION_KEY: Final = re.compile(
    r"^(software|firmware|sw|fw|s/w|f/w|os|app\.?|system|image)?[ _-]?"
    r"(version|vers?\.?|rev\.?|revision|release)?$|^(sw|fw)_rev$",
    re.I,
)
_MAKER_KEY: Final = re.compile(r"(?:vendor|manufacturer|maker|mfg|brand)$", re.I)
SERIAL_WORD: Final = re.compile(
    r"\b(?:[Ss]/?[Nn]|Ser|Serial(?: (?:Number|No|Num|#))?)\.?[\s:#=]+(?P<serial>[A-Z0-9][A-Z0-9/-]{4,24})\b"
)
_LAST_NUMBER: Final = re.compile(r"(?<=[\w)] )(?P<serial>(?!(?:19|20)\d{6})\d{9,18})$")
LAST_NUMBER: Final = 0.61
FULLER: Final = 0.59
_CODE: Final = re.compile(
    r"(?<![\w./-])(?=[\w/+-]*\d)[A-Z][A-Za-z]*[\w/+-]*[A-Z0-9][\w/+-]*"
    r"(?:\([A-Z0-9]+\))?(?![\w.])"
)
_NO_CODE: Final = re.compile(
    r"^(v\d|r\d|v?\d+$|rev|ver|x86|i[3-6]86|amd64|arm|mips|ppc|utf|ipv[46]|snmpv|sha|md5|rfc|ieee|802|smp|ge$"
    r"|\d+-?port|\d+x|l[23]$|[a-z]{3}\d{2}$|p\d+$|[a-z]\d$|mb$|gb$|g\d$|usb|rs-?\d|h\.?26|win|nt\d|qos|jd\d{3}$|eeprom|\d+[bgnac]/)",
    re.I,
)
_NO_MODEL_BEFORE: Final = re.compile(
    r"(?:\b(?:SN|S/N|Serial(?: (?:No|Number|#))?|HR|MD|PN|AN\d?|CPU|Xeon|Atom|Core)\.?\)?[ :=#]*)$", re.I
)
"""What stands behind is a serial number, a file or a processor."""
_TRAILING: Final = re.compile(r"[ ,;:-]+(running|software|firmware|snmp agent|version|revision)$", re.I)
_OTHER_NUMBER: Final = re.compile(r",? +(?:S/?N|Serial(?: (?:No|Number))?)\b[.: #]", re.I)
_PART_WORD: Final = re.compile(r"\s+(?:SN|S/N|HW|SW|FW|Rev|Ser|Serial|Version|Ver|running)\b", re.I)
_VERSION_TAIL: Final = re.compile(rf"[\s,-]+(?:(?:{WORDS}|v)\.?[\s:]*)?{NUMBER}(?:[\s(].*)?$")
_PAIR: Final = re.compile(r"[A-Za-z/ ]{1,14}:")
_CARD: Final = re.compile(
    r"print ?server|network card|web card|interface card|management card|snmp (agent|adapter|card)", re.I
)
CARD_LESS: Final = 0.05
CARD_SERIAL: Final = 0.5
"""Where a card answers for the device behind it, a number in sysDescr is the card's."""
_MODEL_WORD: Final = re.compile(r"\b[Mm](?:odel|ODEL) (?P<model>[\w.+/-]*\d[\w.+/-]*)(?! Stepping)")
_LETTERED: Final = re.compile(
    r"\b(?:version|release|firmware|software)[\s:=]{1,3}(?P<version>[A-Za-z]+[-_.]?\d[\w.()-]*\d\w*)"
    r"|\bver\.?(?P<joined>\d[\w.()-]{3,})",
    re.I,
)
_HOST_LIKE: Final = re.compile(r"^[^\s-]+(?:-[^\s-]+){4,}$")
"""A word of five parts or more is a node's name in somebody's scheme rather than a product."""
_CAPITALS: Final = re.compile(r"[A-Z]{3,}[A-Za-z]*-[A-Z][A-Za-z]+(?: [A-Z][a-z]+)?")
"""A name without a number that is built as codes are: "CMCIII-PU Compact"."""
_MIXED: Final = re.compile(r"[ _-]?V\d+\.\d+\.\d+.*$")
RELEASE: Final = 0.75
_RELEASE: Final = re.compile(r"V\d+R\d+C\d+")
"""A release with its branch and patch says more than a platform's version beside it."""
LONE: Final = 0.71
"""The only such number in sysDescr is the system's, whatever a chassis' revision says."""
_SHORT_DATE: Final = re.compile(r"(?:[0-2]\d|3[01])\.(?:0\d|1[0-2])\.\d\d$|\d\d\.(?:0\d|1[0-2])\.(?:[0-2]\d|3[01])$")
INTEGER: Final = 0.62
"""A whole number after such a word is a revision's or a product's as often as the version."""
_KERNEL: Final = re.compile(
    r"^(?P<os>Linux|FreeBSD|OpenBSD|NetBSD|DragonFly|Darwin|SunOS|AIX|HP-UX)\s+"
    r"(?:(?P<node>\S+)\s+)??(?:#\d+\s+)?(?P<version>\d\S*)"
)
_BRACKETED: Final = re.compile(rf"{NUMBER} \($")
"""A number in brackets belongs to what stands before them: "U-Boot 2013.01 (V1.0.1.29)"."""
_IS_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
"""What some people put where the description belongs; its numbers are no version."""
_COMPATIBLE: Final = re.compile(r" (?:compatible|or (?:later|higher))")
_KERNEL_NAME: Final = re.compile(r"(?:Linux|FreeBSD|OpenBSD|NetBSD|VxWorks|eCos|Darwin)\b", re.I)
_WINDOWS: Final = re.compile(r"Hardware: .* Software: *Windows")
_RUNNING_ON: Final = re.compile(r"running on (?:an? )?(?P<model>[^,;\n]{3,60}?)(?=[,;\n.]|$)", re.I)


def from_description(reading: Reading, *, makers_known: bool) -> Iterator[Candidate]:
    """Yield what sysDescr says, by the table's lines and by the general rules."""
    descr = reading.descr[:MAX_DESCR]
    if not descr or _IS_ADDRESS.fullmatch(descr.strip()):
        return
    known = {number for number in (reading.enterprise, *reading.enterprises) if number is not None}
    for line in descr_lines():
        if (line.scope and not line.scope & known) or not (makers_known or line.general):
            continue
        match = line.pattern.search(descr)
        if match is not None:
            yield from _told(line, match)
    yield from general(descr)


def from_lldp(reading: Reading) -> Iterator[Candidate]:
    """Yield what LLDP tells neighbours about the device; people overwrite sysDescr more often than this."""
    told = (reading.text(LLDP_DESCR) or "")[:MAX_DESCR]
    if told and told != reading.descr:
        for candidate in general(told):
            yield replace(candidate, object=LLDP_DESCR, confidence=candidate.confidence - LLDP_LESS)


def _told(line: DescrLine, match: re.Match[str]) -> Iterator[Candidate]:
    rule = f"sysDescr matches {line.pattern.pattern[:60]!r}"
    for group, value in match.groupdict().items():
        if group not in line.constants and not group.startswith("x_") and value and value.strip(" ,;-"):
            yield Candidate(group, value.strip(" ,;-"), SYS_DESCR, rule, line.confidence)
    for field, value in line.constants.items():
        yield Candidate(field, match.expand(value), SYS_DESCR, rule, line.confidence)


def general(descr: str) -> Iterator[Candidate]:
    """Yield what a sysDescr of any maker says by its structure."""
    kernel = _KERNEL.match(descr)
    if kernel is not None:
        yield Candidate("os", f"{kernel['os']} {kernel['version']}", SYS_DESCR, "kernel's own line", 0.9)
        yield Candidate("version", kernel["version"], SYS_DESCR, "kernel's own line", 0.4)
        yield from _after_kernel(descr[kernel.end() :])
        return
    if _WINDOWS.match(descr) is None:
        yield from _keyed(descr)
        yield from _versions(descr)
        yield from _models(descr)


def _after_kernel(rest: str) -> Iterator[Candidate]:
    """Some appliances add their own version behind the kernel's line."""
    for match in ANNOUNCED.finditer(rest):
        if "version" in match["word"].lower() and "." in match["version"]:
            value = balanced(match["version"].rstrip(".,-(/"))
            yield Candidate("version", value, SYS_DESCR, "after 'version', behind the kernel", 0.7)


def _keyed(descr: str) -> Iterator[Candidate]:
    carded = _CARD.search(descr) is not None
    for match in _KEYED.finditer(descr):
        key, value = match["key"].strip(), match["value"].strip()
        if _SERIAL_KEY.search(key):
            yield Candidate("serial", value, SYS_DESCR, f"key {key!r}", CARD_SERIAL if carded else 0.8)
        elif _MODEL_KEY.search(key):
            sure = 0.7 if key.lower() == "series" or value.startswith("0x") else 0.78
            yield Candidate("model", value, SYS_DESCR, f"key {key!r}", sure)
        elif _MAKER_KEY.match(key):
            yield Candidate("vendor", value, SYS_DESCR, f"key {key!r}", 0.55)
        elif key and _VERSION_KEY.match(key) and any(char.isdigit() for char in value):
            sure = 0.67 if key.lower().startswith(("f", "os")) else 0.5 if _KERNEL_NAME.match(value) else 0.76
            yield Candidate("version", balanced(value), SYS_DESCR, f"key {key!r}", sure)
    for match in SERIAL_WORD.finditer(descr):
        if any(char.isdigit() for char in match["serial"]):
            sure = CARD_SERIAL if carded else 0.78
            yield Candidate("serial", match["serial"], SYS_DESCR, "after the word for serial number", sure)
    last = _LAST_NUMBER.search(descr)
    if last and not carded:
        yield Candidate("serial", last["serial"], SYS_DESCR, "a long number at the end", LAST_NUMBER)
    worded = _MODEL_WORD.search(descr)
    if worded:
        yield Candidate("model", worded["model"], SYS_DESCR, "after the word model", 0.68)
    running = _RUNNING_ON.search(descr)
    if running:
        yield Candidate("model", running["model"], SYS_DESCR, "after 'running on'", 0.75)


def _versions(descr: str) -> Iterator[Candidate]:
    for match in ANNOUNCED.finditer(descr):
        if OTHER_PART.search((match["before"] or "").rstrip(" _-")):
            continue
        word, value = match["word"].lower(), balanced(match["version"].rstrip(".,-(/"))
        if "." in value or len(value) > 3:
            sure = 0.74
            if word == "build" or word.startswith(("system", "os", "image")):
                sure = 0.45 if word == "build" else 0.62
            elif word.startswith(("soft", "sw", "s/w", "firm", "fw", "f/w")):
                sure = 0.75 if word.startswith("s") else 0.67
            if value.isdigit():
                sure = min(sure, INTEGER)
            yield Candidate("version", value, SYS_DESCR, f"after {word!r}", sure)
    for match in _LETTERED.finditer(descr):
        value = match["version"] or match["joined"]
        yield Candidate("version", value, SYS_DESCR, "after the word version", 0.58)
    bare: list[str] = []
    for match in BARE.finditer(descr):
        before = _BRACKETED.sub("", descr[: match.start()]).rstrip(" :=([")
        if OTHER_PART.search(before) or _COMPATIBLE.match(descr, match.end()):
            continue
        bare.append(balanced(match["version"]))
    lone = len(bare) == 1 and bare[0].count(".") >= 2 and not _SHORT_DATE.match(bare[0])
    for value in bare:
        sure = RELEASE if _RELEASE.match(value) else LONE if lone else 0.66
        yield Candidate("version", value, SYS_DESCR, "a number of several parts", sure)


def _models(descr: str) -> Iterator[Candidate]:
    first = descr.splitlines()[0].strip(" ;,")
    for separator in (";", ",", " : "):
        head = _VERSION_TAIL.sub("", first.split(separator)[0]).strip()
        if head != first and 3 <= len(head) <= 40:
            yield from _named(head, f"before the first {separator!r}", 0.52)
            break
    bare = BARE.search(first) or ANNOUNCED.search(first)
    start = -1 if bare is None else bare.start("word") if "word" in bare.groupdict() else bare.start()
    if 3 <= start <= 48:
        head = re.sub(rf"[\s,;:(\[-]*\b({WORDS}|v)?\.?[\s,;:(\[-]*$", "", first[:start], flags=re.I)
        lead = _PART_WORD.split(re.split(r"[,;] | : ", head)[0])[0]
        yield from _named(lead if any(c.isdigit() for c in lead) else head, "before the version", 0.56)
    if len(first) <= 48 and bare is None and ", " not in first:
        yield from _named(first, "the whole description", 0.5)
    carded = _CARD.search(descr) is not None
    for match in _CODE.finditer(descr[:240]):
        code = match.group()
        if (
            len(code) >= 4
            and not _NO_MODEL_BEFORE.search(descr[: match.start()])
            and code.count("_") < 2
            and not BARE.search(code)
            and not _NO_CODE.match(code)
            and not BARE.fullmatch(code)
            and not _HOST_LIKE.match(code)
            and letters_digits(code) not in words("vague_models.txt")
        ):
            yield Candidate("model", code, SYS_DESCR, "the first code of letters and digits", 0.53 - CARD_LESS * carded)
            fuller = re.search(rf"\((?P<model>{re.escape(code)} [A-Z0-9][\w/-]*)\)", descr)
            if fuller is not None and BARE.search(fuller["model"]) is None:
                yield Candidate("model", fuller["model"], SYS_DESCR, "the same code with more behind it", FULLER)
            break


def _named(text: str, rule: str, sure: float) -> Iterator[Candidate]:
    text = _OTHER_NUMBER.split(text.partition("<")[0])[0].strip(" ,;:-")
    if text.count("(") != text.count(")"):
        text = text.partition(" (")[0].strip("()")
    text = _LAST_NUMBER.sub("", text).strip()
    text = _MIXED.sub("", _TRAILING.sub("", text))
    if (
        not text
        or "=" in text
        or _PAIR.match(text)
        or len(text.split()) > 7
        or BARE.fullmatch(text)
        or "(c)" in text.lower()
    ):
        return
    code = any(any(c.isdigit() for c in word) and any(c.isalpha() for c in word) for word in text.split())
    bonus = 0.1 if code else 0.0 if any(c.isdigit() for c in text) or _CAPITALS.fullmatch(text) else -0.12
    if _CARD.search(text):
        bonus -= 0.12  # the adapter that answers, not the device behind it
    if not any(c.isupper() for c in text) or _HOST_LIKE.match(text) or text.split()[0].count("_") > 1:
        bonus -= 0.15  # a host name rather than a product
    yield Candidate("model", text, SYS_DESCR, rule, sure + bonus)
