"""The layouts that commands share: ``Key: value`` lines, blocks between empty lines, tables with a heading."""

from __future__ import annotations

import re
from typing import Final

_KEY_VALUE: Final = re.compile(r"[ \t]*([^:\n]{1,80}?)[ \t]*:(?:[ \t]+(.*))?$")


def key_values(text: str) -> dict[str, str]:
    """Return ``Key : value`` lines as a mapping; the first of equal keys wins."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        if match := _KEY_VALUE.match(line.rstrip()):
            found.setdefault(match.group(1), (match.group(2) or "").strip())
    return found


def blocks(text: str) -> list[str]:
    """Return the parts of ``text`` between empty lines."""
    return [part for part in re.split(r"\n[ \t]*\n", text) if part.strip()]


def records(text: str) -> list[str]:
    """Return the lines of ``text`` that are not empty."""
    return [line.rstrip() for line in text.split("\n") if line.strip()]


def columns(text: str, *headings: str) -> list[dict[str, str]]:
    """Return the rows below the line that holds all ``headings``, cut where that line's words start.

    Headings are two or more spaces apart (or each is one word); a value may hold single spaces.  A row that does not
    keep to the columns is read by words instead.  Keys are lower case.
    """
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if all(heading in line for heading in headings):
            spans = [(m.start(), m.group().lower()) for m in re.finditer(r"\S+(?: \S+)*", line)]
            if len(spans) < len(headings):
                spans = [(m.start(), m.group().lower()) for m in re.finditer(r"\S+", line)]
            return [_row(spans, row) for row in lines[number + 1 :] if row.strip() and not set(row) <= set("-= +|")]
    return []


def _row(spans: list[tuple[int, str]], line: str) -> dict[str, str]:
    starts = [start for start, _ in spans]
    ends = [*starts[1:], len(line) + 1]
    if all(start == 0 or start >= len(line) or line[start - 1] == " " for start in starts):
        cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    else:
        cells = re.split(r"\s{2,}", line.strip()) if "  " in line.strip() else line.split()
    return {name: cell for (_, name), cell in zip(spans, cells, strict=False)}
