"""Rows of the queue, made ready for the page: everything that is the same for many rows is made once.

A list shows 500 cells. Looking up a text, drawing an icon or formatting a moment for each of them cost more than all
of the SQL; here each is done once a page, or once a value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask_babel import get_timezone
from markupsafe import Markup

from itsm.infra.unit import clock
from itsm.kernel.text import initials, stable_number
from itsm.tickets.queries.queue import Reference
from itsm.tickets.views import words
from itsm.web.assets import icon
from itsm.web.filters import brief_span
from itsm.web.texts import _, reader, told


@dataclass(slots=True)
class Row:
    """One ticket as the queue shows it. What ends in markup is safe; the rest is text."""

    number: int
    title: str
    requester: str
    state: Markup
    priority: Markup
    device: Markup
    technician: Markup
    turn: str
    turn_css: str
    turn_title: str
    at: str
    ago: str
    group_key: str
    group_label: str


def prepared(found: Iterable[Any], reference: Reference, by: str) -> list[Row]:
    """Return the rows of a page. ``by`` is what they are grouped by: nothing, ``priority`` or ``turn``."""
    now, language, zone = clock().now(), reader().language, get_timezone()
    nobody = _("Nobody yet")
    states = {id_: _state(name, category) for id_, (name, category) in reference.states.items()}
    priorities = {level: _priority(level) for level in (1, 2, 3, 4)}
    us, others, ours, theirs = _("Us"), _("Others"), _("It is our turn"), _("It waits for others")
    turns = {"desk": (us, ours), "others": (others, theirs), "nobody": ("–", _("Nobody has to do anything"))}
    heads = _heads(by)
    made = []
    for row in found:
        turn, key = row.turn.value, ""
        if by:
            key = str(row.priority) if by == "priority" else turn
        said = turns.get(turn) or (row.requester.partition(" ")[0], row.requester)
        made.append(
            Row(
                number=row.number,
                title=row.title,
                requester=row.requester,
                state=states.get(row.state_id, Markup("")),
                priority=priorities[row.priority],
                device=_device(row.asset, row.asset_kind.value) if row.asset else NOTHING,
                technician=_technician(row.assignee, reference.groups.get(row.group_id) or nobody),
                turn=said[0],
                turn_css=f"turn-{turn}",
                turn_title=said[1],
                at=row.last_activity_at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
                ago=brief_span(row.last_activity_at, now, language),
                group_key=key,
                group_label=heads.get(key, ""),
            )
        )
    return made


def _heads(by: str) -> dict[str, str]:
    """Return what stands above each group of rows."""
    if by == "priority":
        return {str(level): words.priority_words(level) for level in (1, 2, 3, 4)}
    if by == "turn":
        return {turn: words.turn_title(turn, _("the requester")) for turn in ("desk", "requester", "others", "nobody")}
    return {}


NOTHING = Markup("")
STATE = Markup('<span class="state state-%s" role="img" title="%s">%s</span>')
PRIORITY = Markup('<span class="priority priority-%s" role="img" title="%s">%s</span>')
DEVICE = Markup('<span class="device-line">%s<span>%s</span></span>')
MARK = Markup('<span class="person-mark mark-20 {}" title="{}" role="img">{}</span>')


def _state(name: str, category: str) -> Markup:
    return STATE % (category, told(name), icon(f"state-{category}"))


def _priority(level: int) -> Markup:
    """Return the mark of a priority; what is not pressing has none."""
    if level > 2:
        return Markup("")
    css, name = ("critical" if level == 1 else "high"), words.priority_words(level)
    return PRIORITY % (css, name, icon(f"priority-{css}"))


def _device(name: str, kind: str) -> Markup:
    return DEVICE % (icon("kind-" + kind.replace("_", "-")), name)


@lru_cache(maxsize=2048)
def _technician(name: str | None, otherwise: str) -> Markup:
    """Return the mark of who works on it, or of the group that shall."""
    css, said = (f"hue-{stable_number(name, 12)}", name) if name else ("is-empty", otherwise)
    return MARK.format(css, said, initials(name) if name else "")
