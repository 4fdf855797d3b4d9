"""Outputs of network CLIs read with the TextFSM templates of ntc-templates, inside a budget of time.

A template is chosen by platform and command from the package's own index.  Rows come out as the template names them:
lower-case columns, text or lists of text.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import ntc_templates
import textfsm

TIME_BUDGET: Final = 10.0
"""Seconds of processor time after which the rows found so far are returned."""

MAX_LINE: Final = 400
"""Characters of one line; some templates have patterns whose work grows faster than the line."""

MAX_ROWS: Final = 50_000

PATIENCE: Final = 3
"""Lines that a template may refuse, prompts not counted, before its rows are called none."""

_PROMPT: Final = re.compile(r"[\w@:./~()<\[\]-]{0,64}[#>$%\]].{0,200}$")

_FOLDER: Final = Path(ntc_templates.__file__).parent / "templates"
_ALTERNATIVES: Final = re.compile(r"\(([a-z|]+)\)")

SAME_PLATFORM: Final = {
    "aos": "alcatel_aos", "arista": "arista_eos", "aruba_cx": "aruba_aoscx", "aruba_osswitch": "hp_procurve",
    "cisco_iosxe": "cisco_ios", "cisco_iosxr": "cisco_xr", "cisco_xe": "cisco_ios", "comware": "hp_comware",
    "cumulus_linux": "linux", "dell_os9": "dell_force10", "dell_os6": "dell_powerconnect", "eos": "arista_eos",
    "extreme": "extreme_exos", "fortios": "fortinet", "hp_aruba_cx": "aruba_aoscx", "huawei": "huawei_vrp",
    "ios": "cisco_ios", "junos": "juniper_junos", "juniper": "juniper_junos", "mikrotik": "mikrotik_routeros",
    "nxos": "cisco_nxos", "panos": "paloalto_panos", "procurve": "hp_procurve", "routeros": "mikrotik_routeros",
    "ubiquiti_edgeos": "ubiquiti_edgerouter", "vyos": "vyatta_vyos", "xr": "cisco_xr",
}  # fmt: skip
"""Other names by which a platform is known."""


UNTEMPLATED: Final = frozenset({"dell_os10", "sonic"})
"""Platforms without a template, whose version texts are read by their labels."""


@lru_cache(maxsize=1)
def index() -> dict[str, list[tuple[re.Pattern[str], tuple[str, ...]]]]:
    """Return, for each platform, (pattern of the command, names of the templates) in the package's order."""
    found: dict[str, list[tuple[re.Pattern[str], tuple[str, ...]]]] = {}
    for line in (_FOLDER / "index").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split(",", 3)]
        if line.startswith("#") or len(cells) < 4 or cells[0] == "Template":
            continue
        command = re.sub(r"\[\[(.+?)\]\]", _completion, cells[3])
        stems = tuple(name.strip().removesuffix(".textfsm") for name in cells[0].split(":"))
        for platform in _platforms(cells[2]):
            found.setdefault(platform, []).append((re.compile(command), stems))
    return found


def _completion(match: re.Match[str]) -> str:
    """Turn ``[[abc]]`` of the index into ``(a(b(c)?)?)?``."""
    letters = match.group(1)
    return "".join(f"({re.escape(letter)}" for letter in letters) + ")?" * len(letters)


def _platforms(pattern: str) -> list[str]:
    if match := _ALTERNATIVES.search(pattern):
        return [pattern.replace(match.group(), choice) for choice in match.group(1).split("|")]
    return ["vyatta_vyos"] if pattern == ".*vyos.*" else [pattern]


def platform_of(name: str) -> str | None:
    """Return the package's name of a platform, or None where it has no template for it."""
    name = name.strip().lower().replace("-", "_").replace(" ", "_")
    name = SAME_PLATFORM.get(name, name)
    return name if name in index() or name in UNTEMPLATED else None


def kinds() -> Iterator[str]:
    """Yield every kind, ``platform/command_with_underscores``."""
    for platform, rows in sorted(index().items()):
        seen = {_short(platform, stems[0]) for _, stems in rows}
        yield from (f"{platform}/{name}" for name in sorted(seen))


def _short(platform: str, stem: str) -> str:
    """Return a template's name without the platform it starts with (that of a sister platform included)."""
    if stem.startswith(platform + "_"):
        return stem[len(platform) + 1 :]
    at = next((m.start() for m in re.finditer("_", stem) if stem[: m.start()] in index()), None)
    return stem if at is None else stem[at + 1 :]


def choose(platform: str, command: str) -> tuple[str, tuple[str, ...]] | None:
    """Return (kind, template names) for a command of a platform, or None.

    ``command`` may be a template's name, a name that starts with one (the longest counts), or a command line, also
    with its words cut short.
    """
    rows = index().get(platform, [])
    wanted = re.sub(r"[\s_]+", "_", command.strip().lower())[:200]
    for _, stems in rows:
        if _short(platform, stems[0]) == wanted:
            return f"{platform}/{wanted}", stems
    spoken = re.sub(r"[\s_]+", " ", command.strip())[:200]
    if " " not in command.strip():
        starts = [stems for _, stems in rows if wanted.startswith(_short(platform, stems[0]) + "_")]
        if starts:
            stems = max(starts, key=lambda names: len(names[0]))
            return f"{platform}/{_short(platform, stems[0])}", stems
    for pattern, stems in rows:
        if pattern.match(spoken):
            return f"{platform}/{_short(platform, stems[0])}", stems
    return None


def guess(platform: str, text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the template of a platform that finds most in ``text`` whose command is not known.

    Only templates of commands that discovery asks are tried.  None where none of them finds anything.
    """
    best: tuple[int, str, tuple[str, ...]] | None = None
    head = text[:20_000]
    end = time.thread_time() + TIME_BUDGET
    for _, stems in index().get(platform, []):
        short = _short(platform, stems[0])
        if not re.search(r"version|inventory|neighbor|interface|mac|arp|vlan|system|module|device|print", short):
            continue
        rows = _run(stems[0], head, min(end, time.thread_time() + 0.5))
        filled = sum(1 for row in rows for value in row.values() if value)
        if filled and (best is None or filled > best[0]):
            best = (filled, f"{platform}/{short}", stems)
    return best[1:] if best else None


@lru_cache(maxsize=64)
def _source(stem: str) -> str:
    return (_FOLDER / f"{stem}.textfsm").read_text(encoding="utf-8")


def parse_rows(stems: tuple[str, ...], text: str) -> list[dict[str, Any]]:
    """Return the rows of one template, or of several joined by their key columns."""
    deadline = time.thread_time() + TIME_BUDGET
    rows = _run(stems[0], text, deadline, PATIENCE)
    keys = _keys(stems[0])
    for stem in stems[1:]:
        keys = keys or _keys(stem)
        names = [name.lower() for name in _Machine(_source(stem), deadline).header]
        _join(rows, _run(stem, text, deadline, PATIENCE), keys, names)
    return rows


def _keys(stem: str) -> list[str]:
    return [name.lower() for name in _Machine(_source(stem), 0.0).GetValuesByAttrib("Key")]


def _join(rows: list[dict[str, Any]], others: list[dict[str, Any]], keys: list[str], names: list[str]) -> None:
    """Give every row the columns of the other table's first row with the same keys (empty where there is none)."""
    by_key: dict[tuple[str, ...], dict[str, Any]] = {}
    for number, other in enumerate(others):
        by_key.setdefault(tuple(str(other.get(key)) for key in keys) if keys else (str(number),), other)
    added = [name for name in names if rows and name not in rows[0]]
    for number, row in enumerate(rows):
        other = by_key.get(tuple(str(row.get(key)) for key in keys) if keys else (str(number),), {})
        row.update({name: other.get(name, "") for name in added})


def _texts(value: Any) -> Any:
    """Return a cell as the package's own tables give it: text, or a list of text."""
    return [item if isinstance(item, dict) else str(item) for item in value] if isinstance(value, list) else value


class _TimeUp(Exception):
    """The budget of time ran out between two lines."""


class _Machine(textfsm.TextFSM):  # type: ignore[misc]
    """A template's state machine that stops at a moment, and keeps what it had found until then."""

    def __init__(self, source: str, deadline: float, patience: int = 0) -> None:
        self._deadline = deadline
        self._patience = patience
        super().__init__(io.StringIO(source))

    def _CheckLine(self, line: str) -> None:  # noqa: N802 (the name is the library's)
        if time.thread_time() > self._deadline or len(self._result) > MAX_ROWS:
            raise _TimeUp
        try:
            super()._CheckLine(line[:MAX_LINE])
        except textfsm.TextFSMError:
            # A line that the template refuses: a prompt or an echoed command costs nothing, a few others are let pass.
            if _PROMPT.match(line.rstrip()):
                return
            if self._patience == 0:
                raise
            self._patience -= 1

    def rows(self, text: str) -> list[dict[str, Any]]:
        """Return the rows of ``text``; those before the end of the budget, none after an error state."""
        try:
            found = self.ParseText(text)
        except _TimeUp:
            found = self._result
        except textfsm.TextFSMError:
            found = []
        names = [name.lower() for name in self.header]
        return [dict(zip(names, map(_texts, row), strict=True)) for row in found]


def _run(stem: str, text: str, deadline: float, patience: int = 0) -> list[dict[str, Any]]:
    return _Machine(_source(stem), deadline, patience).rows(text)
