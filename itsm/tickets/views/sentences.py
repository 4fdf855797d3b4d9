"""Facts of a conversation as sentences: the grey lines between entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from itsm.tickets.enums import Fact, StateCategory
from itsm.tickets.views.words import field_words, link_words, priority_words, reason_words
from itsm.web.texts import _, told


@dataclass(frozen=True, slots=True)
class Line:
    """A grey line: an icon of the sprite, a sentence, and perhaps the number of a ticket that it names."""

    icon: str
    text: str
    number: int | None = None


def fact_line(fact: Fact, who: str, data: Mapping[str, Any]) -> Line:
    """Return a fact as a sentence."""
    number, asset = data.get("number"), data.get("asset", "")
    said: dict[Fact, Callable[[], tuple[str, str]]] = {
        Fact.FILED: lambda: (
            "ticket",
            _("%(who)s wrote this down for %(name)s", who=who, name=data.get("requester", "")),
        ),
        Fact.REOPENED: lambda: ("state-open", _("%(who)s reopened it", who=who)),
        Fact.MERGED_HERE: lambda: ("merge", _("%(who)s merged #%(number)s into this ticket", who=who, number=number)),
        Fact.MERGED_AWAY: lambda: ("merge", _("%(who)s merged this ticket into #%(number)s", who=who, number=number)),
        Fact.UNMERGED: lambda: ("split", _("%(who)s undid the merge with #%(number)s", who=who, number=number)),
        Fact.ASSET_ATTACHED: lambda: ("asset", _("%(who)s put %(name)s on this ticket", who=who, name=asset)),
        Fact.ASSET_REMOVED: lambda: ("asset", _("%(who)s took %(name)s off this ticket", who=who, name=asset)),
        Fact.UNLINKED: lambda: ("unlink", _("%(who)s removed the link to #%(number)s", who=who, number=number)),
        Fact.ASSIGNED: lambda: ("assign", _assigned(who, data)),
        Fact.PRIORITY: lambda: ("flag", _priority(who, data)),
        Fact.EDITED: lambda: ("edit", _edited(who, data)),
        Fact.DRIFT: lambda: ("discovery", _drift(data)),
        Fact.EXAMINED: lambda: ("discovery", _examined(who, data)),
    }
    if fact in said:
        icon, text = said[fact]()
        return Line(icon, text, number)
    return _other(fact, who, data)


def _other(fact: Fact, who: str, data: Mapping[str, Any]) -> Line:
    number, person, own = data.get("number"), data.get("person") or "", bool(data.get("own"))
    if fact is Fact.STATE:
        return _state(who, data)
    if fact is Fact.LINKED:
        words = link_words(str(data.get("kind", "")), bool(data.get("inverse")))
        return Line("link", f"{who}: {words} #{number}", number)
    if fact is Fact.FOLLOW_UP:
        follows = bool(data.get("follows"))
        said = _("Follow-up of #%(n)s", n=number) if follows else _("Followed up in #%(n)s", n=number)
        return Line("redo", said, number)
    if fact is Fact.WATCHER_ADDED:
        if own:
            return Line("watch", _("%(who)s follows this ticket", who=who))
        return Line("watch", _("%(who)s added %(name)s as watcher", who=who, name=person))
    if own:
        return Line("unwatch", _("%(who)s no longer follows this ticket", who=who))
    return Line("unwatch", _("%(who)s removed %(name)s as watcher", who=who, name=person))


def _state(who: str, data: Mapping[str, Any]) -> Line:
    category = str(data.get("category", ""))
    if category == StateCategory.PAUSED:
        reason = reason_words(data.get("reason"))
        return Line("state-paused", _("%(who)s paused it: %(reason)s", who=who, reason=reason))
    return Line(
        f"state-{category}", _("%(who)s set it to “%(state)s”", who=who, state=told(str(data.get("after", ""))))
    )


def _assigned(who: str, data: Mapping[str, Any]) -> str:
    assignee, group = data.get("assignee"), data.get("group")
    if data.get("assignee_changed") and assignee == who:
        return _("%(who)s took the ticket", who=who)
    if data.get("assignee_changed") and assignee:
        return _("%(who)s assigned it to %(name)s", who=who, name=assignee)
    if data.get("assignee_changed") and not data.get("group_changed"):
        return _("%(who)s left it without a technician", who=who)
    if group:
        return _("%(who)s gave it to %(group)s", who=who, group=group)
    return _("%(who)s left it without a group", who=who)


def _priority(who: str, data: Mapping[str, Any]) -> str:
    said = _("%(who)s set the priority to %(level)s", who=who, level=priority_words(data.get("after", 3)))
    return f"{said}: {data['reason']}" if data.get("reason") else said


def _edited(who: str, data: Mapping[str, Any]) -> str:
    parts = [
        f"{field_words(f['name'])}: {f.get('before') or '–'} → {f.get('after') or '–'}" for f in data.get("fields", [])
    ]
    return _("%(who)s changed %(what)s", who=who, what="; ".join(parts))


def _drift(data: Mapping[str, Any]) -> str:
    """Return what discovery saw of a device, from ``asset, what, rows [[subject, before, after]]`` and ``event``."""
    name, what = data.get("asset", ""), data.get("what", "")
    said = {
        "found": _("Discovery found more on %(name)s: %(what)s", name=name, what=what),
        "still": _("Discovery sees it again on %(name)s: %(what)s. The ticket was reopened.", name=name, what=what),
        "back": _("It came back on %(name)s: %(what)s. The ticket was reopened.", name=name, what=what),
        "cleared": _("It is gone on %(name)s, seen more than once: %(what)s", name=name, what=what),
        "cleared_left": _("It is gone on %(name)s: %(what)s. Whoever works on it decides.", name=name, what=what),
        "accepted": _("This is how it should be on %(name)s from now on: %(what)s", name=name, what=what),
        "switched_off": _("The rule was switched off: %(what)s", what=what),
        "look_queued": _("%(name)s will be looked at again, to see whether it worked", name=name),
        "look_answers": _("Looked again: %(name)s answers", name=name),
        "look_silent": _("Looked again: %(name)s is silent", name=name),
        "look_failed": _("%(name)s could not be looked at again: %(what)s", name=name, what=what),
    }.get(str(data.get("event")), f"{name}: {what}")
    rows = [f"{subject}: {before or '–'} → {after or '–'}" for subject, before, after in data.get("rows", [])[:10]]
    return f"{said} ({'; '.join(rows)})" if rows else said


def _examined(who: str, data: Mapping[str, Any]) -> str:
    said = _("%(who)s looked at %(name)s", who=who, name=data.get("asset", ""))
    return f"{said}: {data.get('what', '')} – {data.get('result', '')}"
