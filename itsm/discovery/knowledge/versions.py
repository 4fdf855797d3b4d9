"""Version numbers: how they look, and how to cut one out of a longer text."""

from __future__ import annotations

import re
from typing import Final

NUMBER: Final = (
    r"(?:(?:[A-Z]{1,3}\.|[A-Z]{2,4}(?=\d+\.\d))?[vVrR]?\d+(?:[._][A-Za-z]*\d[A-Za-z0-9]*)+(?:[-+(~][\w.()+~-]*\w\)?)?"
    r"|V\d{1,4}R\d{1,4}\w*)"
)
"""Two or more parts with digits; perhaps a branch in front (``FL.10.13``) and a build behind (``-P5``)."""
BARE: Final = re.compile(
    rf"(?:(?<![\w.:/])|(?<=[_.])(?=[vV]\d)|(?<=_)(?=\d+\.\d+\.\d)|(?<=\b[SF]W)(?=[vV]\d))(?P<version>{NUMBER})(?![\w:])"
)
WORDS: Final = (
    r"(?:soft?ware|firmware|system|image|os|app(?:lication)?|sw|fw|s/w|f/w)"
    r"(?:[ _-]*(?:version|vers?|rev(?:ision)?|release))?"
    r"|version|vers?|release|rev(?:ision)?|build"
)
ANNOUNCED: Final = re.compile(
    rf"(?P<before>\b[A-Za-z][A-Za-z0-9/]{{0,24}}[ _-]{{1,3}})?\b(?P<word>{WORDS})\b\.?[\s:=#\[(-]{{0,4}}"
    r"(?P<version>(?:[A-Z]{1,3}\.|[A-Za-z]{3,8}/)?[vVrR]?\d[\w.()/+~-]*)",
    re.I,
)
OTHER_PART: Final = re.compile(
    r"(?:^|[^a-z])(hardware|hard|hw|h/w|hw_rev|boot\w*|btldr|u-boot|loader|kernel|linux(?:[ _-]+\S+)?|ecos|vxworks"
    r"|ose(?:delta)?|qnx|nucleus|threadx|rtems|freertos|lwip|busybox"
    r"|rom|bios"
    r"|cpld|fpga|pcb|pcb\w*"
    r"|board|snmp|agent|mib|protocol|model|type|cpu|php|java|openssl|net-snmp|gcc"
    r"|intel|smp)(?:[ _-]*(?:version|vers?|rev(?:ision)?|release)\.?)?[ _/v-]*$",
    re.I,
)
_DATED: Final = re.compile(r" \| \d\d[/.-]\d\d[/.-]\d{4}$")
"""When a release was made, behind its number: "V4.80(ABQF.3) | 10/06/2023"."""
_LONG: Final = 34
_ENDLESS: Final = 300


def cut_version(text: str) -> str:
    """Return the version number inside a longer remark; a short text as it is.

    >>> cut_version("FancySwitch-48 v3.3.3,build4047,160219 (GA)"), cut_version("1.2 beta")
    ('v3.3.3', '1.2 beta')
    """
    text = _DATED.sub("", text)
    if len(text) <= _LONG or len(text) > _ENDLESS:
        return text
    for pattern in (ANNOUNCED, BARE):
        for match in pattern.finditer(text):
            found = match["version"].rstrip(".,-(/")
            if "." in found and not OTHER_PART.search(text[: match.start("version")].rstrip(" :=([")):
                return balanced(found)
    return text


def balanced(text: str) -> str:
    """Drop a closing bracket that was never opened, and an opening one that is never closed.

    >>> balanced("12.2(55)SE"), balanced("15.0)"), balanced("4.2(1")
    ('12.2(55)SE', '15.0', '4.2')
    """
    if text.count(")") > text.count("("):
        return text.rstrip(")")
    return text[: text.rindex("(")] if text.count("(") > text.count(")") else text
