"""``parse(kind, text)``: the wire facts that the output of one read-only command carries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from itsm.discovery.parsers import network_templates
from itsm.discovery.parsers.bounds import MAX_TEXT, clean
from itsm.discovery.parsers.faithful_rows import rows_of
from itsm.discovery.parsers.host_kinds import ALIASES, KINDS, HostKind, host_kind
from itsm.discovery.parsers.network_facts import facts_of
from itsm.discovery.parsers.network_labels import read_labels


class UnknownKind(ValueError):
    """There is no parser of this name."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"no parser is called {kind[:80]!r}")
        self.kind = kind


def kinds() -> Iterator[str]:
    """Yield the name of every kind: those of hosts, then ``platform/command`` of network CLIs."""
    yield from KINDS
    yield from network_templates.kinds()


def aliases() -> dict[str, str]:
    """Return {other name: kind} of the kinds of hosts."""
    return dict(ALIASES)


def parse(kind: str, text: str) -> dict[str, Any]:
    """Return the wire facts in ``text``, the output of a command of this ``kind``.

    Sizes are in bytes, clocks in MHz, times in seconds, MACs lower case with colons.  What the output does not tell is
    left out; ``rows`` are its rows as printed, where it has any.  Text that is not such an output gives few facts or
    none.  Raises :class:`UnknownKind` where there is no such parser, and nothing else.
    """
    linux = _linux_template(kind)
    known_kind = host_kind(linux[1]) if linux else host_kind(kind)
    if known_kind is not None:
        return _of_host(known_kind, text, linux[0] if linux else ())
    return _of_network(kind, text)


def _linux_template(kind: str) -> tuple[tuple[str, ...], str] | None:
    """Return (templates, kind of host) for ``linux/ip_link_show`` and its like: rows of one, facts of the other."""
    path = kind.strip().removeprefix("ntc/")
    if not path.startswith(("linux/", "linux_")):
        return None
    chosen = network_templates.choose("linux", path[6:])
    if chosen is None:
        return None
    command = chosen[0].partition("/")[2]
    return (chosen[1], command) if host_kind(command) else None


def _of_host(kind: HostKind, text: str, stems: tuple[str, ...]) -> dict[str, Any]:
    cleaned = clean(text)
    facts: dict[str, Any] = {}
    as_json = kind.json and cleaned.lstrip()[:1] in ("{", "[")
    if kind.read is not None:
        try:
            facts = kind.read(text[:MAX_TEXT] if as_json else cleaned)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, OverflowError):
            facts = {"unreadable": kind.name}
    facts = {name: value for name, value in facts.items() if value not in (None, {}, [], "")}
    if stems:
        facts["rows"] = network_templates.parse_rows(stems, cleaned)
    elif kind.rows is not None and not as_json:
        reader = kind.rows if isinstance(kind.rows, str) else kind.rows(cleaned)
        rows = rows_of(reader, cleaned)
        plain = kind.fallback(cleaned) if kind.fallback else []
        if plain and (not rows or len(plain[0]) > len(rows[0])):
            rows = plain
        if rows:
            facts["rows"] = rows
    return facts


def _of_network(kind: str, text: str) -> dict[str, Any]:
    platform, command = _platform_and_command(kind)
    chosen = network_templates.choose(platform, command) if command else None
    cleaned = clean(text)
    if chosen is None and not command:
        chosen = network_templates.guess(platform, cleaned)
        if chosen is None:
            return {}
    if chosen is None:
        labelled = read_labels(platform, command, cleaned)
        if labelled is None:
            raise UnknownKind(kind)
        return {key: value for key, value in labelled.items() if value not in (None, {}, [], "")}
    name, stems = chosen
    rows = network_templates.parse_rows(stems, cleaned)
    facts = facts_of(platform, name.partition("/")[2], rows)
    facts = {key: value for key, value in facts.items() if value not in (None, {}, [], "")}
    return facts | {"rows": rows}


def _platform_and_command(kind: str) -> tuple[str, str]:
    """Split ``cisco_ios/show_version``, ``cisco_ios_show_version`` or ``cisco_ios show version``; command may be empty.

    Raises UnknownKind where it starts with no platform.
    """
    path = kind.strip().removeprefix("ntc/")[:300]
    platform, slash, command = path.partition("/")
    if slash:
        name = network_templates.platform_of(platform)
        if name is None:
            raise UnknownKind(kind)
        return name, command
    words = path.replace(" ", "_").split("_")
    for count in range(min(len(words), 3), 0, -1):
        name = network_templates.platform_of("_".join(words[:count]))
        if name is not None:
            return name, "_".join(words[count:])
    raise UnknownKind(kind)
