"""Templates compiled once a language: what is settled early is what would have been said late."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from jinja2 import UndefinedError
from markupsafe import Markup, escape

from itsm.app import create_app
from itsm.infra.settings import load
from itsm.web.templating import Environment, shown

HOSTILE = "<b>'\"&</b>"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(
        load(data_dir=tmp_path_factory.mktemp("site"), base_url="http://localhost", secret_key="tests only")
    )


def made(site: Flask, source: str, *, language: str = "en", root: str = "", **context: Any) -> str:
    with site.test_request_context("/", base_url=f"http://localhost{root}"), force_locale(language):
        return site.jinja_env.from_string(source).render(**context)


def code(site: Flask, source: str) -> str:
    environment = site.jinja_env
    assert isinstance(environment, Environment)
    with site.test_request_context("/"):
        return str(environment.compiled().compile(source, "page.html", raw=True))


@pytest.mark.parametrize("value", [HOSTILE, Markup("<i>"), 7, 1.5, None, True, [HOSTILE]])
def test_what_is_shown_is_escaped_as_ever(value: Any) -> None:
    assert shown(value) == str(escape(value))


def test_each_language_has_its_own(site: Flask) -> None:
    assert [made(site, "{{ _('Close') }}", language=name) for name in ("en", "de", "en")] == [
        "Close",
        "Schließen",
        "Close",
    ]


def test_a_fixed_text_costs_nothing_when_the_page_is_made(site: Flask) -> None:
    assert "call" not in code(site, "{{ _('Close') }} {{ icon('x', size=14) }} {{ asset_url('css/app.css') }}")
    assert "icon" in code(site, "{{ icon(name) }}")


def test_a_text_of_the_pages_data_is_said_as_any_other(site: Flask) -> None:
    source = "{{ _(label) }}|{{ _(name) }}|{{ gettext(percent) }}|{{ _(label, name=name) }}|{{ _(cut) }}"
    assert "context.call(" in code(site, "{{ _(label, name=name) }}")
    assert "context.call(" not in code(site, "{{ _(label) }}")
    given = {"label": "Close", "name": "Said nowhere", "percent": "50 %% of it", "cut": "R&D"}
    for language, close in (("en", "Close"), ("de", "Schließen"), ("en", "Close")):
        assert made(site, source, language=language, **given) == f"{close}|Said nowhere|50 % of it|{close}|R&D"


@pytest.mark.parametrize("what", ["priority", "facts", "watchers"])
def test_an_address_with_a_word_is_that_of_the_word(site: Flask, what: str) -> None:
    source = "{{ url_for('tickets.open_panel', number=number, what=what) }} {{ url_for('tickets.index', q=q, by=by) }}"
    for number, q, by in ((7, "x", 3), (8, "a b", 4), (7, "100000000000000000", 5)):
        text = made(site, source, number=number, what=what, q=q, by=by)
        assert text == f"/tickets/{number}/{what} /tickets?q={q.replace(' ', '+')}&amp;by={by}"


def test_a_word_that_an_address_does_not_take_says_so(site: Flask) -> None:
    for _again in range(2):
        with pytest.raises(ValueError, match="nonsense"):
            made(site, "{{ url_for('tickets.open_panel', number=1, what=what) }}", what="nonsense")


def test_values_of_a_text_are_escaped_when_it_is_shown(site: Flask) -> None:
    assert made(site, "{{ _('Menu of %(name)s', name=name) }}", name=HOSTILE) == f"Menu of {escape(HOSTILE)}"


def test_a_component_is_called_with_its_arguments_in_place(site: Flask) -> None:
    source = "{{ ui.fact_row('Name', mono=True, value=name) }}"
    assert "context.call" not in code(site, source)
    assert made(site, source, name=HOSTILE) == (
        f'<div><dt>Name</dt><dd class="mono"><span>{escape(HOSTILE)}</span></dd></div>'
    )
    called = "{% call ui.fact_row('Name', tone='warn') %}{{ name }}{% endcall %}"
    assert "context.call" not in code(site, called)
    assert str(escape(HOSTILE)) in made(site, called, name=HOSTILE)


@pytest.mark.parametrize("source", ["{{ ui.kbd() }}", "{{ ui.kbd('a', 'b') }}", "{{ ui.kbd('a', tone='x') }}"])
def test_a_component_that_is_called_wrongly_says_so(site: Flask, source: str) -> None:
    with pytest.raises((TypeError, UndefinedError)):
        made(site, source)


def test_macros_of_a_page_take_their_arguments_as_in_jinja(site: Flask) -> None:
    source = (
        "{% macro m(a, b='two', c=none) %}{{ a }} {{ b }} {{ c }}{% if caller is defined %}{{ caller() }}{% endif %}"
        "{% endmacro %}{{ m(1) }}|{{ m(1, c=3) }}|{{ m(b=name, a=0) }}|{% call m(*[4, 5, 6]) %}<b>{% endcall %}"
    )
    assert made(site, source, name=HOSTILE) == f"1 two None|1 two 3|0 {escape(HOSTILE)} None|4 5 6<b>"


def test_an_address_says_what_is_fixed_and_what_comes_with_the_page_in_their_order(site: Flask) -> None:
    source = "{{ url_for('tickets.index', requester=who, state='all') }}"
    assert made(site, source, who=7) == made(site, source, who=7) == "/tickets?requester=7&amp;state=all"
    assert made(site, source, who="a b") == "/tickets?requester=a+b&amp;state=all"


def test_a_parameter_may_be_called_like_a_global(site: Flask) -> None:
    source = "{% macro m(icon) %}{{ icon('x') }}{% endmacro %}{{ m(own) }}{% set _ = own %}{{ _('Close') }}"
    assert made(site, source, language="de", own=lambda given: f"own {given}") == "own xown Close"


def test_addresses_follow_where_the_application_is_mounted(site: Flask) -> None:
    source = "{{ url_for('tickets.index') }} {{ asset_url('css/app.css') }}"
    plain, below = made(site, source), made(site, source, root="/desk")
    assert below == " ".join(f"/desk{address}" for address in plain.split())
    assert plain.startswith("/tickets /static/css/app.css?v=")
