"""The history of an asset: its journal in words."""

from __future__ import annotations

from typing import Any

from flask import request

from itsm.assets.models import Asset
from itsm.assets.queries import detail, duplicates
from itsm.assets.rules.flapping import Line, collapsed
from itsm.assets.views import words
from itsm.infra.db import db
from itsm.kernel.actor import Actor
from itsm.kernel.numbers import whole_number
from itsm.web.filters import memory
from itsm.web.texts import _

PAGE = 200


def history_of(_actor: Actor, asset: Asset) -> dict[str, Any]:
    """Return the lines of an asset's journal, newest first, a page of them."""
    before = whole_number(request.args.get("before"))
    merged = [row.MergeRecord.absorbed_id for row in duplicates.merges(db.session(), asset.id)]
    rows = detail.history(db.session(), asset.id, before=before, size=PAGE, also=merged)
    more = rows[PAGE - 1].sequence if len(rows) > PAGE else None
    labels = detail.labels(db.session(), rows[:PAGE])
    lines = collapsed([_line(row) for row in rows[:PAGE]])
    told = [_told(line.source, labels) | {"times": line.times, "since": line.since} for line in lines]
    return {"rows": told, "older": more}


def _line(row: Any) -> Line:
    detail_ = row.detail or {}
    changed = row.action == "changed"
    before, after = (detail_.get(side) or {} if changed else {} for side in ("before", "after"))
    return Line(row.at, row.actor_id is None, before, after, row)


def _told(row: Any, labels: dict[tuple[str, int], str]) -> dict[str, Any]:
    """Return a journal row as the history shows it; an erased detail leaves who and when."""
    detail_ = row.detail or {}
    before, after = detail_.get("before") or {}, detail_.get("after") or {}
    changes = [
        (words.fields().get(name, name), _value(name, before.get(name), labels), _value(name, after.get(name), labels))
        for name in (after if row.action == "changed" else ())
        if name != "with"
    ]
    told = {"at": row.at, "who": detail_.get("actor"), "action": row.action, "changes": changes, "door": row.door}
    return told | {"said": _said(row.action, after)}


def _said(action: str, facts: dict[str, Any]) -> str:
    """Return what happened in a sentence, where it was no change of fields."""
    if action == "resurfaced":
        said = _("answered at %(address)s although it is over", address=facts.get("address") or "–")
    elif action == "resurfacing_acknowledged":
        return str(_("said why it answered: %(note)s", note=facts.get("note")))
    elif action == "merged":
        said = _("merged %(absorbed)s into %(survivor)s", absorbed=facts["absorbed"], survivor=facts["survivor"])
    elif action == "merge_undone":
        said = _("took the merge of %(absorbed)s into %(survivor)s back", **_two(facts))
    elif action == "told_apart":
        said = _("said that %(other)s is another thing", other=facts["other"])
    elif action == "split":
        seen = ", ".join(facts.get("addresses") or ())
        said = _("gave what was seen at %(seen)s to %(other)s, or took it from there", seen=seen, other=facts["other"])
    elif action == "sent_back":
        seen = ", ".join(facts.get("addresses") or ())
        said = _("took what was seen at %(seen)s away, to be decided", seen=seen)
    else:
        return ""
    return f"{said}: {facts['why']}" if facts.get("why") else said


def _two(facts: dict[str, Any]) -> dict[str, Any]:
    return {"absorbed": facts.get("absorbed"), "survivor": facts.get("survivor")}


def _value(name: str, value: Any, labels: dict[tuple[str, int], str]) -> Any:
    if value is None or value == "":
        return None
    if name == "status":
        return words.status_word(value)
    if name == "kind":
        return words.kind_word(value)
    if name == "memory_bytes" and isinstance(value, int):
        return memory(value)
    if name == "custom" and isinstance(value, dict):
        return ", ".join(f"{key}: {inner}" for key, inner in value.items()) or None
    if isinstance(value, int) and (name, value) in labels:
        return labels[name, value]
    return str(value)[:300]
