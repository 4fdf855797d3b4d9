"""Only one module may turn outside text into markup that pages trust."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRUSTED = Path("itsm/infra/markup.py")


def test_markup_is_made_from_fixed_text_everywhere_else() -> None:
    """`Markup("literal")` and its escaping `.format(...)` are fine; `Markup(value)` only in the trusted module."""
    found = []
    for path in sorted((ROOT / "itsm").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            fixed = all(isinstance(argument, ast.Constant) for argument in node.args)
            if name == "Markup" and not fixed and path.relative_to(ROOT) != TRUSTED:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_no_template_switches_escaping_off() -> None:
    off = re.compile(r"\|\s*safe\b|autoescape\s+false", re.IGNORECASE)
    found = [str(path) for path in (ROOT / "templates").rglob("*.html") if off.search(path.read_text())]
    assert found == []
