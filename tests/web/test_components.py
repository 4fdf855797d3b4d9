"""The macros under ``ui``: escaped, tied to their labels, and all of them told in the documentation."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from itsm.app import create_app
from itsm.infra.settings import load

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = """"><img src=x onerror=alert(1)>'"""
INTERNAL = {"classes", "inside", "field_id", "described", "below", "label_for", "option_list", "writer", "column_head"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(
        load(data_dir=tmp_path_factory.mktemp("ui"), base_url="http://localhost", secret_key="tests only")
    )


class Tags(HTMLParser):
    """Collects the tags and attributes that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _value in attrs)


def shown(site: Flask, source: str, **context: Any) -> str:
    with site.test_request_context("/"):
        return " ".join(site.jinja_env.from_string(source).render(**context).split())


def test_every_macro_is_documented() -> None:
    files = (ROOT / "templates" / "ui").glob("*.html")
    named = {name for file in files for name in re.findall(r"\{% macro (\w+)\(", file.read_text(encoding="utf-8"))}
    told = set(re.findall(r"^- `(\w+)\(", (ROOT / "docs" / "frontend.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert named - INTERNAL == told


@pytest.mark.parametrize(
    "source",
    [
        "{{ ui.button(x, name=x, value=x, shortcut=x) }}",
        "{{ ui.link_button(x, x, attrs={'data-x': x}) }}",
        "{{ ui.copy_button(x) }}",
        "{{ ui.badge(x, title=x) }}{{ ui.state_badge(x, x) }}{{ ui.priority(x, x) }}",
        "{{ ui.asset_status(x) }}{{ ui.clock(x, title=x) }}",
        "{{ ui.text(x, x, value=x, hint=x, error=x, placeholder=x) }}{{ ui.textarea('a', x, value=x) }}",
        "{{ ui.select('a', x, [(x, x)], value=x) }}{{ ui.combobox('a', x, [(x, x)], value=x, source=x) }}",
        "{{ ui.radio_cards('a', x, [{'value': x, 'label': x, 'hint': x}]) }}",
        "{{ ui.avatar(x) }}{{ ui.person(x, href='/', sub=x) }}{{ ui.people([x, x, x, x, x]) }}",
        "{{ ui.device_card(x, x, model=x, tag=x, facts=[(x, x)], changed=[x]) }}{{ ui.device_line(x, x) }}",
        "{{ ui.evidence(x, [{'source': x, 'value': x, 'at': x, 'why': x}]) }}{{ ui.disagreement(x, x, x, x, x, '/') }}",
        "{{ ui.conflict('/', [{'name': x, 'label': x, 'yours': x, 'theirs': x}], 1, x, x, keep={x: x}) }}",
        "{{ ui.sweep_range(x, 9, found=1, failed={x: 1}) }}{{ ui.progress_bar(x, 1, 9) }}",
        "{{ ui.stat(x, x, sub=x, href=x) }}{{ ui.fact('lock', x) }}",
        "{{ ui.empty('inbox', x, x, action=x, href='/') }}{{ ui.toast(x) }}{{ ui.notice(x, title=x) }}",
        "{% call ui.entry(x, x, files=[{'name': x, 'href': '/', 'size': 1}], to=x) %}{{ x }}{% endcall %}",
    ],
)
def test_hostile_text_stays_text(site: Flask, source: str) -> None:
    seen = Tags()
    seen.feed(shown(site, source, x=HOSTILE))
    assert "img" not in seen.tags
    assert {name for name in seen.attributes if name.startswith(("on", "style"))} == set()
    assert seen.tags != set()


def test_a_field_in_error_keeps_its_value_and_names_its_texts(site: Flask) -> None:
    page = shown(site, "{{ ui.text('mail', 'Mail', value='ana', hint='Replies go there.', error='No @.') }}")
    assert '<label class="field-label" for="f-mail">' in page
    assert 'id="f-mail" name="mail" value="ana"' in page
    assert 'aria-describedby="f-mail-error f-mail-hint" aria-invalid="true"' in page
    assert '<p class="field-hint" id="f-mail-hint">Replies go there.</p>' in page


def test_a_form_carries_token_key_and_version(site: Flask) -> None:
    page = shown(site, "{% call ui.form('/tickets', key='abc', version=3, swap='ticket_form') %}x{% endcall %}")
    assert re.findall(r'<input type="hidden" name="(\w+)"', page) == ["csrf_token", "idempotency_key", "version"]
    assert 'hx-post="/tickets" hx-target="#ticket_form" hx-swap="innerHTML"' in page


def test_segments_share_the_width_by_number(site: Flask) -> None:
    parts = "[('found', 1, 'found'), ('failed', 0, 'bad'), ('silent', 3, 'quiet')]"
    page = shown(site, "{{ ui.segments('10.0.0.0/29', " + parts + ", total=8) }}")
    assert re.findall(r'class="seg-(\w+)" x="([\d.]+)%" width="([\d.]+)%"', page) == [
        ("found", "0.0", "12.5"),
        ("quiet", "12.5", "37.5"),
    ]
    assert 'aria-label="10.0.0.0/29: 1 found, 0 failed, 3 silent"' in page


@pytest.mark.parametrize(
    "source",
    [
        "{{ ui.button('Save', kind='primary', attrs=more) }}",
        "{{ ui.link_button('Save', '/', kind='primary', attrs=more) }}",
        "{{ ui.dialog_link('Save', '/', 'box', kind='primary', attrs=more) }}",
    ],
)
def test_a_class_of_the_page_joins_the_component_s_own(site: Flask, source: str) -> None:
    page = shown(site, source, more={"class": "needs-script", "data-x": "1"})
    assert re.findall(r'class="(btn[^"]*)"', page) == ["btn btn-primary needs-script"]
    assert page.count("class=") == 1
    assert 'data-x="1"' in page


def test_an_unknown_macro_is_told(site: Flask) -> None:
    with pytest.raises(Exception, match="no_such_thing"):
        shown(site, "{{ ui.no_such_thing() }}")
