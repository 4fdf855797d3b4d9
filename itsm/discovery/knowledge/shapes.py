"""The shapes of serial numbers, models and versions, for texts of which nobody says what they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from itsm.discovery.knowledge.plausible import objection
from itsm.discovery.knowledge.versions import BARE

MIN_TEXT: Final = 3
_SERIAL: Final = re.compile(
    r"^(?=(?:.*\d){4})(?:[A-Z0-9]{8,22}|[A-Z]{1,6}-?\d{5,14}[A-Z0-9]{0,6}|\d{3,6}-\d{4,12}|\d{6,15}"
    r"|[A-Z0-9]{3,6}-[A-Z0-9]{4,8}-[A-Z0-9]{4,8}|[A-Z0-9]{10,30}|[A-Z]{2,6}-[A-Z0-9]{1,4}-\d{5,10}|[A-Z]{1,4}\d{2,6}-\d{8,12})$"
)
_NO_SERIAL: Final = re.compile(r"^V\d+R\d+|^(?:19|20)\d{6}$|^(?:19|20)\d{12}$|^\d{12}Z$|^[A-Z]{2,}-?\d{1,3}$|^\d{15}$")
"""A version, a date or a time has the same shape, and so have the numbers of a cellular modem and its subscriber."""
_DIGITS: Final = re.compile(r"\d{3}")
ORDER_LETTERS: Final = 7
"""A code of so many letters whose digits stand in ones and twos spells out what was ordered; it numbers nothing."""
_NUMBER: Final = re.compile(
    r"^(?=.*[A-F])[0-9A-F]{6}$|^\d+(?:\.\d+)?E[-+]\d+$|^[0-9A-F]{4}(?:-[0-9A-F]{4}){2,}$"
    r"|^(?:2[5-9]|[3-9]\d|1\d\d|2\d\d)(?:\.\d{1,3}){3}$"
)
"""A colour, a measure with an exponent, a licence's hash or an address."""
_SENTENCE: Final = re.compile(r"\b[a-z]{2,}\b.*\b[a-z]{2,}\b")
_TAG: Final = re.compile(r"^\d[A-Z0-9]{6,}$")
_TURN: Final = re.compile(r"(?<=\d)[A-Z]|(?<=[A-Z])\d")
TURNS: Final = 3
"""A code that begins with a digit and changes so often between letters and digits is somebody's tag, not a name."""
_ENUMERATED: Final = re.compile(
    r"^[A-Za-z_ ]*[a-z][A-Za-z_ ]{4,}\d$|(?:temp(?:erature)?|humidity|voltage|current|alarm)[ _]?\d*$", re.I
)
"""One of several alike: "PeerDesc1", "INTERNAL_TEMPERATURE1"."""
_BUILD: Final = re.compile(r"^[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+){0,3}_[vV]?\d+(?:\.\d+){2,}$")
"""A firmware's name that ends in its version: "TWX2_R_00.01.07.1"."""
_WITH_VERSION: Final = re.compile(
    r"^(?P<model>[A-Z][A-Za-z0-9-]*\d[A-Za-z0-9]*)[-_ ][vV](?P<version>\d+(?:\.\d+)+[\w.-]*)$"
)
_NUMERIC: Final = re.compile(r"^\d+\.\d+$")
_VERSION: Final = re.compile(
    r"^(?:[A-Za-z]{1,12}[ _-]?)?(?:[vV]er(?:sion)?\.? ?|[vVrR] ?\.?)?\d+(?:[._]\d+){1,4}(?:[ ._+-]?[A-Za-z0-9()]+){0,4}$"
)
_ADDRESS: Final = re.compile(r"^(?:\d{1,2}|1\d\d|2[0-5]\d)(?:\.\d{1,3}){3}$")
_PRIVATE: Final = re.compile(r"^(?:10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168|255|[1-9]\d\d)\.")
_MODEL: Final = re.compile(r"^(?!.*\d{7})(?=[^a-z]*[A-Z])(?=.*\d)[A-Za-z0-9][\w +/()-]{2,40}$")
_NODE: Final = re.compile(r"^[A-Za-z]*[a-z]-?0\d$|X{4}$")
"""A numbered node ("Core01"), or a licence number that somebody blotted out."""
_PLACE: Final = re.compile(
    r"^(?:(?:ext|int)?(?:ernal)? ?(?:port|slot|outlet|socket|input|output|sensor|probe|fan|psu|ps|cpu|unit|eth|ge|fe|"
    r"gi|te|xe|xg|lan|wan|vlan|line|channel|ch|phase|group|bank|rack|room|zone|relay|contact|alarm|temp\w*|string|"
    r"module|card|interface|if|tty\w*|com|disk|hdd|sd|card|shelf|node|user|profile|radio|ssid|link|track|load|swap|"
    r"level|class|test|name|label|stage|step|day|week|month|year|hour|min|sec)[ ._/#-]?\d+\b|\d+(?:st|nd|rd|th)\b)|"
    r"^\d+(?:\.\d+)? ?(?:[kmMG]?(?:V|A|W|VA|Hz|RPM|bps|bit|dBm?|hrs?|min|sec|ms|C|F)|%)\b"
    r"|^(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w* ?\d"
    r"|^(?:up|down|on|off|ok|yes|no|enabled?|disabled?|active|normal|auto|full|half|none|utc|gmt)\b|\d{1,2}:\d{2}\b",
    re.I,
)


@lru_cache(maxsize=4096)
def sorts_of(text: str) -> Mapping[str, str]:
    """Return which of serial, model and version a text's shape promises, with the value of each.

    >>> sorts_of("EKI-7708G-4FP"), sorts_of("4.7.2"), sorts_of("16KZ46035608"), sorts_of("Outlet 7")
    ({'model': 'EKI-7708G-4FP'}, {'version': '4.7.2'}, {'serial': '16KZ46035608'}, {})
    >>> sorts_of("TW24-v1.252"), sorts_of("MXNCL4ENE4SN1S1E6DC")
    ({'model': 'TW24', 'version': '1.252'}, {'model': 'MXNCL4ENE4SN1S1E6DC'})
    """
    if len(text) < MIN_TEXT or _PLACE.search(text) or _NUMBER.match(text):
        return {}
    both = _WITH_VERSION.match(text)
    if both is not None and objection("model", both["model"]) is None:
        return {"model": both["model"], "version": both["version"]}
    if (_VERSION.match(text) or _BUILD.match(text)) and objection("version", text) is None:
        vague = _NUMERIC.match(text) or (_ADDRESS.match(text) and _PRIVATE.match(text))
        return {} if vague else {"version": text}
    if _SERIAL.match(text) and not _NO_SERIAL.match(text) and objection("serial", text) is None:
        return {"model" if _order_code(text) else "serial": text}
    return {"model": text} if _names_a_model(text) else {}


def _order_code(text: str) -> bool:
    letters = sum(char.isalpha() for char in text)
    return letters >= ORDER_LETTERS and text[:3].isalpha() and _DIGITS.search(text) is None


def _names_a_model(text: str) -> bool:
    if _MODEL.match(text) is None or _NODE.search(text) or _ENUMERATED.search(text):
        return False
    if _SENTENCE.search(text):
        return False
    if _TAG.match(text) and len(_TURN.findall(text)) >= TURNS:
        return False
    return objection("model", text) is None and BARE.fullmatch(text) is None
