"""Single values as devices write them: sizes, MAC addresses, clocks, placeholders for "we do not know"."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Final

_PLACEHOLDERS: Final = frozenset(
    """
    n/a|na|none|null|nil|unknown|unknow|not specified|not provided|not available|not present|not applicable|
    not installed|no module installed|undefined|unspecified|invalid|default|default string|to be filled by o.e.m.|
    to be filled by oem|o.e.m.|oem|system manufacturer|system product name|system serial number|system version|
    base board manufacturer|base board serial number|base board product name|base board version|
    chassis manufacturer|chassis serial number|chassis version|chassis asset tag|no asset tag|no asset information|
    asset tag|asset-1234567890|serial number|serialnumber|manufacturer|partnum|not settable|<bad index>|
    <out of spec>|bad index|out of spec|no dimm|no enclosure|empty|123456789|1234567890|0123456789|
    not set|not defined|unknow type|xxxxxxxxxx|not supported|not supported by cpu|(null)|<null>|-|--|.|..|...|
    no serial number|product name|undefine|[empty]|<unknown>|<none>
    """.replace("\n", "")
    .replace("    ", "")
    .strip()
    .split("|")
)
_FILLER: Final = re.compile(r"(?:0x)?([0fFxX.\-_ *?])\1*\Z")
_SIZE: Final = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*([kKmMgGtTpPeE]?)(i?)(?:[bB]|[bB]ytes?|byte)?\b")
_MAC: Final = re.compile(r"[0-9A-Fa-f]{1,2}(?:[:-][0-9A-Fa-f]{1,2}){5}\Z")
_MAC_DOTTED: Final = re.compile(r"[0-9A-Fa-f]{4}(?:[.:-][0-9A-Fa-f]{4}){2}\Z")
_MAC_HALVES: Final = re.compile(r"[0-9A-Fa-f]{6}[-:][0-9A-Fa-f]{6}\Z")
_MAC_BARE: Final = re.compile(r"[0-9A-Fa-f]{12}\Z")
_EXPONENT: Final = {letter: power for power, letter in enumerate(["", "k", "m", "g", "t", "p", "e"])}


def known(value: str | None) -> str | None:
    """Return ``value`` stripped and with single spaces, or None for nothing and for makers' placeholders."""
    if value is None:
        return None
    text = " ".join(value.split()).strip(" \t\"'")
    if not text or text.lower() in _PLACEHOLDERS or _FILLER.match(text):
        return None
    return text


def mac_of(value: str | None) -> str | None:
    """Return a MAC address in any common notation as lower case with colons; None for none, zero and broadcast."""
    text = (value or "").strip()
    if _MAC.match(text):
        parts = re.split("[:-]", text)
    elif _MAC_DOTTED.match(text) or _MAC_BARE.match(text) or _MAC_HALVES.match(text):
        digits = re.sub("[.:-]", "", text)
        parts = [digits[at : at + 2] for at in range(0, 12, 2)]
    else:
        return None
    mac = ":".join(part.rjust(2, "0") for part in parts).lower()
    return None if mac in ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff") else mac


def ip_of(value: str | None) -> str | None:
    """Return the address in ``value`` (``/prefix`` and ``%zone`` dropped) in canonical form, or None."""
    text = (value or "").strip().strip("[]").partition("/")[0].partition("%")[0]
    if not text or len(text) > 45:
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def integer(value: Any) -> int | None:
    """Return the whole number that ``value`` starts with (``1 500``, ``1,500`` and ``2400 MHz`` too), or None."""
    if isinstance(value, bool) or value is None:
        return None
    match = re.match(r"\s*([0-9]{1,3}(?:[ ,.'\u00a0\u202f][0-9]{3})+(?![0-9])|[0-9]{1,20})", str(value)[:64])
    return int(re.sub(r"[^0-9]", "", match.group(1))) if match else None


def size_of(value: str | None, *, binary: bool = True, unit: str = "") -> int | None:
    """Return a size such as ``16 GB``, ``512M``, ``1.5 TiB`` or ``448K`` in bytes.

    ``binary`` says whether a bare ``k`` means 1024; ``KiB`` always does.  ``unit`` is the letter of a bare number.
    """
    text = (value or "").strip()
    match = _SIZE.match(text[:48])
    if match is None:
        return None
    number, letter, strict = match.groups()
    base = 1024 if binary or strict else 1000
    return int(float(number.replace(",", ".")) * base ** _EXPONENT[(letter or unit).lower()])


def megahertz(value: str | None) -> int | None:
    """Return a clock such as ``2400 MHz``, ``2.3 GHz``, ``2,4 GHz`` or ``2933 MT/s`` in MHz; None for zero."""
    match = re.match(r"\s*([0-9]{1,9}(?:[.,][0-9]{1,9})?)\s*([GMk]?)(?:Hz|T/s)?", (value or "")[:32])
    if match is None:
        return None
    number = float(match.group(1).replace(",", "."))
    factor = {"G": 1000.0, "k": 0.001}.get(match.group(2), 1.0)
    return round(number * factor) or None


def model_name(value: str | None) -> str | None:
    """Return a processor's name without trade mark signs and padding."""
    text = known(value)
    if text is None:
        return None
    return known(re.sub(r"\((?:R|r|TM|tm|C|c)\)", "", text))


def present(**fields: Any) -> dict[str, Any]:
    """Return the fields that are known: neither None nor empty."""
    return {name: value for name, value in fields.items() if value is not None and value != "" and value != []}


def first(row: Mapping[str, Any], *names: str) -> str | None:
    """Return the first known text among the named fields of a row (a list gives its first entry)."""
    for name in names:
        value = row.get(name)
        if isinstance(value, list):
            value = next((item for item in value if isinstance(item, str) and item), None)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and (text := known(value)):
            return text
    return None


_JEDEC: Final = {
    (0, 0x2C): "Micron", (0, 0x98): "Toshiba", (0, 0xAD): "Hynix", (0, 0xC1): "Infineon", (0, 0xCE): "Samsung",
    (1, 0x4F): "Transcend", (1, 0x7A): "Apacer", (1, 0x98): "Kingston", (2, 0xFE): "Elpida", (2, 0x9E): "Corsair",
    (3, 0x0B): "Nanya", (3, 0x25): "Kingmax", (4, 0x43): "Ramaxel", (4, 0xCB): "ADATA", (4, 0xCD): "G.Skill",
    (4, 0xEF): "Team Group", (5, 0x02): "Patriot", (5, 0x51): "Qimonda", (5, 0x9B): "Crucial",
}  # fmt: skip
"""Makers of memory modules by JEDEC JEP106: (continuation codes, identity with its parity bit)."""


def module_maker(value: str | None) -> str | None:
    """Return a memory module's maker; a JEDEC code in hexadecimal (``80CE``, ``0x2C00…``, ``7F98…``) is resolved.

    A code of an unknown maker stays as it is printed.
    """
    text = known(value)
    match = re.fullmatch(r"(?:0x)?((?:[0-9A-Fa-f]{2}){2,16})", text or "")
    if text is None or match is None:
        return text
    octets = bytes.fromhex(match.group(1))
    continued = len(octets) - len(octets.lstrip(b"\x7f"))
    if continued:
        code = (continued, octets[continued : continued + 1])
    elif octets[0] & 0x7F < 12 and octets[1]:
        code = (octets[0] & 0x7F, octets[1:2])
    else:
        code = (0, octets[:1])
    return _JEDEC.get((code[0], code[1][0]), text) if code[1] else text


def part_number(value: str | None) -> str | None:
    """Return a part number without padding; one printed as the hexadecimal of its letters (0x3848…) is decoded."""
    text = known((value or "").strip().rstrip("-"))
    if text and re.fullmatch(r"0x(?:[0-9A-Fa-f]{2}){8,40}", text):
        octets = bytes.fromhex(text[2:]).rstrip(b"\0 ")
        if octets and all(32 <= octet < 127 for octet in octets):
            return known(octets.decode("ascii"))
    return text
