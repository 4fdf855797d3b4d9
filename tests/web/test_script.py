"""Our own script stays small and never turns text into markup or code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).resolve().parents[2] / "static" / "js").glob("*.js"))
SINKS = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|parseHTMLUnsafe|parseFromString|srcdoc)\b"
    r"|\bdocument\.write|\beval\s*\(|\bnew\s+Function\b|\bset(?:Timeout|Interval)\s*\(\s*['\"`]"
)


def test_the_scripts_of_every_page_together_are_short_and_so_is_that_of_one_page() -> None:
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in SCRIPTS}
    assert lines.pop("beside.js") < 140
    assert lines.pop("map.js") < 260
    assert sum(lines.values()) < 300


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_has_no_sink(script: Path) -> None:
    assert SINKS.findall(script.read_text(encoding="utf-8")) == []


def test_the_pattern_notices_a_sink() -> None:
    planted = ["x.innerHTML = y", "eval (y)", "new Function(y)", "setTimeout('y()')", "document.write(y)"]
    assert [bool(SINKS.search(text)) for text in planted] == [True] * 5
