"""Seeing what changes: before and after of every journalled row, taken just before it is flushed."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import PassiveFlag
from sqlalchemy.orm.attributes import History, get_history

_ALWAYS_OMIT = frozenset({"version", "created_at", "updated_at", "id"})


@dataclass(slots=True)
class Change:
    """One journal line in the making. ``thing`` is asked for its id and label when the line is written."""

    action: str
    subject_type: str
    thing: Any = None
    subject_id: str = ""
    label: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Changes:
    """What one unit of work changed, in order; several flushes of one thing make one line."""

    lines: list[Change] = field(default_factory=list)
    _of: dict[int, Change] = field(default_factory=dict)

    def created(self, thing: Any) -> None:
        """Note a new row."""
        subject = getattr(thing, "__journal__", None)
        if subject and id(thing) not in self._of:
            after = {name: plain(value) for name, value in _columns(thing).items() if value is not None}
            self._add(thing, Change("created", subject, thing, after=after))

    def changed(self, thing: Any) -> None:
        """Note the changed columns of a row."""
        subject = getattr(thing, "__journal__", None)
        if not subject:
            return
        before, after = _difference(thing)
        if not after:
            return
        line = self._of.get(id(thing))
        if line is None:
            self._add(thing, Change("changed", subject, thing, before=before, after=after))
        else:
            for name, value in before.items():
                if line.action == "changed":
                    line.before.setdefault(name, value)
            line.after.update(after)

    def deleted(self, thing: Any) -> None:
        """Note a deleted row with all it held."""
        subject = getattr(thing, "__journal__", None)
        if subject:
            before = {name: plain(value) for name, value in _columns(thing).items() if value is not None}
            self._add(thing, Change("deleted", subject, thing, before=before))

    def note(self, action: str, subject_type: str, subject_id: str, *, label: str = "", **detail: Any) -> None:
        """Note something that is no row change."""
        after = {name: plain(value) for name, value in detail.items()}
        self.lines.append(Change(action, subject_type, None, subject_id, label, after=after))

    def _add(self, thing: Any, line: Change) -> None:
        self._of[id(thing)] = line
        self.lines.append(line)


def folded(lines: list[Change]) -> list[Change]:
    """Return the lines of a machine's work with those of a thing's own details in the line of the thing.

    A model takes part by ``__journal_fold__ = ("asset", "asset_id")``: the subject type, and the column that names the
    subject. A new device is one line then, with how it was recognised and where it stands in it.
    """
    mains = {(line.subject_type, getattr(line.thing, "id", None)): line for line in lines if line.thing is not None}
    kept = []
    for line in lines:
        subject, column = getattr(line.thing, "__journal_fold__", ("", ""))
        main = mains.get((subject, getattr(line.thing, column))) if subject and line.action == "created" else None
        if main is None or main.action == "deleted":
            kept.append(line)
        else:
            main.after.setdefault("with", {}).setdefault(line.subject_type, []).append(line.after)
    return kept


def _omitted(thing: Any) -> frozenset[str]:
    return _ALWAYS_OMIT | frozenset(getattr(thing, "__journal_omit__", ()))


def _columns(thing: Any) -> dict[str, Any]:
    state = inspect(thing)
    omit = _omitted(thing)
    return {attr.key: state.dict.get(attr.key) for attr in state.mapper.column_attrs if attr.key not in omit}


def _difference(thing: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    state = inspect(thing)
    passed_over = _omitted(thing) | state.unmodified
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for attr in state.mapper.column_attrs:
        if attr.key in passed_over:
            continue
        history = _history(thing, attr.key)
        if history.has_changes():
            old = history.deleted[0] if history.deleted else None
            new = history.added[0] if history.added else None
            if old != new:
                before[attr.key], after[attr.key] = plain(old), plain(new)
    return before, after


def changed_attributes(thing: Any) -> set[str]:
    """Return the names of a thing's columns and relationships that differ from what was loaded.

    Only those that were touched are asked: a ticket has forty, and a reply touches four.
    """
    state = inspect(thing)
    touched = set(state.mapper.attrs.keys()) - state.unmodified
    return {name for name in touched if _history(thing, name).has_changes()}


def _history(thing: Any, name: str) -> History:
    return get_history(thing, name, PassiveFlag.PASSIVE_NO_INITIALIZE)


def plain(value: Any) -> Any:
    """Return a value as JSON types, bounded: what is longer than 4,000 characters is cut and says so."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, str):
        value = value.replace("\x00", "")  # PostgreSQL cannot store it in JSON
        return value if len(value) <= 4000 else value[:4000] + f"… ({len(value)} characters)"
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(inner) for inner in value]
    return str(value)
