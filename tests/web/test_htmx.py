"""Redirects that answer htmx: a navigation, never a page inside an element."""

from __future__ import annotations

import pytest
from flask import Flask, redirect
from werkzeug.datastructures import Headers

from itsm.web.htmx import htmx

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#ticket_form"}


@pytest.fixture(scope="module")
def small() -> Flask:
    app = Flask("small")
    htmx.init_app(app)
    app.add_url_rule("/send", "send", lambda: redirect("/tickets/7#entry-9", 303), methods=["POST"])
    return app


def ask(small: Flask, **more: str) -> tuple[int, Headers, bytes]:
    answer = small.test_client().post("/send", headers=PARTIAL | {k.replace("_", "-"): v for k, v in more.items()})
    return answer.status_code, answer.headers, answer.data


def test_a_redirect_becomes_a_navigation(small: Flask) -> None:
    status, headers, body = ask(small, HX_Current_URL="http://localhost/tickets")
    assert (status, headers["HX-Redirect"], body) == (204, "/tickets/7#entry-9", b"")
    assert "Location" not in headers


def test_a_redirect_to_the_page_shown_reloads_it(small: Flask) -> None:
    status, headers, _body = ask(small, HX_Current_URL="http://localhost/tickets/7#entry-8")
    assert (status, headers["HX-Refresh"]) == (204, "true")
    assert "HX-Redirect" not in headers


def test_an_ordinary_redirect_stays_one(small: Flask) -> None:
    answer = small.test_client().post("/send")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tickets/7#entry-9")


def test_the_target_is_an_id_without_its_tag(small: Flask) -> None:
    with small.test_request_context("/", headers=PARTIAL | {"HX-Source": "button#save"}):
        assert (htmx.target, htmx.trigger, htmx.is_partial) == ("ticket_form", "save", True)
