"""Templates compiled once a language: what is settled early is what would have been said late."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
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
    assert "call" in code(site, "{{ icon(name) }}")


def test_values_of_a_text_are_escaped_when_it_is_shown(site: Flask) -> None:
    assert made(site, "{{ _('Menu of %(name)s', name=name) }}", name=HOSTILE) == f"Menu of {escape(HOSTILE)}"


def test_a_parameter_may_be_called_like_a_global(site: Flask) -> None:
    source = "{% macro m(icon) %}{{ icon('x') }}{% endmacro %}{{ m(own) }}{% set _ = own %}{{ _('Close') }}"
    assert made(site, source, language="de", own=lambda given: f"own {given}") == "own xown Close"


def test_addresses_follow_where_the_application_is_mounted(site: Flask) -> None:
    source = "{{ url_for('tickets.index') }} {{ asset_url('css/app.css') }}"
    plain, below = made(site, source), made(site, source, root="/desk")
    assert below == " ".join(f"/desk{address}" for address in plain.split())
    assert plain.startswith("/tickets /static/css/app.css?v=")
