"""Every template parses and keeps the content policy; the lint would notice each fault."""

import importlib.util
from pathlib import Path

import jinja2
import pytest

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("lint_templates", ROOT / "tools" / "lint_templates.py")
assert spec is not None
assert spec.loader is not None
lint_templates = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lint_templates)


def test_templates_have_no_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert lint_templates.main() == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "planted",
    [
        "{{ name|safe }}",
        "<script>alert(1)</script>",
        '<p style="color: red">',
        "<a onclick='x()'>",
        '<div hx-on:click="x()">',
        '<img src="https://elsewhere.example/x.png">',
        "{{ _('100 % of it') }}",
        "{% if %}",
    ],
)
def test_the_lint_notices(tmp_path: Path, planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint_templates, "ROOT", tmp_path)
    page = tmp_path / "page.html"
    page.write_text(planted, encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    assert len(lint_templates.faults(page, environment)) == 1


def test_every_template_of_the_application_compiles(app) -> None:
    environment = app.jinja_env
    for name in environment.list_templates(extensions=["html", "txt"]):
        environment.get_template(name)
