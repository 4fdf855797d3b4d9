"""Whether a value can be what it claims to be. A wrong serial number corrupts a register; silence does
not."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final

_MAC: Final = re.compile(r"^([0-9a-f]{1,2}[:-]){5}[0-9a-f]{1,2}$", re.I)
_IPV4: Final = re.compile(r"^\d{1,3}(\.\d{1,3}){3}(/\d+)?$")
_DATE: Final = re.compile(
    r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}:\d{2}(:\d{2})?)([ T,].*)?$"
    r"|^(mon|tue|wed|thu|fri|sat|sun)\w*[ ,]"
    r"|^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w* +\d",
    re.I,
)
_COMPLAINT: Final = re.compile(
    r"no such|such file|not found|not available|not set|permission denied|cannot "
    r"|command not|(?<!\w)error\b|<private>",
    re.I,
)
_UNIT: Final = re.compile(r"\d ?([kK]?VA|kW|[kMG]?Hz|[kKMGT]B|%|°C)$|^\d+(\.\d+)? ?[VAW]$")
_OID: Final = re.compile(r"^\.?1\.3\.6(\.\d+)+$")
_SERIAL: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9 ._/:+#-]{1,38}[A-Za-z0-9]$|^\d{3,}$")


def letters_digits(text: str) -> str:
    """Return a text's letters and digits in lower case.

    >>> letters_digits("WS-C3750G 24")
    'wsc3750g24'
    """
    return "".join(char for char in text.lower() if char.isalnum())


@cache
def words(name: str) -> frozenset[str]:
    """Return the words of a list in ``data/`` (one or more a line, letters and digits only, # for
    remarks)."""
    text = resources.files("itsm.discovery.knowledge").joinpath("data", name).read_text("utf-8")
    lines = (line.partition("#")[0] for line in text.splitlines())
    return frozenset(word for line in lines for word in line.split())


def objection(field: str, value: str) -> str | None:
    """Return why a value can't be what the field asks for, or None where nothing speaks against it."""
    compact = letters_digits(value)
    if not compact:
        return "empty"
    if compact in words("placeholders.txt") and not (field == "version" and compact.isdigit() and compact != "0"):
        return "placeholder"
    if _COMPLAINT.search(value):
        return "an error message"
    if "\ufffd" in value or any(ord(char) < 32 and char not in "\t\r\n" for char in value):
        return "not text"
    return _CHECKS[field](value, compact) if field in _CHECKS else None


def _serial(value: str, compact: str) -> str | None:
    if len(compact) < 4:
        return "too short for a serial number"
    if len(set(compact)) <= 1 or not any(char.isdigit() for char in compact):
        return "a serial number has digits, and not only one"
    if compact.strip("0") == "" or set(compact) <= {"x", "0"} or set(compact) <= {"f", "0"}:
        return "blanked out"
    if "<private>" in value.lower():
        return "blanked out"
    for pattern, name in (
        (_MAC, "a MAC address"),
        (_IPV4, "an address"),
        (_DATE, "a date"),
        (_OID, "an OID"),
    ):
        if pattern.match(value):
            return name
    return None if _SERIAL.match(value) else "not the shape of a serial number"


_ARCHITECTURE: Final = re.compile(
    r"^(?:x86(?:[_-]64)?|x64|i[3-6]86|amd64|ia64|arm\w*|aarch64|mips\w*|ppc\w*|sparc\w*)$", re.I
)
_BARE_VERSION: Final = re.compile(r"^v?\d+(?:\.\d+){2,}$", re.I)
_HOST: Final = re.compile(
    r"^[\w-]+(?:\.[\w-]+)*\.(?:lan|local|localdomain|home|internal|intra|corp|com|net|org)$", re.I
)
_FILE: Final = re.compile(r"firmware|\(null\)|\.(?:bin|img|pkg|rom)$", re.I)
_PORTS: Final = re.compile(r"^\d+ ?-? ?(?:ports?\b|P )", re.I)
"""What a thing has is not what it is called: "8-Port Gigabit Smart Switch"."""
_RATING: Final = re.compile(r"^\d+(?:-\d+)? ?[VAW]\b,")


def _model(value: str, compact: str) -> str | None:
    if compact in words("vague_models.txt") or _ARCHITECTURE.match(value):
        return "names no model"
    if _BARE_VERSION.match(value) or sum(char.isascii() and char.isalnum() for char in value) < 2:
        return "a number or no text"
    if _RATING.match(value):
        return "a measure"
    if len(compact) < 2 or len(value) > 100:
        return "too short or too long for a model"
    if _HOST.match(value):
        return "a host name"
    if _FILE.search(value):
        return "a file or its version"
    if _PORTS.match(value):
        return "says what it has, not what it is"
    for pattern, name in (
        (_MAC, "a MAC address"),
        (_IPV4, "an address"),
        (_DATE, "a date"),
        (_OID, "an OID"),
    ):
        if pattern.match(value):
            return name
    if "http" in value.lower() or "@" in value:
        return "a link"
    return None


def _version(value: str, compact: str) -> str | None:
    if not any(char.isdigit() for char in compact):
        return "a version has digits"
    if len(value) > 80:
        return "too long for a version"
    for pattern, name in ((_MAC, "a MAC address"), (_OID, "an OID")):
        if pattern.match(value):
            return name
    if compact.strip("0") == "":
        return "all zeros"
    if _UNIT.search(value) and value[0] not in "vV":
        return "a measure"
    return None


def _uuid(value: str, compact: str) -> str | None:
    if len(compact) != 32 or any(char not in "0123456789abcdef" for char in compact):
        return "not the shape of a UUID"
    if len(set(compact)) <= 2 or compact in words("placeholder_uuids.txt"):
        return "the same on many machines"
    return None


_CHECKS: Final = {"uuid": _uuid, "serial": _serial, "model": _model, "version": _version}
