"""A value that goes back and forth is one line of history, with how often and over what span."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Line:
    """One line of history. ``before`` and ``after`` hold the changed fields; ``source`` is what it was made from.

    A collapsed line stands at its newest change: ``times`` counts the changes, ``since`` is the oldest.
    """

    at: datetime
    by_machine: bool
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    source: Any = None
    times: int = 1
    since: datetime | None = None
    _oldest: Mapping[str, Any] = field(default_factory=dict)


def collapsed(lines: Sequence[Line]) -> list[Line]:
    """Return lines (newest first) with every back and forth of a machine's value in one of them.

    What a person changes ends a back and forth, and is never collapsed.
    """
    found: list[Line] = []
    open_: dict[tuple[str, ...], Line] = {}
    for line in lines:
        fields = tuple(sorted(line.after))
        if not line.by_machine:
            open_ = {names: one for names, one in open_.items() if not set(names) & set(fields)}
        newer = open_.get(fields) if line.by_machine and fields else None
        if newer is not None and _goes_back(newer, line):
            newer.times, newer.since, newer._oldest = newer.times + 1, line.at, line.before
            continue
        line._oldest = line.before
        found.append(line)
        if line.by_machine and fields:
            open_[fields] = line
    return found


def _goes_back(newer: Line, older: Line) -> bool:
    """Say whether an older change led to where the newer ones began, between the same two values."""
    return older.after == newer._oldest and older.before in (newer.after, newer.before)
