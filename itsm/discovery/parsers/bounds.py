"""What a parser is given: text of a bounded size, without the bytes that terminals and faults put in.

A device's output is hostile text.  It is cut here once, before any pattern sees it: no line is longer than
:data:`MAX_LINE`, there are at most :data:`MAX_LINES`, so the work of every parser is linear in what came in and has
a ceiling.  JSON is not made of lines and is only cut as a whole.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

MAX_TEXT: Final = 8 * 1024 * 1024
"""Characters of one output that are read; the rest is dropped."""

MAX_LINE: Final = 8192
"""Characters of one line; longer than any ``flags`` line of /proc/cpuinfo (about 2,000)."""

MAX_LINES: Final = 100_000

_ANSI: Final = re.compile(r"\x1b(?:\[[0-9;?]{0,16}[@-~]|[()][0-9A-B]|[=>])")
_PAGER: Final = re.compile(r"-{1,3} ?[Mm][Oo][Rr][Ee] ?-{0,3}(?:\([0-9]{1,3}%\))?[ \x08]*\x08 *")
_CONTROL: Final = {code: None for code in range(32) if chr(code) not in "\t\n"} | {127: None, 0xFEFF: None}
_ESCAPED: Final = re.compile(r"\\u(?:00[01]|[dD][89a-fA-F])")
_FAULTS: Final = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")


def clean(text: str) -> str:
    """Return ``text`` cut to the bounds, with line feeds only and without NULs, escape sequences and pager marks."""
    text = text[:MAX_TEXT]
    if "\x08" in text:
        text = _PAGER.sub("", text)
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL)
    lines = text.split("\n", MAX_LINES)[:MAX_LINES]
    return "\n".join(line if len(line) <= MAX_LINE else line[:MAX_LINE] for line in lines)


def json_of(text: str) -> Any:
    """Return the JSON value in ``text`` (cut as a whole only), or None where it is not JSON.

    What no text may hold, NULs and halves of characters, can still be written in JSON: it is left out of strings.
    """
    if len(text) > MAX_TEXT:
        return None
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
        if _ESCAPED.search(text):
            value = _without_faults(value)
    except (ValueError, RecursionError):
        return None
    return value


def _without_faults(value: Any) -> Any:
    if isinstance(value, str):
        return _FAULTS.sub("", value)
    if isinstance(value, list):
        return [_without_faults(one) for one in value]
    if isinstance(value, dict):
        return {_FAULTS.sub("", name): _without_faults(one) for name, one in value.items()}
    return value


def json_lines(text: str) -> list[dict[str, Any]]:
    """Return the objects of JSON text: one object, a list of them, or one object a line."""
    value = json_of(text.lstrip()) if text.lstrip()[:1] == "[" else None
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    found = []
    for line in text[:MAX_TEXT].split("\n", MAX_LINES)[:MAX_LINES]:
        item = json_of(line.strip()) if line.strip()[:1] == "{" else None
        if isinstance(item, dict):
            found.append(item)
    if found:
        return found
    value = json_of(text)
    return [value] if isinstance(value, dict) else []
