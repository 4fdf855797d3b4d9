"""Edits of networks and credentials by two people: texts to merge by, and the page that shows both values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from itsm.infra.db import db
from itsm.infra.journal import JournalRow
from itsm.kernel.errors import Conflict
from itsm.web import conflict
from itsm.web.render import render


def as_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return form values as one text each, as the form takes them again: lists joined, ticks as 1 and 0."""
    return {name: _text(value) for name, value in values.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | tuple):
        numbers = all(isinstance(one, int) for one in value)
        return ",".join(map(str, sorted(value))) if numbers else "\n".join(map(str, value))
    return "" if value is None else str(value)


def last_actor(row: Any) -> str:
    """Return who changed a row last; empty where that is not known (any more)."""
    about = select(JournalRow).where(JournalRow.subject_type == row.__journal__, JournalRow.subject_id == str(row.id))
    last = db.session().scalars(about.order_by(JournalRow.sequence.desc()).limit(1)).one_or_none()
    return str((last.detail or {}).get("actor") or "") if last is not None else ""


def clash_page(
    clash: Conflict,
    row: Any,
    both: tuple[Mapping[str, str], Mapping[str, str]],
    *,
    url: str,
    back: str,
    note: str = "",
) -> ResponseReturnValue:
    """Show both values of every field that two people changed; what only one of them changed is merged already."""
    return render(
        "discovery/conflict.html",
        status=409,
        title=_("Both of you changed %(name)s", name=row.name),
        url=url,
        back=back,
        note=note,
        fields=conflict.sides(clash, _in_words),
        keep=conflict.kept(clash, *both, request.form),
        version=clash.version,
        who=last_actor(row) or _("Somebody else"),
        at=row.updated_at,
    )


_TICKS = frozenset({"enabled", "ping", "allow_public", "allow_weak", "legacy", "sudo"})


def _in_words(name: str, value: Any) -> str:
    if name in _TICKS:
        return str(_("yes") if value == "1" else _("no"))
    if name.startswith("days_"):
        return ", ".join(day_names()[int(day)] for day in str(value or "").split(",") if day) or _("none")
    return "" if value is None else str(value)


def day_names() -> list[str]:
    """Return the days of the week, Monday first, shortened."""
    return [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
