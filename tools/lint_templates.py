"""Template lint: no inline script, style or handler, nothing marked safe, no htmx feature that needs eval; every
template parses.

Exit status 1 with one line a fault.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import jinja2

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 180
RULES = (
    (re.compile(r"\|\s*safe\b"), "marks a value safe; only itsm/infra/markup.py may make markup"),
    (re.compile(r"<script(?![^>]*\bsrc=)", re.I), "inline script (the content policy forbids it)"),
    (re.compile(r"<style\b|\sstyle\s*=", re.I), "inline style (the content policy forbids it)"),
    (re.compile(r"\son[a-z]+\s*=\s*[\"']", re.I), "inline event handler"),
    (re.compile(r"hx-on|hx-vals\s*=\s*[\"']js:|\bjs:|every\s*\["), "an htmx feature that needs eval"),
    (re.compile(r"javascript:", re.I), "a javascript: address"),
    (re.compile(r"(?:src|href)\s*=\s*[\"']https?://", re.I), "something fetched from another site"),
    (re.compile(r"_\('[^']*(?<!%)%(?![(%])"), "a per cent sign in a translated text must be doubled"),
    (re.compile(r"autoescape\s+false", re.I), "switches escaping off"),
)


def faults(path: Path, environment: jinja2.Environment) -> list[str]:
    """Return the faults of one template, a line each."""
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT)
    found = []
    try:
        environment.parse(text)
    except jinja2.TemplateSyntaxError as error:
        found.append(f"{name}:{error.lineno}: {error.message}")
    bare = re.sub(r"\{#.*?#\}", lambda match: "\n" * match[0].count("\n"), text, flags=re.S)
    for number, line in enumerate(bare.splitlines(), 1):
        found += [f"{name}:{number}: {why}" for pattern, why in RULES if pattern.search(line)]
    if len(text.splitlines()) > LONGEST:
        found.append(f"{name}: {len(text.splitlines())} lines; split it (at most {LONGEST})")
    return found


def main() -> int:
    """Lint every template; return the exit status."""
    environment = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    found = [fault for path in sorted((ROOT / "templates").rglob("*.html")) for fault in faults(path, environment)]
    print("\n".join(found) or "templates: no faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
