"""Make text of what a terminal session prints: no escape sequences, no overstrikes, no pager lines."""

from __future__ import annotations

import re
from typing import Final

_ESCAPES: Final = re.compile(
    r"\x1b(?:\[[0-9;?<=>!]{0,32}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)|[()][0-9A-Za-z]|[@-Z\\-_=>78])"
)
_CONTROLS: Final = re.compile(r"[\x00-\x07\x0b-\x0c\x0e-\x1f\x7f]")
_PAGER: Final = re.compile(
    r"(?i)(?:<?-{2,}\s?\(?more[^\n]{0,40}|-- more --[^\n]{0,60}|press any key to continue|\[q to quit\][^\n]{0,20})\s*$"
)
PROMPT: Final = re.compile(r"^(?:[\[<]?[\w.\-@:/~() ]{1,64}[\]>]? ?[>#$%]|<[\w.\-~/]{1,64}>) ?$")


def decoded(octets: bytes) -> str:
    """Return octets as text: UTF-8, else Latin-1, NULs dropped."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    return text.replace("\x00", "")


def plain(octets: bytes) -> str:
    """Return what a person would see: escape sequences gone, ``\\r`` and backspace carried out, lines ended by LF."""
    text = _ESCAPES.sub("", decoded(octets)).replace("\r\n", "\n")
    return "\n".join(_struck(line) for line in text.split("\n"))


def _struck(line: str) -> str:
    """Carry out the overstrikes of one line: what was written last at a place is what shows."""
    if "\r" in line:
        line = next((part for part in reversed(line.split("\r")) if part.strip()), "")
    if "\b" in line:
        shown: list[str] = []
        for character in line:
            if character != "\b":
                shown.append(character)
            elif shown:
                shown.pop()
        line = "".join(shown)
    return _CONTROLS.sub("", line)


def is_paused(text: str) -> bool:
    """Tell whether the text ends with a pager that waits for a key."""
    return _PAGER.search(text[-200:]) is not None


def without_pager(text: str) -> str:
    """Return the text without lines that only a pager wrote."""
    return "\n".join(line for line in text.split("\n") if len(line) > 200 or not _PAGER.fullmatch(line.strip()))


def prompt_at_end(text: str) -> str | None:
    """Return the prompt that the text ends with, or None."""
    last = text.rsplit("\n", 1)[-1].strip("\r")
    return last.strip() if len(last) < 200 and PROMPT.match(last) else None
