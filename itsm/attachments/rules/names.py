"""What an uploaded file is called when it is downloaded again."""

from __future__ import annotations

import re

from itsm.kernel.text import one_line

LONGEST = 150
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)


def file_name(given: str) -> str:
    """Return a name that every system can save: the last part of a path, on one line, without special signs.

    The ending is kept where a long name is cut. What leaves nothing is called ``file``.
    """
    last = re.split(r"[/\\]", one_line(given, 2000))[-1]
    name = _FORBIDDEN.sub("_", last).strip(" .")
    if _RESERVED.fullmatch(name):
        name = "_" + name
    if len(name) > LONGEST:
        stem, dot, ending = name.rpartition(".")
        kept = dot + ending if stem and len(ending) <= 12 else ""
        name = name[: LONGEST - len(kept)].rstrip(" .") + kept
    return name or "file"
